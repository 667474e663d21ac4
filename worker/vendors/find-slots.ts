// The one search engine behind both faces (FHIR and the SAS front): asks every vendor, knows what is booked, and
// says what may be shown and what is known of each identifier.

import type { SlotQuery } from '../../shared/sas/query.ts';
import type { RequestContext } from '../http.ts';
import { readTombstones } from './booked-slots.ts';
import { type CallResult, type FanOut, fanOut, GATHER_MS } from './fan-out.ts';
import { keepLedger, type Ledger } from './ledger.ts';
import { type Selection, selectSlots, shownOf } from './selection.ts';

export interface FoundSlots {
  readonly answers: FanOut;
  readonly selection: Selection;
  readonly ledger: Ledger;
}

export interface FindOptions {
  readonly query: SlotQuery;
  /** Milliseconds from now until vendors must have answered. */
  readonly budgetMs: number;
}

/** @throws GatewayError like `fanOut`. */
export async function findSlots(context: RequestContext, options: FindOptions): Promise<FoundSlots> {
  const { query } = options;
  const reading = readTombstones(context.env.DB, context.requestId, query);
  const answers = await fanOut(context, { ...options, gatherMs: GATHER_MS });
  const tombstones = await reading;
  const nowMs = Date.now();
  const selection = selectSlots(answers.results, { query, nowMs, tombstones });
  return { answers, selection, ledger: keepLedger(query, answers, shownOf(selection), nowMs) };
}

export interface PartOptions extends FindOptions {
  /** Hears what may be shown of each landing, as it lands. */
  readonly onPart: (part: Selection) => void;
  /** Ends the calls, besides the request's own signal. */
  readonly signal: AbortSignal;
}

/** Like `findSlots`, told part by part. */
export async function findSlotsByParts(
  context: RequestContext,
  { onPart, ...options }: PartOptions,
): Promise<Omit<FoundSlots, 'selection'> & Pick<Selection, 'total' | 'hidden'>> {
  const { query } = options;
  const parts: Selection[] = [];
  const tombstones = await readTombstones(context.env.DB, context.requestId, query);
  const onResults = (results: readonly CallResult[]): void => {
    const part = selectSlots(results, { query, nowMs: Date.now(), tombstones });
    parts.push(part);
    onPart(part);
  };
  const answers = await fanOut(context, { ...options, gatherMs: 0, onResults });
  const shown = new Map<string, number>();
  for (const { subjects } of parts) {
    for (const { subject, count } of subjects) shown.set(subject, (shown.get(subject) ?? 0) + count);
  }
  return {
    answers,
    ledger: keepLedger(query, answers, shown, Date.now()),
    total: parts.reduce((sum, part) => sum + part.total, 0),
    hidden: parts.flatMap((part) => part.hidden),
  };
}
