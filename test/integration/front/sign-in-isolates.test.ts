// The brakes of signing in hold across isolates, networks and the gate's own restart: Workers, each with memory of its own,
// before one gate.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Log, LogLevel, Miniflare, type WorkerOptions } from 'miniflare';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { COMPATIBILITY_DATE } from '../../../host/runtime/edge-config.ts';
import { DURABLE_OBJECTS } from '../../../sandbox/platform/edge/edge-process.ts';
import { makeFrontKey } from '../../../sandbox/platform/local/state.ts';
import { builtWorker } from '../../support/scenes/built/edge.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';
import { until } from '../../support/wait/until.ts';

/** A gate that answers nobody. */
const AWAY = `import { DurableObject } from 'cloudflare:workers';
export class Gate extends DurableObject {
  constructor(context, env) {
    super(context, env);
    throw new Error('away');
  }
}
export default { fetch: () => new Response() };`;
const ADDRESS_HEADER = 'X-Real-IP';
let runtime: Miniflare;
let dir: string;
let workers: WorkerOptions[];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'passerelle-gate-'));
  const script = await builtWorker();
  const bindings = {
    AUTH_ISSUER: 'https://issuer.example',
    AUTH_AUDIENCE: 'passerelle',
    AUTH_JWKS: '{"keys":[]}',
    RELAY_JWKS: '{"keys":[]}',
    FRONT_KEYS: JSON.stringify([await makeFrontKey()]),
    FRONT_USERS: '{"read":"secret","other":"secret","third":"secret"}',
  };
  const worker = (name: string, gate: string, headers: Readonly<Record<string, string>>): WorkerOptions => ({
    name,
    modules: true,
    script,
    compatibilityDate: COMPATIBILITY_DATE,
    bindings: { ...bindings, ...headers },
    durableObjects: { ...DURABLE_OBJECTS, GATE: { ...DURABLE_OBJECTS.GATE, scriptName: gate } },
  });
  const away: WorkerOptions = {
    name: 'away',
    modules: true,
    script: AWAY,
    compatibilityDate: COMPATIBILITY_DATE,
    durableObjects: { GATE: { className: 'Gate', useSQLite: true } },
  };
  const told = { CLIENT_ADDRESS_HEADER: ADDRESS_HEADER };
  workers = [
    worker('one', 'one', told),
    worker('two', 'one', told),
    worker('alone', 'away', told),
    worker('untold', 'untold', {}),
    away,
  ];
  await start();
});
afterAll(async () => {
  await runtime?.dispose();
  await removeFolder(dir);
});

/** Isolates and objects that remember nothing but what they have stored. */
async function start(): Promise<void> {
  await runtime?.dispose();
  runtime = new Miniflare({
    log: new Log(LogLevel.NONE),
    handleRuntimeStdio: (...streams: NodeJS.ReadableStream[]) => {
      for (const stream of streams) stream.resume();
    },
    durableObjectsPersist: dir,
    workers,
  });
  await runtime.ready;
}

interface Try {
  readonly worker?: string;
  readonly name?: string;
  readonly password?: string;
  readonly address?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function signIn({ worker = 'one', name = 'read', password = 'guess', address = '', headers }: Try) {
  const response = await (await runtime.getWorker(worker)).fetch(
    'http://edge.example/aggregator/api-sas/v1/login_check',
    {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', [ADDRESS_HEADER]: address, ...headers },
      body: JSON.stringify({ username: name, password }),
    },
  );
  await response.text();
  return response.status;
}

async function guess(count: number, tryOf: (i: number) => Try): Promise<number[]> {
  const statuses: number[] = [];
  for (let i = 0; i < count; i += 1) statuses.push(await signIn({ password: `guess ${i}`, ...tryOf(i) }));
  return statuses;
}

/** One more try is earned each three seconds; a gate that a busy machine makes late lets its one pass. */
const mostSince = (startedMs: number, most: number): number => most + 10 + (Date.now() - startedMs) / 3_000;
const passed = (statuses: readonly number[]): number => statuses.filter((status) => status === 401).length;
const either = (i: number): string => (i % 2 ? 'one' : 'two');

it('twenty wrong tries pass two Workers together, and one more each three seconds', async () => {
  const startedMs = Date.now();
  const statuses = await guess(50, (i) => ({ worker: either(i), address: '192.0.2.1' }));
  expect(statuses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 401));
  // Each alone would let forty pass.
  expect(passed(statuses)).toBeLessThanOrEqual(mostSince(startedMs, 20));
  expect(new Set(statuses)).toEqual(new Set([401, 429]));
  // Neither another address, nor whoever is right there.
  expect(await signIn({ worker: 'two', password: 'secret', address: '203.0.113.2' })).toBe(200);
  expect(await signIn({ address: '203.0.113.2' })).toBe(401);
});

