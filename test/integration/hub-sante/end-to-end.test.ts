// INT_L02 whole, each part a program of its own over real sockets: a booking at a simulated vendor, told over mTLS to the
// relay, kept by the edge, written into its outbox, carried by the relay to a real RabbitMQ, judged and routed by the
// simulated Hub Santé, received by an LRM, acknowledged all the way back. Invented people only.

import type { Appointment } from 'fhir/r4';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Behaviour } from '../../../sandbox/hub-sante/lrm/behaviours.ts';
import type { Lrm, ReceivedReport } from '../../../sandbox/hub-sante/lrm/lrm.ts';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import type { Told } from '../../../sandbox/vendors/appointments/appointments.ts';
import { OPERATOR } from '../../../sandbox/vendors/appointments/resource.ts';
import type { Vendor } from '../../../sandbox/vendors/vendor.ts';
import { FrontCaller } from '../../support/doubles/front-caller.ts';
import {
  type HubSanteScene,
  hubSanteMissing,
  OTHER_SAMU_ID,
  openHubSante,
  SAMU_ID,
  SAS_ID,
} from '../../support/scenes/hub-sante-scene.ts';
import { System, slotPath, windowOf } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

/** As an LRM takes them; the vendor knows anybody who is asked for. Bookings go round: each has some free slots on any day. */
const PEOPLE = Array.from({ length: 20 }, (_, i) => `8100999000${String(i + 10)}`);
const REGULATOR = {
  uuid: '2d6d5a0e-4a3c-4a51-8f2e-6f1f6f0a4b11',
  lastName: 'Ferrouil',
  firstName: 'Solène',
  email: 'solene.ferrouil@regulation.example',
  nationalId: OPERATOR,
  habilitation: true,
  emailBeforeUpdate: null,
  sasTerritories: ['SAS 33'],
};

let system: System;
let scene: HubSanteScene;
let vendor: Vendor;
let lrm: Lrm;
let operator: string;
let round: readonly string[] = PEOPLE;

async function control<T>(method: string, path: string, body: object): Promise<T> {
  const response = await fetch(`${vendor.controlUrl}${path}`, { method, body: JSON.stringify(body) });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(JSON.stringify(answer));
  return answer as T;
}

function nextPerson(): string {
  const [next = '', ...rest] = round;
  round = [...rest, next];
  return next;
}

/** A booking that SAS took. */
async function book(identifier = nextPerson()): Promise<Told> {
  const told = await control<Told>('POST', '/appointments', { identifier });
  expect(told.status).toBe(201);
  return told;
}

async function change(told: Told, body: object): Promise<Appointment> {
  const changed = await control<Told>(
    'PUT',
    `/appointments/${told.appointment.identifier?.[0]?.value}`,
    body,
  );
  expect(changed.status).toBe(200);
  return changed.appointment;
}

/** The edge's own id of it. */
const idOf = ({ location }: Told): string => location?.split('/').at(-1) ?? '';

interface Attempt {
  readonly distributionId: string;
  readonly relay: string;
  readonly outcome: string;
  readonly reply: string | null;
  readonly step: string | null;
}

interface Row {
  readonly state: string;
  readonly reason: string | null;
  readonly recipient: string | null;
  readonly attempts: readonly Attempt[];
}

