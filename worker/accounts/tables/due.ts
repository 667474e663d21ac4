// Tables `accounts` and `regulators` together: what is due, what is exposed, who stands in the way.

import type { RegulatorIdentifier } from '../../../shared/sas/regulator.ts';
import { CLOCK_SKEW_MS } from '../../base/clock.ts';
import { guardIdempotent } from '../../store/guard.ts';
import { LEASE_MS, NEXT_TRY_MS_MAX, SETTLE_MS } from '../model/ledger.ts';

/** About an hour of pauses. */
const REFUSALS_MAX = 8;

/** Parameter of both: 1 now. A next try that nothing of ours puts so far ahead is due: a clock was wrong. */
const DUE_WITHDRAWALS = `accounts AS a JOIN regulators AS r ON r.id = a.regulator
  WHERE a.withdrawing = 1 AND r.wave IS NULL
    AND (a.next_try_ms IS NULL OR a.next_try_ms <= ?1 OR a.next_try_ms > ?1 + ${NEXT_TRY_MS_MAX})`;
const DUE_OTHERS = `accounts
  WHERE withdrawing = 0 AND next_try_ms IS NOT NULL
    AND (next_try_ms <= ?1 OR next_try_ms > ?1 + ${NEXT_TRY_MS_MAX})`;

/** An older message may still take effect, as `isDoubted` of worker/accounts/model/ledger.ts. `now`: its parameter. */
export const isDoubted = (now: string): string =>
  `(doubt_until_ms > ${now} AND doubt_until_ms <= ${now} + ${SETTLE_MS + CLOCK_SKEW_MS})`;

/** One account, by the ids of its regulator and vendor. */
export interface NamedAccount {
  readonly regulator: string;
  readonly editor: string;
}

/** An account whose time has come. `sinceMs`: since when the right has ended, or something else is due. */
export interface DueAccount extends NamedAccount {
  readonly sinceMs: number;
  /** 1: a withdrawal of somebody whom no vendor was ever told of. */
  readonly isUnknown: number;
}

/** Parameters: 1 vendor, 2 now, 3 how many, 4 0 for those of people that vendors know alone. */
const WITHDRAWALS = `SELECT a.regulator, a.editor, COALESCE(r.withdrawn_ms, r.updated_ms) AS sinceMs,
    a.is_unknown AS isUnknown
  FROM accounts AS a JOIN regulators AS r ON r.id = a.regulator
  WHERE a.withdrawing = 1 AND a.editor = ?1 AND r.wave IS NULL AND a.is_unknown <= ?4 AND (a.next_try_ms IS NULL
    OR a.next_try_ms <= ?2 OR a.next_try_ms > ?2 + ${NEXT_TRY_MS_MAX} OR a.attempts < ${REFUSALS_MAX}
    OR COALESCE(a.error_status, 500) >= 500)
  ORDER BY a.attempts > ${REFUSALS_MAX}, a.is_unknown, a.attempts, r.withdrawn_ms, a.regulator LIMIT ?3`;

/**
 * Withdrawals of these vendors, so many of each: the least tried first, then the longest open: what fails again and again
 * comes last, and before it people whom no vendor was ever told of. Those of a wave that waits for an
 * operator are not due; nor, before their time, those that the vendor has answered but not granted so often that it would
 * again: they are never in the way of the others. One statement for each vendor: a wave over all of them is too much for one.
 */
export async function listWithdrawals(
  db: D1Database,
  vendors: readonly string[],
  nowMs: number,
  maxOfEach: number,
  ofWhom: 'everybody' | 'known' = 'everybody',
): Promise<DueAccount[]> {
  if (vendors.length === 0) return [];
  const found = await guardIdempotent(() => {
    const statement = db.prepare(WITHDRAWALS);
    return db.batch<DueAccount>(
      vendors.map((vendor) => statement.bind(vendor, nowMs, maxOfEach, ofWhom === 'known' ? 0 : 1)),
    );
  });
  return found.flatMap(({ results }) => results);
}

