// Decides what a search does with what the hub recalled: which kept answers it takes, and which vendor is asked for which
// subjects over which window, in batches the guide allows. Which relay carries each call is decided after
// (hub/assign-calls.ts). Pure.

import { ASSOCIATIONS_PER_CALL_MAX, PRACTITIONERS_PER_CALL_MAX } from '../../../shared/limits.ts';
import type { Flow, SlotQuery, SlotWindow } from '../../../shared/sas/query.ts';
import type { Config } from '../../base/config.ts';
import type { VendorRow } from '../../store/editors.ts';
import { maintenanceAt } from '../../store/maintenances.ts';
import { coverageOf, type VendorSubjects } from './coverage.ts';
import type { KeptPart } from './kept/part.ts';
import { joinSkipped, type Route, type RoutingKnowledge, routeSearch } from './routing/routing.ts';

/**
 * What a search does with kept answers. `used`: they are taken for answers; `renewed`: every vendor is asked anew, without
 * sharing a call, and its answer is kept; `none`: as `renewed`, and nothing is kept.
 */
export type SearchMemoryUse = 'used' | 'renewed' | 'none';

/** A question to the engine. */
export interface SearchQuestion {
  readonly query: SlotQuery;
  /** Default: `used`. */
  readonly memory?: SearchMemoryUse;
  /** Only vendors that do not serve this other flow: by it, another search asks them for the same. */
  readonly withoutFlow?: Flow;
  /** This vendor and no other, also when the operator switched it off, over the very window of the question. */
  readonly only?: string;
}

/** One question to one vendor. */
export interface AskedCall {
  readonly vendor: string;
  readonly subjects: readonly string[];
  /** Less time than the search's, when the operator gives this vendor less. */
  readonly budgetMs?: number;
}

/** A vendor as people know it. */
interface NamedVendor {
  readonly id: string;
  readonly name: string;
}

/** Vendors that a question concerns. */
export interface Concerned {
  readonly vendors: readonly NamedVendor[];
  readonly switchedOff: readonly NamedVendor[];
}

/** A vendor that the search concerns. */
interface PlannedVendor extends NamedVendor {
  /** How long its answer is kept, milliseconds; 0: not at all. */
  readonly ttlMs: number;
  /** It is asked all the same, as a slot found is a slot: when the maintenance that it has declared ends, milliseconds. */
  readonly maintenanceUntilMs?: number;
}

/** How many vendors were not asked, and for how many subjects in all. */
export interface SkippedQuestions {
  readonly vendors: number;
  readonly subjects: number;
}

/** What one search will do. */
export interface Plan {
  /**
   * The window that vendors are asked for, a little wider than the one shown (`query.window`, which the caller asked): the
   * relay drops what a vendor sends outside it (shared/sas/read/answer-reader.ts, `slot-outside-window`).
   */
  readonly askedWindow: SlotWindow;
  /** Vendors concerned by the question, in the order of asking. */
  readonly vendors: readonly PlannedVendor[];
  /** Vendors that would be asked, had the operator not switched them off. */
  readonly switchedOff: readonly NamedVendor[];
  readonly calls: readonly AskedCall[];
  /** By vendor, subjects of which a kept answer is there; some of them are asked for again all the same. */
  readonly covered: VendorSubjects;
  /** Questions that learned routing leaves out. */
  readonly skipped: SkippedQuestions;
  /** Subjects that every vendor is asked for; empty when learned routing is off. */
  readonly broadcast: readonly string[];
}

/** What the hub knows before any vendor is asked. */
export interface SearchMemory {
  readonly vendors: readonly VendorRow[];
  /** By subject. */
  readonly kept: ReadonlyMap<string, readonly KeptPart[]>;
  /** Which vendor holds slots of which subject; undefined when learned routing is off: all are asked for all. */
  readonly knowledge: RoutingKnowledge | undefined;
}

