// The brakes of signing in hold across isolates: two Workers, each with memory of its own, before one gate.

import { Log, LogLevel, Miniflare, type WorkerOptions } from 'miniflare';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { COMPATIBILITY_DATE, DURABLE_OBJECTS } from '../../../sandbox/platform/edge/edge-process.ts';
import { makeFrontKey } from '../../../sandbox/platform/local-state.ts';
import { builtWorker } from '../../support/scenes/built-edge.ts';

/** A gate that answers nobody. */
const AWAY = `import { DurableObject } from 'cloudflare:workers';
export class Gate extends DurableObject {
  constructor(context, env) {
    super(context, env);
    throw new Error('away');
  }
}
export default { fetch: () => new Response() };`;
let runtime: Miniflare;

beforeAll(async () => {
  const script = await builtWorker();
  const bindings = {
    AUTH_ISSUER: 'https://issuer.example',
    AUTH_AUDIENCE: 'passerelle',
    AUTH_JWKS: '{"keys":[]}',
    RELAY_JWKS: '{"keys":[]}',
    FRONT_KEYS: JSON.stringify([await makeFrontKey()]),
    FRONT_USERS: '{"read":"secret"}',
  };
  const worker = (name: string, gate: string): WorkerOptions => ({
    name,
    modules: true,
    script,
    compatibilityDate: COMPATIBILITY_DATE,
    bindings,
    durableObjects: { ...DURABLE_OBJECTS, GATE: { ...DURABLE_OBJECTS.GATE, scriptName: gate } },
  });
  const away: WorkerOptions = {
    name: 'away',
    modules: true,
    script: AWAY,
    compatibilityDate: COMPATIBILITY_DATE,
    durableObjects: { GATE: { className: 'Gate', useSQLite: true } },
  };
  runtime = new Miniflare({
    log: new Log(LogLevel.NONE),
    handleRuntimeStdio: (...streams: NodeJS.ReadableStream[]) => {
      for (const stream of streams) stream.resume();
    },
    workers: [worker('one', 'one'), worker('two', 'one'), worker('alone', 'away'), away],
  });
  await runtime.ready;
});
afterAll(() => runtime?.dispose());

async function signIn(worker: string, password: string, address: string): Promise<number> {
  const response = await (await runtime.getWorker(worker)).fetch(
    'http://edge.example/aggregator/api-sas/v1/login_check',
    {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'CF-Connecting-IP': address },
      body: JSON.stringify({ username: 'read', password }),
    },
  );
  await response.text();
  return response.status;
}

async function guess(workers: readonly string[], count: number, address: string): Promise<number[]> {
  const statuses: number[] = [];
  for (let i = 0; i < count; i += 1) {
    statuses.push(await signIn(workers[i % workers.length] ?? '', `guess ${i}`, address));
  }
  return statuses;
}

it('twenty wrong tries pass two Workers together, and one more each three seconds', async () => {
  const startedMs = Date.now();
  const statuses = await guess(['one', 'two'], 50, '192.0.2.1');
  const passed = statuses.filter((status) => status === 401).length;
  expect(statuses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 401));
  // Each alone would let forty pass; a gate that a busy machine makes late lets its one pass.
  expect(passed).toBeLessThanOrEqual(30 + (Date.now() - startedMs) / 3_000);
  expect(new Set(statuses)).toEqual(new Set([401, 429]));
  // Neither another address, nor whoever is right there.
  expect(await signIn('two', 'secret', '192.0.2.2')).toBe(200);
  expect(await signIn('one', 'guess', '192.0.2.2')).toBe(401);
});

it('sixty sign-ins of the right pair at once are let in', async () => {
  const tries = Array.from({ length: 60 }, (_, i) => signIn(i % 2 ? 'one' : 'two', 'secret', '192.0.2.3'));
  expect(new Set(await Promise.all(tries))).toEqual(new Set([200]));
});

it('a Worker whose gate is away counts alone', async () => {
  expect(await signIn('alone', 'secret', '192.0.2.4')).toBe(200);
  expect(new Set(await guess(['alone'], 30, '192.0.2.4'))).toEqual(new Set([401, 429]));
});
