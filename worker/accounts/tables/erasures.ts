// Table `erased_regulators`, and a regulator's last transaction in `core`. docs/exploitation/effacement.md.

import { SYSTEM } from '../../../shared/sas/canonical.ts';
import type { RegulatorIdentifier } from '../../../shared/sas/regulator.ts';
import { openEverywhere } from '../../store/account-openings.ts';
import { guardIdempotent } from '../../store/guard.ts';

/** Times in milliseconds since 1970. */
export interface Erasure {
  /** Drawn at random: names nobody. */
  readonly id: string;
  /** Null once it is done. */
  readonly regulator: string | null;
  readonly reason: string;
  readonly reference: string | null;
  readonly askedMs: number;
  readonly by: string;
  /** Versions of appointments up to it name him no more. */
  readonly walkedSeq: number;
  readonly doneMs: number | null;
  /** The right was given back before it was done. */
  readonly voidMs: number | null;
}

const COLUMNS = `id, regulator, reason, reference, asked_ms AS askedMs, asked_by AS by, walked_seq AS walkedSeq,
  done_ms AS doneMs, void_ms AS voidMs`;

/** What an operator asks. */
export interface AskedErasure {
  readonly id: string;
  readonly regulator: string;
  readonly reason: string;
  readonly reference: string | undefined;
  readonly askedMs: number;
  readonly by: string;
}

/** The erasure that is under way for this regulator, begun now if none is; null: there is no such regulator. @throws GatewayError storage-unavailable, like all of these. */
export async function beginErasure(db: D1Database, asked: AskedErasure): Promise<Erasure | null> {
  const { id, regulator, reason, reference, askedMs, by } = asked;
  const [, found] = await guardIdempotent(() =>
    db.batch([
      db
        .prepare(
          `INSERT INTO erased_regulators (id, regulator, reason, reference, asked_ms, asked_by)
           SELECT ?1, id, ?3, ?4, ?5, ?6 FROM regulators WHERE id = ?2 ON CONFLICT DO NOTHING`,
        )
        .bind(id, regulator, reason, reference ?? null, askedMs, by),
      db.prepare(`SELECT ${COLUMNS} FROM erased_regulators WHERE regulator = ?1`).bind(regulator),
    ]),
  );
  return ((found?.results ?? []) as unknown as Erasure[])[0] ?? null;
}

/** Those under way: those that can go on, then those that wait for a vendor, the oldest first, so that none waits behind a vendor's silence. */
export async function listOpenErasures(db: D1Database): Promise<Erasure[]> {
  const { results } = await guardIdempotent(() =>
    db
      .prepare(
        `SELECT ${COLUMNS} FROM erased_regulators AS e WHERE regulator IS NOT NULL
         ORDER BY EXISTS (SELECT 1 FROM regulators AS r JOIN accounts AS a ON a.regulator = r.id
           WHERE r.id = e.regulator AND r.active = 0 AND ${IS_LEFT}), asked_ms LIMIT 100`,
      )
      .all<Erasure>(),
  );
  return results;
}

/** The latest first. */
export async function listErasures(db: D1Database, max: number): Promise<Erasure[]> {
  const { results } = await guardIdempotent(() =>
    db
      .prepare(`SELECT ${COLUMNS} FROM erased_regulators ORDER BY asked_ms DESC LIMIT ?1`)
      .bind(max)
      .all<Erasure>(),
  );
  return results;
}

/** A withdrawal that a wave holds is due now: an operator has decided. */
export async function releaseForErasure(db: D1Database, regulator: string): Promise<void> {
  const stamp = crypto.randomUUID();
  await guardIdempotent(() =>
    db.batch([
      db
        .prepare(
          'UPDATE regulators SET wave = NULL, stamp = ?2 WHERE id = ?1 AND active = 0 AND wave IS NOT NULL',
        )
        .bind(regulator, stamp),
      ...openEverywhere(db, regulator, stamp),
    ]),
  );
}

/** One vendor that has not confirmed, or may yet act on a message of before. */
export interface LeftAccount {
  readonly editor: string;
  readonly attempts: number;
  readonly reason: string | null;
  readonly nextTryMs: number | null;
}

/** What a regulator's erasure waits for, and by which identifiers appointments may name him. */
export interface Remains {
  readonly isActive: boolean;
  readonly left: readonly LeftAccount[];
  /** Vendors that have not confirmed and never will: an operator has taken them out. */
  readonly takenOut: readonly string[];
  readonly identifiers: readonly RegulatorIdentifier[];
}

