// INT_R03 from a simulated vendor's agenda to the edge and back, through its control port: what it books, changes,
// cancels, honours and misses, what it does wrong on demand, and what a search shows meanwhile.

import type { Appointment, Bundle, OperationOutcome, Slot } from 'fhir/r4';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import type { Told } from '../../../sandbox/vendors/appointments/appointments.ts';
import { type SearchWindow, System, schedulePath, slotPath, windowOf } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

interface Listed {
  readonly value: string;
  readonly start: string;
  readonly takesSlot: boolean;
}

const SYSTEM_A = 'https://agenda-a.sandbox.test/rdv';
let system: System;
let token: string;
/** A minute ahead, as the first slot booked: nothing of it starts while the tests run. */
let searched: SearchWindow;
/** Practitioners that only agenda-a knows, in one place, with slots in the window; a test takes one to itself. */
let practitioners: string[];
/** Where it does not matter whose slot is booked. */
let anyone: string;

beforeAll(async () => {
  system = await System.start({ vendors: [{ seed: 1 }, { seed: 2 }] });
  token = await signToken(system.state, 'system/Slot.s system/Appointment.rs');
  // The vendors' clock stands ten minutes ahead: no slot of theirs starts while it is looked at.
  const ahead = new Date(Date.now() + 10 * 60_000);
  for (const vendor of system.vendors) {
    // Each slot shown has a booking page: one without cannot be booked.
    vendor.setSettings({
      sas: { url: system.inboundUrl },
      now: ahead.toISOString(),
      walkInPages: 'every',
    });
  }
  searched = windowOf(100, new Date(ahead.getTime() + 60_000));
  const [a, b] = system.vendors.map(({ practice }) => practice.directory.practitioners);
  const shared = new Set(b?.map(({ person }) => person.identifier));
  const alone = (a ?? []).filter(
    ({ person, roles }) => !shared.has(person.identifier) && roles.length === 1 && !roles[0]?.full,
  );
  const counted = await Promise.all(
    alone.map(async ({ person: { identifier } }) => ({
      identifier,
      count: (await shown(identifier)).length,
    })),
  );
  counted.sort((one, other) => other.count - one.count);
  [anyone = '', ...practitioners] = counted
    .filter(({ count }) => count >= 3)
    .map(({ identifier }) => identifier);
});

afterAll(() => system?.stop());

function nextPractitioner(): string {
  const next = practitioners.shift();
  if (next === undefined) throw new Error('no practitioner left');
  return next;
}

async function control<T>(method: string, path: string, body?: object): Promise<T> {
  const url = `${system.vendor('agenda-a').controlUrl}${path}`;
  const response = await fetch(url, { method, ...(body && { body: JSON.stringify(body) }) });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(JSON.stringify(answer));
  return answer as T;
}

const book = (body: object): Promise<Told> => control('POST', '/appointments', body);
const change = (value: string, body: object): Promise<Told> => control('PUT', `/appointments/${value}`, body);
const nameOf = ({ appointment }: Told): string => appointment.identifier?.[0]?.value ?? '';

/** Everything the edge holds under this identifier. */
async function readBack(value: string): Promise<Appointment[]> {
  const query = `identifier=${encodeURIComponent(SYSTEM_A)}%7C${value}`;
  const response = await system.fetch(`/fhir/Appointment?${query}`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  expect(response.status).toBe(200);
  const { entry = [] } = (await response.json()) as Bundle<Appointment>;
  return entry.flatMap(({ resource }) => (resource?.resourceType === 'Appointment' ? [resource] : []));
}

async function statusOf(value: string): Promise<string> {
  const found = await readBack(value);
  expect(found).toHaveLength(1);
  return found[0]?.status ?? '';
}

/** Starts of the slots a search shows, milliseconds. */
async function shown(practitioner: string): Promise<number[]> {
  const answer = await system.search(slotPath([practitioner], searched));
  expect(answer.status).toBe(200);
  return answer.resources<Slot>('Slot').map(({ start }) => Date.parse(start));
}

const startOf = ({ appointment }: Told): number => Date.parse(appointment.start ?? '');

function codesOf(told: Told): string {
  return JSON.stringify((told.answers.at(-1)?.outcome as OperationOutcome | undefined)?.issue ?? []);
}

test('a booking is 201, readable at the edge, and its slot is gone while the others stay', async () => {
  const practitioner = nextPractitioner();
  const before = await shown(practitioner);
  const told = await book({ identifier: practitioner });
  expect(told.status).toBe(201);
  expect(told.location).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/fhir\/Appointment\/agenda-a-/);
  const [read] = await readBack(nameOf(told));
  expect(read).toMatchObject({ status: 'booked', start: told.appointment.start, end: told.appointment.end });
  expect(read?.participant[0]?.actor?.identifier?.value).toBe(practitioner);
  expect(before).toContain(startOf(told));
  expect(await shown(practitioner)).toEqual(before.filter((start) => start !== startOf(told)));
});

