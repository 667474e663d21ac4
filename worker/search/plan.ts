// Decides what a search does with what it recalled: which kept answers it takes, and which vendor is asked for which
// subjects over which window, in batches the guide allows. Which relay carries each call is decided in the hub
// (hub/assign-calls.ts). Pure.

import { ASSOCIATIONS_PER_CALL_MAX, PRACTITIONERS_PER_CALL_MAX } from '../../shared/limits.ts';
import type { Flow, SlotQuery, SlotWindow } from '../../shared/sas/query.ts';
import type { Config } from '../base/config.ts';
import type { CallResult } from '../hub/call-result.ts';
import type { AskedCall } from '../hub/hub-calls.ts';
import { Coverage, renewedBy, type VendorSubjects } from '../memory/coverage.ts';
import type { SearchMemory, SearchMemoryUse } from '../memory/recall.ts';
import { joinSkipped, type Route, routeSearch } from '../memory/routing.ts';
import type { VendorRow } from '../store/editors.ts';
import type { SkippedQuestions } from './answers.ts';

/** A question to the engine. */
export interface FindOptions {
  readonly query: SlotQuery;
  /** Milliseconds from now until vendors must have answered. */
  readonly budgetMs: number;
  /** Only vendors that do not serve this other flow: by it, another search asks them for the same. */
  readonly withoutFlow?: Flow;
  /** Default: `used`. */
  readonly memory?: SearchMemoryUse;
}

/** What one search will do. */
export interface Plan {
  readonly query: SlotQuery;
  /**
   * The window that vendors are asked for, a little wider than the one shown (`query.window`, which the caller asked): the
   * relay drops what a vendor sends outside it (shared/sas/read/answer-reader.ts, `slot-outside-window`).
   */
  readonly askedWindow: SlotWindow;
  /** Vendors concerned by the question, in the order of asking. */
  readonly vendors: readonly VendorRow[];
  /** Vendors that would be asked, had the operator not switched them off. */
  readonly switchedOff: readonly VendorRow[];
  readonly calls: readonly AskedCall[];
  /** Kept answers that are taken, less those asked for again. */
  readonly kept: readonly CallResult[];
  readonly coverage: Coverage;
  /** By vendor, subjects asked for again although their kept answer still holds. */
  readonly renewed: VendorSubjects;
  readonly route: Route;
  /** Questions that learned routing leaves out. */
  readonly skipped: SkippedQuestions;
  /** How long an answer of this vendor is kept, milliseconds; 0: not at all. */
  readonly ttlMs: (vendor: VendorRow) => number;
}

/** `known`: as recalled for this question. `random`: in [0, 1). */
export function planSearch(
  known: SearchMemory,
  { query, memory: use = 'used', withoutFlow }: FindOptions,
  { cacheTtlS: defaultTtlS, routing }: Pick<Config, 'cacheTtlS' | 'routing'>,
  nowMs: number,
  random: () => number = Math.random,
): Plan {
  const { flow, subjects, window: shownWindow } = query;
  const ttlMs = ({ cacheTtlS }: VendorRow): number => (cacheTtlS ?? defaultTtlS) * 1000;
  const concerned = known.vendors.filter(
    ({ flows }) => withoutFlow === undefined || !flows.includes(withoutFlow),
  );
  const serving = servingVendors(concerned, flow);
  const route = routeSearch(subjects, serving, known.knowledge, routing, nowMs, random);
  const { vendors } = route;
  const coverage = new Coverage(use === 'used' ? (known.kept ?? []) : [], { query, vendors, nowMs, ttlMs });
  const unasked = joinSkipped(coverage.covered, route.skipped);
  const calls = planCalls(query, vendors, unasked, (vendor) => coverage.agingOf(vendor));
  const renewed = renewedBy(calls, coverage.covered);
  return {
    query,
    askedWindow: askedWindowOf(shownWindow, nowMs),
    vendors,
    switchedOff: switchedOffVendors(concerned, flow),
    calls,
    kept: coverage.results(renewed),
    coverage,
    renewed,
    route,
    skipped: skippedQuestions(route, coverage),
    ttlMs,
  };
}

