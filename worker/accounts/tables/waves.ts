// Table `account_waves`: withdrawals so many at once that an operator is asked first; by caller and kind (model/wave.ts).

import { CLOCK_SKEW_MS } from '../../base/clock.ts';
import { FIRST_OF_WAVE, openReleased } from '../../store/account-openings.ts';
import { guardIdempotent, guardStore } from '../../store/guard.ts';
import type { Regulator } from '../model/regulator.ts';
import { type HeldWave, type WaveFacts, WITHDRAWAL_KINDS, type WithdrawalKind } from '../model/wave.ts';

/** Of whom the facts are. `by`: of `callerKey`; `max`: no more withdrawals than these are counted. */
export interface WaveQuestion {
  readonly by: string;
  readonly nowMs: number;
  readonly windowMs: number;
  readonly max: number;
}

/** Parameters: 1 kinds as JSON, 2 caller, 3 since, 4 until: what is said to have been later was said by a wrong clock, 5 max. */
const FACTS = `SELECT k.value AS kind,
    (SELECT COUNT(*) FROM (SELECT 1 FROM regulators WHERE withdrawn_by = ?2 AND withdrawn_as = k.value
      AND withdrawn_ms > ?3 AND withdrawn_ms <= ?4 LIMIT ?5)) AS lately,
    (SELECT id FROM account_waves WHERE confirmed_ms IS NULL AND caller = ?2 AND kind = k.value LIMIT 1) AS open,
    EXISTS (SELECT 1 FROM account_waves WHERE confirmed_ms > ?3 AND confirmed_ms <= ?4 AND caller = ?2
      AND kind = k.value) AS isConfirmed
  FROM json_each(?1) AS k`;

/** For a batch; `readWaveFacts` reads its result. */
export function waveFactsStatement(
  db: D1Database,
  { by, nowMs, windowMs, max }: WaveQuestion,
): D1PreparedStatement {
  const kinds = JSON.stringify(WITHDRAWAL_KINDS);
  return db.prepare(FACTS).bind(kinds, by, nowMs - windowMs, nowMs + CLOCK_SKEW_MS, max);
}

/** What an operator may have to be asked of, by kind. */
export function readWaveFacts(result: D1Result | undefined): WaveFacts[] {
  const rows = (result?.results ?? []) as {
    readonly kind: WithdrawalKind;
    readonly lately: number;
    readonly open: string | null;
    readonly isConfirmed: number;
  }[];
  return rows.map((row) => ({ ...row, open: row.open ?? undefined, isConfirmed: row.isConfirmed === 1 }));
}

/** For the transaction of a save that opens the wave of its regulator. */
export function openWave(db: D1Database, { wave, updatedMs, withdrawal }: Regulator): D1PreparedStatement {
  return db
    .prepare(
      'INSERT INTO account_waves (id, opened_ms, caller, kind) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO NOTHING',
    )
    .bind(wave ?? null, updatedMs, withdrawal?.by ?? null, withdrawal?.kind ?? null);
}

/** Withdrawals that wait, or waited, for an operator. `regulators`: how many. */
export interface Wave {
  readonly id: string;
  readonly kind: WithdrawalKind;
  readonly openedMs: number;
  readonly confirmedMs: number | null;
  readonly regulators: number;
}

/** Those that wait, of accounts first, and the ten last confirmed. */
export async function listWaves(db: D1Database): Promise<Wave[]> {
  const { results } = await guardIdempotent(() =>
    db
      .prepare(
        `SELECT w.id, COALESCE(w.kind, 'account') AS kind, w.opened_ms AS openedMs, w.confirmed_ms AS confirmedMs,
           (SELECT COUNT(*) FROM regulators WHERE wave = w.id) AS regulators
         FROM account_waves AS w
         ORDER BY w.confirmed_ms IS NOT NULL, w.kind IS 'unknown', w.opened_ms DESC LIMIT 50`,
      )
      .all<Wave>(),
  );
  return results;
}

/** Released in one transaction; the schedule goes on with the rest of a wave that an operator has confirmed. */
const RELEASED_MAX = 500;

function releaseStatements(db: D1Database, wave: string, max: number): D1PreparedStatement[] {
  return [
    openReleased(db, wave, max),
    db
      .prepare(
        `UPDATE accounts SET next_try_ms = NULL WHERE withdrawing = 1 AND regulator IN ${FIRST_OF_WAVE}`,
      )
      .bind(wave, max),
    db.prepare(`UPDATE regulators SET wave = NULL WHERE id IN ${FIRST_OF_WAVE}`).bind(wave, max),
  ];
}

