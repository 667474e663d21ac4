// The one search engine behind both faces (FHIR and the SAS front): takes what is kept of vendors' answers, asks for the
// rest, leaves out what is booked, says what is known of each identifier, and keeps what was fresh.

import { GatewayError } from '../../shared/error.ts';
import type { Flow, SlotQuery, SlotWindow } from '../../shared/sas/query.ts';
import type { RequestContext } from '../http.ts';
import { log } from '../log.ts';
import { keepRows } from '../store/availability.ts';
import type { EditorRow } from '../store/editors.ts';
import { type CallResult, type FanOut, fanOut } from './fan-out.ts';
import type { AskedCall } from './hub-search.ts';
import { type Coverage, coverageOf, NO_COVERAGE, rowsToKeep } from './kept-answers.ts';
import { keepLedger, type Ledger } from './ledger.ts';
import { planCalls, servingEditors } from './plan.ts';
import { roundedWindow } from './rounded-window.ts';
import { readSearchMemory, type SearchMemory } from './search-memory.ts';
import { type Selection, selectSlots, shownOf } from './selection.ts';

/** Whom a search asked and what each answered, now or a moment ago. */
export interface Answers {
  readonly editors: readonly AskedEditor[];
  readonly results: readonly CallResult[];
}

export interface AskedEditor {
  readonly id: string;
  readonly name: string;
  /** Since when every call to it has failed, milliseconds; absent when the last one went well. */
  readonly failingSinceMs?: number;
}

export interface FoundSlots {
  readonly answers: Answers;
  readonly selection: Selection;
  readonly ledger: Ledger;
  readonly cost: SearchCost;
}

export interface SearchCost {
  /** Calls made for this search, without those it shared with another. */
  readonly calls: number;
  /** Bytes of vendors' answers. */
  readonly bytes: number;
  /** Rows D1 read for it. */
  readonly rowsRead: number;
}

export interface FindOptions {
  readonly query: SlotQuery;
  /** Milliseconds from now until vendors must have answered. */
  readonly budgetMs: number;
  /** Only vendors that do not serve this other flow: by it, another search asks them for the same. */
  readonly withoutFlow?: Flow;
  /** Ask every vendor anew: nothing kept, no call shared. What comes is kept all the same. */
  readonly isFresh?: boolean;
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
  const onResults = (results: readonly CallResult[]): void => {
    const part = search.select(results);
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

class Search {
  readonly #context: RequestContext;
  readonly #query: SlotQuery;
  readonly #memory: SearchMemory;
  readonly #editors: readonly EditorRow[];
  readonly #coverage: Coverage;
  readonly #calls: readonly AskedCall[];
  readonly #window: SlotWindow;
  readonly #isFresh: boolean;
  readonly #endMs: number;

  private constructor(context: RequestContext, options: FindOptions, memory: SearchMemory, endMs: number) {
    const { query, isFresh = false, withoutFlow } = options;
    this.#context = context;
    this.#query = query;
    this.#isFresh = isFresh;
    this.#endMs = endMs;
    this.#memory = memory;
    const nowMs = Date.now();
    this.#window = roundedWindow(query.window, nowMs);
    this.#editors = servingEditors(memory.editors, query.flow).filter(
      ({ flows }) => withoutFlow === undefined || !flows.includes(withoutFlow),
    );
    this.#coverage =
      memory.kept.length === 0
        ? NO_COVERAGE
        : coverageOf(memory.kept, { query, editors: this.#editors, nowMs, ttlMs: this.#ttlMs });
    this.#calls = planCalls(query, this.#editors, this.#coverage.covered);
  }

  static async begin(context: RequestContext, options: FindOptions): Promise<Search> {
    const endMs = Date.now() + options.budgetMs;
    const memory = await readSearchMemory(context, options.query, options.isFresh === true);
    return new Search(context, options, memory, endMs);
  }

  /** What is kept of earlier answers. */
  get kept(): readonly CallResult[] {
    return this.#coverage.results;
  }

  async ask(how: Pick<Parameters<typeof fanOut>[1], 'gatherMs' | 'signal' | 'onResults'>): Promise<Answers> {
    const isKept = this.kept.length > 0;
    if (isKept && this.#calls.length === 0) return this.#answers(NOTHING_ASKED);
    const asked = await fanOut(this.#context, {
      ...how,
      flow: this.#query.flow,
      window: this.#window,
      calls: this.#calls,
      budgetMs: Math.max(0, this.#endMs - Date.now()),
      isAlone: this.#isFresh,
      isTraced: false,
    });
    if (!isKept) throwIfUnreached(asked);
    this.#context.waitUntil(this.#keepLater(asked.results));
    return this.#answers(asked);
  }

  #answers({ results, failingSinceMs }: FanOut): Answers {
    const editors = this.#editors.map(({ id, name }) => {
      const sinceMs = failingSinceMs[id];
      return { id, name, ...(sinceMs === undefined ? {} : { failingSinceMs: sinceMs }) };
    });
    return { editors, results: [...this.kept, ...results] };
  }

  select(results: readonly CallResult[]): Selection {
    const { tombstones } = this.#memory;
    return selectSlots(results, { query: this.#query, nowMs: Date.now(), tombstones });
  }

  ledger(answers: Answers, shown: ReadonlyMap<string, number>): Ledger {
    return keepLedger(this.#query, answers, shown, Date.now());
  }

  cost({ results }: Answers): SearchCost {
    const own = results.filter(({ saidMs, isShared }) => saidMs === undefined && isShared !== true);
    const bytes = own.reduce((sum, { answer }) => sum + (answer?.bytes ?? 0), 0);
    return { calls: own.length, bytes, rowsRead: this.#memory.rowsRead };
  }

  readonly #ttlMs = ({ cacheTtlS }: EditorRow): number =>
    (cacheTtlS ?? this.#context.config.cacheTtlS) * 1000;

  /** Once the answer has left. Never rejects: what cannot be kept is asked again. */
  async #keepLater(results: readonly CallResult[]): Promise<void> {
    const { env, requestId } = this.#context;
    const { kept } = this.#memory;
    await scheduler.wait(0);
    const about = { editors: this.#editors, nowMs: Date.now(), ttlMs: this.#ttlMs };
    const rows = rowsToKeep(results, this.#window, kept, about);
    if (rows.length === 0) return;
    try {
      const rowsWritten = await keepRows(env.DB, this.#query.flow, rows);
      log('debug', 'availability kept', { requestId, count: rows.length, rowsWritten });
    } catch {
      log('warn', 'availability not kept', { requestId, count: rows.length });
    }
  }
}

const NOTHING_ASKED: FanOut = { results: [], failingSinceMs: {}, outcome: 'done' };

/** @throws GatewayError when no relay could be asked, or all were lost before any vendor had answered. */
function throwIfUnreached({ results, outcome }: FanOut): void {
  if (outcome === 'no-relay') {
    throw new GatewayError({
      reason: 'relay-absent',
      text: "Aucun relais n'est connecté : aucun éditeur n'a pu être interrogé.",
    });
  }
  if (results.length > 0 && results.every(({ failure }) => failure?.reason === 'relay-lost')) {
    throw new GatewayError({
      reason: 'relay-lost',
      text: "La liaison avec le relais s'est rompue avant toute réponse.",
    });
  }
}