/** `known`: as recalled for this question. */
export function planSearch(
  known: SearchMemory,
  { query, withoutFlow, only }: SearchQuestion,
  { cacheTtlS: defaultTtlS, routing }: Pick<Config, 'cacheTtlS' | 'routing'>,
  nowMs: number,
): Plan {
  const { flow, subjects, window: shownWindow } = query;
  const ttlMs = ({ cacheTtlS }: VendorRow): number => (cacheTtlS ?? defaultTtlS) * 1000;
  const concerned = concernedBy({ withoutFlow, only }, known.vendors);
  const serving = servingVendors(concerned, flow, only);
  const route = routeSearch(subjects, serving, known.knowledge, routing, nowMs, Math.random);
  const { vendors } = route;
  const ttlsMs = new Map(vendors.map((vendor) => [vendor.id, ttlMs(vendor)]));
  const { covered, aging } = coverageOf(known.kept, { query, nowMs, ttlsMs });
  const calls = planCalls(query, vendors, joinSkipped(covered, route.skipped), aging);
  return {
    askedWindow: only === undefined ? askedWindowOf(shownWindow, nowMs) : shownWindow,
    vendors: vendors.map((vendor) => {
      const maintenance = maintenanceAt(vendor.maintenances, nowMs);
      return {
        id: vendor.id,
        name: vendor.name,
        ttlMs: ttlMs(vendor),
        ...(maintenance && { maintenanceUntilMs: maintenance.toMs }),
      };
    }),
    switchedOff: switchedOffVendors(concerned, flow).map(({ id, name }) => ({ id, name })),
    calls,
    covered,
    skipped: skippedQuestions(route, covered),
    broadcast: route.broadcast,
  };
}

function concernedBy(
  { withoutFlow, only }: { readonly withoutFlow?: Flow | undefined; readonly only?: string | undefined },
  vendors: readonly VendorRow[],
): VendorRow[] {
  return vendors.filter(
    ({ id, flows, takenOutMs }) =>
      takenOutMs === undefined &&
      (withoutFlow === undefined || !flows.includes(withoutFlow)) &&
      (only === undefined || id === only),
  );
}

/** Which of these vendors the question concerns. */
export function concernedVendors(question: SearchQuestion, vendors: readonly VendorRow[]): Concerned {
  const concerned = concernedBy(question, vendors);
  const named = ({ id, name }: VendorRow): NamedVendor => ({ id, name });
  return {
    vendors: servingVendors(concerned, question.query.flow, question.only).map(named),
    switchedOff: switchedOffVendors(concerned, question.query.flow).map(named),
  };
}

function skippedQuestions({ skipped }: Route, covered: VendorSubjects): SkippedQuestions {
  const left = [...skipped].flatMap(([vendor, subjects]) => {
    const unasked = subjects.difference(covered.get(vendor) ?? new Set());
    return unasked.size === 0 ? [] : [unasked];
  });
  return { vendors: left.length, subjects: left.reduce((all, some) => all.union(some), new Set()).size };
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
 * that grows old (`aging`): a call that is made anyway renews as many of them as it has room for.
 */
export function planCalls(
  { flow, subjects }: SlotQuery,
  vendors: readonly VendorRow[],
  skipped: VendorSubjects,
  aging: VendorSubjects = new Map(),
): AskedCall[] {
  const size = flow === 'SOS' ? ASSOCIATIONS_PER_CALL_MAX : PRACTITIONERS_PER_CALL_MAX;
  return vendors.flatMap(({ id, deadlineMs }) => {
    const known = skipped.get(id);
    const rest = known === undefined ? subjects : subjects.filter((subject) => !known.has(subject));
    const room = Math.ceil(rest.length / size) * size - rest.length;
    const renewed = room === 0 ? [] : [...(aging.get(id) ?? [])].slice(0, room);
    return splitEvenly([...rest, ...renewed], size).map((batch) => ({
      vendor: id,
      subjects: batch,
      ...(deadlineMs === undefined ? {} : { budgetMs: deadlineMs }),
    }));
  });
}
