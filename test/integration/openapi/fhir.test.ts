// The FHIR face is what /openapi.json says of it: every operation answers its own example as described, and each status
// that is described short of 500 is seen, but those that a relay's own port gives.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AppointmentEdge, SYSTEM_A } from '../../../bench/appointments/appointment-edge.ts';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { APPOINTMENT_EXAMPLE, KNOWN_REGULATOR_EXAMPLE } from '../../../worker/openapi/fhir/examples.ts';
import type { FrontReply } from '../../support/doubles/front-caller.ts';
import { type Api, type ApiCall, type ApiOperation, openApi } from '../../support/doubles/openapi-client.ts';
import { peopleOf } from '../../support/samples/people.ts';
import { startAppointmentEdge } from '../../support/scenes/built/edge.ts';
import { System } from '../../support/scenes/system.ts';

let system: System;
/** Where relays are played by this process: they speak for vendors. */
let relayed: AppointmentEdge;
let api: Api;
let vendors: Api;
let sas: string;
/** Of one that agenda-a has written. */
let appointment = '';
/** Operation → statuses seen. */
const seen = new Map<string, Set<number>>();

beforeAll(async () => {
  system = await System.start({ vendors: [{ seed: 1 }] });
  relayed = await startAppointmentEdge();
  api = await openApi(() => system.url);
  vendors = await openApi(() => relayed.url);
  sas = await signToken(system.state, 'system/*.*');
});
afterAll(async () => {
  await system?.stop();
  await relayed?.stop();
});

const tokenFor = ({ needs }: ApiOperation): Pick<ApiCall, 'token'> =>
  needs === 'nothing'
    ? {}
    : { token: needs === 'vendor' ? (request) => relayed.vendorToken('agenda-a', request) : sas };

/** Calls with the right token unless told otherwise, and holds the answer against its description. */
async function call(key: string, given: ApiCall = {}): Promise<FrontReply> {
  const operation = api.of(key);
  const where = operation.needs === 'vendor' ? vendors : api;
  const reply = await where.call(operation, { ...tokenFor(operation), ...given });
  // Written without Prefer, an appointment is acknowledged without a body.
  const wrong =
    reply.text === '' && reply.status in operation.operation.responses ? [] : where.check(operation, reply);
  expect([key, reply.status, wrong]).toEqual([key, reply.status, []]);
  seen.set(key, (seen.get(key) ?? new Set()).add(reply.status));
  return reply;
}
const bodied = () => api.fhir.filter(({ operation }) => operation.requestBody !== undefined);
const pathOf = ({ path }: ApiOperation): string => path;

it('describes every resource of the guide, with who may call', () => {
  const types = new Set(api.fhir.map(pathOf).map((path) => path.split('/')[2]));
  expect([...types].sort()).toEqual(['Appointment', 'Practitioner', 'Schedule', 'Slot', 'metadata']);
  expect(api.of('GET /fhir/Slot').operation.security).toEqual([{ sas: ['system/Slot.s'] }]);
  expect(api.of('POST /fhir/Appointment').operation.security).toEqual([{ editeur: [] }]);
});

it('answers each operation’s own example', async () => {
  for (const { key } of api.fhir) expect([key, (await call(key)).status < 500]).toEqual([key, true]);
});

it('answers with slots as described, whole and progressively', async () => {
  const { identifier } = peopleOf(system.vendors).find(({ freeAt }) => freeAt.length > 0)!;
  const now = Date.now();
  const [from, to] = [0, 48].map((hours) => new Date(now + hours * 3_600_000).toISOString());
  const form = new URLSearchParams([
    ['start', `ge${from}`],
    ['start', `le${to}`],
    ['status', 'free'],
    ['schedule.actor:Practitioner.identifier', identifier],
  ]).toString();
  const whole = await call('POST /fhir/Slot/_search', { body: form });
  expect(JSON.parse(whole.text)).toMatchObject({ total: expect.any(Number) as number });
  expect(whole.headers['x-passerelle-ledger']).toMatch(/^slots=1/);
  const parts = await call('POST /fhir/Slot/_search', {
    body: form,
    headers: { Accept: 'text/event-stream' },
  });
  expect(parts.headers['content-type']).toBe('text/event-stream');
});