function skippedQuestions({ skipped }: Route, { covered }: Coverage): SkippedQuestions {
  const left = [...skipped].flatMap(([vendor, subjects]) => {
    const unasked = subjects.difference(covered.get(vendor) ?? new Set());
    return unasked.size === 0 ? [] : [unasked];
  });
  return { vendors: left.length, subjects: left.reduce((all, some) => all.union(some), new Set()).size };
}

/** Vendors whose answer comes in more than one part: several calls, or some of it kept. */
export function dividedVendors({ kept, calls }: Pick<Plan, 'kept' | 'calls'>): ReadonlySet<string> {
  const whole = new Set<string>();
  const divided = new Set<string>();
  for (const vendor of [
    ...new Set(kept.map(({ call }) => call.vendor)),
    ...calls.map((call) => call.vendor),
  ]) {
    (whole.has(vendor) ? divided : whole).add(vendor);
  }
  return divided;
}

const FROM_STEP_MS = 5 * 60_000;
const TO_STEP_MS = 60 * 60_000;

/**
 * The window asked: wider than the one shown, so that searches a moment apart ask the same and share one answer. Begins at
 * the full five minutes before (now's, when the window began in the past); ends at the next full hour.
 */
export function askedWindowOf({ fromMs, toMs }: SlotWindow, nowMs: number): SlotWindow {
  // What has started is never shown: a window that begins in the past is one that begins now.
  const from = Math.max(fromMs, Math.min(nowMs, toMs));
  return {
    fromMs: Math.floor(from / FROM_STEP_MS) * FROM_STEP_MS,
    toMs: Math.ceil(toMs / TO_STEP_MS) * TO_STEP_MS,
  };
}

/** Lists of at most `size`, as even as can be: 26 makes 13 + 13, not 25 + 1. */
export function splitEvenly<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  const batches: T[][] = [];
  for (let i = 0, from = 0; i < count; i += 1) {
    const to = from + Math.ceil((items.length - from) / (count - i));
    batches.push(items.slice(from, to));
    from = to;
  }
  return batches;
}

/**
 * The vendors a search asks: one that no relay announces any more, for this flow or at all, is asked too, and told to be
 * out of reach. `only`:
 * this one and no other, also when the operator switched it off.
 */
export function servingVendors(vendors: readonly VendorRow[], flow: Flow, only?: string): VendorRow[] {
  return vendors.filter(
    (vendor) => (only === undefined ? vendor.enabled : vendor.id === only) && isAskedFor(vendor, flow),
  );
}

/** The vendors a search would ask, had the operator not switched them off. */
function switchedOffVendors(vendors: readonly VendorRow[], flow: Flow): VendorRow[] {
  return vendors.filter((vendor) => !vendor.enabled && isAskedFor(vendor, flow));
}

function isAskedFor({ flows, lostFlows }: VendorRow, flow: Flow): boolean {
  return flows.includes(flow) || lostFlows.includes(flow);
}

/**
 * Every vendor is asked for every subject but those that it need not be asked for (`skipped`). Some of these have an answer
 * that grows old (`agingOf` a vendor): a call that is made anyway renews as many of them as it has room for.
 */
export function planCalls(
  { flow, subjects }: SlotQuery,
  vendors: readonly VendorRow[],
  skipped: VendorSubjects,
  agingOf: (vendor: string) => readonly string[] = () => [],
): AskedCall[] {
  const size = flow === 'SOS' ? ASSOCIATIONS_PER_CALL_MAX : PRACTITIONERS_PER_CALL_MAX;
  return vendors.flatMap(({ id, deadlineMs }) => {
    const known = skipped.get(id);
    const rest = known === undefined ? subjects : subjects.filter((subject) => !known.has(subject));
    const room = Math.ceil(rest.length / size) * size - rest.length;
    const renewed = room === 0 ? [] : agingOf(id).slice(0, room);
    return splitEvenly([...rest, ...renewed], size).map((batch) => ({
      vendor: id,
      subjects: batch,
      ...(deadlineMs === undefined ? {} : { budgetMs: deadlineMs }),
    }));
  });
}
