// What kept answers say of a question: which subjects each vendor need not be asked for, and whose answer grows old. Goes
// by when and over which window each was given, and reads none. Pure. docs/cache.md.

import type { SlotQuery } from '../../../shared/sas/query.ts';
import type { KeptPart } from './kept/part.ts';

/** The question, and for how long the answers of each vendor that it concerns are kept. */
export interface CoverageContext {
  readonly query: SlotQuery;
  readonly nowMs: number;
  /** By vendor that would be asked, milliseconds; 0: not at all. */
  readonly ttlsMs: ReadonlyMap<string, number>;
}

/** By vendor, some of the subjects asked. */
export type VendorSubjects = ReadonlyMap<string, ReadonlySet<string>>;

/** What kept answers cover of a question. */
export interface Coverage {
  /** By vendor, the subjects it need not be asked for. */
  readonly covered: VendorSubjects;
  /** By vendor, those of them whose answer a call that is made anyway may renew. */
  readonly aging: VendorSubjects;
}

/** Past this share of its time an answer is renewed by a call that is made anyway. */
const AGING_SHARE = 0.1;

/** `kept`: by subject. */
export function coverageOf(
  kept: ReadonlyMap<string, readonly KeptPart[]>,
  context: CoverageContext,
): Coverage {
  const covered = new Map<string, Set<string>>();
  const aging = new Map<string, Set<string>>();
  for (const subject of context.query.subjects) {
    for (const part of kept.get(subject) ?? []) {
      const ttlMs = context.ttlsMs.get(part.vendor);
      if (ttlMs === undefined || !holds(part, ttlMs, context)) continue;
      add(covered, part.vendor, subject);
      if (context.nowMs - part.saidMs >= ttlMs * AGING_SHARE) add(aging, part.vendor, subject);
    }
  }
  return { covered, aging };
}

/** True when the kept answer may still be taken for one. */
function holds(
  { window, saidMs, untilMs }: KeptPart,
  ttlMs: number,
  { query, nowMs }: CoverageContext,
): boolean {
  // What started before now is not shown anyway.
  const fromMs = Math.max(query.window.fromMs, nowMs);
  if (window.fromMs > fromMs || window.toMs < query.window.toMs) return false;
  return saidMs <= nowMs && nowMs < Math.min(untilMs, saidMs + ttlMs);
}

function add(map: Map<string, Set<string>>, vendor: string, subject: string): void {
  const known = map.get(vendor);
  if (known === undefined) map.set(vendor, new Set([subject]));
  else known.add(subject);
}

/** By vendor, the subjects of these calls whose kept answer still holds. */
export function renewedBy(
  calls: readonly { readonly vendor: string; readonly subjects: readonly string[] }[],
  covered: VendorSubjects,
): VendorSubjects {
  const renewed = new Map<string, Set<string>>();
  for (const { vendor, subjects } of calls) {
    const again = subjects.filter((subject) => covered.get(vendor)?.has(subject) === true);
    if (again.length > 0) renewed.set(vendor, new Set([...(renewed.get(vendor) ?? []), ...again]));
  }
  return renewed;
}
