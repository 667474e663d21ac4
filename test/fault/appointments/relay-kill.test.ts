// Claim: whichever relay dies under load, every appointment that was acknowledged is there, none twice. Phases: four
// vendors' threads book and cancel through the mTLS port and repeat until acknowledged, as a careful vendor does; three
// times the relay is killed (SIGKILL) at a random moment and started again. End: each appointment once, cancelled, with
// each state once. Replay with FUZZ_SEED=n.
import { readFile } from 'node:fs/promises';
import type { Appointment, Bundle } from 'fhir/r4';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { individual } from '../../../bench/appointments/samples.ts';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { type Called, call, type Shown } from '../../support/doubles/inbound-caller.ts';
import { System } from '../../support/scenes/system.ts';
import { SEED } from '../../support/seed.ts';
import { until } from '../../support/wait/until.ts';

const THREADS = 4;
const KILLS = 3;
const SYSTEM_A = 'https://agenda-a.sandbox.test/rdv';

let system: System;
let ca: string;
let show: Shown;
let state = SEED;
const random = (): number => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
  return state / 0x7fffffff;
};

beforeAll(async () => {
  system = await System.start({ vendors: [{ seed: 1 }] });
  ca = await readFile(system.pki.caFile, 'utf8');
  const client = system.pki.vendors.get('agenda-a')!.client;
  show = { certPem: await readFile(client.certFile, 'utf8'), keyPem: await readFile(client.keyFile, 'utf8') };
});
afterAll(() => system?.stop());

const put = (value: string, status: string): Promise<Called> =>
  call({
    port: system.appointmentPort,
    ca,
    show,
    method: 'PUT',
    path: `/fhir/Appointment?identifier=${encodeURIComponent(`${SYSTEM_A}|${value}`)}`,
    body: JSON.stringify(individual({ value, status, system: SYSTEM_A })),
    headers: { host: 'relais.sandbox.test:8443' },
  });

/** Repeats until acknowledged; a refusal that a repetition cannot mend is a failure of the claim. */
async function insist(value: string, status: string, counts: { lost: number }): Promise<Called> {
  for (;;) {
    const answer = await put(value, status).catch(() => undefined);
    if (answer !== undefined && answer.status < 300) return answer;
    if (answer !== undefined && answer.status !== 503 && answer.status !== 429)
      throw new Error(`${value}: ${answer.status} ${answer.text}`);
    counts.lost += 1;
    await new Promise((resolve) => setTimeout(resolve, 20 + random() * 60));
  }
}

it(`keeps every acknowledged appointment once while relays are killed, seed ${SEED}`, async () => {
  const acknowledged: string[] = [];
  const counts = { lost: 0 };
  let isOver = false;
  const thread = async (name: number): Promise<void> => {
    for (let i = 0; !isOver; i += 1) {
      const value = `rdv-${name}-${i}`;
      await insist(value, 'booked', counts);
      if (random() < 0.5) await insist(value, 'booked', counts);
      await insist(value, 'cancelled', counts);
      acknowledged.push(value);
    }
  };
  const threads = Promise.all(Array.from({ length: THREADS }, (_, name) => thread(name)));
  for (let kill = 0; kill < KILLS; kill += 1) {
    const enough = acknowledged.length + 5 + Math.floor(random() * 20);
    await until('some more appointments', () => acknowledged.length >= enough);
    const dying = system.relay!;
    dying.process.kill('SIGKILL');
    await dying.stop();
    await system.startRelay();
  }
  const last = acknowledged.length + 10;
  await until('appointments after the last kill', () => acknowledged.length >= last);
  isOver = true;
  await threads;
  expect(counts.lost).toBeGreaterThan(0);
  const token = await signToken(system.state, 'system/Appointment.rs');
  const get = async (path: string): Promise<Bundle> =>
    (await (await system.fetch(path, { headers: { Authorization: `Bearer ${token}` } })).json()) as Bundle;
  for (const value of acknowledged) {
    const found =
      (await get(`/fhir/Appointment?identifier=${encodeURIComponent(`${SYSTEM_A}|${value}`)}`)).entry ?? [];
    expect(found.map(({ resource }) => (resource as Appointment).status)).toEqual(['cancelled']);
    const history = (await get(`/fhir/Appointment/${found[0]?.resource?.id}/_history`)).entry ?? [];
    expect(history.map(({ resource }) => (resource as Appointment).status).sort()).toEqual([
      'booked',
      'cancelled',
    ]);
  }
});
