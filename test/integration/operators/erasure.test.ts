// An appointment and a regulator that an operator has erased, at the real edge: nothing of them is left in any table of any
// database or object, nor in any answer; counts stay, exports tell it, and no late message brings them back.
// docs/exploitation/effacement.md.
import { randomUUID } from 'node:crypto';
import { globSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  type AppointmentEdge,
  readAnswer,
  SYSTEM_A,
} from '../../../bench/appointments/appointment-edge.ts';
import { individual, type SampleOptions } from '../../../bench/appointments/samples.ts';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { SYSTEM } from '../../../shared/sas/canonical.ts';
import { dayIn } from '../../support/doubles/front-client.ts';
import { bookedAt } from '../../support/doubles/hub-caller.ts';
import { type Person, practitioner, technical } from '../../support/scenes/accounts-scene.ts';
import { startAppointmentEdge } from '../../support/scenes/built/edge.ts';
import { untilHourLasts } from '../../support/wait/hour.ts';
import { until } from '../../support/wait/until.ts';

const HOUR_MS = 3_600_000;
const FROM_MS = Math.ceil(Date.now() / HOUR_MS) * HOUR_MS + 48 * HOUR_MS;
const WINDOW = { fromMs: FROM_MS, toMs: FROM_MS + HOUR_MS };
const START = new Date(FROM_MS).toISOString();
const REASON = { reason: 'person-request', reference: 'DPO-2026-014' };

let edge: AppointmentEdge;
let admin: string;
let sas: string;

beforeAll(async () => {
  edge = await startAppointmentEdge({}, true);
  admin = await signToken(edge.state, 'admin');
  sas = await signToken(edge.state, 'system/Practitioner.cu system/Appointment.rs');
});
afterAll(() => edge?.stop());

