// Table `erased_appointments`: what was erased on an operator's word, and must not come back with a vendor's late message;
// and the erasure itself, one transaction in the tables of appointments. docs/exploitation/effacement.md.

import type { RegulatorIdentifier } from '../../../shared/sas/regulator.ts';
import { guardIdempotent, guardStore } from '../../store/guard.ts';
import { maskOperator, timesOfNobody } from '../model/erased.ts';
import { contentHash } from '../model/identity.ts';
import type { AppointmentTimes } from '../model/taken-times.ts';
import { takenTimesStatement, timesIn } from './taken-times.ts';

/** An appointment that was erased. Times in milliseconds since 1970. */
export interface ErasedAppointment {
  readonly id: string;
  readonly atMs: number;
  readonly by: string;
  readonly reason: string;
  readonly reference: string | null;
  /** What the hub must still be told, as JSON of AppointmentTimes. */
  readonly untold: string | null;
}

const ERASED = `SELECT id, at_ms AS atMs, asked_by AS by, reason, reference, untold FROM erased_appointments`;
/** Writes that cross are read again; more than this in a row is not a crossing. */
const TRIES_MAX = 5;

/** The mark of an erasure; undefined: nothing of that id was erased whole. @throws GatewayError storage-unavailable, like all of these. */
export function findErased(db: D1Database, id: string): Promise<ErasedAppointment | null> {
  return guardIdempotent(() =>
    db.prepare(`${ERASED} WHERE id = ?1 AND what = 'whole'`).bind(id).first<ErasedAppointment>(),
  );
}

/** What is kept of the operator's word. */
export interface AskedErasure {
  readonly by: string;
  readonly reason: string;
  readonly reference: string | undefined;
  readonly nowMs: number;
}

/** Erases it, unless it is erased already. Null: there is, and was, no such appointment. */
export async function eraseWhole(
  db: D1Database,
  id: string,
  { by, reason, reference, nowMs }: AskedErasure,
): Promise<ErasedAppointment | null> {
  for (let count = 0; count < TRIES_MAX; count += 1) {
    const times = timesIn(await guardIdempotent(() => takenTimesStatement(db, id, nowMs).all()))[0];
    if (times === undefined) return findErased(db, id);
    const isGone = `EXISTS (SELECT 1 FROM erased_appointments WHERE id = ?1 AND what = 'whole')`;
    await guardIdempotent(() =>
      db.batch([
        db
          .prepare(
            `INSERT INTO erased_appointments (id, what, at_ms, asked_by, reason, reference, untold)
             SELECT id, 'whole', ?3, ?4, ?5, ?6, ?7 FROM appointments WHERE id = ?1 AND updated_ms = ?2
             ON CONFLICT (id) DO UPDATE SET what = 'whole', at_ms = excluded.at_ms, asked_by = excluded.asked_by,
               reason = excluded.reason, reference = excluded.reference, untold = excluded.untold
             WHERE erased_appointments.what = 'operator'`,
          )
          .bind(
            id,
            times.updatedMs,
            nowMs,
            by,
            reason,
            reference ?? null,
            JSON.stringify(timesOfNobody(times)),
          ),
        db.prepare(`DELETE FROM appointment_versions WHERE appointment = ?1 AND ${isGone}`).bind(id),
        db.prepare(`DELETE FROM appointments WHERE id = ?1 AND ${isGone}`).bind(id),
      ]),
    );
    const erased = await findErased(db, id);
    if (erased !== null) return erased;
  }
  throw new Error('an appointment is written too often at once');
}

/** The latest first. */
export async function listErased(db: D1Database, max: number): Promise<ErasedAppointment[]> {
  const { results } = await guardIdempotent(() =>
    db
      .prepare(`${ERASED} WHERE what = 'whole' ORDER BY at_ms DESC LIMIT ?1`)
      .bind(max)
      .all<ErasedAppointment>(),
  );
  return results;
}

/** Those of which the hub was not told yet. */
export async function listUntold(
  db: D1Database,
  max: number,
): Promise<readonly (readonly [id: string, AppointmentTimes])[]> {
  const { results } = await guardIdempotent(() =>
    db
      .prepare('SELECT id, untold FROM erased_appointments WHERE untold IS NOT NULL ORDER BY id LIMIT ?1')
      .bind(max)
      .all<{ readonly id: string; readonly untold: string }>(),
  );
  return results.map(({ id, untold }) => [id, JSON.parse(untold) as AppointmentTimes]);
}

/** The hub knows. */
export async function noteTold(db: D1Database, id: string): Promise<void> {
  await guardIdempotent(() =>
    db.prepare('UPDATE erased_appointments SET untold = NULL WHERE id = ?1').bind(id).run(),
  );
}

/** Those of which no export has told, the oldest first. */
export async function listUnexported(
  db: D1Database,
  max: number,
): Promise<readonly { readonly id: string; readonly atMs: number }[]> {
  const { results } = await guardIdempotent(() =>
    db
      .prepare(
        `SELECT id, at_ms AS atMs FROM erased_appointments WHERE what = 'whole' AND exported_ms IS NULL
         ORDER BY at_ms, id LIMIT ?1`,
      )
      .bind(max)
      .all<{ readonly id: string; readonly atMs: number }>(),
  );
  return results;
}

