// Tables `accounts` and `regulators` together: what is due, what is exposed, who stands in the way.

import type { RegulatorIdentifier } from '../../../shared/sas/regulator.ts';
import { guardIdempotent } from '../../store/guard.ts';

/** About an hour of pauses. */
const REFUSALS_MAX = 8;

/** Parameter of both: 1 now. */
const DUE_WITHDRAWALS = `accounts AS a JOIN regulators AS r ON r.id = a.regulator
  WHERE a.withdrawing = 1 AND r.wave IS NULL AND (a.next_try_ms IS NULL OR a.next_try_ms <= ?1)`;
const DUE_OTHERS = 'accounts WHERE next_try_ms <= ?1 AND withdrawing = 0';

/** One account, by the ids of its regulator and vendor. */
export interface NamedAccount {
  readonly regulator: string;
  readonly editor: string;
}

/** An account whose time has come. `sinceMs`: since when the right has ended, or something else is due. */
export interface DueAccount extends NamedAccount {
  readonly sinceMs: number;
}

/** Parameters: 1 vendor, 2 now, 3 how many. */
const WITHDRAWALS = `SELECT a.regulator, a.editor, COALESCE(r.withdrawn_ms, r.updated_ms) AS sinceMs
  FROM accounts AS a JOIN regulators AS r ON r.id = a.regulator
  WHERE a.withdrawing = 1 AND a.editor = ?1 AND r.wave IS NULL AND (a.next_try_ms IS NULL
    OR a.next_try_ms <= ?2 OR a.attempts < ${REFUSALS_MAX} OR COALESCE(a.error_status, 500) >= 500)
  ORDER BY a.attempts, r.withdrawn_ms, a.regulator LIMIT ?3`;

/**
 * Withdrawals of these vendors, so many of each: the least tried first, then the longest open: what fails again and again
 * comes last. Those of a wave that waits for an operator are not due; nor, before their time, those that the vendor has
 * answered but not granted so often that it would again: they are never in the way of the others. One statement for each
 * vendor: a wave over all of them is too much for one.
 */
export async function listWithdrawals(
  db: D1Database,
  editors: readonly string[],
  nowMs: number,
  maxOfEach: number,
): Promise<DueAccount[]> {
  if (editors.length === 0) return [];
  const found = await guardIdempotent(() => {
    const statement = db.prepare(WITHDRAWALS);
    return db.batch<DueAccount>(editors.map((editor) => statement.bind(editor, nowMs, maxOfEach)));
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
          `SELECT regulator, editor, next_try_ms AS sinceMs FROM ${DUE_OTHERS} ORDER BY next_try_ms LIMIT ?2`,
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