it('writes, changes, reads and refuses a regulator as described', async () => {
  const created = JSON.parse((await call('POST /fhir/Practitioner', { body: regulator('b1') })).text) as {
    id: string;
  };
  expect((await call('POST /fhir/Practitioner', { body: regulator('b1') })).status).toBe(422);
  const parameters = { identifier: `${regulator('b2').identifier[0]!.system}|${value('b2')}` };
  for (const status of [201, 200]) {
    expect((await call('PUT /fhir/Practitioner', { parameters, body: regulator('b2') })).status).toBe(status);
  }
  expect(
    (await call('PUT /fhir/Practitioner', { parameters, body: { resourceType: 'Practitioner' } })).status,
  ).toBe(422);
  const id = { parameters: { id: created.id } };
  expect((await call('GET /fhir/Practitioner/{id}', id)).status).toBe(200);
  expect((await call('POST /fhir/Practitioner/{id}/$login', id)).status).toBe(200);
});

const value = (end: string): string => `5d0f6c1e-4c0e-4b53-9f0a-0d9a1c2e3f${end}`;
function regulator(end: string) {
  const { id: _id, extension: _extension, ...sent } = KNOWN_REGULATOR_EXAMPLE;
  return {
    ...sent,
    identifier: [{ ...sent.identifier[0]!, value: value(end) }],
    telecom: [{ system: 'email', value: `${end}@regulation.example` }],
  };
}

it('writes, changes and refuses an appointment as described', async () => {
  const sent = { ...APPOINTMENT_EXAMPLE, identifier: [{ system: SYSTEM_A, value: 'rdv-90' }] };
  const moved = { ...sent, end: '2026-12-02T09:30:00+01:00' };
  const created = await call('POST /fhir/Appointment', { body: sent });
  expect(created.status).toBe(201);
  expect((await call('POST /fhir/Appointment', { body: moved })).status).toBe(422);
  const id = String(created.headers.location).split('/').at(-1)!;
  appointment = id;
  const other = { ...sent, identifier: [{ system: 'https://other.example/rdv', value: 'x' }] };
  const unknown = { ...sent, identifier: [{ system: SYSTEM_A, value: 'rdv-91' }] };
  const parameters = { identifier: `${SYSTEM_A}|rdv-90` };
  const updates = [
    ['PUT /fhir/Appointment', parameters],
    ['PUT /fhir/Appointment/{id}', { id }],
  ] as const;
  for (const [key, named] of updates) {
    const put = async (body: unknown, headers: Record<string, string> = {}): Promise<number> =>
      (await call(key, { parameters: named, body, headers })).status;
    expect(await put(moved, { Prefer: 'return=representation' })).toBe(200);
    expect(await put(sent, { 'If-Match': 'W/"9"' })).toBe(412);
    expect(await put({ ...sent, status: 'gebucht' })).toBe(422);
    expect(await put(other)).toBe(403);
    expect(await put(unknown)).toBe(422);
    expect(await put(sent, { Prefer: 'return=everything' })).toBe(400);
  }
  const named = { identifier: `${SYSTEM_A}|rdv-91` };
  expect((await call('PUT /fhir/Appointment', { parameters: named, body: unknown })).status).toBe(201);
  expect((await call('POST /fhir/Appointment', { body: other })).status).toBe(403);
  expect((await call('POST /fhir/Appointment', { body: sent, headers: { Prefer: 'return=x' } })).status).toBe(
    400,
  );
  for (const path of ['', '/_history', '/_history/1']) {
    const reply = await relayed.get(`/fhir/Appointment/${id}${path}`);
    expect([path, reply.status]).toEqual([path, 200]);
    const key = `GET /fhir/Appointment/{id}${path.replace('/1', '/{version}')}`;
    const { headers } = reply;
    const check = vendors.check(api.of(key), {
      status: 200,
      text: reply.text,
      headers: Object.fromEntries(headers),
    });
    expect([key, check]).toEqual([key, []]);
    seen.get(key)?.add(200);
  }
});

