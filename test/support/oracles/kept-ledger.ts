// Ledgers of made results: each thing that a vendor can have done, without a vendor.
import type { CallAnswer, Doubt } from '../../../shared/sas/answer.ts';
import type { SlotQuery } from '../../../shared/sas/query.ts';
import type { CallResult } from '../../../worker/hub/call-result.ts';
import { keepLedger, type Ledger } from '../../../worker/search/ledger.ts';

export const NOW = Date.UTC(2026, 10, 24, 9);
export const [A, B, C] = ['899900000017', '899900000025', '899900000033'] as const;
export const ALPHA = { id: 'agenda-a', name: 'Agenda A' };
export const BETA = { id: 'agenda-b', name: 'Agenda B', failingSinceMs: NOW - 60_000 };
const OFF = { id: 'agenda-c', name: 'Agenda C' };
export const NONE_SKIPPED = { vendors: 0, subjects: 0 };
const query = (flow: SlotQuery['flow'] = 'INT_R01'): SlotQuery => ({
  flow,
  window: { fromMs: NOW, toMs: NOW + 1 },
  subjects: [A, B],
});
export const said = (
  vendor: string,
  subjects: readonly string[],
  over: Partial<CallResult> = {},
): CallResult => ({
  call: { vendor, subjects },
  answer: answerWith([]),
  ...over,
});
function answerWith(doubts: readonly Doubt[]): CallAnswer {
  return { call: 0, doubts, dropped: [] } as unknown as CallAnswer;
}
export const doubted = (
  vendor: string,
  subjects: readonly string[],
  ...doubts: readonly Doubt[]
): CallResult => said(vendor, subjects, { answer: answerWith(doubts) });
export const failed = (vendor: string, subjects: readonly string[], sinceMs?: number): CallResult => ({
  call: { vendor, subjects },
  failure: { reason: 'timeout', ...(sinceMs !== undefined && { sinceMs }) },
});
export const keep = (
  results: readonly CallResult[],
  over: { shown?: [string, number][]; switchedOff?: boolean; skipped?: typeof NONE_SKIPPED } = {},
): Ledger =>
  keepLedger(
    query(),
    {
      vendors: [ALPHA, BETA],
      results,
      skipped: over.skipped ?? NONE_SKIPPED,
      linkBytes: 0,
      ...(over.switchedOff === true && { switchedOff: [OFF] }),
    },
    new Map(over.shown),
    NOW,
  );
export const unread: Doubt = { rule: 'slot-site-unresolved' };
export const partial: Doubt = { rule: 'answer-incomplete' };
