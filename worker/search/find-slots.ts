// The one search engine behind both faces (FHIR and the SAS front): takes what is kept of vendors' answers, asks for the
// rest, leaves out what is booked, says what is known of each identifier, and keeps what was fresh.

import type { RequestContext } from '../http/http.ts';
import type { CallResult } from '../hub/call-result.ts';
import type { Answers } from './answers.ts';
import type { Ledger } from './ledger.ts';
import { type FindOptions, Search, type SearchCost } from './search.ts';
import { type Selection, shownOf } from './selection.ts';

export type { FindOptions } from './search.ts';

export interface FoundSlots {
  readonly answers: Answers;
  readonly selection: Selection;
  readonly ledger: Ledger;
  readonly cost: SearchCost;
}

/**
 * A search's answers travel together unless somebody waits for each: then 0.
 * Measured in docs/performance.md.
 */
const GATHER_MS = 5;

/** @throws GatewayError relay-absent, relay-lost (no vendor answered, nothing is kept), storage-unavailable. */
export async function findSlots(context: RequestContext, options: FindOptions): Promise<FoundSlots> {
  const search = await Search.begin(context, options);
  const answers = await search.ask({ gatherMs: GATHER_MS });
  const selection = search.select(answers.results);
  return {
    answers,
    selection,
    ledger: search.ledger(answers, shownOf(selection)),
    cost: search.cost(answers),
  };
}

export interface PartOptions extends FindOptions {
  /** Hears what may be shown of each landing, as it lands. */
  readonly onPart: (part: Selection) => void;
  /** Ends the calls, besides the request's own signal. */
  readonly signal: AbortSignal;
}

/** Like `findSlots`, told part by part: what is kept first. */
export async function findSlotsByParts(
  context: RequestContext,
  { onPart, signal, ...options }: PartOptions,
): Promise<Omit<FoundSlots, 'selection'> & Pick<Selection, 'total' | 'hidden'>> {
  const search = await Search.begin(context, options);
  const parts: Selection[] = [];
  const divided = search.dividedEditors;
  const onResults = (results: readonly CallResult[]): void => {
    const part = search.select(results, divided);
    parts.push(part);
    onPart(part);
  };
  if (search.kept.length > 0) onResults(search.kept);
  const answers = await search.ask({ gatherMs: 0, signal, onResults });
  const shown = new Map<string, number>();
  for (const { subjects } of parts) {
    for (const { subject, count } of subjects) shown.set(subject, (shown.get(subject) ?? 0) + count);
  }
  return {
    answers,
    ledger: search.ledger(answers, shown),
    cost: search.cost(answers),
    total: parts.reduce((sum, part) => sum + part.total, 0),
    hidden: parts.flatMap((part) => part.hidden),
  };
}
