// Claim: the machine of an edge may be lost at any moment. Phases: fifty appointments a second and withdrawals, while the
// databases go to the replica; every process of the edge is killed at once and its disk is gone; a second machine takes over
// by one command, at the same address. End state: it answers, nothing that was acknowledged more than a second before is
// missing, withdrawals are said again before anything else, and no right comes back. The figures are printed.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  announce,
  makeRelay,
  SYSTEM_A,
  type TestRelay,
} from '../../../bench/appointments/appointment-edge.ts';
import { individual } from '../../../bench/appointments/samples.ts';
import { type Person, technical } from '../../support/scenes/accounts-scene.ts';
import {
  behindSeconds,
  EdgeMachine,
  isLitestreamThere,
  makePremises,
  untilSent,
} from '../../support/scenes/edge-machine.ts';
import { MachineRegulators } from '../../support/scenes/machine-regulators.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';
import { until } from '../../support/wait/until.ts';

const PER_SECOND = 50;
const APPOINTMENTS = 500;
const UNDER_WAY_MAX = 40;
/** A machine that other work holds up does not carry the load of the claim. */
const RATE_MIN = 0.8 * PER_SECOND;
/** A withdrawal for so many appointments. */
const WITHDRAWAL_EACH = 10;
const REGULATORS = APPOINTMENTS / WITHDRAWAL_EACH;
const LAST_MS = 1_000;
const DAY_MS = 24 * 3_600_000;
const VENDOR = { id: 'agenda-b', system: SYSTEM_A, flows: ['INT_R01', 'INT_R03'] };

/** What had an answer, and when. */
interface Acknowledged {
  readonly id: string;
  readonly atMs: number;
}

let dir: string;
let first: EdgeMachine;
let second: EdgeMachine;
let appointments: TestRelay;
let regulators: MachineRegulators;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'edge-'));
  await makePremises(dir);
  regulators = await MachineRegulators.open(join(dir, 'issuer'));
  appointments = await makeRelay('relay-b');
  const settings = await regulators.settings([appointments.jwk]);
  first = await new EdgeMachine(dir, 'first').make({ settings });
  second = await new EdgeMachine(dir, 'second').make({ settings });
});
afterEach(async () => {
  regulators.leave();
  for (const one of [first, second]) await one.end('SIGKILL');
  await removeFolder(dir);
});

async function book(number: number): Promise<Acknowledged | undefined> {
  const value = `rdv-${number}`;
  const path = `/fhir/Appointment?identifier=${encodeURIComponent(SYSTEM_A)}%7C${value}`;
  const start = new Date(Date.now() + DAY_MS + number * 1_000).toISOString();
  const body = individual({ value, start });
  const request = { method: 'PUT', path, body: JSON.stringify(body) };
  const { url } = regulators;
  const token = await appointments.sign(url, request, { editor: VENDOR.id, appointmentSystem: SYSTEM_A });
  const answer = await regulators.send(path, 'PUT', body, token);
  if (answer.status !== 201) return undefined;
  return { id: answer.headers.get('Location')?.split('/').at(-1) ?? '', atMs: performance.now() };
}

/** Until so many are acknowledged, at so many a second as far as the machine follows. Returns in the midst of others. */
async function load(people: readonly Person[]) {
  const booked: Acknowledged[] = [];
  const withdrawn: Acknowledged[] = [];
  const withdraw = async (person: Person): Promise<void> => {
    const status = await regulators.withdraw(person);
    if (status === 200) withdrawn.push({ id: person.value, atMs: performance.now() });
  };
  const work = new Set<Promise<void>>();
  const begin = (one: Promise<void>): void => {
    work.add(one);
    void one.finally(() => work.delete(one));
  };
  const fromMs = performance.now();
  for (let number = 0; booked.length < APPOINTMENTS && number < 2 * APPOINTMENTS; number += 1) {
    begin(
      book(number).then((one) => {
        if (one !== undefined) booked.push(one);
      }),
    );
    const person = people[number / WITHDRAWAL_EACH];
    if (person !== undefined) begin(withdraw(person));
    await delay(Math.max(0, fromMs + ((number + 1) * 1_000) / PER_SECOND - performance.now()));
    await until('some have an answer', () => work.size < UNDER_WAY_MAX);
  }
  const rate = booked.length / ((performance.now() - fromMs) / 1_000);
  return { booked, withdrawn, rate, settled: Promise.allSettled(work) };
}

