// Table `maintenances`: when a vendor has said that it may fail. Written by worker/maintenances, read by whatever judges a
// vendor's failures; the hub has those that stand with each vendor of the registry (editors.ts), so that a search reads none.

import type { Env } from '../base/env.ts';
import type { Budget } from './budget.ts';
import { guardIdempotent } from './guard.ts';
import { PURGED_ROWS, purgeInBatches } from './purge-batches.ts';

/** A stretch of time, milliseconds since 1970; the last one is outside it. */
export interface MaintenanceWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A maintenance as it is kept. Times in milliseconds since 1970. */
export interface Maintenance extends MaintenanceWindow {
  readonly id: string;
  readonly editor: string;
  /** In the words of whoever declared it: no person's name. */
  readonly reason: string;
  /** An operator, as the console or his token calls him. */
  readonly by: string;
  readonly declaredMs: number;
  readonly changedMs: number | null;
  /** Null: it stands. One that was withdrawn while it lasted did last until then. */
  readonly withdrawnMs: number | null;
}

/** Of one vendor that are not over: more are no plan. */
export const MAINTENANCES_PER_VENDOR_MAX = 20;

const COLUMNS = `id, editor, from_ms AS fromMs, to_ms AS toMs, reason, declared_by AS by, declared_ms AS declaredMs,
    changed_ms AS changedMs, withdrawn_ms AS withdrawnMs`;
const YEAR_MS = 365 * 24 * 3_600_000;
/** The newest of a year are enough for any screen. */
const LISTED_MAX = 1_000;

/** Of the vendor `editors.id`, as a list of `[from, to]` in JSON: those that stand and are not over. */
export const STANDING_WINDOWS = `(SELECT json_group_array(json_array(m.from_ms, m.to_ms)) FROM maintenances AS m
    WHERE m.editor = editors.id AND m.to_ms > unixepoch() * 1000 AND m.withdrawn_ms IS NULL)`;

/** From that list. */
export function readWindows(text: string): readonly MaintenanceWindow[] {
  return (JSON.parse(text) as [number, number][]).map(([fromMs, toMs]) => ({ fromMs, toMs }));
}

/** The one that holds at that moment; undefined: none. `windows`: of a vendor of the registry; a hub of before has none. */
export function maintenanceAt(
  windows: readonly MaintenanceWindow[] | undefined,
  nowMs: number,
): MaintenanceWindow | undefined {
  return windows?.find(({ fromMs, toMs }) => fromMs <= nowMs && nowMs < toMs);
}

/** When it really was: one that was withdrawn ended then, or never began (undefined). */
export function lastedOf({ fromMs, toMs, withdrawnMs }: Maintenance): MaintenanceWindow | undefined {
  const endMs = Math.min(toMs, withdrawnMs ?? toMs);
  return endMs > fromMs ? { fromMs, toMs: endMs } : undefined;
}

/**
 * All that end after that moment, also those that were withdrawn, last to begin first: what is to come, what lasts, and what
 * lasted since. `lastedOf` says when each really was. @throws GatewayError storage-unavailable.
 */
export async function readMaintenances(db: D1Database, sinceMs: number): Promise<Maintenance[]> {
  const asked = () =>
    db
      .prepare(
        `SELECT ${COLUMNS} FROM maintenances WHERE to_ms > ?1 ORDER BY from_ms DESC, id LIMIT ${LISTED_MAX}`,
      )
      .bind(sinceMs)
      .all<Maintenance>();
  return (await guardIdempotent(asked)).results;
}

/** Undefined: there is none. @throws GatewayError storage-unavailable. */
export async function findMaintenance(db: D1Database, id: string): Promise<Maintenance | undefined> {
  const asked = () =>
    db.prepare(`SELECT ${COLUMNS} FROM maintenances WHERE id = ?1`).bind(id).first<Maintenance>();
  return (await guardIdempotent(asked)) ?? undefined;
}

/** Of the vendor ?2, another one than ?1 that shares a moment with ?3 to ?4. */
const OVERLAPS = `SELECT 1 FROM maintenances
    WHERE editor = ?2 AND to_ms > ?3 AND from_ms < ?4 AND withdrawn_ms IS NULL AND id <> ?1`;

type Declared = Omit<Maintenance, 'changedMs' | 'withdrawnMs'>;

/**
 * Writes a new one unless another of its vendor shares a moment with it, or too many wait; once under its id, however often it
 * is called. The caller reads what became of it. @throws GatewayError storage-unavailable.
 */
export async function insertMaintenance(
  db: D1Database,
  { id, editor, fromMs, toMs, reason, by, declaredMs }: Declared,
): Promise<void> {
  const insert = db
    .prepare(
      `INSERT INTO maintenances (id, editor, from_ms, to_ms, reason, declared_by, declared_ms)
       SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT EXISTS (${OVERLAPS})
         AND (SELECT COUNT(*) FROM maintenances WHERE editor = ?2 AND to_ms > ?7 AND withdrawn_ms IS NULL) < ${MAINTENANCES_PER_VENDOR_MAX}
       ON CONFLICT (id) DO NOTHING`,
    )
    .bind(id, editor, fromMs, toMs, reason, by, declaredMs);
  await guardIdempotent(() => insert.run());
}

/** Other times or another reason, unless it was withdrawn or another shares a moment with it. @throws as above. */
export async function updateMaintenance(
  db: D1Database,
  { id, editor, fromMs, toMs, reason }: Pick<Declared, 'id' | 'editor' | 'fromMs' | 'toMs' | 'reason'>,
  nowMs: number,
): Promise<void> {
  const update = db
    .prepare(
      `UPDATE maintenances SET from_ms = ?3, to_ms = ?4, reason = ?5, changed_ms = ?6
       WHERE id = ?1 AND editor = ?2 AND withdrawn_ms IS NULL AND NOT EXISTS (${OVERLAPS})`,
    )
    .bind(id, editor, fromMs, toMs, reason, nowMs);
  await guardIdempotent(() => update.run());
}

/** It stands no longer; the first word counts. @throws GatewayError storage-unavailable. */
export async function withdrawMaintenance(db: D1Database, id: string, nowMs: number): Promise<void> {
  const update = db
    .prepare('UPDATE maintenances SET withdrawn_ms = ?2 WHERE id = ?1 AND withdrawn_ms IS NULL')
    .bind(id, nowMs);
  await guardIdempotent(() => update.run());
}

/** Nightly: forgets those that ended a year ago. @returns whether all is done. @throws GatewayError storage-unavailable. */
export async function forgetMaintenances(
  { DB }: Pick<Env, 'DB'>,
  nowMs: number,
  budget: Budget,
): Promise<boolean> {
  const statement = DB.prepare(
    `DELETE FROM maintenances WHERE id IN
       (SELECT id FROM maintenances WHERE to_ms < ?1 ORDER BY to_ms LIMIT ${PURGED_ROWS})`,
  ).bind(nowMs - YEAR_MS);
  return !(await purgeInBatches(statement, budget)).isBehind;
}
