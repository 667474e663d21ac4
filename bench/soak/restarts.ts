// node bench/soak/restarts.ts [--seconds 60] [--every 5] [--per-second 10] [--seed N]: searches and appointments without a
// break while the hub is ended again and again, with two relays and five vendors. Ends with 1 when a search failed or left
// somebody unknown, or when an acknowledged appointment is not there. docs/performance.md, "Restarts".

import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { readFlags, wholeNumber } from '../../sandbox/base/flags.ts';
import type { Child } from '../../sandbox/platform/child.ts';
import { buildWorker } from '../../sandbox/platform/edge/build-worker.ts';
import type { EdgeProcess } from '../../sandbox/platform/edge/edge-process.ts';
import { startLocalEdge } from '../../sandbox/platform/edge/local-edge.ts';
import { waitUntilReady } from '../../sandbox/platform/examples.ts';
import { startLocalRelay } from '../../sandbox/platform/local-relay.ts';
import { openLocalState, signToken } from '../../sandbox/platform/local-state.ts';
import { Vendors } from '../stage.ts';
import { percentile } from '../statistics.ts';
import { Bookings } from './bookings.ts';
import { SoakLoad } from './load.ts';

const DEADLINE_MS = 7_000;
const VENDOR_LATENCY_MS = 50;
const VENDORS = 5;
/** The hub with an end that a test can bring about. */
const ENTRY = join(import.meta.dirname, '../../test/support/worker/mortal.ts');

const flags = readFlags('node bench/soak/restarts.ts [options]', {
  seconds: { kind: 'text', hint: 'N', default: '60', check: wholeNumber(1, 86_400), about: 'durée' },
  every: {
    kind: 'text',
    hint: 'N',
    default: '5',
    check: wholeNumber(1, 3_600),
    about: 'secondes d’une fin du concentrateur à la suivante',
  },
  'per-second': {
    kind: 'text',
    hint: 'N',
    default: '10',
    check: wholeNumber(1, 1_000),
    about: 'recherches par seconde',
  },
  seed: { kind: 'text', hint: 'N', check: wholeNumber(0, 2 ** 31), about: 'graine ; une neuve sinon' },
});
const seed = Number(flags.seed ?? Math.floor(Math.random() * 2 ** 31));

const vendors = await Vendors.start(VENDORS);
const relays: Child[] = [];
let edge: EdgeProcess | undefined;
let port = 0;
let failedCalls = 0;
const onLog = (line: string): void => {
  if (line.includes('"hub-call-failed"')) failedCalls += 1;
  if (line.includes('"relay-listening"')) port = Number(/"port":(\d+)/.exec(line)?.[1] ?? port);
};
try {
  await vendors.set({ latencyMs: VENDOR_LATENCY_MS, slotsPerPractitioner: 2 });
  const state = await openLocalState(join(vendors.dir, 'edge'));
  edge = await startLocalEdge({
    host: '127.0.0.1',
    port: 0,
    stateDir: state.dir,
    settings: { DEADLINE_MS: String(DEADLINE_MS), CACHE_TTL_S: '0' },
    script: await buildWorker(ENTRY),
    onLog,
  });
  for (const [id, from, to] of [
    ['relay-b', 2, 5],
    ['relay-a', 0, 3],
  ] as const) {
    const served = vendors.list.slice(from, to);
    const options = { id, dir: join(vendors.dir, id), edgeUrl: edge.url, edgeStateDir: state.dir, onLog };
    const named = served.map(({ id: name, url }) => ({ id: name, name, url }));
    relays.push(
      await startLocalRelay({ ...options, pki: vendors.pki, vendors: named, adminPort: 0, listenPort: 0 }),
    );
    await waitUntilReady(edge.url);
  }
  const problems = await soak(edge, state);
  for (const problem of problems) console.log(`not kept: ${problem}`);
  if (problems.length === 0) console.log('every bound is kept');
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  for (const relay of relays) await relay.stop();
  await edge?.close();
  await vendors.close();
}

async function soak(
  running: EdgeProcess,
  state: Awaited<ReturnType<typeof openLocalState>>,
): Promise<readonly string[]> {
  const load = new SoakLoad({
    origin: running.url,
    token: await signToken(state, 'system/Slot.s'),
    seed,
    perSecond: Number(flags['per-second']),
    deadlineMs: DEADLINE_MS,
  });
  const bookings = await Bookings.open(vendors.pki, port);
  bookings.start();
  load.start();
  let ends = 0;
  for (
    const endMs = performance.now() + Number(flags.seconds) * 1_000;
    performance.now() < endMs;
    ends += 1
  ) {
    await wait(Number(flags.every) * 1_000);
    const hub = await running.object('RELAY_HUB', 'hub');
    await hub.fetch('https://hub/end').catch(() => undefined);
  }
  await load.pause();
  await bookings.close();
  await load.close();
  const { acknowledged, refused } = bookings;
  const lost = await bookings.countLost(running.url, await signToken(state, 'system/Appointment.rs'));
  const samples = [...load.takeSamples()].sort((a, b) => a - b);
  const { asked, answered, left, partial, failed, late } = load.counts;
  console.log(
    `seed ${seed}: the hub ended ${ends} times; ${asked} searches: ${answered} answered whole, ${left} callers left, ` +
      `${partial} with somebody unknown, ${failed} failed, ${late} late; ${failedCalls} calls to the hub failed`,
  );
  console.log(
    `milliseconds: p50 ${Math.round(percentile(samples, 0.5))}, p99 ${Math.round(percentile(samples, 0.99))}, ` +
      `longest ${Math.round(samples.at(-1) ?? 0)}`,
  );
  console.log(`${acknowledged.length} appointments acknowledged, ${refused} refused with 503, ${lost} lost`);
  return [
    ...load.failures,
    ...bookings.failures,
    ...(partial > 0 ? [`${partial} answers left somebody unknown`] : []),
    ...(lost > 0 ? [`${lost} acknowledged appointments are not there`] : []),
  ];
}