const idsIn = (name: string, sql: string): Set<string> =>
  new Set(second.ask(name, (db) => db.prepare(sql).all()).map(({ id }) => String(id)));

describe.skipIf(!isLitestreamThere())('with Litestream', () => {
  it('a machine that is lost under load costs its last second at most, and brings no right back', async () => {
    const { port, adminPort } = await first.start();
    regulators.url = `http://127.0.0.1:${port}`;
    await regulators.join();
    await announce(regulators.url, appointments, [VENDOR]);
    const people = Array.from({ length: REGULATORS }, () => technical());
    for (const person of people) await regulators.open(person);
    await untilSent(adminPort);

    let confirmedMs = 0;
    const confirm = async (): Promise<void> => {
      const askedMs = performance.now();
      const seconds = await behindSeconds(adminPort);
      confirmedMs = askedMs - Math.max(...seconds) * 1_000;
    };
    const timer = setInterval(() => void confirm().catch(() => undefined), 100);
    const { booked, withdrawn, rate, settled } = await load(people).finally(() => clearInterval(timer));
    await first.end('SIGKILL');
    const lostMs = performance.now();
    await removeFolder(first.folder);
    await settled;
    expect(booked.length).toBeGreaterThanOrEqual(APPOINTMENTS);
    expect(withdrawn.length).toBeGreaterThan(REGULATORS / 2);
    regulators.leave();
    regulators.heard.length = 0;

    await second.configure(port, { settings: await regulators.settings([appointments.jwk]) });
    second.run('promote', '--serve');
    await until('the standby answers', async () => {
      if (second.child?.exitCode !== null) throw new Error(second.said.join('\n'));
      return (await regulators.send('/healthz')).status === 200;
    });
    const awayS = (performance.now() - lostMs) / 1_000;
    await regulators.join();

    const here = idsIn('appointments', 'SELECT id FROM appointments');
    const ended = idsIn('core', 'SELECT value AS id FROM regulators WHERE active = 0');
    const lost = [
      ...booked.filter(({ id }) => !here.has(id)),
      ...withdrawn.filter(({ id }) => !ended.has(id)),
    ];
    const last = [...booked, ...withdrawn].filter(({ atMs }) => atMs > lostMs - LAST_MS);
    const oldestMs = Math.max(0, ...lost.map(({ atMs }) => lostMs - atMs));
    console.log(
      `${booked.length} appointments at ${rate.toFixed(0)} a second, ${withdrawn.length} withdrawals; the standby answers ` +
        `${awayS.toFixed(1)} s after the loss; ${lost.length} acknowledged writes are lost of ${last.length} of the last ` +
        `second, the oldest ${oldestMs.toFixed(0)} ms before it`,
    );
    // What the edge itself had said to be in the replica, on any machine.
    expect(lost.filter(({ atMs }) => atMs < confirmedMs)).toEqual([]);
    if (rate > RATE_MIN) expect(lost.filter((one) => !last.includes(one))).toEqual([]);
    else console.log('the machine did not carry the load: its last second is not judged');

    await until('every withdrawal is confirmed again', async () => {
      const { open, restores } = await regulators.exposure();
      return open === 0 && restores[0]?.open === 0;
    });
    expect(regulators.heard.length).toBeGreaterThanOrEqual(ended.size);
    expect(regulators.heard.filter(({ active }) => active)).toEqual([]);
    expect([...ended].filter((value) => regulators.isActive.get(value) !== false)).toEqual([]);
  });
});