/** How many withdrawals and other accounts are due now. @throws GatewayError storage-unavailable. */
export async function countDue(db: D1Database, nowMs: number): Promise<number> {
  const counts = await guardIdempotent(() =>
    db.batch<{ readonly count: number }>([
      db.prepare(`SELECT COUNT(*) AS count FROM ${DUE_WITHDRAWALS}`).bind(nowMs),
      db.prepare(`SELECT COUNT(*) AS count FROM ${DUE_OTHERS}`).bind(nowMs),
    ]),
  );
  return counts.reduce((sum, { results }) => sum + (results[0]?.count ?? 0), 0);
}

/** Vendors with a withdrawal whose time has come, and the other accounts whose time has come. */
export async function listDue(
  db: D1Database,
  nowMs: number,
  max: number,
): Promise<{ readonly withdrawing: readonly string[]; readonly others: readonly DueAccount[] }> {
  const [withdrawing, others] = await guardIdempotent(() =>
    db.batch([
      db.prepare(`SELECT DISTINCT a.editor FROM ${DUE_WITHDRAWALS}`).bind(nowMs),
      db
        .prepare(
          `SELECT regulator, editor, next_try_ms AS sinceMs, 0 AS isUnknown FROM ${DUE_OTHERS} ORDER BY next_try_ms LIMIT ?2`,
        )
        .bind(nowMs, max),
    ]),
  );
  return {
    withdrawing: ((withdrawing?.results ?? []) as { readonly editor: string }[]).map(({ editor }) => editor),
    others: (others?.results ?? []) as DueAccount[],
  };
}

/** After some withdrawals found their vendor away, the others wait as long: a few probes, not one per account. */
export async function postponeWithdrawals(
  db: D1Database,
  vendor: string,
  untilMs: number,
  nowMs: number,
): Promise<void> {
  await guardIdempotent(() =>
    db
      .prepare(
        `UPDATE accounts SET next_try_ms = ?2
         WHERE withdrawing = 1 AND editor = ?1
           AND (next_try_ms IS NULL OR next_try_ms < ?2 OR next_try_ms > ?3 + ${NEXT_TRY_MS_MAX})`,
      )
      .bind(vendor, untilMs, nowMs)
      .run(),
  );
}

/**
 * Another account may be active at that vendor under this identifier, although SAS has given it to somebody else: what
 * is due there goes out first, without waiting for a login. True when there is one.
 */
export async function hurryBearers(
  db: D1Database,
  regulator: string,
  vendor: string,
  { system, value }: RegulatorIdentifier,
  nowMs: number,
): Promise<boolean> {
  const { meta } = await guardIdempotent(() =>
    db
      .prepare(
        `UPDATE accounts SET next_try_ms = CASE WHEN withdrawing = 1 OR open = 0 THEN next_try_ms ELSE ?5 END
         WHERE editor = ?2 AND regulator <> ?1 AND (open = 1 OR ${isDoubted('?5')}) AND
           ((confirmed_value = ?4 AND confirmed_system = ?3) OR (sent_value = ?4 AND sent_system = ?3))`,
      )
      .bind(regulator, vendor, system, value, nowMs)
      .run(),
  );
  return meta.changes > 0;
}

/** What turned out to need nothing is not due any more. */
export async function forgetNextTry(
  db: D1Database,
  regulator: string,
  vendor: string,
  nowMs: number,
): Promise<void> {
  await guardIdempotent(() =>
    db
      .prepare(
        `UPDATE accounts SET next_try_ms = NULL, recheck_ms = NULL
         WHERE regulator = ?1 AND editor = ?2 AND withdrawing = 0
           AND (next_try_ms <= ?3 OR next_try_ms > ?3 + ${NEXT_TRY_MS_MAX})
           AND (lease IS NULL OR lease_until_ms <= ?3 OR lease_until_ms > ?3 + ${LEASE_MS + CLOCK_SKEW_MS})`,
      )
      .bind(regulator, vendor, nowMs)
      .run(),
  );
}
