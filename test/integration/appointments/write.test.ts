// What vendors report, at the real edge: who may write, what each message becomes, each refusal with its status
// and reason. docs/guide.md § 5; docs/appointments.md.
import { randomUUID } from 'node:crypto';
import type { OperationOutcome } from 'fhir/r4';
import type { JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  type AppointmentEdge,
  announce,
  makeRelay,
  readAnswer,
  SYSTEM_A,
  SYSTEM_B,
  type TestRelay,
} from '../../../bench/appointments/appointment-edge.ts';
import { individual, sos } from '../../../bench/appointments/samples.ts';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { APPOINTMENT_BYTES_MAX, APPOINTMENT_DEPTH_MAX } from '../../../worker/http/body.ts';
import { sendPlain } from '../../support/doubles/front-caller.ts';
import { startAppointmentEdge } from '../../support/scenes/built/edge.ts';
import { until } from '../../support/wait/until.ts';

let edge: AppointmentEdge;
/** Another relay that the edge trusts. */
let stranger: TestRelay;
beforeAll(async () => {
  stranger = await makeRelay('stranger');
  edge = await startAppointmentEdge({}, false, [stranger.jwk]);
});
afterAll(() => edge?.stop());

/** An identifier that no other test uses. */
const fresh = (): string => `rdv-${randomUUID()}`;
const fate = (answer: Answer): string | null => answer.headers.get('X-Passerelle-Appointment');
const told = (answer: Answer): string => `${answer.status} ${answer.reason}`;

const PATH = '/fhir/Appointment';
const claims = { editor: 'agenda-a', appointmentSystem: SYSTEM_A };

/** One appointment sent with this token, or with one of edge.relay's that claims this. */
async function post(over: string | JWTPayload = {}, relay = edge.relay): Promise<string> {
  const body = JSON.stringify(individual({ value: fresh() }));
  const token =
    typeof over === 'string'
      ? over
      : await relay.sign(edge.url, { method: 'POST', path: PATH, body }, { ...claims, ...over });
  return sendWith(token, body);
}

async function sendWith(token: string, body: string, url = edge.url, host?: string): Promise<string> {
  const answer = await sendPlain(`${url}${PATH}`, {
    method: 'POST',
    body,
    headers: {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/fhir+json',
      ...(host !== undefined && { Host: host }),
    },
  });
  const { issue } = JSON.parse(answer.text === '' ? '{}' : answer.text) as Partial<OperationOutcome>;
  const reason = issue?.[0]?.details?.coding?.[0]?.code;
  return reason === undefined ? String(answer.status) : `${answer.status} ${reason}`;
}

