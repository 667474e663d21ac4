// Claim: the end of the hub is a pause. Phases: two relays serve five vendors; callers search and a vendor reports
// appointments without a break, while the hub ends again and again, each time in the midst of searches. End: every search
// was answered by every vendor asked, and every acknowledged appointment is there, once.
import { readFile } from 'node:fs/promises';
import type { Bundle } from 'fhir/r4';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { individual } from '../../../bench/appointments/samples.ts';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { call } from '../../support/doubles/inbound-caller.ts';
import { peopleOf } from '../../support/samples/people.ts';
import type { HubState } from '../../support/scenes/scripted-scene.ts';
import { type SearchAnswer, System, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

const ENDS = 5;
const CALLERS = 4;
const VENDOR_SYSTEM = 'https://agenda-a.sandbox.test/rdv';
const VENDORS = [1, 2, 3, 4, 5].map((seed) => ({ seed, settings: { latencyMs: 150 } }));

let system: System;
let admin: string;
let people: readonly string[];

beforeAll(async () => {
  system = await System.start({ vendors: VENDORS, relay: false, isMortal: true });
  await system.startRelay('relay-b', { vendors: ['agenda-c', 'agenda-d', 'agenda-e'] });
  await system.startRelay('relay-a', { vendors: ['agenda-a', 'agenda-b', 'agenda-c'] });
  admin = await signToken(system.state, 'admin');
  people = peopleOf(system.vendors)
    .filter(({ full, identifier }) => !full && identifier.startsWith('8'))
    .map(({ identifier }) => identifier);
});
afterAll(() => system?.stop());

const hub = async (): Promise<HubState> =>
  (await (
    await system.fetch('/admin/relays', { headers: { Authorization: `Bearer ${admin}` } })
  ).json()) as HubState;

/** Of each vendor that did not answer: the ledger's own words. */
const unanswered = ({ ledger }: SearchAnswer): string[] =>
  ledger.flatMap(({ diagnostics = '' }) => (diagnostics.includes('reason=') ? [diagnostics] : []));

it('loses no search and no appointment', async () => {
  const answers: SearchAnswer[] = [];
  const acknowledged: string[] = [];
  let isOver = false;
  const search = async (caller: number): Promise<void> => {
    for (let count = caller; !isOver; count += CALLERS) {
      answers.push(await system.search(slotPath([people[count % people.length]!])));
    }
  };
  const callers = Array.from({ length: CALLERS }, (_, caller) => search(caller));
  const report = reportUntil(() => isOver, acknowledged);
  for (let count = 0; count < ENDS; count += 1) {
    await until('both relays serve searches', async () => {
      const { relays, searches } = await hub();
      return searches > 0 && relays.filter(({ state }) => state === 'serving').length === 2;
    });
    await system.endHub();
    const [before, told] = [answers.length, acknowledged.length];
    await until('searches go on', () => answers.length >= before + CALLERS && acknowledged.length > told);
  }
  isOver = true;
  await Promise.all([...callers, report]);
  expect(system.edgeLog.filter((line) => line.includes('"hub-call-failed"')).length).toBeGreaterThan(0);
  expect(answers.filter(({ status }) => status !== 200).map(({ text }) => text)).toEqual([]);
  expect(answers.flatMap(unanswered)).toEqual([]);
  for (const value of acknowledged) expect([value, await countOf(value)]).toEqual([value, 1]);
});

async function reportUntil(isOver: () => boolean, acknowledged: string[]): Promise<void> {
  const { certFile, keyFile } = system.pki.vendors.get('agenda-a')!.client;
  const show = { certPem: await readFile(certFile, 'utf8'), keyPem: await readFile(keyFile, 'utf8') };
  const ca = await readFile(system.pki.caFile, 'utf8');
  for (let count = 0; !isOver(); count += 1) {
    const value = `rdv-${count}`;
    const identifier = encodeURIComponent(`${VENDOR_SYSTEM}|${value}`);
    const answer = await call({
      port: system.appointmentPort,
      ca,
      show,
      method: 'PUT',
      path: `/fhir/Appointment?identifier=${identifier}`,
      body: JSON.stringify(individual({ value, system: VENDOR_SYSTEM })),
      headers: { host: 'relais.sandbox.test:8443' },
    });
    if (answer.status === 201) acknowledged.push(value);
    else if (answer.status !== 503) throw new Error(`${value}: ${answer.status} ${answer.text}`);
  }
}

async function countOf(value: string): Promise<number | undefined> {
  const reader = await signToken(system.state, 'system/Appointment.rs');
  const path = `/fhir/Appointment?identifier=${encodeURIComponent(`${VENDOR_SYSTEM}|${value}`)}`;
  const answer = await system.fetch(path, { headers: { Authorization: `Bearer ${reader}` } });
  return ((await answer.json()) as Bundle).total;
}