test('a slot that the vendor still sends is hidden; cancelled, it is back', async () => {
  const practitioner = nextPractitioner();
  const before = await shown(practitioner);
  const told = await book({ identifier: practitioner, keepSlot: true });
  const raw = await control<Listed[]>('GET', '/appointments');
  expect(raw.find(({ value }) => value === nameOf(told))?.takesSlot).toBe(false);
  expect(await shown(practitioner)).toEqual(before.filter((start) => start !== startOf(told)));
  expect(await change(nameOf(told), { status: 'cancelled' })).toMatchObject({ status: 200 });
  expect(await statusOf(nameOf(told))).toBe('cancelled');
  expect(await shown(practitioner)).toEqual(before);
});

test('a cancellation invents no slot: it is back only when the vendor sends it', async () => {
  const practitioner = nextPractitioner();
  const before = await shown(practitioner);
  const told = await book({ identifier: practitioner });
  await change(nameOf(told), { status: 'cancelled', keepSlot: true });
  expect(await shown(practitioner)).toEqual(before.filter((start) => start !== startOf(told)));
  expect(await change(nameOf(told), { status: 'cancelled' })).toMatchObject({ status: 200 });
  expect(await shown(practitioner)).toEqual(before);
});

test('a booking asked at a start takes that slot; moved, it frees one and takes the other', async () => {
  const practitioner = nextPractitioner();
  const before = await shown(practitioner);
  const [, first = 0, second = 0] = before;
  const told = await book({ identifier: practitioner, start: new Date(first).toISOString() });
  expect([told.status, startOf(told)]).toEqual([201, first]);
  const moved = await change(nameOf(told), { start: new Date(second).toISOString() });
  expect(moved).toMatchObject({ status: 200, location: told.location });
  const [read] = await readBack(nameOf(told));
  expect([read?.status, Date.parse(read?.start ?? ''), read?.meta?.versionId]).toEqual([
    'booked',
    second,
    '2',
  ]);
  expect(await shown(practitioner)).toEqual(before.filter((start) => start !== second));
  await expect(book({ identifier: practitioner, start: new Date(second).toISOString() })).rejects.toThrow(
    'Aucun créneau libre',
  );
});

test('appointments are honoured and missed', async () => {
  const kept = await book({ identifier: anyone });
  const missed = await book({ identifier: anyone });
  expect(await change(nameOf(kept), { status: 'fulfilled' })).toMatchObject({ status: 200 });
  expect(await change(nameOf(missed), { status: 'noshow' })).toMatchObject({ status: 200 });
  expect([await statusOf(nameOf(kept)), await statusOf(nameOf(missed))]).toEqual(['fulfilled', 'noshow']);
});

test("an association's place is booked under the SOS profile, and hidden", async () => {
  const vendor = system.vendor('agenda-a');
  const siret = vendor.practice.directory.associations[0]?.association.siret ?? '';
  const search = async () => (await system.search(schedulePath([siret], searched))).resources<Slot>('Slot');
  const startsOf = (slots: readonly Slot[]): number[] => slots.map((slot) => Date.parse(slot.start));
  const before = await search();
  const own = before.filter(({ comment }) => comment?.startsWith(new URL(vendor.url).origin));
  // Which of several places at one time was taken, the appointment does not tell: those stay.
  const counted = startsOf(before);
  const start = startsOf(own).find((ms) => counted.filter((other) => other === ms).length === 1) ?? 0;
  const told = await book({ identifier: siret, start: new Date(start).toISOString(), keepSlot: true });
  expect(told.status).toBe(201);
  expect(told.appointment.participant[0]).toMatchObject({ status: 'needs-action' });
  const [read] = await readBack(nameOf(told));
  expect([read?.status, read?.meta?.profile]).toEqual(['pending', told.appointment.meta?.profile]);
  expect(startsOf(await search())).toEqual(counted.filter((ms) => ms !== start));
  const practitioner = '899900000017';
  expect(await change(nameOf(told), { status: 'booked', practitioner })).toMatchObject({ status: 200 });
  const [booked] = await readBack(nameOf(told));
  expect([booked?.status, booked?.participant[0]?.actor?.identifier?.value]).toEqual([
    'booked',
    practitioner,
  ]);
});