const IS_UNSETTLED =
  '(a.open = 1 OR a.withdrawing = 1 OR a.sent_hash IS NOT NULL OR a.recheck_ms IS NOT NULL)';
const IS_TAKEN_OUT = 'EXISTS (SELECT 1 FROM editors WHERE id = a.editor AND taken_out_ms IS NOT NULL)';
/** An account that the purge may not forget either (purge.ts). A vendor that an operator has taken out is not waited for. */
export const IS_LEFT = `(${IS_UNSETTLED} AND NOT ${IS_TAKEN_OUT})`;

/** Undefined: he is gone. */
export async function readRemains(db: D1Database, regulator: string): Promise<Remains | undefined> {
  const [who, left, takenOut, names] = await guardIdempotent(() =>
    db.batch([
      db.prepare('SELECT active FROM regulators WHERE id = ?1').bind(regulator),
      db
        .prepare(
          `SELECT a.editor, a.attempts, a.error AS reason, a.next_try_ms AS nextTryMs FROM accounts AS a
           WHERE a.regulator = ?1 AND ${IS_LEFT} ORDER BY a.editor`,
        )
        .bind(regulator),
      db
        .prepare(
          `SELECT a.editor FROM accounts AS a
           WHERE a.regulator = ?1 AND ${IS_UNSETTLED} AND ${IS_TAKEN_OUT} ORDER BY a.editor`,
        )
        .bind(regulator),
      db
        .prepare(
          `SELECT system, value FROM regulators WHERE id = ?1 AND value IS NOT NULL
           UNION SELECT '${SYSTEM.sas}', technical_id FROM regulators WHERE id = ?1 AND technical_id IS NOT NULL
           UNION SELECT system, value FROM former_identifiers WHERE regulator = ?1`,
        )
        .bind(regulator),
    ]),
  );
  const [found] = (who?.results ?? []) as { readonly active: number }[];
  if (found === undefined) return undefined;
  return {
    isActive: found.active === 1,
    left: (left?.results ?? []) as unknown as LeftAccount[],
    takenOut: ((takenOut?.results ?? []) as { readonly editor: string }[]).map(({ editor }) => editor),
    identifiers: (names?.results ?? []) as unknown as RegulatorIdentifier[],
  };
}

/** How far the log of appointments was walked. @throws GatewayError storage-unavailable. */
export async function noteWalked(db: D1Database, id: string, seq: number): Promise<void> {
  await guardIdempotent(() =>
    db.prepare('UPDATE erased_regulators SET walked_seq = ?2 WHERE id = ?1').bind(id, seq).run(),
  );
}

/** It ends without being done: SAS has said since that he is a regulator. */
export async function voidErasure(db: D1Database, id: string, nowMs: number): Promise<void> {
  await guardIdempotent(() =>
    db
      .prepare(
        'UPDATE erased_regulators SET regulator = NULL, void_ms = ?2 WHERE id = ?1 AND done_ms IS NULL',
      )
      .bind(id, nowMs)
      .run(),
  );
}

/** The regulator and all that is by his id go, and the erasure names him no more; nothing, when the right came back meanwhile. */
export async function finishErasure(
  db: D1Database,
  { id, regulator }: Pick<Erasure, 'id' | 'regulator'>,
  nowMs: number,
): Promise<void> {
  const isClosed = `NOT EXISTS (SELECT 1 FROM regulators AS r WHERE r.id = ?1 AND (r.active = 1
    OR EXISTS (SELECT 1 FROM accounts AS a WHERE a.regulator = ?1 AND ${IS_LEFT})))`;
  const isGone = 'NOT EXISTS (SELECT 1 FROM regulators WHERE id = ?1)';
  await guardIdempotent(() =>
    db.batch([
      db.prepare(`DELETE FROM regulators WHERE id = ?1 AND ${isClosed}`).bind(regulator),
      ...['accounts', 'former_identifiers', 'account_drift'].map((table) =>
        db.prepare(`DELETE FROM ${table} WHERE regulator = ?1 AND ${isGone}`).bind(regulator),
      ),
      db
        .prepare(`UPDATE erased_regulators SET regulator = NULL, done_ms = ?3 WHERE id = ?2 AND ${isGone}`)
        .bind(regulator, id, nowMs),
    ]),
  );
}

/** Forgets erasures that ended before. */
export async function forgetErasures(db: D1Database, beforeMs: number): Promise<void> {
  await guardIdempotent(() =>
    db
      .prepare('DELETE FROM erased_regulators WHERE asked_ms < ?1 AND regulator IS NULL')
      .bind(beforeMs)
      .run(),
  );
}
