// Time that a call spends behind others at the relay is no vendor's: its breaker counts neither a slow answer nor a timeout
// for it. Over real mTLS connections and reader threads.

import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Readers } from '../../../relay/reading/readers.ts';
import { RetryBudget } from '../../../relay/search/retry-budget.ts';
import { callVendor } from '../../../relay/search/vendor-call.ts';
import { cutFrames } from '../../../relay/search/write-frames.ts';
import type { VendorClient } from '../../../relay/vendor/vendor-client.ts';
import { makeClient } from '../../support/doubles/relay-client.ts';
import { sendJson, startTestVendor, type TestVendor } from '../../support/doubles/relay-vendor.ts';
import { makeBundle } from '../../support/samples/relay-bundle.ts';
import { makeTestAuthority, type TestAuthority } from '../../support/scenes/relay/authority.ts';
import { makePlan } from '../../support/scenes/relay/scene.ts';
import { until } from '../../support/wait/until.ts';

const WAIT_MS = 400;
const soundAnswer = (): object => makeBundle({ startMs: Date.now() + 3_600_000 });

let authority: TestAuthority;
let vendor: TestVendor;
let files: { certFile: string; keyFile: string };
const readers = new Readers({ threads: 1 });
const clients: VendorClient[] = [];

beforeAll(async () => {
  authority = await makeTestAuthority();
  files = await authority.client('relay');
  const ca = authority.signers.org.certPem + authority.signers.root.certPem;
  vendor = await startTestVendor(await authority.server('vendor'), ca, () => {});
});

afterAll(async () => {
  await Promise.all(clients.map((client) => client.retire()));
  await readers.close();
  await vendor?.close();
  await authority?.remove();
});

function connect(id: string, concurrency: number): VendorClient {
  const editor = { id, concurrency };
  const client = makeClient({ baseUrl: vendor.baseUrl, authority, files, editor, readers });
  clients.push(client);
  return client;
}

const ask = (client: VendorClient, signal = AbortSignal.timeout(60_000)) =>
  callVendor(client, makePlan([client.editor.id]), 0, signal, new RetryBudget(performance.now()));

test('what a call waited for its turn at the vendor is not told as the vendor taking long', async () => {
  const held: ServerResponse[] = [];
  vendor.handler = (_request, response) => void held.push(response);
  const client = connect('agenda-slow', 1);
  const first = ask(client);
  await until('the first is asked', () => held.length === 1);
  const second = ask(client);
  const startedMs = performance.now();
  await until('time has passed', () => performance.now() - startedMs > WAIT_MS);
  vendor.handler = (_request, response) => sendJson(response, soundAnswer());
  const [response] = held;
  if (response !== undefined) sendJson(response, soundAnswer());
  const answers = [(await first).answer, (await second).answer];
  const [slow = 0, waiting = 0] = [...cutFrames(answers)][0]?.heads.map(({ durationMs }) => durationMs) ?? [];
  expect(slow).toBeGreaterThan(WAIT_MS);
  const { durationMs: whole } = answers[1]?.facts ?? { durationMs: 0 };
  expect(whole).toBeGreaterThan(WAIT_MS);
  expect(waiting).toBeLessThanOrEqual(whole - WAIT_MS);
});

/** Names of its own for every slot: what V8 takes longest to parse. */
const costly = `{"resourceType":"Bundle","type":"searchset","entry":[${Array.from(
  { length: 15_000 },
  (_, slot) =>
    `{"resource":{"resourceType":"Slot",${Array.from({ length: 9 }, (_, key) => `"k${slot}-${key}":0`).join(',')}}}`,
).join(',')}]}`;

test('what a page waited for its turn to be read is not told as the vendor taking long', async () => {
  const page = { body: Buffer.from(costly), encoding: undefined, contentType: 'application/fhir+json' };
  const costs: number[] = [];
  let isOver = false;
  // Three at once: whatever comes finds one being read, and another before it.
  const beside = Array.from({ length: 3 }, async (_, which) => {
    for (let time = 0; !isOver; time += 1) {
      const editor = `agenda-beside-${which}-${time}`;
      const reader = readers.open(editor);
      const question = { call: 0, editor, flow: 'INT_R01', subjects: [], trace: false } as const;
      const asked = reader.ask({ ...question, fromMs: 0, toMs: 1, startedMs: 0 });
      const signal = AbortSignal.timeout(60_000);
      await asked.add({ ...page, status: 200, noStore: false }, signal, () => ({ reason: 'timeout' }));
      costs.push(reader.cpuMs);
      reader.close();
    }
  });
  const sound = { ...soundAnswer(), filling: 'x'.repeat(64 * 1024) };
  vendor.handler = (_request, response) => sendJson(response, sound);
  const { answer } = await ask(connect('agenda-waiting', 1));
  isOver = true;
  await Promise.all(beside);
  const [told] = [...cutFrames([answer])][0]?.heads ?? [];
  expect(told?.failure).toBeUndefined();
  expect(told?.durationMs).toBeLessThanOrEqual(answer.facts.durationMs - Math.min(...costs) + 1);
});

test("a page that waits behind another vendor's until its call is over is no fault of its vendor", async () => {
  const read = async (id: string): Promise<unknown> => {
    const question = { call: 0, editor: id, flow: 'INT_R01', subjects: [], trace: false } as const;
    const reader = readers.open(id).ask({ ...question, fromMs: 0, toMs: 1, startedMs: 0 });
    const page = { body: Buffer.from(costly), encoding: undefined, contentType: 'application/fhir+json' };
    const over = AbortSignal.abort();
    const step = await reader.add({ ...page, status: 200, noStore: false }, over, () => ({
      reason: 'timeout',
    }));
    return step.kind === 'done' && step.answer.facts.failure?.reason;
  };
  // One after the other on the one thread, which has the moment of neither call to read both.
  expect(await Promise.all([read('agenda-costly'), read('agenda-behind')])).toEqual([
    'timeout',
    'overloaded',
  ]);
});
