// What kept answers say of a question: which subjects each vendor need not be asked for, and whose answer grows old. Pure.
// docs/cache.md.

import type { CallAnswer } from '../../shared/sas/answer.ts';
import type { SlotQuery } from '../../shared/sas/query.ts';
import { type CallResult, failureOf } from '../hub/call-result.ts';
import type { AskedCall } from '../hub/hub-calls.ts';
import type { VendorRow } from '../store/editors.ts';
import { answerIn, type KeptPart, type KeptRow } from './kept-row.ts';

/** The question, the vendors it concerns, and for how long each vendor's answers are kept. */
export interface CoverageContext {
  readonly query: SlotQuery;
  /** The vendors that would be asked. */
  readonly vendors: readonly VendorRow[];
  readonly nowMs: number;
  /** How long what a vendor said is kept, milliseconds; 0: not at all. */
  readonly ttlMs: (vendor: VendorRow) => number;
}

/** By vendor, some of the subjects asked. */
export type VendorSubjects = ReadonlyMap<string, ReadonlySet<string>>;

/** A kept answer that still holds. */
interface Held {
  readonly answer: CallAnswer | 'none';
  readonly saidMs: number;
  readonly isAging: boolean;
}

/** Past this share of its time an answer is renewed by a call that is made anyway. */
const AGING_SHARE = 0.1;

/** The kept answers that cover one question, by vendor. */
export class Coverage {
  readonly #known = new Map<string, Map<string, Held>>();
  /** By vendor, the subjects it need not be asked for. */
  readonly covered: VendorSubjects = new Map();

  constructor(rows: readonly KeptRow[], context: CoverageContext) {
    const asked = new Set(context.query.subjects);
    const ttls = new Map(context.vendors.map((vendor) => [vendor.id, context.ttlMs(vendor)]));
    for (const id of ttls.keys()) this.#known.set(id, new Map());
    for (const { subject, parts } of rows) {
      if (!asked.has(subject)) continue;
      for (const part of parts) {
        const known = this.#known.get(part.vendor);
        if (known === undefined || known.has(subject)) continue;
        const said = saidIn(part, subject, ttls.get(part.vendor) ?? 0, context);
        if (said !== undefined) known.set(subject, said);
      }
    }
    for (const [id, known] of this.#known) if (known.size === 0) this.#known.delete(id);
    this.covered = new Map([...this.#known].map(([vendor, known]) => [vendor, new Set(known.keys())]));
  }

  /** Covered subjects whose answer a call that is made anyway may renew. */
  agingOf(vendor: string): string[] {
    const known = [...(this.#known.get(vendor) ?? [])];
    return known.filter(([, { isAging }]) => isAging).map(([subject]) => subject);
  }

  /** The kept answers in the form of results, each with `saidMs`. `without`: subjects that are being asked again. */
  results(without: VendorSubjects = new Map()): CallResult[] {
    return this.#results((vendor, subject) => without.get(vendor)?.has(subject) !== true);
  }

  /** Kept answers that remain valid because asking again failed. */
  standing(results: readonly CallResult[], renewed: VendorSubjects): CallResult[] {
    const inVain = new Map<string, Set<string>>();
    for (const result of results) {
      const { vendor, subjects } = result.call;
      const again = renewed.get(vendor);
      if (again === undefined) continue;
      const known = inVain.get(vendor) ?? new Set();
      inVain.set(vendor, known);
      for (const subject of subjects)
        if (again.has(subject) && failureOf(result, subject) !== undefined) known.add(subject);
    }
    return this.#results((vendor, subject) => inVain.get(vendor)?.has(subject) === true);
  }

  #results(isWanted: (vendor: string, subject: string) => boolean): CallResult[] {
    const results: CallResult[] = [];
    for (const [vendor, known] of this.#known) {
      const without: string[] = [];
      let withoutSaidMs = Number.POSITIVE_INFINITY;
      for (const [subject, { answer, saidMs }] of known) {
        if (!isWanted(vendor, subject)) continue;
        if (answer !== 'none') results.push({ call: { vendor, subjects: [subject] }, answer, saidMs });
        else {
          without.push(subject);
          withoutSaidMs = Math.min(withoutSaidMs, saidMs);
        }
      }
      if (without.length > 0) results.push({ call: { vendor, subjects: without }, saidMs: withoutSaidMs });
    }
    return results;
  }
}

/** By vendor, the subjects of these calls whose kept answer still holds. */
export function renewedBy(calls: readonly AskedCall[], covered: VendorSubjects): VendorSubjects {
  const renewed = new Map<string, Set<string>>();
  for (const { vendor, subjects } of calls) {
    const again = subjects.filter((subject) => covered.get(vendor)?.has(subject) === true);
    if (again.length > 0) renewed.set(vendor, new Set([...(renewed.get(vendor) ?? []), ...again]));
  }
  return renewed;
}

/** The result without the subjects for which it failed and a kept answer still holds: that answer stands for them. */
export function trimRenewed(result: CallResult, renewed: VendorSubjects): CallResult {
  const { call, answer } = result;
  const again = renewed.get(call.vendor);
  if (again === undefined) return result;
  const stands = (subject: string): boolean => again.has(subject) && failureOf(result, subject) !== undefined;
  if (!call.subjects.some(stands)) return result;
  return {
    ...result,
    call: { ...call, subjects: call.subjects.filter((subject) => !stands(subject)) },
    ...(answer && {
      answer: { ...answer, subjects: answer.subjects.filter(({ subject }) => !stands(subject)) },
    }),
  };
}

/** The kept answer, where it may still be taken for one. */
function saidIn(
  part: KeptPart,
  subject: string,
  ttl: number,
  { query, nowMs }: CoverageContext,
): Held | undefined {
  const { window, saidMs, untilMs } = part;
  // What started before now is not shown anyway.
  const fromMs = Math.max(query.window.fromMs, nowMs);
  if (window.fromMs > fromMs || window.toMs < query.window.toMs) return undefined;
  if (saidMs > nowMs || nowMs >= Math.min(untilMs, saidMs + ttl)) return undefined;
  const answer = answerIn(part, subject);
  return answer && { answer, saidMs, isAging: nowMs - saidMs >= ttl * AGING_SHARE };
}
