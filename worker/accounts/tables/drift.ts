// Table `account_drift`, and which accounts the drift repair says again next.

import { CLOCK_SKEW_MS } from '../../base/clock.ts';
import { guardIdempotent } from '../../store/guard.ts';
import type { NamedAccount } from './due.ts';

const HOUR_MS = 3600 * 1000;
const DAY_MS = 24 * HOUR_MS;
const KEPT_MS = 90 * DAY_MS;

/** A vendor's account that was not as the vendor had confirmed it. */
export interface DriftEvent {
  readonly regulator: string;
  readonly editor: string;
  /** `created`: a PUT of a known account made one. `missing`: 404 or 410. `refused`: another 4xx. `unconfirmed`: a 2xx
   * that is no yes. */
  readonly kind: 'created' | 'missing' | 'refused' | 'unconfirmed';
  readonly status: number;
  readonly mended: boolean;
  readonly atMs: number;
}

/** How much of its allowance a vendor has used. */
export interface DriftBudget {
  readonly editor: string;
  /** Re-asserted within the last hour. */
  readonly checked: number;
  /** Events within the last day. */
  readonly events: number;
}

/** Of vendors that are served and switched on. */
export async function driftBudgets(db: D1Database, nowMs: number): Promise<DriftBudget[]> {
  const { results } = await guardIdempotent(() =>
    db
      .prepare(
        `SELECT e.id AS editor,
           (SELECT COUNT(*) FROM accounts AS a WHERE a.editor = e.id AND a.checked_ms > ?1 AND a.checked_ms <= ?3) AS checked,
           (SELECT COUNT(*) FROM account_drift AS d WHERE d.editor = e.id AND d.at_ms > ?2 AND d.at_ms <= ?3) AS events
         FROM editors AS e WHERE e.enabled = 1 AND e.flows LIKE '%"INT_R02"%'
           AND e.id IN (SELECT editor FROM relay_editors)`,
      )
      .bind(nowMs - HOUR_MS, nowMs - DAY_MS, nowMs + CLOCK_SKEW_MS)
      .all<DriftBudget>(),
  );
  return results;
}

/**
 * Accounts the vendor has confirmed as they are wanted, the longest unchecked first; none twice within a day. A grant
 * confirmed before the database was put back may have ended since: it is not said again before its next login.
 */
export async function nextToAssert(
  db: D1Database,
  vendor: string,
  nowMs: number,
  max: number,
): Promise<NamedAccount[]> {
  const { results } = await guardIdempotent(() =>
    db
      .prepare(
        `SELECT a.regulator, a.editor FROM accounts AS a JOIN regulators AS r ON r.id = a.regulator
         WHERE a.editor = ?1 AND a.confirmed_hash = r.hash AND a.sent_hash IS NULL AND a.withdrawing = 0
           AND (r.active = 0 OR a.confirmed_ms > COALESCE((SELECT MAX(at_ms) FROM restores), 0))
           AND (COALESCE(a.checked_ms, 0) < ?2 OR a.checked_ms > ?4) AND (a.confirmed_ms < ?2 OR a.confirmed_ms > ?4)
         ORDER BY COALESCE(a.checked_ms, a.confirmed_ms) LIMIT ?3`,
      )
      .bind(vendor, nowMs - DAY_MS, max, nowMs + CLOCK_SKEW_MS)
      .all<NamedAccount>(),
  );
  return results;
}

/** Notes that an account was said again, and what showed. @throws GatewayError storage-unavailable. */
export async function recordCheck(
  db: D1Database,
  { regulator, editor }: NamedAccount,
  event: DriftEvent | undefined,
  nowMs: number,
): Promise<void> {
  const statements = [
    db
      .prepare('UPDATE accounts SET checked_ms = ?3 WHERE regulator = ?1 AND editor = ?2')
      .bind(regulator, editor, nowMs),
    db.prepare('DELETE FROM account_drift WHERE editor = ?1 AND at_ms < ?2').bind(editor, nowMs - KEPT_MS),
  ];
  if (event !== undefined) {
    const { kind, status, mended, atMs } = event;
    statements.push(
      db
        .prepare(
          `INSERT INTO account_drift (id, regulator, editor, kind, status, mended, at_ms)
           VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO NOTHING`,
        )
        .bind(crypto.randomUUID(), regulator, editor, kind, status, mended ? 1 : 0, atMs),
    );
  }
  await guardIdempotent(() => db.batch(statements));
}

/** Newest first. @throws GatewayError storage-unavailable. */
export async function listDrift(db: D1Database, max: number): Promise<DriftEvent[]> {
  const { results } = await guardIdempotent(() =>
    db
      .prepare(
        `SELECT regulator, editor, kind, status, mended, at_ms AS atMs FROM account_drift
         ORDER BY at_ms DESC LIMIT ?1`,
      )
      .bind(max)
      .all<Omit<DriftEvent, 'mended'> & { readonly mended: number }>(),
  );
  return results.map((event) => ({ ...event, mended: event.mended === 1 }));
}
