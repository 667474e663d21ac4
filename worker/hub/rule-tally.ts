// Gathers in the hub what searches tell of their vendors' slots, and writes it to D1 now and then: one write per
// vendor and rule for many searches. What an eviction loses is at most the last half minute of counts.

import { log } from '../base/log.ts';
import { addRuleCounts, type CountKind, type RuleCountRow } from '../store/rule-counts.ts';
import type { CallTally } from './reach/calls.ts';

const FLUSH_MS = 15_000;
const IDS_MAX = 20;

/** Counts by vendor, kind and rule that are not written yet. */
export class RuleTally {
  readonly #db: D1Database;
  #rows = new Map<string, { row: Omit<RuleCountRow, 'count' | 'ids'>; count: number; ids: string[] }>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(db: D1Database) {
    this.#db = db;
  }

  add(tallies: readonly CallTally[]): void {
    for (const { vendor, received, shown, dropped, repaired } of tallies) {
      this.#count(vendor, 'received', '', received, []);
      this.#count(vendor, 'shown', '', shown, []);
      for (const { rule, count, ids } of dropped) this.#count(vendor, 'dropped', rule, count, ids);
      for (const { rule, count, ids } of repaired) this.#count(vendor, 'repaired', rule, count, ids);
    }
    if (this.#rows.size > 0) this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS);
  }

  #count(vendor: string, kind: CountKind, rule: string, count: number, ids: readonly string[]): void {
    if (count === 0) return;
    const key = `${vendor} ${kind} ${rule}`;
    const known = this.#rows.get(key) ?? { row: { editor: vendor, kind, rule }, count: 0, ids: [] };
    this.#rows.set(key, known);
    known.count += count;
    for (const id of ids) if (known.ids.length < IDS_MAX && !known.ids.includes(id)) known.ids.push(id);
  }

  /** Writes what was gathered; on failure it is gathered again with what comes next. */
  async flush(): Promise<void> {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
    const rows = [...this.#rows.values()].map(({ row, count, ids }) => ({ ...row, count, ids }));
    this.#rows = new Map();
    if (rows.length === 0) return;
    try {
      await addRuleCounts(this.#db, rows, Date.now());
    } catch {
      log('warn', 'rule-counts-not-written', { count: rows.length });
      for (const { editor: vendor, kind, rule, count, ids } of rows)
        this.#count(vendor, kind, rule, count, ids);
    }
  }
}