async function ask(method: string, path: string, body?: unknown, token = admin): Promise<Answer> {
  const response = await fetch(`${edge.url}${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', Connection: 'close' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return readAnswer(response);
}
const erase = (what: 'appointments' | 'regulators', id: string, body: unknown = REASON) =>
  ask('POST', `/admin/${what}/${id}/erase`, body);

async function put(options: SampleOptions, over: object = {}): Promise<Answer> {
  return edge.put({ ...individual({ start: START, ...options }), ...over });
}
const idIn = (answer: Answer): string => answer.headers.get('Location')?.split('/').at(-1) ?? '';
const runNight = async (): Promise<void> => {
  expect(await edge.edge?.runSchedule(new Date())).toBe(true);
};

/** Every value of every table of every database and object on disk, the edge being stopped. */
function everythingStored(): string {
  const files = globSync('**/*.sqlite', { cwd: edge.state.dir });
  expect(files.length).toBeGreaterThan(4);
  return files
    .flatMap((file) => {
      const database = new DatabaseSync(join(edge.state.dir, file), { readOnly: true });
      const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as {
        name: string;
      }[];
      const rows = tables.flatMap(({ name }) => {
        const statement = database.prepare(`SELECT * FROM "${name}"`);
        statement.setReadBigInts(true);
        const texts = statement.all() as Record<string, unknown>[];
        return texts.map((row) =>
          Object.values(row)
            .map((value) =>
              value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value),
            )
            .join('\u0000'),
        );
      });
      database.close();
      return rows;
    })
    .join('\n');
}

async function exported(): Promise<string> {
  const files = (await readdir(edge.exportDir ?? '', { recursive: true }))
    .filter((file) => file.endsWith('.ndjson'))
    .sort();
  const texts = await Promise.all(files.map((file) => readFile(join(edge.exportDir ?? '', file), 'utf8')));
  return texts.join('');
}

describe('who may erase, and what he says', () => {
  it.each([
    ['no reason', {}],
    ['words of his own', { reason: 'Mme Canari l’a demandé' }],
    ['a national number', { reason: 'person-request', reference: '810001234567' }],
    ['a telephone in a file’s number', { reason: 'person-request', reference: 'DPO-0612345678' }],
    ['a name', { reason: 'person-request', reference: 'Mme Canari' }],
    ['an address', { reason: 'person-request', reference: 'canari@exemple.fr' }],
    ['too much', { reason: 'person-request', reference: 'x'.repeat(41) }],
  ])('%s is refused', async (_what, body) => {
    for (const what of ['appointments', 'regulators'] as const) {
      expect((await erase(what, 'agenda-a-7c4f1d0a9b3e5f60a1b2', body)).status).toBe(400);
    }
  });

  it('is an operator, of what is there', async () => {
    expect((await ask('POST', '/admin/appointments/x/erase', REASON, sas)).status).toBe(403);
    expect((await ask('POST', '/admin/regulators/x/erase', REASON, sas)).status).toBe(403);
    expect((await erase('appointments', 'agenda-a-7c4f1d0a9b3e5f60a1b2')).reason).toBe('not-found');
    expect((await erase('regulators', randomUUID())).reason).toBe('not-found');
  });
});

describe('an appointment', () => {
  const DOCTOR = '899900777701';
  const OPERATOR = '3990000011/CANARI-RDV';
  const SLOT = 'creneau-7';
  const canaries = [DOCTOR, OPERATOR, 'rdv-canari'];
  const slot = [{ reference: `https://agenda-a.example/fhir/Slot/${SLOT}` }];
  const options = { value: 'rdv-canari-1', practitioner: DOCTOR, operator: OPERATOR };

  it('goes with all its versions, and is gone for good', async () => {
    await untilHourLasts();
    const first = await put(options, { slot });
    const last = await put({ ...options, start: new Date(FROM_MS + 20 * 60_000).toISOString() }, { slot });
    expect([first.status, last.status]).toEqual([201, 200]);
    const id = idIn(first);
    await runNight();
    // Days are those of Paris: the last hours of a day of UTC are the next one there.
    const day = dayIn('Europe/Paris', FROM_MS).date;
    const report = `/admin/activity?from=${day}&to=${day}`;
    const counted = (await ask('GET', report)).json.counts;
    expect(counted).toMatchObject([{ vendor: 'agenda-a', count: 1 }]);
    const done = await erase('appointments', id);
    expect([done.status, done.json]).toEqual([
      200,
      { appointment: id, at: expect.any(String), by: expect.any(String), ...REASON, left: [] },
    ]);
    expect((await erase('appointments', id, { reason: 'test-data' })).json).toEqual(done.json);
    // Whoever asks hears that it was erased; whoever searches finds nothing.
    for (const path of ['', '/_history', '/_history/1']) {
      const answer = await edge.get(`/fhir/Appointment/${id}${path}`);
      expect([answer.status, answer.reason]).toEqual([410, 'erased']);
    }
    expect((await edge.get(`/fhir/Appointment?practitioner=${DOCTOR}`)).text).not.toContain(id);
    // Late messages: the same, a newer one, a creation, by id.
    const cancelled = individual({
      start: START,
      ...options,
      status: 'cancelled',
      stamp: new Date().toISOString(),
    });
    for (const answer of [
      await put(options, { slot }),
      await edge.put(cancelled),
      await edge.post(individual({ start: START, ...options })),
      await edge.send('PUT', `/fhir/Appointment/${id}`, cancelled),
    ]) {
      expect([answer.status, answer.reason]).toEqual([410, 'erased']);
      expect(answer.text).not.toMatch(new RegExp(canaries.join('|')));
    }
    await runNight();
    expect((await ask('GET', report)).json.counts).toEqual(counted);
    expect((await ask('GET', '/admin/appointments/erasures')).json.erasures).toMatchObject([
      { appointment: id },
    ]);
    const line = JSON.stringify({
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [{ request: { method: 'DELETE', url: `Appointment/${id}` } }],
    });
    await runNight();
    expect((await exported()).split('\n').filter((text) => text === line)).toHaveLength(1);
  });

  it('waits until all that changed is counted', async () => {
    const id = idIn(await put({ value: 'behind' }));
    const db = await edge.edge?.database('APPOINTMENTS');
    const many = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)`;
    const { columns } = (await db
      ?.prepare(
        "SELECT group_concat(name) AS columns FROM pragma_table_info('appointments') WHERE name NOT IN ('id', 'value', 'updated_ms')",
      )
      .first<{ columns: string }>()) ?? { columns: '' };
    await db
      ?.prepare(
        `${many} INSERT INTO appointments (id, value, updated_ms, ${columns})
         SELECT 'agenda-a-' || printf('%020x', n.i), 'n' || n.i, updated_ms + n.i, ${columns} FROM appointments, n WHERE id = ?1`,
      )
      .bind(id)
      .run();
    const refused = await erase('appointments', id);
    expect([refused.status, refused.headers.get('Retry-After')]).toEqual([503, '60']);
    expect((await edge.get(`/fhir/Appointment/${id}`)).status).toBe(200);
    await until('it is counted', async () => (await erase('appointments', id)).status === 200);
    await db?.prepare("DELETE FROM appointments WHERE value GLOB 'n[0-9]*'").run();
  });

  it('leaves the hub the vendor’s slot until it is over, and nobody', async () => {
    const booked = (await bookedAt(edge.edge, [DOCTOR], WINDOW)).filter(
      ({ slotKeys }) => slotKeys !== undefined,
    );
    expect(booked).toMatchObject([{ vendor: 'agenda-a', startMs: FROM_MS + 20 * 60_000 }]);
    expect(booked[0]?.practitioner).toBeUndefined();
    expect(booked[0]?.places).toBeUndefined();
  });

  it('is in no table any more', async () => {
    const other = await put({ value: 'other' });
    expect(other.status).toBe(201);
    await edge.stopEdge();
    const stored = everythingStored();
    await edge.startEdge();
    expect(stored).toContain(SYSTEM_A);
    for (const canary of canaries) expect(stored).not.toContain(canary);
  });
});

describe('a regulator', () => {
  const canaries = [
    'Canarinom',
    'Canariprenom',
    'canari.regul',
    '3990000011/CANARI',
    'CANARI-AVANT',
    'canari-technique',
  ];
  const before: Person = {
    ...technical({ family: 'Canarinom', given: 'Canariprenom', email: 'canari.regul@regulation.example' }),
    system: SYSTEM.idnps,
    value: '3990000011/CANARI-AVANT',
  };
  const person: Person = { ...before, value: '3990000011/CANARI' };
  const keyOf = ({ system, value }: Person): string => encodeURIComponent(`${system}|${value}`);

  async function make(): Promise<string> {
    const created = await ask('POST', '/fhir/Practitioner', practitioner(before), sas);
    expect(created.status, created.text).toBe(201);
    const renamed = await ask(
      'PUT',
      `/fhir/Practitioner?identifier=${keyOf(before)}`,
      practitioner(person),
      sas,
    );
    expect(renamed.status, renamed.text).toBe(200);
    return created.json.id;
  }

  it('goes from tables and appointments alike, under every name he bore', async () => {
    const id = await make();
    // He took the first, then somebody else; the second as he was called before; the third is nobody's business of his.
    const taken = { value: 'pris-1', operator: person.value };
    const first = await put(taken);
    await put({
      ...taken,
      operator: '3990000011/REG-AUTRE',
      start: new Date(FROM_MS + 20 * 60_000).toISOString(),
    });
    const second = await put({ value: 'pris-2', operator: before.value });
    const third = await put({ value: 'pris-3' });
    await runNight();
    const done = await erase('regulators', id);
    expect([done.status, done.json]).toEqual([
      200,
      { erasure: expect.any(String), state: 'erased', left: [], takenOut: [] },
    ]);
    expect((await ask('GET', `/fhir/Practitioner/${id}`, undefined, sas)).status).toBe(404);
    expect((await erase('regulators', id)).status).toBe(404);
    const proofs = await ask('GET', '/admin/regulators/erasures');
    expect(proofs.json.erasures).toMatchObject([{ erasure: done.json.erasure, state: 'erased', ...REASON }]);
    // The vendor goes on naming him.
    const again = await put({
      value: 'pris-2',
      operator: before.value,
      status: 'cancelled',
      stamp: new Date().toISOString(),
    });
    expect(again.status).toBe(200);
    const repeated = await put(taken);
    expect(repeated.status).toBe(200);
    const answers = await Promise.all([
      edge.get(`/fhir/Appointment/${idIn(first)}/_history`),
      edge.get(`/fhir/Appointment/${idIn(second)}/_history`),
      edge.get(`/fhir/Appointment?_count=100`),
      ask('GET', '/admin/export/appointments'),
      ask('GET', '/admin/accounts/exposure'),
      ask('GET', '/admin/regulators/erasures'),
      ask('GET', '/fhir/Practitioner?_count=100', undefined, sas),
    ]);
    expect(answers[0]?.text).toContain('masked');
    expect((await edge.get(`/fhir/Appointment/${idIn(third)}`)).text).not.toContain('masked');
    expect(answers[1]?.json.entry[0].resource.status).toBe('cancelled');
    for (const answer of answers) {
      expect(answer.status).toBe(200);
      for (const canary of canaries) expect(answer.text).not.toContain(canary);
    }
    // What was exported before is told anew, without him: the last line of each version is right.
    await runNight();
    const lines = (await exported()).split('\n').filter((line) => line.includes(idIn(first)));
    const versions = new Map(
      lines.map((line) => [(JSON.parse(line) as { meta: { versionId: string } }).meta.versionId, line]),
    );
    expect(lines.length).toBeGreaterThan(versions.size);
    for (const line of versions.values()) expect(line).not.toContain(person.value);
    await edge.stopEdge();
    const stored = everythingStored();
    const said = edge.log.join('\n');
    await edge.startEdge();
    expect(stored).toContain('REG-AUTRE');
    for (const canary of canaries) {
      expect(stored).not.toContain(canary);
      expect(said).not.toContain(canary);
    }
    expect(stored).not.toContain(id);
  });
});