/** How many withdrawals are due from now on, or soon; undefined when no such wave was ever opened. */
export async function confirmWave(
  db: D1Database,
  id: string,
  operator: string,
  nowMs: number,
): Promise<number | undefined> {
  const [wave, members] = await guardStore(() =>
    db.batch([
      db
        .prepare(
          `UPDATE account_waves SET confirmed_ms = COALESCE(confirmed_ms, ?2), confirmed_by = COALESCE(confirmed_by, ?3)
           WHERE id = ?1 RETURNING id`,
        )
        .bind(id, nowMs, operator),
      db.prepare('SELECT COUNT(*) AS count FROM regulators WHERE wave = ?1').bind(id),
      ...releaseStatements(db, id, RELEASED_MAX),
    ]),
  );
  if (wave?.results.length !== 1) return undefined;
  return ((members?.results ?? []) as { readonly count: number }[])[0]?.count ?? 0;
}

/** A wave that has members, or is not decided. */
export interface WaitingWave extends HeldWave {
  readonly id: string;
  readonly isConfirmed: boolean;
  readonly isEmpty: boolean;
}

/** Those that wait, and those confirmed of which some is left. */
export async function listWaiting(db: D1Database): Promise<WaitingWave[]> {
  const { results } = await guardIdempotent(() =>
    db
      .prepare(
        `SELECT * FROM (SELECT id, COALESCE(kind, 'account') AS kind, opened_ms AS openedMs, paced_ms AS pacedMs,
             confirmed_ms IS NOT NULL AS isConfirmed,
             NOT EXISTS (SELECT 1 FROM regulators WHERE wave = account_waves.id) AS isEmpty
           FROM account_waves)
         WHERE isConfirmed = 0 OR isEmpty = 0`,
      )
      .all<
        Omit<WaitingWave, 'isConfirmed' | 'isEmpty' | 'pacedMs'> &
          Record<'isConfirmed' | 'isEmpty', number> & { readonly pacedMs: number | null }
      >(),
  );
  return results.map((row) => ({
    ...row,
    pacedMs: row.pacedMs ?? undefined,
    isConfirmed: row.isConfirmed === 1,
    isEmpty: row.isEmpty === 1,
  }));
}

/** Releases the first of a wave; undecided, the next ones wait for the next window. @throws GatewayError storage-unavailable. */
export async function releaseSome(db: D1Database, id: string, max: number, nowMs: number): Promise<void> {
  await guardStore(() =>
    db.batch([
      db.prepare('UPDATE account_waves SET paced_ms = ?2 WHERE id = ?1').bind(id, nowMs),
      ...releaseStatements(db, id, Math.min(max, RELEASED_MAX)),
    ]),
  );
}

/** Forgets one that nobody decided and that has no members any more: SAS gave each right back, or all were released. */
export async function forgetWave(db: D1Database, id: string): Promise<void> {
  await guardIdempotent(() =>
    db
      .prepare(
        `DELETE FROM account_waves WHERE id = ?1 AND confirmed_ms IS NULL
           AND NOT EXISTS (SELECT 1 FROM regulators WHERE wave = ?1)`,
      )
      .bind(id)
      .run(),
  );
}

/** Forgets whose the waves were that an operator has decided before, and that have no members any more. */
export async function forgetCallers(db: D1Database, beforeMs: number): Promise<void> {
  await guardIdempotent(() =>
    db
      .prepare(
        `UPDATE account_waves SET caller = NULL WHERE caller IS NOT NULL AND confirmed_ms < ?1
           AND NOT EXISTS (SELECT 1 FROM regulators WHERE wave = account_waves.id)`,
      )
      .bind(beforeMs)
      .run(),
  );
}

/** A time of the future is of a clock that was wrong: it begins now, so that nothing waits for that day. */
export async function mendTimes(db: D1Database, nowMs: number): Promise<void> {
  await guardIdempotent(() =>
    db
      .prepare(
        `UPDATE account_waves SET opened_ms = MIN(opened_ms, ?1), paced_ms = MIN(paced_ms, ?1)
         WHERE opened_ms > ?1 + ${CLOCK_SKEW_MS} OR paced_ms > ?1 + ${CLOCK_SKEW_MS}`,
      )
      .bind(nowMs)
      .run(),
  );
}