describe('who may write', () => {
  it('is a relay, for a vendor that it announced for appointments', async () => {
    expect(await post()).toBe('201');
  });

  it('is not SAS, an operator or nobody', async () => {
    expect(await post(await signToken(edge.state, 'system/*.* admin'))).toBe('401 token-invalid');
    expect(await post('')).toBe('401 token-invalid');
    const bare = await fetch(`${edge.url}/fhir/Appointment`, { method: 'POST', body: '{}' });
    expect(told(await readAnswer(bare))).toBe('401 token-missing');
  });

  it('is not a relay by the token of its link', async () => {
    expect(await post(await edge.relay.signLink(edge.url))).toBe('401 token-invalid');
  });

  it('is not a relay whose key this edge does not know, whatever it calls itself', async () => {
    const unknown = await makeRelay('relay-a');
    expect(await post({}, unknown)).toBe('401 token-invalid');
    await expect(announce(edge.url, unknown)).rejects.toThrow();
  });

  it('is not a relay for a vendor that it did not announce, or not for appointments', async () => {
    expect(await post({ editor: 'agenda-z' })).toBe('403 editor-not-announced');
    const mute = individual({ value: fresh(), system: 'urn:oid:1.2.250.1.999.8' });
    const answer = await edge.send('POST', '/fhir/Appointment', mute, {}, 'agenda-mute');
    expect(told(answer)).toBe('403 editor-not-announced');
  });

  it('is not another relay for a vendor that is not its own, though it announces it', async () => {
    const own = { id: 'agenda-own', system: 'urn:oid:1.2.250.1.999.77', flows: ['INT_R01', 'INT_R03'] };
    await announce(edge.url, stranger, [own, { id: 'agenda-a', system: SYSTEM_A, flows: own.flows }]);
    expect(await post({}, stranger)).toBe('403 editor-not-announced');
    const send = async (appointmentSystem: string): Promise<string> => {
      const body = JSON.stringify(individual({ value: fresh(), system: appointmentSystem }));
      const request = { method: 'POST', path: PATH, body };
      const said = { editor: own.id, appointmentSystem };
      return sendWith(await stranger.sign(edge.url, request, said), body);
    };
    expect(await send(own.system)).toBe('201');
    expect(await send(SYSTEM_A)).toBe('403 editor-not-announced');
  });

  it('is not a relay under another system than the one that its vendor was accepted with', async () => {
    const send = async (): Promise<string> => {
      const body = JSON.stringify(individual({ value: fresh(), system: SYSTEM_B }));
      const said = { ...claims, appointmentSystem: SYSTEM_B };
      return sendWith(await edge.relay.sign(edge.url, { method: 'POST', path: PATH, body }, said), body);
    };
    expect(await send()).toBe('403 editor-not-announced');
    await announce(edge.url, edge.relay, [
      { id: 'agenda-a', system: SYSTEM_B, flows: ['INT_R01', 'INT_R03'] },
      { id: 'agenda-b', system: SYSTEM_B, flows: ['INT_R01', 'INT_R03', 'SOS'] },
      { id: 'agenda-mute', system: 'urn:oid:1.2.250.1.999.8', flows: ['INT_R01'] },
    ]);
    expect(await send()).toBe('403 editor-not-announced');
    expect(await post()).toBe('201');
  });

  it('cannot read', async () => {
    const token = await edge.vendorToken('agenda-a', { method: 'GET', path: PATH });
    expect(told(await edge.get(PATH, token))).toBe('401 token-invalid');
  });
});

describe("a relay's token for an appointment", () => {
  const body = (): string => JSON.stringify(individual({ value: fresh() }));
  const signed = (text: string, over: JWTPayload = {}): Promise<string> =>
    edge.relay.sign(edge.url, { method: 'POST', path: PATH, body: text }, { ...claims, ...over });

  it('is taken once, also when ten come at the same time and after the edge was started again', async () => {
    const text = body();
    const token = await signed(text);
    const answers = await Promise.all(Array.from({ length: 10 }, () => sendWith(token, text)));
    expect(answers.filter((answer) => answer === '201')).toHaveLength(1);
    expect(answers.filter((answer) => answer === '401 token-invalid')).toHaveLength(9);
    await edge.stopEdge();
    await edge.startEdge();
    expect(await sendWith(token, text)).toBe('401 token-invalid');
    expect(await post()).toBe('201');
  });

  it('is for its body alone', async () => {
    expect(await sendWith(await signed(body()), body())).toBe('401 token-invalid');
  });

  it('is for one edge: another that trusts the same relay refuses it, whatever Host it is told', async () => {
    const text = body();
    const other = await startAppointmentEdge({ PUBLIC_URL: 'https://other.example' }, false, [
      edge.relay.jwk,
    ]);
    try {
      const elsewhere = await signed(text, { edge: 'passerelle.example' });
      expect(await sendWith(elsewhere, text, other.url, 'passerelle.example')).toBe('421 host-unknown');
      expect(await sendWith(await signed(text), text, other.url)).toBe('401 token-invalid');
      expect(await sendWith(await signed(text, { edge: 'other.example' }), text, other.url)).toBe('201');
    } finally {
      await other.stop();
    }
  });
});

