// What an outage leaves behind, for the bench of INT_L02: appointments as the edge stores them (bench/appointments/store.ts), the
// regulators and practitioners whom messages name, and messages that wait. Invented people only.

import type { EdgeProcess } from '../../sandbox/platform/edge/edge-process.ts';
import { SYSTEM } from '../../shared/sas/canonical.ts';

/** Of table `lrm_people`: a number that messages may carry. */
export const PRACTITIONER = '819900000017';
const OUTAGE_MS = 3_600_000;
const NUMBERS = 'WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 - 1)';

/** Those whom the stored appointments and the PUTs name. `territory`: of all regulators. */
export async function fillPeople(edge: EdgeProcess, vendor: string, territory: string): Promise<void> {
  const core = await edge.database('DB');
  await core
    .prepare(
      `INSERT INTO regulators (id, system, value, active, family, given, email, territories, version, hash, stamp, updated_ms)
       ${NUMBERS} SELECT 'bench-' || i, ?2, '3990000011/REG-' || i, 1, 'Imaginaire', 'Zoé', 'zoe@regulation.example',
         json_array(?3), 1, '', '', 0 FROM n`,
    )
    .bind(2_000, SYSTEM.idnps, territory)
    .run();
  await core
    .prepare(
      `INSERT INTO lrm_people (editor, subject, structure, name, given, specialty, said_ms)
       ${NUMBERS} SELECT ?2, printf('8199%08d', i), '', 'Inventée-' || i, 'Ada', 'SM26', ?3 FROM n`,
    )
    .bind(20_000, vendor, Date.now())
    .run();
  const appointments = await edge.database('APPOINTMENTS');
  for (const table of ['appointments', 'appointment_versions']) {
    await appointments
      .prepare(
        `UPDATE ${table} SET practitioner = '81' || substr(practitioner, 3) WHERE practitioner LIKE '8999%'`,
      )
      .run();
  }
}

/** Those of the stored appointments of these places have waited for up to an hour, and may leave now. */
export async function owe(edge: EdgeProcess, from: number, to: number): Promise<void> {
  const nowMs = Date.now();
  const appointments = await edge.database('APPOINTMENTS');
  const made = await appointments
    .prepare(
      `INSERT INTO lrm_messages (appointment, turn, version, state, day, made_ms, changed_ms, due_ms, useful_ms)
       SELECT id, 1, current, 'pending', date(made / 1000, 'unixepoch'), made, made, made, MAX(end_ms, ?3) + 3 * 86400000
       FROM (SELECT id, current, end_ms, ?3 - ${OUTAGE_MS} + (CAST(substr(value, 8) AS INTEGER) - ?1) * ${OUTAGE_MS} / (?2 - ?1) AS made
         FROM appointments WHERE value LIKE 'stored-%' AND CAST(substr(value, 8) AS INTEGER) BETWEEN ?1 AND ?2 - 1)`,
    )
    .bind(from, to, nowMs)
    .run();
  if (made.meta.changes < to - from) throw new Error(`${made.meta.changes} messages wait, not ${to - from}`);
}

/** How many messages made before that instant have no acknowledgement yet: few rows are read when few are left. */
export async function countWaiting(edge: EdgeProcess, madeBeforeMs: number): Promise<number> {
  const appointments = await edge.database('APPOINTMENTS');
  const row = await appointments
    .prepare(
      `SELECT COUNT(*) AS count FROM lrm_messages WHERE state NOT IN ('acked', 'superseded') AND made_ms < ?1`,
    )
    .bind(madeBeforeMs)
    .first<{ count: number }>();
  return row?.count ?? Number.NaN;
}

/** Resolves with the state of the only message of an appointment. */
export async function stateOf(edge: EdgeProcess, appointment: string): Promise<string | undefined> {
  const appointments = await edge.database('APPOINTMENTS');
  const row = await appointments
    .prepare('SELECT state FROM lrm_messages WHERE appointment = ?1')
    .bind(appointment)
    .first<{ state: string }>();
  return row?.state;
}
