// One search from the Worker's side: what is remembered, whom that leaves to be asked, what they answer, and what of it
// is worth remembering.

import { GatewayError } from '../../shared/error.ts';
import type { Flow, SlotQuery, SlotWindow } from '../../shared/sas/query.ts';
import { log } from '../base/log.ts';
import type { RequestContext } from '../http/http.ts';
import { type CallResult, failureOf } from '../hub/call-result.ts';
import type { AskedCall } from '../hub/hub-calls.ts';
import { keepRows } from '../memory/availability-table.ts';
import { Coverage, type EditorSubjects, renewedBy, trimRenewed } from '../memory/coverage.ts';
import { joinSkipped, type Route, routeSearch } from '../memory/routing.ts';
import { noteBroadcast } from '../memory/routing-table.ts';
import { rowsToKeep } from '../memory/rows-to-keep.ts';
import { readSearchMemory, type SearchMemory, type SearchMemoryUse } from '../memory/search-memory.ts';
import type { EditorRow } from '../store/editors.ts';
import type { Answers, FanOut, SkippedQuestions } from './answers.ts';
import { fanOut } from './fan-out.ts';
import { keepLedger, type Ledger } from './ledger.ts';
import { planCalls, servingEditors, switchedOffEditors } from './plan.ts';
import { roundedWindow } from './rounded-window.ts';
import { type Selection, selectSlots } from './selection.ts';

export interface FindOptions {
  readonly query: SlotQuery;
  /** Milliseconds from now until vendors must have answered. */
  readonly budgetMs: number;
  /** Only vendors that do not serve this other flow: by it, another search asks them for the same. */
  readonly withoutFlow?: Flow;
  /** Default: used. */
  readonly memory?: SearchMemoryUse;
}

export interface SearchCost {
  /** Calls made for this search, without those it shared with another. */
  readonly calls: number;
  /** Identifiers in those calls. */
  readonly asked: number;
  /** What crossed the link for it, characters. */
  readonly bytes: number;
  /** Rows D1 read for it. */
  readonly rowsRead: number;
}

export class Search {
  /** What is kept of earlier answers and not being asked again. */
  readonly kept: readonly CallResult[];
  readonly #context: RequestContext;
  readonly #query: SlotQuery;
  readonly #memory: SearchMemory;
  readonly #editors: readonly EditorRow[];
  readonly #switchedOff: readonly EditorRow[];
  readonly #coverage: Coverage;
  readonly #route: Route;
  readonly #calls: readonly AskedCall[];
  /** Whom vendors are asked for again although their word still holds. */
  readonly #renewed: EditorSubjects;
  readonly #window: SlotWindow;
  readonly #use: SearchMemoryUse;
  readonly #endMs: number;