describe('a message', () => {
  it('creates by POST: 201, Location, ETag, Last-Modified, no body', async () => {
    const answer = await edge.post({ ...individual({ value: fresh() }), id: 'chosen-by-vendor' });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('Location')).toMatch(/\/fhir\/Appointment\/agenda-a-[0-9a-f]{20}$/);
    expect(answer.headers.get('ETag')).toBe('W/"1"');
    expect(Date.parse(answer.headers.get('Last-Modified') ?? '')).toBeGreaterThan(Date.now() - 60_000);
    expect(answer.text).toBe('');
  });

  it('creates by PUT when the identifier is unknown', async () => {
    expect((await edge.put(individual({ value: fresh() }))).status).toBe(201);
  });

  it('changes by PUT: 200, same Location, next version', async () => {
    const value = fresh();
    const created = await edge.post(individual({ value }));
    const changed = await edge.put(individual({ value, status: 'cancelled' }));
    expect([changed.status, fate(changed), changed.headers.get('ETag')]).toEqual([200, 'changed', 'W/"2"']);
    expect(changed.headers.get('Location')).toBe(created.headers.get('Location'));
  });

  it('changes by PUT on the Location too', async () => {
    const value = fresh();
    const created = await edge.post(individual({ value }));
    const path = new URL(created.headers.get('Location') ?? '').pathname;
    const changed = await edge.send('PUT', path, individual({ value, status: 'fulfilled' }));
    expect([changed.status, fate(changed)]).toEqual([200, 'changed']);
    const other = await edge.send('PUT', path, individual({ value: fresh() }));
    expect(told(other)).toBe('422 identifier-mismatch');
    expect(told(await edge.send('PUT', '/fhir/Appointment/1', individual({ value })))).toBe('404 not-found');
    const foreign = await edge.send('PUT', path, individual({ value, system: SYSTEM_B }), {}, 'agenda-b');
    expect(told(foreign)).toBe('403 not-owner');
  });

  it('said again changes nothing and gets the same answer', async () => {
    const message = individual({ value: fresh() });
    const posts = [await edge.post(message), await edge.post(message)];
    expect(posts.map(({ status }) => status)).toEqual([201, 201]);
    const again = await edge.put(message);
    expect([again.status, fate(again), again.headers.get('ETag')]).toEqual([200, 'same', 'W/"1"']);
    const [first, second] = posts.map(({ headers }) => headers);
    expect(second?.get('Location')).toBe(first?.get('Location'));
    expect(second?.get('Last-Modified')).toBe(first?.get('Last-Modified'));
  });

  it('posted with other content is a duplicate that names the PUT to use', async () => {
    const value = fresh();
    await edge.post(individual({ value }));
    const answer = await edge.post(individual({ value, status: 'cancelled' }));
    expect(told(answer)).toBe('422 duplicate');
    expect(answer.issues[0]?.text).toContain(
      `PUT Appointment?identifier=${encodeURIComponent(SYSTEM_A)}%7C${value}`,
    );
  });

  it('that is late or doubled is acknowledged and does not undo a cancellation', async () => {
    const value = fresh();
    await edge.put(individual({ value }));
    await edge.put(individual({ value, status: 'cancelled' }));
    const doubled = await edge.put(individual({ value }));
    expect([doubled.status, fate(doubled), doubled.headers.get('ETag')]).toEqual([200, 'repeated', 'W/"2"']);
    const late = await edge.put(individual({ value, start: '2026-12-02T10:00:00+01:00' }));
    expect([late.status, fate(late), late.headers.get('ETag')]).toEqual([200, 'late', 'W/"2"']);
  });

  it('corrects a cancellation when its own time is later', async () => {
    const value = fresh();
    await edge.put(individual({ value, status: 'cancelled', stamp: '2026-11-01T10:00:00Z' }));
    const late = await edge.put(individual({ value, stamp: '2026-11-01T09:00:00Z' }));
    expect(fate(late)).toBe('late');
    const later = await edge.put(individual({ value, stamp: '2026-11-01T11:00:00Z' }));
    expect([fate(later), later.headers.get('ETag')]).toEqual(['changed', 'W/"3"']);
  });

  it('corrects what it knows by If-Match, and only that', async () => {
    const value = fresh();
    await edge.put(individual({ value }));
    await edge.put(individual({ value, status: 'cancelled' }));
    const stale = await edge.put(individual({ value }), { 'If-Match': 'W/"1"' });
    expect(told(stale)).toBe('412 version-conflict');
    const corrected = await edge.put(individual({ value }), { 'If-Match': 'W/"2"' });
    expect([fate(corrected), corrected.headers.get('ETag')]).toEqual(['changed', 'W/"3"']);
    // The answer was lost and the vendor asks again: it has what it wants.
    expect(fate(await edge.put(individual({ value }), { 'If-Match': 'W/"2"' }))).toBe('same');
    const unknown = individual({ value: fresh() });
    expect(told(await edge.put(unknown, { 'If-Match': 'W/"1"' }))).toBe('412 version-conflict');
    expect(told(await edge.put(unknown, { 'If-Match': '*' }))).toBe('412 version-conflict');
    expect((await edge.put(unknown)).status).toBe(201);
  });

  it('answers as preferred', async () => {
    const message = individual({ value: fresh(), status: 'BOOKED' });
    const shown = await edge.put(message, { Prefer: 'return=representation' });
    expect(shown.json).toMatchObject({
      resourceType: 'Appointment',
      status: 'booked',
      meta: { versionId: '1', profile: ['http://sas.fr/fhir/StructureDefinition/FrAppointmentSAS'] },
    });
    const explained = await edge.put(message, { Prefer: 'return=OperationOutcome' });
    expect(explained.issues.map(({ reason }) => reason)).toEqual(['same', 'status-spelling']);
    expect((await edge.put(message, { Prefer: 'return=minimal' })).text).toBe('');
    expect(told(await edge.put(message, { Prefer: 'return=all' }))).toBe('400 parameter-invalid');
  });

  it('of SOS Médecins needs no practitioner', async () => {
    const answer = await edge.put(sos({ value: fresh() }), { Prefer: 'return=representation' }, 'agenda-b');
    expect(answer.status).toBe(201);
    expect(answer.json.meta.profile).toEqual([
      'https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/sas-sos-appointment',
    ]);
  });
});