it('sixty addresses of one /64 are one place', async () => {
  const startedMs = Date.now();
  const statuses = await guess(60, (i) => ({
    worker: either(i),
    address: `2001:db8:1:2:${(i + 1).toString(16)}::${i}`,
  }));
  expect(passed(statuses)).toBeLessThanOrEqual(mostSince(startedMs, 20));
});

it.each([
  ['CF-Connecting-IP', 'read', (i: number) => ({ 'CF-Connecting-IP': `198.51.${i}.1` })],
  [
    'X-Forwarded-For',
    'other',
    (i: number) => ({ 'X-Forwarded-For': `198.51.${i}.1`, [ADDRESS_HEADER]: `198.51.${i}.1` }),
  ],
])('sixty forged %s are one place, where no header is to be believed', async (_, name, headersOf) => {
  const startedMs = Date.now();
  const statuses = await guess(60, (i) => ({ worker: 'untold', name, headers: headersOf(i) }));
  expect(new Set(statuses)).toEqual(new Set([401, 429]));
  expect(passed(statuses)).toBeLessThanOrEqual(mostSince(startedMs, 20));
});

it('sixty sign-ins of the right pair at once are let in', async () => {
  const tries = Array.from({ length: 60 }, (_, i) =>
    signIn({ worker: either(i), password: 'secret', address: '192.0.2.3' }),
  );
  expect(new Set(await Promise.all(tries))).toEqual(new Set([200]));
});

it('who has signed in from a network is let in there while all the world attacks the name', async () => {
  const home = { name: 'other', password: 'secret', address: '2001:db8:ffff:1::1' };
  expect(await signIn({ ...home, worker: 'one' })).toBe(200);
  let network = 0;
  const fromAnywhere = () => {
    network += 1;
    return signIn({ name: 'other', address: `2001:db8:${network.toString(16)}::1`, worker: either(network) });
  };
  await until('the name is used up', async () => (await fromAnywhere()) === 429);
  // Another isolate, another address of the network.
  expect(await signIn({ ...home, worker: 'two', address: '2001:db8:ffff:1:2::2' })).toBe(200);
  // A right guess from elsewhere is no way around.
  await until('the name is used up again', async () => (await fromAnywhere()) === 429);
  const guessed = () => signIn({ ...home, address: '198.51.100.200' });
  await until('it counts as a try', async () => (await fromAnywhere()) === 429 && (await guessed()) === 429);
});

it('a gate that ends forgets neither an attack nor where names have signed in', async () => {
  expect(await signIn({ name: 'third', password: 'secret', address: '192.0.2.50' })).toBe(200);
  const startedMs = Date.now();
  const before = await guess(40, (i) => ({ name: 'third', address: '198.51.100.9', worker: either(i) }));
  expect(before).toContain(429);
  const refusedMs = Date.now();
  await until('what was spent is saved', () => Date.now() > refusedMs + 3_000);
  await start();
  const after = await guess(40, (i) => ({ name: 'third', address: '198.51.100.9', worker: either(i) }));
  expect(passed([...before, ...after])).toBeLessThanOrEqual(mostSince(startedMs, 20));
  let network = 0;
  await until('the name is used up', async () => {
    network += 1;
    return (await signIn({ name: 'third', address: `2001:db8:${network.toString(16)}::1` })) === 429;
  });
  expect(await signIn({ name: 'third', password: 'secret', address: '192.0.2.50' })).toBe(200);
});

it('a Worker whose gate is away counts alone', async () => {
  const alone = { worker: 'alone', address: '192.0.2.4' };
  expect(await signIn({ ...alone, password: 'secret' })).toBe(200);
  expect(new Set(await guess(30, () => alone))).toEqual(new Set([401, 429]));
});
