// What regulators' accounts cost: two thousand regulators over twenty vendors, each vendor slow by 50 ms. Logins that
// make every account, that have nothing to do, that bring one change; withdrawals, from SAS's PUT until every vendor has
// confirmed. Vendors, edge and relay are processes of their own, over mTLS on loopback.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { openLocalState, signToken } from '../sandbox/platform/local/state.ts';
import { PROFILE, SYSTEM } from '../shared/sas/canonical.ts';
import { Stage, Vendors } from './stage.ts';
import { alignColumns, type Latency, summarise } from './statistics.ts';

export interface AccountEffort {
  readonly regulators: number;
  readonly vendors: number;
  readonly withdrawals: number;
}

export const FULL_ACCOUNTS: AccountEffort = { regulators: 2_000, vendors: 20, withdrawals: 15 };
export const QUICK_ACCOUNTS: AccountEffort = { regulators: 100, vendors: 20, withdrawals: 5 };

const LATENCY_MS = 50;
const CONCURRENCY = 2;
const WITHDRAWN_WITHIN_MS = 20_000;
/** A login with nothing to do is two D1 statements: it may not be felt. */
const IDLE_P99_MS_MAX = 100;

export interface AccountPhase extends Latency {
  readonly name: string;
  readonly callsPerOne: number;
  readonly failed: number;
}

interface Scene {
  readonly url: string;
  readonly token: string;
  readonly calls: () => Promise<number>;
}

interface Regulator {
  readonly value: string;
  id: string;
}

export async function benchAccounts(
  effort: AccountEffort,
  line: (text: string) => void,
): Promise<AccountPhase[]> {
  const vendors = await Vendors.start(effort.vendors);
  try {
    await vendors.set({ latencyMs: LATENCY_MS, slotsPerPractitioner: 1 });
    const stage = await Stage.start({ vendors, count: effort.vendors });
    try {
      const state = await openLocalState(join(vendors.dir, `stage-${effort.vendors}`, 'edge'));
      return await runPhases(effort, line, {
        url: stage.edgeUrl,
        token: await signToken(state, 'system/Practitioner.cu'),
        calls: async () => {
          const counts = await Promise.all(vendors.list.map(({ controlUrl }) => countOf(controlUrl)));
          return counts.reduce((sum, count) => sum + count, 0);
        },
      });
    } finally {
      await stage.close();
    }
  } finally {
    await vendors.close();
  }
}

async function countOf(controlUrl: string): Promise<number> {
  const { counts } = (await (await fetch(`${controlUrl}/state`)).json()) as {
    counts: Record<string, number>;
  };
  return counts.Practitioner ?? 0;
}

