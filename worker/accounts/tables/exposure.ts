// What operators read of the accounts: who is still open although withdrawn, where, since when; counts per vendor; the
// waves that wait. Tables `accounts`, `regulators` and `account_waves`. No name and no national identifier leaves here.

import { guardIdempotent } from '../../store/guard.ts';
import { IS_REASSERTED } from '../../store/restores.ts';

/** Accounts still open at one vendor although withdrawn. `oldestMs`: when the right of the first ended. */
export interface VendorExposure {
  readonly editor: string;
  readonly open: number;
  /** Of these, in a wave that waits for an operator. */
  readonly held: number;
  /** Of these, said again because the database was put back. */
  readonly reasserted: number;
  readonly oldestMs: number;
}

/**
 * The rows that a statement finds for each vendor ever announced: a wave of withdrawals over all of them is too much for
 * one. `sql`: parameter 1 is the vendor. @throws GatewayError storage-unavailable.
 */
async function ofEachVendor<Row>(db: D1Database, sql: string, ...more: readonly number[]): Promise<Row[]> {
  return guardIdempotent(async () => {
    const vendors = await db.prepare('SELECT id FROM editors ORDER BY id').all<{ readonly id: string }>();
    if (vendors.results.length === 0) return [];
    const statement = db.prepare(sql);
    const found = await db.batch<Row>(vendors.results.map(({ id }) => statement.bind(id, ...more)));
    return found.flatMap(({ results }) => results);
  });
}

const EXPOSURE = `SELECT a.editor, COUNT(*) AS open, SUM(r.wave IS NOT NULL) AS held,
    SUM(${IS_REASSERTED}) AS reasserted,
    MIN(COALESCE(r.withdrawn_ms, r.updated_ms)) AS oldestMs
  FROM accounts AS a JOIN regulators AS r ON r.id = a.regulator
  WHERE a.withdrawing = 1 AND a.editor = ?1 GROUP BY a.editor`;

/** Longest open first; vendors without any are left out. @throws GatewayError storage-unavailable. */
export async function exposureByVendor(db: D1Database): Promise<VendorExposure[]> {
  const found = await ofEachVendor<VendorExposure>(db, EXPOSURE);
  return found.sort((a, b) => a.oldestMs - b.oldestMs);
}

/** One account still open although withdrawn. `status`: HTTP, of the vendor's last answer. */
export interface OpenAccount {
  readonly regulator: string;
  readonly editor: string;
  readonly withdrawnMs: number;
  readonly attempts: number;
  readonly nextTryMs: number | null;
  readonly reason: string | null;
  readonly status: number | null;
  readonly wave: string | null;
  /** 1: said again because the database was put back. */
  readonly isReasserted: number;
}

const OPEN = `SELECT a.regulator, a.editor, COALESCE(r.withdrawn_ms, r.updated_ms) AS withdrawnMs, a.attempts,
    a.next_try_ms AS nextTryMs, a.error AS reason, a.error_status AS status, r.wave,
    ${IS_REASSERTED} AS isReasserted
  FROM accounts AS a JOIN regulators AS r ON r.id = a.regulator
  WHERE a.withdrawing = 1 AND a.editor = ?1 ORDER BY withdrawnMs, a.regulator LIMIT ?2`;

/** Longest open first. @throws GatewayError storage-unavailable. */
export async function listOpen(db: D1Database, max: number): Promise<OpenAccount[]> {
  const found = await ofEachVendor<OpenAccount>(db, OPEN, max);
  const key = ({ regulator, editor }: OpenAccount): string => `${regulator} ${editor}`;
  return found.sort((a, b) => a.withdrawnMs - b.withdrawnMs || (key(a) < key(b) ? -1 : 1)).slice(0, max);
}

/** Counts of one vendor's accounts, for operators. */
export interface VendorAccounts {
  readonly editor: string;
  readonly accounts: number;
  readonly confirmed: number;
  /** Known to differ from what is wanted. */
  readonly differing: number;
  readonly open: number;
  readonly failing: number;
  /** Sure that a missing account would show: some PUT was answered by 201, 404 or 410. `no`: a POST by 200. */
  readonly drift: 'observable' | 'not-observable' | 'unknown';
  readonly driftEvents: number;
}

/** Parameters: 1 vendor, 2 since when drift events count. */
const BY_VENDOR = `SELECT a.editor, COUNT(*) AS accounts, SUM(a.confirmed_hash IS NOT NULL) AS confirmed,
    SUM(CASE WHEN r.active = 1 THEN a.confirmed_hash IS NOT r.hash ELSE a.withdrawing END) AS differing,
    SUM(a.withdrawing) AS open, SUM(a.error IS NOT NULL) AS failing,
    CASE WHEN SUM(COALESCE(a.created_status, 0) = 200) > 0 THEN 'not-observable'
      WHEN EXISTS (SELECT 1 FROM account_drift AS d WHERE d.editor = a.editor AND d.kind IN ('created', 'missing'))
      THEN 'observable' ELSE 'unknown' END AS drift,
    (SELECT COUNT(*) FROM account_drift AS d WHERE d.editor = a.editor AND d.at_ms > ?2) AS driftEvents
  FROM accounts AS a JOIN regulators AS r ON r.id = a.regulator WHERE a.editor = ?1 GROUP BY a.editor`;

/** `sinceMs`: drift is counted from then on. @throws GatewayError storage-unavailable. */
export async function accountsByVendor(db: D1Database, sinceMs: number): Promise<VendorAccounts[]> {
  return ofEachVendor<VendorAccounts>(db, BY_VENDOR, sinceMs);
}
