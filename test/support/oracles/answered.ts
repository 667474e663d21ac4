// Answers of vendors as the Worker holds them after the link, and what the two faces make of them.

import { createHash } from 'node:crypto';
import type { CallAnswer } from '../../../shared/sas/answer.ts';
import type { Flow, SlotQuery } from '../../../shared/sas/query.ts';
import { AnswerReader } from '../../../shared/sas/read/answer-reader.ts';
import type { CallResult } from '../../../worker/hub/call-result.ts';
import { bundleEntries } from '../../../worker/search/bundle.ts';
import {
  type HiddenSlots,
  type SelectionContext,
  selectSlots,
  shownOf,
} from '../../../worker/search/selection.ts';
import { FROM, type Json, NOW, RPPS, TO } from '../samples/vendor-bundle.ts';

export const OTHER = '899900000025';
export const BASE = 'https://edge.example/fhir';
export const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 20);
export const query = (subjects = [RPPS, OTHER], flow: Flow = 'INT_R01'): SlotQuery => ({
  flow,
  window: { fromMs: FROM, toMs: TO },
  subjects,
});

export function answered(
  editor: string,
  page: Json | undefined,
  over: Partial<CallAnswer> = {},
  subjects = [RPPS, OTHER],
): CallResult {
  const reader = new AnswerReader({
    editor,
    flow: 'INT_R01',
    subjects,
    fromMs: FROM,
    toMs: TO,
    nowMs: NOW,
    hash,
  });
  if (page !== undefined) reader.add(page);
  const whole: CallAnswer = {
    call: 0,
    ...reader.finish(),
    durationMs: 5,
    bytes: 0,
    pages: 1,
    noStore: false,
    ...over,
  };
  return {
    call: { vendor: editor, subjects },
    answer: whole,
    arrivedMs: NOW,
    ...(whole.failure === undefined ? {} : { failure: whole.failure }),
  };
}

export interface Entry {
  fullUrl: string;
  resource: Json & { id: string; resourceType: string };
  search: { mode: string };
}

export interface MergedSearch {
  readonly entries: readonly string[];
  readonly total: number;
  readonly shown: ReadonlyMap<string, number>;
  readonly hidden: readonly HiddenSlots[];
}

/** What may be shown of these answers, and its entries. */
export function mergeAnswers(results: readonly CallResult[], context: SelectionContext): MergedSearch {
  const selection = selectSlots(results, context);
  const { total, hidden } = selection;
  return {
    entries: bundleEntries(selection, context.query.flow, BASE),
    total,
    shown: shownOf(selection),
    hidden,
  };
}