async function admin<T>(path: string, method = 'GET'): Promise<T> {
  const headers = { Authorization: `Bearer ${operator}` };
  const response = await system.fetch(`/admin/lrm${path}`, { method, headers });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

/** The messages of an appointment, in their order, as operators see them. */
async function messagesOf(told: Told): Promise<readonly Row[]> {
  return (await admin<{ messages: readonly Row[] }>(`/appointments/${idOf(told)}`)).messages;
}

/** What no LRM has acknowledged, by LRM, less the ages. */
async function undelivered(): Promise<unknown[]> {
  type Told = { readonly recipient: string; readonly states: object };
  const { recipients } = await admin<{ recipients: readonly Told[] }>('');
  return recipients.map(({ recipient, states }) => ({ recipient, states }));
}

/** Waits until the messages of an appointment stand so. */
function untilStates(told: Told, ...states: readonly string[]): Promise<unknown> {
  return until(`the messages are ${states.join(', ')}`, async () => {
    const found = (await messagesOf(told)).map(({ state }) => state);
    return found.join() === states.join();
  });
}

const reportsOf = (told: Told, by = lrm): readonly ReceivedReport[] =>
  by.received.filter(({ appointment }) => appointment.appointmentId === idOf(told));

/** An instant of the appointment, as a message writes it. */
const written = (instant = ''): number => Date.parse(instant);

function declare(change: Partial<typeof REGULATOR> = {}): Promise<{ readonly status: number }> {
  const front = new FrontCaller(() => system.url);
  return front.asServer('/v1/regulators', { method: 'PUT', body: { ...REGULATOR, ...change } });
}

async function carryBy(id: string): Promise<void> {
  const credential = await scene.certificates.credential(SAS_ID);
  await system.startRelay(id, {
    hubSante: { clientId: SAS_ID, port: scene.hub.broker.port, credential },
  });
}

describe.skipIf(hubSanteMissing)('an appointment on its way to the LRM', () => {
  beforeAll(async () => {
    system = await System.start({
      vendors: [{ seed: 1 }],
      relay: false,
      settings: {
        LRM_CLIENT_ID: SAS_ID,
        LRM_RECIPIENTS: JSON.stringify({ 'SAS 33': SAMU_ID, 'SAS 75': OTHER_SAMU_ID }),
      },
    });
    operator = await signToken(system.state, 'admin');
    scene = await openHubSante({ sandboxPki: system.pki });
    lrm = scene.hub.lrm(SAMU_ID);
    await carryBy('relay-a');
    vendor = system.vendor('agenda-a');
    // Its clock stands ten minutes ahead: no slot starts while it is looked at.
    const now = new Date(Date.now() + 10 * 60_000);
    vendor.setSettings({
      sas: { url: system.inboundUrl },
      now: now.toISOString(),
      population: 'any',
      walkInPages: 'every',
    });
    expect((await declare()).status).toBe(200);
    // A search is how the edge knows what the practitioner is called.
    const searched = await system.search(slotPath(PEOPLE, windowOf(100, now)));
    expect(searched.bundle.total).toBeGreaterThan(PEOPLE.length);
    const core = await system.edge.database('DB');
    const known = 'SELECT COUNT(DISTINCT subject) AS count FROM lrm_people WHERE name IS NOT NULL';
    await until('the practitioners’ names are kept', async () => {
      const found = await core.prepare(known).first<{ count: number }>();
      return found?.count === PEOPLE.length;
    });
  });

  afterAll(async () => {
    await scene?.close();
    await system?.stop();
  });

  afterEach(() => {
    lrm.behaviour = 'sound';
    lrm.next = [];
    scene.hub.dispatcher.forced = [];
  });

  it('is created there, with the names of the practitioner and of the regulator, and acknowledged', async () => {
    const rppsId = nextPerson();
    const told = await book(rppsId);
    await untilStates(told, 'acked');
    const [report, ...others] = reportsOf(told);
    expect(others).toEqual([]);
    const { person } = vendor.practice.directory.findPractitioner(rppsId, true)!;
    expect(report?.sender).toBe(SAS_ID);
    expect(report?.appointment).toMatchObject({
      method: 'CreateAppointment',
      status: 'booked',
      orientationCategory: 'PS',
      practitioner: { rppsId, lastName: person.family, firstName: person.given },
      regulator: {
        regulatorId: OPERATOR,
        regulatorName: 'Ferrouil',
        regulatorFirstname: 'Solène',
        regulatorEmail: REGULATOR.email,
      },
    });
    for (const field of ['start', 'end', 'created'] as const) {
      expect(written(String(report?.appointment[field]))).toBe(written(told.appointment[field]));
    }
    expect((await messagesOf(told))[0]?.recipient).toBe(SAMU_ID);
  });

  it('is told whole of each change, in order: moved, lengthened, honoured', async () => {
    const rppsId = nextPerson();
    const told = await book(rppsId);
    await untilStates(told, 'acked');
    const startMs = written(told.appointment.start) + 5 * 60_000;
    const changes = [
      { start: new Date(startMs).toISOString() },
      { end: new Date(startMs + 45 * 60_000).toISOString() },
      { status: 'fulfilled' },
    ];
    const sent = [told.appointment];
    for (const [i, body] of changes.entries()) {
      sent.push(await change(told, body));
      await untilStates(told, ...Array.from({ length: i + 2 }, () => 'acked'));
    }
    const reports = reportsOf(told).map(({ appointment }) => appointment);
    expect(reports.map(({ method }) => method)).toEqual([
      'CreateAppointment',
      'UpdateAppointment',
      'UpdateAppointment',
      'UpdateAppointment',
    ]);
    for (const field of ['start', 'end'] as const) {
      const told = reports.map((one) => written(String(one[field])));
      expect(told).toEqual(sent.map((one) => written(one[field])));
    }
    expect(reports.map(({ status }) => status)).toEqual(['booked', 'booked', 'booked', 'fulfilled']);
    for (const one of reports) expect(one).toMatchObject({ practitioner: { rppsId } });
  });

  it('is cancelled by an update', async () => {
    const told = await book();
    await untilStates(told, 'acked');
    await change(told, { status: 'cancelled' });
    await untilStates(told, 'acked', 'acked');
    expect(reportsOf(told).at(-1)?.appointment).toMatchObject({
      method: 'UpdateAppointment',
      status: 'cancelled',
    });
    expect(lrm.appointments.get(idOf(told))?.status).toBe('cancelled');
  });

  it('of an association names nobody, then who was identified late', async () => {
    const siret = vendor.practice.directory.associations[0]?.association.siret;
    const told = await book(siret);
    await untilStates(told, 'acked');
    const rppsId = nextPerson();
    await change(told, { status: 'booked', practitioner: rppsId });
    await untilStates(told, 'acked', 'acked');
    const [first, second] = reportsOf(told).map(({ appointment }) => appointment);
    expect(first).toMatchObject({ status: 'pending', orientationCategory: 'SOS' });
    expect(first).not.toHaveProperty('practitioner');
    const { person } = vendor.practice.directory.findPractitioner(rppsId, true)!;
    expect(second).toMatchObject({
      method: 'UpdateAppointment',
      status: 'booked',
      practitioner: { rppsId, lastName: person.family },
    });
  });

  it('that the LRM says it knows is told again, as an update, under another id', async () => {
    lrm.next = ['conflict'];
    const told = await book();
    await untilStates(told, 'acked');
    const reports = reportsOf(told);
    expect(reports.map(({ appointment }) => appointment.method)).toEqual([
      'CreateAppointment',
      'UpdateAppointment',
    ]);
    expect(new Set(reports.map(({ distributionId }) => distributionId)).size).toBe(2);
  });

  it.each(['twice', 'steps', 'stranger', 'odd'] as const)(
    'is delivered once where the LRM acknowledges as `%s`',
    async (behaviour: Behaviour) => {
      lrm.next = [behaviour];
      const told = await book();
      await untilStates(told, 'acked');
      expect(reportsOf(told)).toHaveLength(1);
      const last = async () => (await messagesOf(told))[0]?.attempts[0]?.step;
      if (behaviour === 'steps')
        await until('its last step is kept', async () => (await last()) === 'CONSULTE');
    },
  );

  it('is confirmed and not delivered until the LRM has said so, also backwards', async () => {
    lrm.behaviour = 'late';
    const [first, second] = [await book(), await book()];
    await until('both are at the LRM', () => lrm.lateCount === 2);
    for (const told of [first, second]) await untilStates(told, 'confirmed');
    expect(await undelivered()).toEqual([{ recipient: SAMU_ID, states: { confirmed: 2 } }]);
    await lrm.release('reversed');
    for (const told of [first, second]) await untilStates(told, 'acked');
    expect(await undelivered()).toEqual([]);
  });

  it('is stopped, with its code, when the Hub refuses it, until an operator sends it again', async () => {
    scene.hub.dispatcher.forced = [600];
    const told = await book();
    await untilStates(told, 'errored');
    expect(await messagesOf(told)).toMatchObject([{ reason: '600' }]);
    await admin(`/${idOf(told)}/resend`, 'POST');
    await untilStates(told, 'acked');
    const [{ attempts = [] } = {}] = await messagesOf(told);
    expect(attempts.map(({ outcome, reply }) => [outcome, reply])).toEqual([
      ['confirmed', 'error'],
      ['confirmed', 'ack'],
    ]);
    expect(reportsOf(told).map(({ distributionId }) => distributionId)).toEqual([
      attempts[1]?.distributionId,
    ]);
  });

  it('is refused by the Hub, and its next change goes its way', async () => {
    scene.hub.dispatcher.forced = [300];
    const told = await book();
    await untilStates(told, 'errored');
    expect(await messagesOf(told)).toMatchObject([{ reason: '300' }]);
    expect(reportsOf(told)).toEqual([]);
    await change(told, { status: 'cancelled' });
    await untilStates(told, 'superseded', 'acked');
  });

  it('waits while the broker is away, whatever the vendor is answered, and leaves when it is back', async () => {
    const before = await book();
    await untilStates(before, 'acked');
    await scene.hub.broker.kill();
    const told = await book();
    expect((await messagesOf(told)).map(({ state }) => state)).not.toContain('acked');
    await scene.hub.broker.startAgain();
    await untilStates(told, 'acked');
  });

  it('goes to the SAMU of the regulator’s territory; without one it is held, and leaves when there is one', async () => {
    // The LRM has an appointment from its first message on: a new one.
    expect((await declare({ sasTerritories: ['SAS 99'] })).status).toBe(200);
    const told = await book();
    await untilStates(told, 'held');
    expect(await messagesOf(told)).toMatchObject([{ reason: 'recipient-unknown' }]);
    expect((await declare({ sasTerritories: ['SAS 75'] })).status).toBe(200);
    await change(told, { status: 'noshow' });
    const other = scene.hub.lrm(OTHER_SAMU_ID);
    await until('the other LRM has it', () => reportsOf(told, other).length > 0);
    expect(reportsOf(told)).toEqual([]);
    expect(reportsOf(told, other).at(-1)?.appointment.status).toBe('noshow');
    expect((await declare()).status).toBe(200);
  });

  it('leaves once where two relays carry', async () => {
    const first = system.relay;
    await carryBy('relay-b');
    const told: Told[] = [];
    for (let i = 0; i < 12; i += 1) told.push(await book());
    for (const one of told) await untilStates(one, 'acked');
    for (const one of told) expect(reportsOf(one)).toHaveLength(1);
    const messages = (await Promise.all(told.map(messagesOf))).flat();
    expect(messages.flatMap(({ attempts }) => attempts)).toHaveLength(told.length);
    await first?.stop();
    vendor.setSettings({ sas: { url: system.inboundUrl } });
    const last = await book();
    await untilStates(last, 'acked');
  });

  it('says nothing of a patient, and nothing but what the guide lists', async () => {
    const hostile = { identifier: nextPerson(), hostile: 'patient' };
    const refused = await control<Told>('POST', '/appointments', hostile);
    expect(refused.status).toBe(422);
    const all = [...scene.hub.lrms.values()].flatMap(({ received }) => received);
    expect(all.length).toBeGreaterThan(20);
    const keys = new Set<string>();
    for (const { body } of all) {
      const { message } = JSON.parse(body).content[0].jsonContent.embeddedJsonContent;
      for (const key of Object.keys(message)) keys.add(key);
      expect(body).not.toMatch(/patient|Inventé|comment/i);
    }
    const header = ['messageId', 'sender', 'sentAt', 'status', 'kind', 'recipient'];
    expect([...keys].sort()).toEqual([...header, 'appointment'].sort());
    // A Hub that is killed may pass one on twice; no id is ever another message's.
    const ids = new Set(all.map(({ distributionId }) => distributionId));
    expect(new Set(all.map(({ distributionId, body }) => `${distributionId} ${body}`)).size).toBe(ids.size);
    // By its own schemas the Hub has refused what a test had it refuse, and nothing else.
    expect(scene.hub.dispatcher.errors.map(({ code }) => code)).toEqual([600, 300]);
  });
});
