// The counts of activity, kept each minute behind the vendors' writes: what has changed since the last run is folded
// into table `activity_days`, in the order of changes, a bounded batch at a time. docs/appointments.md § 5.

import type { Env } from '../base/env.ts';
import { log } from '../base/log.ts';
import { territoriesOf } from '../store/territories.ts';
import { type Cell, cellsOf, countedAs, operatorOf, readCounted, writeCounted } from './model/cells.ts';
import { type Change, type Fold, readChanges, writeFold } from './tables/fold.ts';

/** A transaction of some milliseconds: no vendor's write waits long behind it. */
const BATCH_ROWS = 250;
/** D1 statements of each batch. */
const QUERIES = 7;

/** What one run may spend. */
export interface FoldBudget {
  /** D1 statements. */
  readonly queries: number;
  /** Milliseconds since 1970: no batch begins later. */
  readonly untilMs: number;
}

/** What one run did. */
export interface Folded {
  /** Changes that are counted now. */
  readonly count: number;
  /** More of them wait for the next run. */
  readonly isBehind: boolean;
}

/**
 * Resumes where the last run ended; run twice, or by two at once, it counts nothing twice. `nowMs`: of the run, for the
 * age of what waits. @throws GatewayError storage-unavailable; the next run goes on.
 */
export async function foldActivity(env: Env, nowMs: number, budget: FoldBudget): Promise<Folded> {
  let count = 0;
  let upToMs = 0;
  let isBehind = true;
  for (
    let left = budget.queries;
    isBehind && left >= QUERIES && Date.now() < budget.untilMs;
    left -= QUERIES
  ) {
    const read = await readChanges(env.APPOINTMENTS, BATCH_ROWS);
    const last = read.changes.at(-1);
    isBehind = read.changes.length === BATCH_ROWS;
    if (last === undefined) break;
    await writeFold(env.APPOINTMENTS, await foldOf(env.DB, read.upToMs, read.changes, last.updatedMs));
    count += read.changes.length;
    upToMs = last.updatedMs;
  }
  if (isBehind) {
    log('warn', 'activity-not-counted-yet', {
      count,
      ...(upToMs > 0 && { delayMs: Math.max(0, nowMs - upToMs) }),
    });
  } else if (count > 0) {
    log('debug', 'activity-counted', { count });
  }
  return { count, isBehind };
}

/** What is to be written, so that each of these changes is counted as it is now, and as nothing else. `core` has the regulators. */
async function foldOf(
  core: D1Database,
  fromMs: number,
  changes: readonly Change[],
  upToMs: number,
): Promise<Fold> {
  const named = new Map(
    changes.flatMap((change) =>
      change.operator === null
        ? []
        : [[operatorOf(change), { system: change.operatorSystem, value: change.operator }] as const],
    ),
  );
  const territories = await territoriesOf(core, [...named.values()]);
  const known = new Map([...named.keys()].map((operator, at) => [operator, territories[at] ?? []]));
  const cells = new Map<string, number>();
  const add = (cell: Cell, by: number): void => {
    const key = JSON.stringify(cell);
    cells.set(key, (cells.get(key) ?? 0) + by);
  };
  const counted: [string, string][] = [];
  for (const change of changes) {
    const before = change.counted === null ? undefined : readCounted(change.counted);
    if (before === undefined && change.mayBeCounted === 1) continue;
    const after = countedAs(change, before, known.get(operatorOf(change)) ?? []);
    const text = writeCounted(after);
    if (text === change.counted) continue;
    for (const cell of before === undefined ? [] : cellsOf(before)) add(cell, -1);
    for (const cell of cellsOf(after)) add(cell, 1);
    counted.push([change.id, text]);
  }
  return {
    fromMs,
    upToMs,
    cells: [...cells].filter(([, by]) => by !== 0).map(([key, by]) => [JSON.parse(key) as Cell, by]),
    counted,
  };
}