/** The export has told of these erasures. @throws GatewayError storage-unavailable. */
export async function noteExported(db: D1Database, ids: readonly string[], nowMs: number): Promise<void> {
  await guardIdempotent(() =>
    db
      .prepare(
        `UPDATE erased_appointments SET exported_ms = ?2
         WHERE id IN (SELECT value FROM json_each(?1)) AND exported_ms IS NULL`,
      )
      .bind(JSON.stringify(ids), nowMs)
      .run(),
  );
}

/** Forgets erasures of before. @returns how many; as many as `max` may not be all. */
export async function forgetErased(db: D1Database, beforeMs: number, max: number): Promise<number> {
  const { meta } = await guardIdempotent(() =>
    db
      .prepare(
        `DELETE FROM erased_appointments WHERE id IN (
           SELECT id FROM erased_appointments WHERE what IN ('whole', 'operator') AND at_ms < ?1 LIMIT ?2)`,
      )
      .bind(beforeMs, max)
      .run(),
  );
  return meta.changes;
}

/** Rows read in one statement, and named ones rewritten in one transaction. */
const WALKED_ROWS = 5_000;
const MASKED_MAX = 100;

interface Naming {
  readonly seq: number;
  readonly appointment: string;
  readonly version: number;
  readonly profile: string;
  readonly content: string;
}

/**
 * The next stretch of versions: those that name the regulator name nobody any more, nor do their appointments, and no later
 * message brings him back into these. A version gets a new place in the order of arrival, so that the next export tells it.
 * @returns up to which version it is done; undefined: there is no further one.
 */
export async function maskNext(
  db: D1Database,
  identifiers: readonly RegulatorIdentifier[],
  afterSeq: number,
  nowMs: number,
): Promise<number | undefined> {
  const named = JSON.stringify(identifiers.map(({ system, value }) => [system, value]));
  const [last, found] = await guardIdempotent(() =>
    db.batch([
      db.prepare('SELECT MAX(seq) AS seq FROM appointment_versions'),
      db
        .prepare(
          `SELECT seq, appointment, version, profile, content FROM appointment_versions
           WHERE seq > ?1 AND seq <= ?1 + ${WALKED_ROWS} AND operator IS NOT NULL AND EXISTS (
             SELECT 1 FROM json_each(?2) AS j WHERE j.value ->> 0 = operator_system
               AND lower(j.value ->> 1) = lower(operator))
           ORDER BY seq LIMIT ${MASKED_MAX}`,
        )
        .bind(afterSeq, named),
    ]),
  );
  const rows = (found?.results ?? []) as unknown as Naming[];
  if (rows.length > 0) await mask(db, rows, nowMs);
  // What was found has gone to the end of the order.
  if (rows.length === MASKED_MAX) return rows.at(-1)?.seq ?? afterSeq;
  const lastSeq = ((last?.results ?? []) as { readonly seq: number | null }[])[0]?.seq ?? 0;
  const doneSeq = afterSeq + WALKED_ROWS;
  return doneSeq >= lastSeq ? undefined : doneSeq;
}

async function mask(db: D1Database, rows: readonly Naming[], nowMs: number): Promise<void> {
  const ids = JSON.stringify([...new Set(rows.map(({ appointment }) => appointment))]);
  const masked = await Promise.all(
    rows.map(async ({ appointment, version, profile, content }) => {
      const text = maskOperator(content);
      return [appointment, version, text, await contentHash(profile, text)] as const;
    }),
  );
  const version = db.prepare(
    `UPDATE appointment_versions SET operator = NULL, operator_system = NULL, content = ?3, hash = ?4,
       seq = MAX((SELECT MAX(seq) FROM appointment_versions), (SELECT until_seq FROM export_mark WHERE id = 1)) + 1
     WHERE appointment = ?1 AND version = ?2`,
  );
  await guardStore(() =>
    db.batch([
      ...masked.map((values) => version.bind(...values)),
      db
        .prepare(
          `INSERT INTO erased_appointments (id, what, at_ms)
           SELECT value, 'operator', ?2 FROM json_each(?1) WHERE TRUE ON CONFLICT (id) DO NOTHING`,
        )
        .bind(ids, nowMs),
      // What it is counted as stays: only by whom is forgotten (model/cells.ts).
      db
        .prepare(
          `UPDATE appointments SET operator = NULL, operator_system = NULL,
             counted = CASE WHEN counted IS NULL THEN NULL ELSE json_set(counted, '$[0]', '') END
           WHERE id IN (SELECT a.value FROM json_each(?1) AS a) AND EXISTS (SELECT 1 FROM appointment_versions AS v
             WHERE v.appointment = appointments.id AND v.version = appointments.current AND v.operator IS NULL)`,
        )
        .bind(ids),
    ]),
  );
}
