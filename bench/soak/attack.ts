// node bench/soak/attack.ts [--minutes 60] [--rounds 6] [--per-second 5] [--seed N]: ordinary searches and appointments, in
// rounds without and with a hostile vendor, a hostile caller and strangers at the relay's mTLS port at once. Ends with 1
// when the ordinary p99 is more than 1.5 times that of the quiet rounds, when somebody whom an ordinary vendor has slots
// of is told as anything else than "slots", or when an acknowledged appointment is not there. docs/securite.md.

import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { readFlags, wholeNumber } from '../../sandbox/base/flags.ts';
import type { Child } from '../../sandbox/platform/child.ts';
import type { EdgeProcess } from '../../sandbox/platform/edge/edge-process.ts';
import { startLocalEdge } from '../../sandbox/platform/edge/local-edge.ts';
import { waitUntilReady } from '../../sandbox/platform/examples.ts';
import { startLocalRelay } from '../../sandbox/platform/local-relay.ts';
import { type LocalState, openLocalState, signToken } from '../../sandbox/platform/local-state.ts';
import { Vendors } from '../stage.ts';
import { alignColumns, summarise } from '../statistics.ts';
import { HostileCaller, HostileVendor, Strangers } from './attackers.ts';
import { Bookings } from './bookings.ts';
import { OrdinarySearches } from './ordinary.ts';

const VENDOR_LATENCY_MS = 50;
/** The last of them is hostile in the rounds that are not quiet. */
const VENDORS = 6;
const P99_RATIO_MAX = 1.5;
/** The searches of this time pay for connections, compiled code and first reads, and are not measured. */
const WARM_UP_MS = 10_000;

const flags = readFlags('node bench/soak/attack.ts [options]', {
  minutes: { kind: 'text', hint: 'N', default: '60', check: wholeNumber(1, 10_080), about: 'durée' },
  rounds: {
    kind: 'text',
    hint: 'N',
    default: '6',
    check: wholeNumber(1, 1_000),
    about: 'tours, chacun une moitié calme puis une moitié attaquée',
  },
  'per-second': {
    kind: 'text',
    hint: 'N',
    default: '5',
    check: wholeNumber(1, 1_000),
    about: 'recherches ordinaires par seconde',
  },
  seed: { kind: 'text', hint: 'N', check: wholeNumber(0, 2 ** 31), about: 'graine ; une neuve sinon' },
});
const seed = Number(flags.seed ?? Math.floor(Math.random() * 2 ** 31));
const halfMs = (Number(flags.minutes) * 60_000) / Number(flags.rounds) / 2;

const vendors = await Vendors.start(VENDORS);
let edge: EdgeProcess | undefined;
let relay: Child | undefined;
let port = 0;
try {
  await vendors.set({ latencyMs: VENDOR_LATENCY_MS, slotsPerPractitioner: 2 });
  const state = await openLocalState(join(vendors.dir, 'edge'));
  edge = await startLocalEdge({
    host: '127.0.0.1',
    port: 0,
    stateDir: state.dir,
    settings: { CACHE_TTL_S: '0' },
    onLog: () => undefined,
  });
  relay = await startLocalRelay({
    id: 'relay-a',
    dir: join(vendors.dir, 'relay'),
    edgeUrl: edge.url,
    edgeStateDir: state.dir,
    pki: vendors.pki,
    vendors: vendors.list.map(({ id, url }) => ({ id, name: id, url })),
    adminPort: 0,
    listenPort: 0,
    onLog: (line) => {
      if (line.includes('"relay-listening"')) port = Number(/"port":(\d+)/.exec(line)?.[1] ?? port);
    },
  });
  await waitUntilReady(edge.url);
  const problems = await attack(edge.url, state);
  for (const problem of problems) console.log(`not kept: ${problem}`);
  if (problems.length === 0) console.log('every bound is kept');
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  await relay?.stop();
  await edge?.close();
  await vendors.close();
}

async function attack(edgeUrl: string, state: LocalState): Promise<readonly string[]> {
  const searches = new OrdinarySearches({
    origin: edgeUrl,
    token: await signToken(state, 'system/Slot.s'),
    perSecond: Number(flags['per-second']),
    seed,
  });
  const bookings = await Bookings.open(vendors.pki, port);
  const attackers = [
    new HostileVendor(vendors.list.at(-1)?.controlUrl ?? '', seed),
    new HostileCaller(edgeUrl, await signToken(state, 'system/Slot.s', undefined, 'hostile'), seed),
    new Strangers(port),
  ];
  const quiet = { searchesMs: [] as number[], bookingsMs: [] as number[] };
  const attacked = { searchesMs: [] as number[], bookingsMs: [] as number[] };
  const take = (into: typeof quiet): void => {
    into.searchesMs.push(...searches.takeSamples());
    into.bookingsMs.push(...bookings.takeSamples());
  };
  searches.start();
  bookings.start();
  await wait(WARM_UP_MS);
  take({ searchesMs: [], bookingsMs: [] });
  for (let round = 0; round < Number(flags.rounds); round += 1) {
    await wait(halfMs);
    take(quiet);
    for (const attacker of attackers) attacker.start();
    await wait(halfMs);
    await Promise.all(attackers.map((attacker) => attacker.pause()));
    take(attacked);
  }
  await searches.close();
  await bookings.close();
  const lost = await bookings.countLost(edgeUrl, await signToken(state, 'system/Appointment.rs'));
  const { asked, answered, failures, untrue } = searches;
  const rows = (['searchesMs', 'bookingsMs'] as const).map((name) => {
    const [calm, under] = [summarise(quiet[name]), summarise(attacked[name])];
    return { name, calm, under, ratio: under.p99Ms / calm.p99Ms };
  });
  const text = (ms: number): string => ms.toFixed(0);
  console.log(`seed ${seed}: ${flags.minutes} min in ${flags.rounds} rounds`);
  for (const line of alignColumns([
    ['ordinary', 'quiet', 'p50 ms', 'p99 ms', 'attacked', 'p50 ms', 'p99 ms', 'p99 ratio'],
    ...rows.map(({ name, calm, under, ratio }) => [
      name.replace('Ms', ''),
      String(calm.count),
      text(calm.p50Ms),
      text(calm.p99Ms),
      String(under.count),
      text(under.p50Ms),
      text(under.p99Ms),
      ratio.toFixed(2),
    ]),
  ])) {
    console.log(line);
  }
  for (const attacker of attackers) console.log(attacker.tell());
  console.log(
    `${asked} searches: ${answered} answered; ${untrue} identifiers told otherwise than "slots"; ` +
      `${bookings.acknowledged.length} appointments acknowledged, ${bookings.refused} refused with 503, ${lost} lost`,
  );
  return [
    ...failures,
    ...(untrue > 0 ? [`${untrue} identifiers were told otherwise than "slots"`] : []),
    ...(lost > 0 ? [`${lost} acknowledged appointments are not there`] : []),
    ...rows
      .filter(({ ratio }) => !(ratio <= P99_RATIO_MAX))
      .map(({ name, ratio }) => `${name}: p99 ratio ${ratio.toFixed(2)}, bound ${P99_RATIO_MAX}`),
  ];
}
