// Which fresh answers of a search are worth keeping: slots and "none" alike, of vendors that answered well and allow it.
// Pure. docs/cache.md.

import { writeAnswerLines } from '../../shared/link/answer-frame.ts';
import type { CallAnswer, CptsService, SlotShape, SubjectAnswer } from '../../shared/sas/answer.ts';
import { type CallResult, failureOf } from '../hub/call-result.ts';
import type { SubjectPart } from '../hub/memory/kept/part.ts';
import type { Plan } from '../hub/memory/plan.ts';

/** A part that the hub is to keep; its flow is the search's. */
export type FreshPart = Omit<SubjectPart, 'flow'>;

/** Three places of a practitioner with a hundred slots each take 40,000: a vendor that sends far more crowds no other out. */
const LINES_LENGTH_MAX = 128 * 1024;

/**
 * By subject and vendor. A vendor's answer counts from when it arrived, however long the search waited for the others;
 * `nowMs`: when it is told.
 */
export function freshParts(
  results: readonly CallResult[],
  { askedWindow, vendors }: Pick<Plan, 'askedWindow' | 'vendors'>,
  nowMs: number,
): FreshPart[] {
  const ttlsMs = new Map(vendors.map(({ id, ttlMs }) => [id, ttlMs]));
  return results.flatMap((result) => {
    const { call, answer, arrivedMs, isShared } = result;
    const ttlMs = ttlsMs.get(call.vendor) ?? 0;
    // A kept answer did not arrive now; the search that began a shared call keeps its answer.
    if (arrivedMs === undefined || isShared === true || arrivedMs + ttlMs <= nowMs) return [];
    if (answer === undefined || answer.noStore) return [];
    const bySubject = new Map(answer.subjects.map((one) => [one.subject, one]));
    return call.subjects
      .filter((subject) => failureOf(result, subject) === undefined)
      .map((subject) => {
        const one = bySubject.get(subject);
        return {
          subject,
          vendor: call.vendor,
          window: askedWindow,
          saidMs: arrivedMs,
          untilMs: arrivedMs + ttlMs,
          lines: one === undefined ? '' : writeAnswerLines(answerOfOne(one, answer)),
        };
      })
      .filter(({ lines }) => lines.length <= LINES_LENGTH_MAX);
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