it('says as described that an appointment was erased', async () => {
  const sent = { ...APPOINTMENT_EXAMPLE, identifier: [{ system: SYSTEM_A, value: 'rdv-92' }] };
  const created = await call('POST /fhir/Appointment', { body: sent });
  const id = String(created.headers.location).split('/').at(-1)!;
  const erased = await fetch(`${relayed.url}/admin/appointments/${id}/erase`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${await signToken(relayed.state, 'admin')}` },
    body: JSON.stringify({ reason: 'test-data' }),
  });
  expect(erased.status).toBe(200);
  const parameters = { identifier: `${SYSTEM_A}|rdv-92` };
  for (const [key, named] of [
    ['POST /fhir/Appointment', {}],
    ['PUT /fhir/Appointment', parameters],
    ['PUT /fhir/Appointment/{id}', { id }],
  ] as const) {
    expect([key, (await call(key, { parameters: named, body: sent })).status]).toEqual([key, 410]);
  }
  for (const path of ['', '/_history', '/_history/1']) {
    const { status, text, headers } = await relayed.get(`/fhir/Appointment/${id}${path}`);
    const key = `GET /fhir/Appointment/{id}${path.replace('/1', '/{version}')}`;
    const check = vendors.check(api.of(key), { status, text, headers: Object.fromEntries(headers) });
    expect([key, status, check]).toEqual([key, 410, []]);
    seen.get(key)?.add(410);
  }
});

it('refuses as described a token that is missing, wrong or without the right, and what is not JSON', async () => {
  const nothing = await signToken(system.state, 'system/Other.r');
  for (const { key, needs } of api.fhir.filter((one) => one.needs !== 'nothing')) {
    expect([key, (await call(key, { token: 'a.b.c' })).status]).toEqual([key, 401]);
    if (needs !== 'sas') continue;
    expect([key, (await call(key, { token: nothing })).status]).toEqual([key, 403]);
  }
  for (const { key } of api.fhir.filter((one) => one.needs !== 'nothing')) {
    const status = (await call(key, { headers: { Accept: 'application/fhir+xml' } })).status;
    expect([key, status]).toEqual([key, 406]);
  }
});

it('refuses as described what it cannot read', async () => {
  for (const { key, path } of bodied()) {
    // A path with an id has to name one that is the vendor's.
    const named = path.includes('{id}') ? { parameters: { id: appointment } } : {};
    const status = async (given: ApiCall): Promise<number> =>
      (await call(key, { ...named, ...given })).status;
    if ('415' in api.of(key).operation.responses) {
      expect([key, await status({ headers: { 'Content-Type': 'text/plain' } })]).toEqual([key, 415]);
    }
    expect([key, await status({ body: 'x'.repeat(300_000) })]).toEqual([key, 413]);
    expect([key, await status({ body: '{' })]).toEqual([key, 400]);
  }
  for (const { key } of api.fhir.filter(({ method, needs }) => method === 'GET' && needs === 'sas')) {
    if ('400' in api.of(key).operation.responses) {
      expect([key, (await call(key, { parameters: { statut: 'x' } })).status]).toEqual([key, 400]);
    }
  }
  for (const { key } of api.fhir.filter(({ operation }) => '414' in operation.responses)) {
    const reply = await call(key, { parameters: { 'x-long': 'x'.repeat(70_000) } });
    expect([key, reply.status]).toEqual([key, 414]);
  }
});

it('answers another method on its path with 405 and Allow', async () => {
  for (const operation of api.fhir) {
    const reply = await api.call({ ...operation, method: 'PATCH' });
    expect([operation.key, reply.status, api.check(operation, reply)]).toEqual([operation.key, 405, []]);
    expect(reply.headers.allow).toContain(operation.method);
    seen.get(operation.key)?.add(405);
  }
});

/** Seen elsewhere: in fair-callers.test.ts and at a relay's own port; in slow-readers.test.ts. */
const SEEN_ELSEWHERE = new Set(['429', '408']);

it('has seen every status below 500 that is described', () => {
  const unseen = api.fhir.flatMap(({ key, operation }) =>
    Object.keys(operation.responses)
      .filter((status) => Number(status) < 500 && !SEEN_ELSEWHERE.has(status))
      .filter((status) => !seen.get(key)?.has(Number(status)))
      .map((status) => `${key} ${status}`),
  );
  expect(unseen).toEqual([]);
});