test('double-post: both answered 201 with one location, one appointment, one version', async () => {
  const told = await book({ identifier: anyone, hostile: 'double-post' });
  expect(told.answers.map(({ status, location }) => [status, location])).toEqual([
    [201, told.location],
    [201, told.location],
  ]);
  const found = await readBack(nameOf(told));
  expect(found.map(({ meta }) => meta?.versionId)).toEqual(['1']);
});

test.each([true, false])('crossed-puts: the late one does not hold (own times: %s)', async (stamp) => {
  const told = await book({ identifier: anyone, stamp });
  const crossed = await change(nameOf(told), { status: 'cancelled', stamp, hostile: 'crossed-puts' });
  expect(crossed.answers.map(({ status }) => status)).toEqual([200, 200]);
  const [read] = await readBack(nameOf(told));
  expect([read?.status, read?.end]).toEqual(['cancelled', told.appointment.end]);
});

test('retry-after-timeout: sent twice, there once', async () => {
  const told = await book({ identifier: anyone, hostile: 'retry-after-timeout' });
  expect(told.status).toBe(201);
  const cancelled = await change(nameOf(told), { status: 'cancelled', hostile: 'retry-after-timeout' });
  expect(cancelled).toMatchObject({ status: 200, location: told.location });
  const found = await readBack(nameOf(told));
  expect(found.map(({ status, meta }) => [status, meta?.versionId])).toEqual([['cancelled', '2']]);
});

test('other-identifier: 403 not-owner, and nothing is kept', async () => {
  const told = await book({ identifier: anyone, hostile: 'other-identifier' });
  expect([told.status, codesOf(told)]).toEqual([403, expect.stringContaining('not-owner')]);
  expect(await readBack(nameOf(told))).toEqual([]);
});

test('patient: 422 patient-data in a booking and in a change, and nothing of it is kept', async () => {
  const refused = await book({ identifier: anyone, hostile: 'patient' });
  expect([refused.status, codesOf(refused)]).toEqual([422, expect.stringContaining('appointment-patient')]);
  expect(codesOf(refused)).toContain('appointment-free-text');
  expect(await readBack(nameOf(refused))).toEqual([]);
  const told = await book({ identifier: anyone });
  expect(await change(nameOf(told), { status: 'noshow', hostile: 'patient' })).toMatchObject({
    status: 422,
  });
  expect(await statusOf(nameOf(told))).toBe('booked');
});

test('two lives of a vendor do not share identifiers, two runs of one life do', async () => {
  const { inventValue } = await import('../../../sandbox/vendors/appointments/resource.ts');
  expect(inventValue(1, '', 1)).toBe(inventValue(1, '', 1));
  expect(inventValue(1, '', 1)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
  const values = ['', 'b'].flatMap((run) => [1, 2, 3].map((number) => inventValue(1, run, number)));
  expect(new Set(values).size).toBe(6);
});

test.each([
  ['POST', '/appointments', { identifier: '899990000000' }, 'Personne'],
  ['POST', '/appointments', { identifier: '1', hostile: 'crossed-puts' }, 'hostile vaut'],
  ['POST', '/appointments', { identifier: '1', slot: 'x' }, 'champ inconnu'],
  ['PUT', '/appointments/inconnu', { status: 'booked' }, 'Aucun rendez-vous'],
  ['PUT', '/appointments/inconnu', { status: 'BOOKED' }, 'status vaut'],
  ['PUT', '/appointments/inconnu', { practitioner: '99900000017' }, 'practitioner est un numéro'],
  ['PUT', '/settings', { sas: 'http://127.0.0.1' }, 'sas est null'],
])('%s %s %j is refused: %s', async (method, path, body, sentence) => {
  await expect(control(method, path, body)).rejects.toThrow(sentence);
});

test('a vendor asks again while the edge is restarted, and the appointment is there once', async () => {
  await system.stopEdge();
  const seen = system.relayLog.length;
  const telling = book({ identifier: anyone });
  await until('a refusal', () => system.relayLog.slice(seen).some((line) => line.includes('"status":503')));
  await system.startEdge();
  const told = await telling;
  expect(told.status).toBe(201);
  expect(told.answers[0]?.attempts).toBeGreaterThan(1);
  const found = await readBack(nameOf(told));
  expect(found.map(({ meta }) => meta?.versionId)).toEqual(['1']);
});
