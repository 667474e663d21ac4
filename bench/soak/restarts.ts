// node bench/soak/restarts.ts [--seconds 60] [--every 5] [--per-second 10] [--seed N]: searches and appointments without a
// break while the hub is ended again and again, with two relays and five vendors. Ends with 1 when a search failed or left
// somebody unknown, or when an acknowledged appointment is not there. docs/performance.md, "Restarts".

import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { readFlags, wholeNumber } from '../../sandbox/base/flags.ts';
import { buildWorker } from '../../sandbox/platform/edge/build-worker.ts';
import { signToken } from '../../sandbox/platform/local/state.ts';
import { Vendors } from '../stage.ts';
import { percentile } from '../statistics.ts';
import { Bookings } from './bookings.ts';
import { SoakLoad } from './load.ts';
import { SEED, type System, searchesPerSecond, seedOf, soakSystem } from './system.ts';

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
  'per-second': searchesPerSecond('10'),
  seed: SEED,
});
const seed = seedOf(flags.seed);

const vendors = await Vendors.start(VENDORS);
let failedCalls = 0;
await soakSystem(
  {
    vendors,
    latencyMs: VENDOR_LATENCY_MS,
    settings: { DEADLINE_MS: String(DEADLINE_MS), CACHE_TTL_S: '0' },
    script: await buildWorker(ENTRY),
    relays: [
      ['relay-b', vendors.list.slice(2)],
      ['relay-a', vendors.list.slice(0, 3)],
    ],
    isListening: true,
    onLog: (line) => {
      if (line.includes('"hub-call-failed"')) failedCalls += 1;
    },
  },
  soak,
);

async function soak({ edge, state, listenPort }: System): Promise<readonly string[]> {
  const load = new SoakLoad({
    origin: edge.url,
    token: await signToken(state, 'system/Slot.s'),
    seed,
    perSecond: Number(flags['per-second']),
    deadlineMs: DEADLINE_MS,
  });
  const bookings = await Bookings.open(vendors.pki, listenPort);
  bookings.start();
  load.start();
  let ends = 0;
  for (
    const endMs = performance.now() + Number(flags.seconds) * 1_000;
    performance.now() < endMs;
    ends += 1
  ) {
    await wait(Number(flags.every) * 1_000);
    const hub = await edge.object('RELAY_HUB', 'hub');
    await hub.fetch('https://hub/end').catch(() => undefined);
  }
  await load.pause();
  await bookings.close();
  await load.close();
  const { acknowledged, refused } = bookings;
  const lost = await bookings.countLost(edge.url, await signToken(state, 'system/Appointment.rs'));
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
