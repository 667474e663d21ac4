// Table `restores`: when the core database was put back to an earlier state. Its trigger (migration 0020) makes the late
// withdrawals due again in the same transaction. Written here for an operator who takes a database that went back, and by
// host/copies/restore.ts. docs/accounts.md § 4, "After a restore".

import { guardIdempotent, guardStore } from './guard.ts';

const SHOWN_MAX = 20;

/** Of `accounts AS a`, `regulators AS r`: its withdrawal is due since a restore, not since its right ended later. */
export const IS_REASSERTED = '(a.restored_ms IS NOT NULL AND a.restored_ms >= COALESCE(r.withdrawn_ms, 0))';

/** `days`: withdrawals of so many days before the database's state. @throws GatewayError storage-unavailable. */
export async function noteRestore(db: D1Database, atMs: number, days: number): Promise<void> {
  await guardStore(() =>
    db.prepare('INSERT INTO restores (at_ms, days) VALUES (?1, ?2)').bind(atMs, days).run(),
  );
}

/** A restore, and how far the withdrawals that it made due again have come. */
export interface RestoreState {
  readonly atMs: number;
  readonly days: number;
  /** Said again, or to be. */
  readonly accounts: number;
  /** Of these, not confirmed yet. */
  readonly open: number;
}

const STATES = `SELECT x.at_ms AS atMs, x.days, COUNT(a.regulator) AS accounts, COALESCE(SUM(a.withdrawing), 0) AS open
  FROM (SELECT id, at_ms, days FROM restores ORDER BY id DESC LIMIT ?1) AS x
    LEFT JOIN accounts AS a ON a.restored_ms = x.at_ms
  GROUP BY x.id ORDER BY x.id DESC`;

/** The last ones, newest first. @throws GatewayError storage-unavailable. */
export async function listRestores(db: D1Database): Promise<RestoreState[]> {
  const { results } = await guardIdempotent(() => db.prepare(STATES).bind(SHOWN_MAX).all<RestoreState>());
  return results;
}
