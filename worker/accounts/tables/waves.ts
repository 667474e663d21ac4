// Table `account_waves`: withdrawals so many at once that an operator is asked first.

import { guardIdempotent, guardStore } from '../../store/guard.ts';

/** Withdrawals that wait, or waited, for an operator. `regulators`: how many. */
export interface Wave {
  readonly id: string;
  readonly openedMs: number;
  readonly confirmedMs: number | null;
  readonly regulators: number;
}

/** Those that wait, and the ten last confirmed. */
export async function listWaves(db: D1Database): Promise<Wave[]> {
  const { results } = await guardIdempotent(() =>
    db
      .prepare(
        `SELECT w.id, w.opened_ms AS openedMs, w.confirmed_ms AS confirmedMs,
           (SELECT COUNT(*) FROM regulators WHERE wave = w.id) AS regulators
         FROM account_waves AS w ORDER BY w.confirmed_ms IS NOT NULL, w.opened_ms DESC LIMIT 10`,
      )
      .all<Wave>(),
  );
  return results;
}

/** The regulators whose withdrawals are due from now on; undefined when no such wave was ever opened. */
export async function confirmWave(
  db: D1Database,
  id: string,
  subject: string,
  nowMs: number,
): Promise<string[] | undefined> {
  const [wave, , members] = await guardStore(() =>
    db.batch([
      db
        .prepare(
          `UPDATE account_waves SET confirmed_ms = COALESCE(confirmed_ms, ?2), confirmed_by = COALESCE(confirmed_by, ?3)
           WHERE id = ?1 RETURNING id`,
        )
        .bind(id, nowMs, subject),
      db
        .prepare(
          `UPDATE accounts SET next_try_ms = NULL
           WHERE withdrawing = 1 AND regulator IN (SELECT id FROM regulators WHERE wave = ?1)`,
        )
        .bind(id),
      db.prepare('UPDATE regulators SET wave = NULL WHERE wave = ?1 RETURNING id').bind(id),
    ]),
  );
  if (wave?.results.length !== 1) return undefined;
  return ((members?.results ?? []) as { readonly id: string }[]).map((member) => member.id);
}
