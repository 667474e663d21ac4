// Claim: when D1 cannot do its part, a vendor hears 503 with Retry-After and never a 201, nothing is half recorded,
// and the same message is taken once D1 is back. Another database that is away stops none. Phases: a table goes away (a failure inside the transaction),
// comes back; an appointment reaches its bound of versions. End state: one appointment, its versions whole.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AppointmentEdge } from '../../../bench/appointments/appointment-edge.ts';
import { individual } from '../../../bench/appointments/samples.ts';
import type { DatabaseName } from '../../../host/databases/migrations.ts';
import { VERSIONS_MAX } from '../../../worker/appointments/tables/record.ts';
import { startAppointmentEdge } from '../../support/scenes/built/edge.ts';
import { until } from '../../support/wait/until.ts';

let edge: AppointmentEdge;
beforeAll(async () => {
  edge = await startAppointmentEdge();
});
afterAll(() => edge?.stop());

async function run(sql: string, database: DatabaseName = 'APPOINTMENTS'): Promise<void> {
  const db = await edge.edge?.database(database);
  await db?.prepare(sql).run();
}

it.each(['appointments', 'appointment_versions'])(
  'without its table %s, D1 fails and nothing is recorded',
  async (table) => {
    const message = individual({ value: `failing-${table}` });
    await run(`ALTER TABLE ${table} RENAME TO away`);
    for (const answer of [await edge.put(message), await edge.get('/fhir/Appointment')]) {
      expect([answer.status, answer.reason]).toEqual([503, 'storage-unavailable']);
      expect(answer.headers.get('Retry-After')).toBe('5');
      // SQLite's words stay in the log.
      expect(answer.text).not.toContain(table);
    }
    await run(`ALTER TABLE away RENAME TO ${table}`);
    const found = await edge.get(`/fhir/Appointment?identifier=failing-${table}`);
    expect(found.json.total).toBe(0);
    const answer = await edge.put(message);
    expect([answer.status, answer.headers.get('ETag')]).toEqual([201, 'W/"1"']);
    await until(
      'it is logged',
      () => edge.log.filter((line) => line.includes('storage-unavailable')).length > 1,
    );
  },
);

it('the database of vendors stops no appointment of a relay that was known, nor does that of kept answers', async () => {
  expect((await edge.put(individual({ value: 'known' }))).status).toBe(201);
  await run('ALTER TABLE relay_editors RENAME TO away', 'DB');
  await run('ALTER TABLE availability RENAME TO away', 'CACHE');
  // The hub knows which relay writes for which vendor; the databases that say so are not asked.
  expect((await edge.put(individual({ value: 'known' }))).status).toBe(200);
  expect((await edge.put(individual({ value: 'without' }))).status).toBe(201);
  await run('ALTER TABLE away RENAME TO relay_editors', 'DB');
  await run('ALTER TABLE away RENAME TO availability', 'CACHE');
});

it(`an appointment has ${VERSIONS_MAX} versions at most, and still acknowledges what it knows`, async () => {
  const at = (minute: number): string => new Date(Date.UTC(2026, 11, 2, 8, minute)).toISOString();
  const created = await edge.put(individual({ value: 'busy' }));
  const id = created.headers.get('Location')?.split('/').at(-1);
  await run(`INSERT INTO appointment_versions (appointment, version, epoch, hash, rank, updated_ms, method, relay,
      request_id, repairs, profile, status, holds, start_ms, end_ms, content)
    WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ${VERSIONS_MAX - 1})
    SELECT '${id}', i, 0, 'hash-' || i, 2, 1, 'PUT', 'relay-a', 'r', '[]', 'individual', 'booked', 1, 0, 0, '{"a":1}'
    FROM n`);
  const last = individual({ value: 'busy', start: at(1) });
  expect((await edge.put(last)).headers.get('ETag')).toBe(`W/"${VERSIONS_MAX}"`);
  const refused = await edge.put(individual({ value: 'busy', start: at(2) }));
  expect([refused.status, refused.reason]).toEqual([422, 'too-many-versions']);
  expect((await edge.put(last)).status).toBe(200);
});