describe('the identifier of a query', () => {
  const system = encodeURIComponent(SYSTEM_A);
  it.each<[string, (value: string) => string]>([
    ['as the guide writes it', (value) => `?Identifier=${system}%7C${value}`],
    ['in capitals', (value) => `?IDENTIFIER=${system}%7C${value}`],
    ['with a raw bar', (value) => `?identifier=${SYSTEM_A}|${value}`],
    ['without system', (value) => `?identifier=${value}`],
    ['with an empty system', (value) => `?identifier=%7C${value}`],
    ['absent', () => ''],
  ])('%s', async (_what, query) => {
    const value = fresh();
    const answer = await edge.send('PUT', `/fhir/Appointment${query(value)}`, individual({ value }));
    expect(answer.status).toBe(201);
  });

  it.each([
    ['a\\,b', 'a,b'],
    ['a\\\\\\|b', 'a\\|b'],
    ['\\$12', '$12'],
    ['50$', '50$'],
  ])('is read with FHIR’s escapes: %s; and found again by them', async (written, value) => {
    const token = `${encodeURIComponent(SYSTEM_A)}|${written}`;
    const path = `/fhir/Appointment?identifier=${token}`;
    const body = individual({ value });
    expect((await edge.send('PUT', path, body)).status).toBe(201);
    expect((await edge.send('PUT', path.replace('|', '%7C').replaceAll('\\', '%5C'), body)).status).toBe(200);
    const found = await edge.get(path);
    expect(found.json.entry?.[0]?.resource.identifier[0].value).toBe(value);
    const listed = await edge.get(`/fhir/Appointment?identifier=none,${written}`);
    expect(listed.json.total).toBe(1);
    const again = await edge.post({ ...body, status: 'cancelled' });
    expect(again.issues[0]?.text).toContain(encodeURIComponent(value.replace(/[,|$\\]/g, '\\$&')));
  });

  it('may forget urn:oid:', async () => {
    const value = fresh();
    const path = `/fhir/Appointment?identifier=${SYSTEM_B.replace('urn:oid:', '')}%7C${value}`;
    expect((await edge.send('PUT', path, sos({ value }), {}, 'agenda-b')).status).toBe(201);
  });

  it.each<[string, string, string]>([
    ['of another appointment', `?identifier=${system}%7Cother`, '422 identifier-mismatch'],
    ['of another vendor', `?identifier=${encodeURIComponent(SYSTEM_B)}%7C1`, '403 not-owner'],
    ['empty', '?identifier=', '400 parameter-invalid'],
    ['twice', '?identifier=a&identifier=a', '400 parameter-repeated'],
    ['that is a list', '?identifier=a,b', '400 parameter-invalid'],
    ['with a bar too many', '?identifier=a%7Cb%7Cc', '400 parameter-invalid'],
    ['with something else', '?status=booked', '400 parameter-unknown'],
    ['that cannot be decoded', '?identifier=%zz', '400 query-malformed'],
  ])('%s is refused', async (_what, query, expected) => {
    const answer = await edge.send('PUT', `/fhir/Appointment${query}`, individual({ value: fresh() }));
    expect(told(answer)).toBe(expected);
  });

  it('of another vendor in the body is refused before anything else is said', async () => {
    const answer = await edge.post({ ...individual({ value: '1', system: SYSTEM_B }), status: 'perhaps' });
    expect(told(answer)).toBe('403 not-owner');
  });
});