  private constructor(context: RequestContext, options: FindOptions, memory: SearchMemory, endMs: number) {
    const { query, memory: use = 'used', withoutFlow } = options;
    this.#context = context;
    this.#query = query;
    this.#use = use;
    this.#endMs = endMs;
    this.#memory = memory;
    const nowMs = Date.now();
    this.#window = roundedWindow(query.window, nowMs);
    const concerned = memory.editors.filter(
      ({ flows }) => withoutFlow === undefined || !flows.includes(withoutFlow),
    );
    const serving = servingEditors(concerned, query.flow);
    this.#switchedOff = switchedOffEditors(concerned, query.flow);
    this.#route = this.#routeTo(serving, nowMs);
    this.#editors = this.#route.editors;
    const about = { query, editors: this.#editors, nowMs, ttlMs: this.#ttlMs };
    this.#coverage = new Coverage(use === 'used' ? (memory.kept ?? []) : [], about);
    const { covered } = this.#coverage;
    const skipped = joinSkipped(covered, this.#route.skipped);
    this.#calls = planCalls(query, this.#editors, skipped, (editor) => this.#coverage.agingOf(editor));
    this.#renewed = renewedBy(this.#calls, covered);
    this.kept = this.#coverage.results(this.#renewed);
  }

  static async begin(context: RequestContext, options: FindOptions): Promise<Search> {
    const { query, budgetMs, memory: use = 'used' } = options;
    const endMs = Date.now() + budgetMs;
    const memory = await readSearchMemory(context, { query, use, budgetMs });
    return new Search(context, options, memory, endMs);
  }

  async ask(how: Pick<Parameters<typeof fanOut>[1], 'gatherMs' | 'signal' | 'onResults'>): Promise<Answers> {
    const { onResults } = how;
    const asked =
      this.#calls.length === 0 && this.kept.length > 0
        ? NOTHING_ASKED
        : await fanOut(this.#context, {
            ...how,
            ...(onResults && { onResults: (news) => onResults(news.map(this.#trim)) }),
            flow: this.#query.flow,
            window: this.#window,
            calls: this.#calls,
            budgetMs: Math.max(0, this.#endMs - Date.now()),
            isAlone: this.#use !== 'used',
            isTraced: false,
          });
    const standing = this.#coverage.standing(asked.results, this.#renewed);
    if (this.kept.length + standing.length === 0) throwIfUnreached(asked);
    if (standing.length > 0) onResults?.(standing);
    const results = [...asked.results.map(this.#trim), ...standing];
    if (this.#use !== 'none') this.#context.waitUntil(this.#keepLater(asked.results));
    this.#context.waitUntil(this.#noteBroadcast(results));
    return {
      editors: this.#editors.map(({ id, name }) => {
        const sinceMs = asked.failingSinceMs[id];
        return { id, name, ...(sinceMs === undefined ? {} : { failingSinceMs: sinceMs }) };
      }),
      switchedOff: this.#switchedOff.map(({ id, name }) => ({ id, name })),
      results: [...this.kept, ...results],
      skipped: this.#skipped(),
      linkBytes: asked.linkBytes,
    };
  }

  readonly #trim = (result: CallResult): CallResult => trimRenewed(result, this.#renewed);

  #routeTo(serving: readonly EditorRow[], nowMs: number): Route {
    const { knowledge } = this.#memory;
    if (knowledge === undefined) return { editors: serving, skipped: new Map(), broadcast: [] };
    const { subjects } = this.#query;
    return routeSearch(subjects, serving, knowledge, this.#context.config.routing, nowMs, Math.random);
  }

  #skipped(): SkippedQuestions {
    const left = [...this.#route.skipped].flatMap(([editor, subjects]) => {
      const unasked = subjects.difference(this.#coverage.covered.get(editor) ?? new Set());
      return unasked.size === 0 ? [] : [unasked];
    });
    return { editors: left.length, subjects: left.reduce((all, some) => all.union(some), new Set()).size };
  }

  /** `partial`: vendors of which more has come or is to come than is in `results`. */
  select(results: readonly CallResult[], partial?: ReadonlySet<string>): Selection {
    const { tombstones } = this.#memory;
    return selectSlots(results, {
      query: this.#query,
      nowMs: Date.now(),
      tombstones,
      ...(partial && { partial }),
    });
  }

  /** Vendors whose word comes in more than one landing: several calls, or part of it kept. */
  get dividedEditors(): ReadonlySet<string> {
    const whole = new Set<string>();
    const divided = new Set<string>();
    for (const editor of [
      ...new Set(this.kept.map(({ call }) => call.editor)),
      ...this.#calls.map((call) => call.editor),
    ]) {
      (whole.has(editor) ? divided : whole).add(editor);
    }
    return divided;
  }

  ledger(answers: Answers, shown: ReadonlyMap<string, number>): Ledger {
    return keepLedger(this.#query, answers, shown, Date.now());
  }

  cost({ results, linkBytes }: Answers): SearchCost {
    const own = results.filter(({ saidMs, isShared }) => saidMs === undefined && isShared !== true);
    return {
      calls: own.length,
      asked: own.reduce((sum, { call }) => sum + call.subjects.length, 0),
      bytes: linkBytes,
      rowsRead: this.#memory.rowsRead,
    };
  }

  readonly #ttlMs = ({ cacheTtlS }: EditorRow): number =>
    (cacheTtlS ?? this.#context.config.cacheTtlS) * 1000;

  /** Once the answer has left. Never rejects: what cannot be kept is asked again. */
  async #keepLater(results: readonly CallResult[]): Promise<void> {
    const { env, requestId } = this.#context;
    const { kept } = this.#memory;
    if (kept === undefined) return;
    await scheduler.wait(0);
    const about = {
      editors: this.#editors,
      nowMs: Date.now(),
      ttlMs: this.#ttlMs,
      version: () => crypto.randomUUID(),
    };
    const rows = rowsToKeep(results, this.#window, kept, about);
    if (rows.length === 0) return;
    try {
      const rowsWritten = await keepRows(env.DB, this.#query.flow, rows);
      log('debug', 'availability-kept', { requestId, count: rows.length, rowsWritten });
    } catch {
      log('warn', 'availability-not-kept', { requestId, count: rows.length });
    }
  }

  /** Those of whom every vendor has just told, and somebody has slots: from now on they are routed. Never rejects. */
  async #noteBroadcast(results: readonly CallResult[]): Promise<void> {
    const told = new Set(this.#route.broadcast);
    const held = new Set(this.#memory.knowledge?.holders.keys());
    for (const result of [...this.kept, ...results]) {
      for (const subject of result.call.subjects)
        if (failureOf(result, subject) !== undefined) told.delete(subject);
      for (const { subject } of result.answer?.subjects ?? []) held.add(subject);
    }
    const subjects = [...told].filter((subject) => held.has(subject));
    if (subjects.length === 0) return;
    const { env, requestId } = this.#context;
    try {
      await noteBroadcast(env.DB, this.#query.flow, subjects, Date.now());
    } catch {
      log('warn', 'broadcast-not-noted', { requestId, count: subjects.length });
    }
  }
}

const NOTHING_ASKED: FanOut = { results: [], failingSinceMs: {}, linkBytes: 0, outcome: 'done' };

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
