// Tables `accounts` and `regulators` together: what is due, what is exposed, who stands in the way.

import type { RegulatorIdentifier } from '../../../shared/sas/regulator.ts';
import { guardIdempotent } from '../../store/guard.ts';

/** About an hour of pauses. */
const REFUSALS_MAX = 8;

/** An account whose time has come, by the ids of its regulator and vendor. */
export interface DueAccount {
  readonly regulator: string;
  readonly editor: string;
}

/**
 * Withdrawals of one vendor, the least tried first, then the longest open: what fails again and again comes last. Those of a wave that waits for an operator are not due; nor, before
 * their time, those that the vendor has answered but not granted so often that it would again: they are never in the
 * way of the others.
 */
export async function listWithdrawals(
  db: D1Database,
  editor: string,
  nowMs: number,
  max: number,
): Promise<DueAccount[]> {
  const { results } = await guardIdempotent(() =>
    db
      .prepare(
        `SELECT a.regulator, a.editor FROM accounts AS a JOIN regulators AS r ON r.id = a.regulator
         WHERE a.withdrawing = 1 AND a.editor = ?1 AND r.wave IS NULL AND (a.next_try_ms IS NULL
           OR a.next_try_ms <= ?3 OR a.attempts < ${REFUSALS_MAX} OR COALESCE(a.error_status, 500) >= 500)
         ORDER BY a.attempts, r.withdrawn_ms, a.regulator LIMIT ?2`,
      )
      .bind(editor, max, nowMs)
      .all<DueAccount>(),
  );
  return results;
}

/** Vendors with a withdrawal whose time has come, and the other accounts whose time has come. */
export async function listDue(
  db: D1Database,
  nowMs: number,
  max: number,
): Promise<{ readonly withdrawing: readonly string[]; readonly others: readonly DueAccount[] }> {
  const [withdrawing, others] = await guardIdempotent(() =>
    db.batch([
      db
        .prepare(
          `SELECT DISTINCT a.editor FROM accounts AS a JOIN regulators AS r ON r.id = a.regulator
           WHERE a.withdrawing = 1 AND r.wave IS NULL AND (a.next_try_ms IS NULL OR a.next_try_ms <= ?1)`,
        )
        .bind(nowMs),
      db
        .prepare(
          `SELECT regulator, editor FROM accounts
           WHERE next_try_ms <= ?1 AND withdrawing = 0 ORDER BY next_try_ms LIMIT ?2`,
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
export async function postponeWithdrawals(db: D1Database, editor: string, untilMs: number): Promise<void> {
  await guardIdempotent(() =>
    db
      .prepare(
        `UPDATE accounts SET next_try_ms = ?2
         WHERE withdrawing = 1 AND editor = ?1 AND (next_try_ms IS NULL OR next_try_ms < ?2)`,
      )
      .bind(editor, untilMs)
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
  editor: string,
  { system, value }: RegulatorIdentifier,
  nowMs: number,
): Promise<boolean> {
  const { meta } = await guardIdempotent(() =>
    db
      .prepare(
        `UPDATE accounts SET next_try_ms = CASE WHEN withdrawing = 1 OR open = 0 THEN next_try_ms ELSE ?5 END
         WHERE editor = ?2 AND regulator <> ?1 AND (open = 1 OR doubt_until_ms > ?5) AND
           ((confirmed_value = ?4 AND confirmed_system = ?3) OR (sent_value = ?4 AND sent_system = ?3))`,
      )
      .bind(regulator, editor, system, value, nowMs)
      .run(),
  );
  return meta.changes > 0;
}

/** What turned out to need nothing is not due any more. */
export async function forgetNextTry(
  db: D1Database,
  regulator: string,
  editor: string,
  nowMs: number,
): Promise<void> {
  await guardIdempotent(() =>
    db
      .prepare(
        `UPDATE accounts SET next_try_ms = NULL, recheck_ms = NULL
         WHERE regulator = ?1 AND editor = ?2 AND next_try_ms <= ?3 AND withdrawing = 0
           AND (lease IS NULL OR lease_until_ms <= ?3)`,
      )
      .bind(regulator, editor, nowMs)
      .run(),
  );
}