describe('a body', () => {
  const good = (): string => JSON.stringify(individual({ value: fresh() }));
  /** The same appointment, blanks up to that many bytes. */
  const padded = (bytes: number): string => {
    const text = good();
    return `${text}${' '.repeat(bytes - text.length)}`;
  };
  const nested = (depth: number): string =>
    `{"resourceType":"Appointment","x":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;

  it.each<[string, string | Uint8Array, string]>([
    ['that is no JSON', '{"resourceType":', '400 body-malformed'],
    ['that is empty', '', '400 body-malformed'],
    ['that is no object', '[]', '400 body-malformed'],
    ['of another type', '{"resourceType":"Patient"}', '400 body-malformed'],
    ['that is no UTF-8', new Uint8Array([0x22, 0xff, 0x22]), '400 body-malformed'],
    ['that nests too deep', nested(APPOINTMENT_DEPTH_MAX + 1), '400 body-malformed'],
    ['that nests a thousand times deeper', nested(30_000), '400 body-malformed'],
    [
      'of so many values that building them would cost more',
      `{"resourceType":"Appointment","x":[${'0,'.repeat(5_000)}0]}`,
      '400 body-malformed',
    ],
    ['that nests as deep as allowed', nested(APPOINTMENT_DEPTH_MAX), '422 rule-broken'],
    ['that is too large', ' '.repeat(APPOINTMENT_BYTES_MAX + 1), '413 body-too-large'],
  ])('%s', async (_what, body, expected) => {
    expect(told(await edge.post(body))).toBe(expected);
  });

  it('may be as large as the limit, and one byte more is refused', async () => {
    expect((await edge.post(padded(APPOINTMENT_BYTES_MAX))).status).toBe(201);
    expect((await edge.post(padded(APPOINTMENT_BYTES_MAX + 1))).status).toBe(413);
  });

  it.each([
    ['application/fhir+json', 201],
    ['application/json+fhir', 201],
    ['application/json; charset=UTF-8', 201],
    ['text/json', 201],
    ['application/xml', 415],
    ['text/plain', 415],
    ['application/json; charset=latin1', 201],
  ])('as %s gets %i', async (type, status) => {
    expect((await edge.post(good(), { 'Content-Type': type })).status).toBe(status);
  });

  it.each([
    ['declared', 'application/fhir+json; charset=ISO-8859-1', 'latin1'],
    ['not declared', 'application/fhir+json', 'latin1'],
    ['said to be UTF-8', 'application/fhir+json; charset=utf-8', 'latin1'],
    ['in UTF-16', 'application/fhir+json', 'utf16le'],
  ] as const)('in another encoding, %s, is read without damage', async (_what, type, encoding) => {
    const value = `${fresh()}-é`;
    const body = JSON.stringify(individual({ value }));
    const answer = await edge.send('POST', '/fhir/Appointment', new Uint8Array(Buffer.from(body, encoding)), {
      'Content-Type': type,
    });
    expect(answer.status, answer.text).toBe(201);
    const found = await edge.get(`/fhir/Appointment?identifier=${encodeURIComponent(value)}`);
    expect(found.json.entry[0].resource.identifier[0].value).toBe(value);
  });

  it('in an encoding that cannot be told is refused', async () => {
    const body = Buffer.concat([Buffer.from(good()), Buffer.from([0x20, 0xc3, 0xa9, 0xe9, 0x81])]);
    expect(told(await edge.post(new Uint8Array(body)))).toBe('400 body-malformed');
  });

  it('that gives a key twice is refused, not half read; colons and quotes in texts are no keys', async () => {
    const value = `${fresh()}:"status":`;
    const body = JSON.stringify(individual({ value, status: 'booked' }));
    expect(told(await edge.post(body.replace('{', '{"status":"cancelled",')))).toBe('400 body-malformed');
    expect(told(await edge.post(body.replace('"actor":{', '"actor":{"identifier":{},')))).toBe(
      '400 body-malformed',
    );
    expect((await edge.post(body)).status).toBe(201);
  });

  it('must not be compressed, and only JSON is answered', async () => {
    expect((await edge.post(good(), { 'Content-Encoding': 'gzip' })).status).toBe(415);
    expect((await edge.post(good(), { Accept: 'application/xml' })).status).toBe(406);
  });

  it('that breaks rules gets each of them with its place', async () => {
    const { extension: _, ...broken } = individual({ value: fresh(), status: 'perhaps' });
    const answer = await edge.post({ ...broken, end: undefined, comment: 'x' });
    expect(answer.status).toBe(422);
    const places = answer.issues.map(({ expression }) => expression);
    for (const place of ['extension', 'status', 'end', 'comment']) {
      expect(places).toContain(`Appointment.${place}`);
    }
  });

  it('that could carry a patient is refused with a sentence that says so, and never logged', async () => {
    const canary = 'Zoélie Inventée';
    const answer = await edge.post({ ...individual({ value: fresh() }), comment: canary });
    expect(told(answer)).toBe('422 patient-data');
    expect(answer.issues[0]?.text).toContain('patient');
    expect(edge.log.join('\n')).not.toContain('Inventée');
  });
});

it('logs one line per message, without who or what', async () => {
  const value = fresh();
  await edge.put(individual({ value }), { 'X-Request-Id': 'log-line-of-a-put' });
  const line = await until('the log line', () => edge.log.find((item) => item.includes('log-line-of-a-put')));
  expect(JSON.parse(line)).toMatchObject({
    message: 'appointment-recorded',
    editor: 'agenda-a',
    detail: 'created',
  });
  for (const secret of [value, '899900000017', 'REG-77', SYSTEM_A]) expect(line).not.toContain(secret);
});

it('has nothing else at that address', async () => {
  const response = await fetch(`${edge.url}/fhir/Appointment/x`, { method: 'DELETE' });
  expect(response.status).toBe(405);
  expect(response.headers.get('Allow')).toBe('HEAD, PUT, GET, OPTIONS');
});