async function runPhases(
  { regulators: count, withdrawals }: AccountEffort,
  line: (text: string) => void,
  scene: Scene,
): Promise<AccountPhase[]> {
  const people: Regulator[] = Array.from({ length: count }, () => ({ value: randomUUID(), id: '' }));
  const phases: AccountPhase[] = [];
  const phase = async (
    name: string,
    who: readonly Regulator[],
    act: (one: Regulator) => Promise<boolean>,
    concurrency = CONCURRENCY,
  ): Promise<void> => {
    const before = await scene.calls();
    const samples: number[] = [];
    let failed = 0;
    const queue = who.values();
    const work = async (): Promise<void> => {
      for (const one of queue) {
        const startedMs = performance.now();
        if (!(await act(one))) failed += 1;
        samples.push(performance.now() - startedMs);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    const callsPerOne = ((await scene.calls()) - before) / who.length;
    phases.push({ name, ...summarise(samples), callsPerOne, failed });
    line(`  ${name}: ${who.length} done`);
  };
  await phase('recorded by SAS', people, async (one) => {
    const reply = await send(scene, 'POST', '/fhir/Practitioner', body(one.value, true));
    one.id = ((await reply.json()) as { id?: string }).id ?? '';
    return reply.status === 201;
  });
  const some = people.slice(0, Math.max(1, count / 10));
  await phase('login, nobody has it', people, (one) => logIn(scene, one, 'done'));
  await phase('login, nothing to do', people, (one) => logIn(scene, one, 'unchanged'));
  for (const { value } of some) await put(scene, value, body(value, true, 'Autre'));
  await phase('login, one change', some, (one) => logIn(scene, one, 'done'));
  await phase('withdrawn everywhere', some.slice(0, withdrawals), (one) => withdraw(scene, one), 1);
  return phases;
}

function body(value: string, active: boolean, family = 'Imaginaire'): string {
  return JSON.stringify({
    resourceType: 'Practitioner',
    meta: { source: SYSTEM.sas, profile: [PROFILE.regulator] },
    identifier: [
      { type: { coding: [{ system: SYSTEM.identifierType, code: 'INTRN' }] }, system: SYSTEM.sas, value },
    ],
    active,
    name: [{ family, given: ['Camille'] }],
    telecom: [{ system: 'email', value: `${value}@regulation.example` }],
  });
}

function send(scene: Scene, method: string, path: string, text?: string): Promise<Response> {
  const headers = { Authorization: `Bearer ${scene.token}`, 'Content-Type': 'application/fhir+json' };
  return fetch(`${scene.url}${path}`, { method, headers, ...(text === undefined ? {} : { body: text }) });
}

const put = (scene: Scene, value: string, text: string): Promise<Response> =>
  send(scene, 'PUT', `/fhir/Practitioner?identifier=${SYSTEM.sas}%7C${value}`, text);

async function logIn(scene: Scene, { id }: Regulator, expected: string): Promise<boolean> {
  const reply = await send(scene, 'POST', `/fhir/Practitioner/${id}/$login`);
  const text = await reply.text();
  const states = [...text.matchAll(/"name":"state","valueCode":"([a-z-]+)"/g)].map((match) => match[1]);
  return reply.ok && states.length > 0 && states.every((state) => state === expected);
}

/** Until no vendor may hold the account open. */
async function withdraw(scene: Scene, { value, id }: Regulator): Promise<boolean> {
  await put(scene, value, body(value, false, 'Autre'));
  const endMs = performance.now() + WITHDRAWN_WITHIN_MS;
  while (performance.now() < endMs) {
    const reply = await send(scene, 'GET', `/fhir/Practitioner/${id}`);
    if (!(await reply.text()).includes('"valueCode":"open"')) return true;
    await wait(5);
  }
  return false;
}

export function accountTables(phases: readonly AccountPhase[]): string[] {
  return [
    `Milliseconds as SAS sees them; vendors answer after ${LATENCY_MS} ms; calls = requests to vendors for one`,
    ...alignColumns([
      ['', 'p50', 'p95', 'p99', 'calls', 'n', 'failed'],
      ...phases.map(({ name, p50Ms, p95Ms, p99Ms, callsPerOne, count, failed }) => [
        name,
        p50Ms.toFixed(1),
        p95Ms.toFixed(1),
        p99Ms.toFixed(1),
        callsPerOne.toFixed(1),
        String(count),
        String(failed),
      ]),
    ]),
  ];
}

export function accountMisses(phases: readonly AccountPhase[]): string[] {
  const idle = phases.find(({ name }) => name === 'login, nothing to do');
  return [
    ...phases
      .filter(({ failed }) => failed > 0)
      .map(({ name, failed }) => `accounts, ${name}: ${failed} failed`),
    ...(idle !== undefined && idle.callsPerOne > 0
      ? ['accounts: a login with nothing to do calls vendors']
      : []),
    ...(idle !== undefined && idle.p99Ms > IDLE_P99_MS_MAX
      ? [
          `accounts: a login with nothing to do takes ${idle.p99Ms.toFixed(0)} ms at p99, at most ${IDLE_P99_MS_MAX}`,
        ]
      : []),
  ];
}
