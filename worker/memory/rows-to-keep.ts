// Which fresh answers of a search are worth keeping: slots and "none" alike, of vendors that answered well and allow it.
// Pure. docs/cache.md.

import { writeAnswerLines } from '../../shared/link/answer-frame.ts';
import type { CallAnswer, CptsService, SlotShape, SubjectAnswer } from '../../shared/sas/answer.ts';
import type { SlotWindow } from '../../shared/sas/query.ts';
import { type CallResult, failureOf } from '../hub/call-result.ts';
import type { VendorRow } from '../store/editors.ts';
import type { KeptPart, KeptRow } from './kept-row.ts';

/** What decides which answers are kept, and for how long. */
export interface KeepContext {
  readonly vendors: readonly VendorRow[];
  /** Of writing. A vendor's answer counts from when it arrived, however long the search waited for the others. */
  readonly nowMs: number;
  /** How long what a vendor said is kept, milliseconds; 0: not at all. */
  readonly ttlMs: (vendor: VendorRow) => number;
  /** A new version for a row. */
  readonly version: () => string;
}

/** The rows to write: fresh answers beside what the rows before still hold. `askedWindow`: as vendors were asked. */
export function rowsToKeep(
  results: readonly CallResult[],
  askedWindow: SlotWindow,
  before: readonly KeptRow[],
  { vendors, nowMs, ttlMs, version }: KeepContext,
): KeptRow[] {
  const ttls = new Map(vendors.map((vendor) => [vendor.id, ttlMs(vendor)]));
  const fresh = new Map<string, KeptPart[]>();
  for (const result of results) {
    const { call, answer, arrivedMs, isShared } = result;
    const ttl = ttls.get(call.vendor) ?? 0;
    // A kept answer did not arrive now; the search that began a shared call keeps its answer.
    if (arrivedMs === undefined || isShared === true || arrivedMs + ttl <= nowMs) continue;
    if (answer === undefined || answer.noStore) continue;
    const bySubject = new Map(answer.subjects.map((one) => [one.subject, one]));
    for (const subject of call.subjects) {
      if (failureOf(result, subject) !== undefined) continue;
      const one = bySubject.get(subject);
      const lines = one === undefined ? '' : writeAnswerLines(answerOfOne(one, answer));
      const part = {
        vendor: call.vendor,
        window: askedWindow,
        saidMs: arrivedMs,
        untilMs: arrivedMs + ttl,
        lines,
      };
      const known = fresh.get(subject);
      if (known === undefined) fresh.set(subject, [part]);
      else known.push(part);
    }
  }
  const old = new Map(before.map(({ subject, parts }) => [subject, parts]));
  return [...fresh].map(([subject, parts]) => {
    const replaced = new Set(parts.map(({ vendor }) => vendor));
    const stillGood = (old.get(subject) ?? []).filter(
      ({ vendor, untilMs }) => untilMs > nowMs && !replaced.has(vendor),
    );
    return { subject, version: version(), parts: [...stillGood, ...parts] };
  });
}

/** The part of an answer that is one subject's, with the shapes and services its slots point to and no other. */
function answerOfOne(subject: SubjectAnswer, { shapes, services }: CallAnswer): CallAnswer {
  const keptShapes = new Renumbered<SlotShape>(shapes);
  const keptServices = new Renumbered<CptsService>(services);
  const places = subject.places.map((place) => ({
    ...place,
    slots: place.slots.map((row) => row.with(0, keptShapes.numberOf(row[0])) as unknown as typeof row),
  }));
  return {
    call: 0,
    subjects: [{ ...subject, places }],
    shapes: keptShapes.kept.map((shape) => ({
      ...shape,
      services: shape.services.map((index) => keptServices.numberOf(index)),
    })),
    services: keptServices.kept,
    received: 0,
    shown: 0,
    dropped: [],
    repaired: [],
    durationMs: 0,
    bytes: 0,
    pages: 0,
    noStore: false,
  };
}

/** The items that were asked for by number, numbered anew in the order of asking. */
class Renumbered<T> {
  readonly kept: T[] = [];
  readonly #items: readonly T[];
  readonly #numbers = new Map<number, number>();

  constructor(items: readonly T[]) {
    this.#items = items;
  }

  numberOf(index: number): number {
    const known = this.#numbers.get(index);
    if (known !== undefined) return known;
    const item = this.#items[index];
    if (item === undefined) return index;
    const number = this.kept.push(item) - 1;
    this.#numbers.set(index, number);
    return number;
  }
}
