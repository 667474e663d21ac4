// node bench/soak/attack.ts [--minutes 60] [--rounds 6] [--per-second 5] [--breaker simulate] [--seed N]: ordinary searches and
// appointments, in rounds of three parts: quiet; with a hostile vendor, a hostile caller and strangers at the relay's mTLS
// port at once; and with partners who ask for as much as was let in of these, and do no harm. Ends with 1 when the p99 of what
// ordinary vendors bring, or of appointments, is more than 1.5 times that beside the harmless partners, when somebody whom a
// vendor has slots of is told as "none", or when an acknowledged appointment is not there. docs/performance.md says why.

import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { oneOf, readFlags, wholeNumber } from '../../sandbox/base/flags.ts';
import type { Child } from '../../sandbox/platform/child.ts';
import type { EdgeProcess } from '../../sandbox/platform/edge/edge-process.ts';
import { startLocalEdge } from '../../sandbox/platform/edge/local-edge.ts';
import { waitUntilReady } from '../../sandbox/platform/examples.ts';
import { startLocalRelay } from '../../sandbox/platform/local-relay.ts';
import { type LocalState, openLocalState, signToken } from '../../sandbox/platform/local-state.ts';
import { Vendors } from '../stage.ts';
import { emptySamples, judgeSamples, PARTS, type Part, tableOf } from './attack-report.ts';
import { Beside } from './beside-handle.ts';
import { Bookings } from './bookings.ts';
import { OrdinarySearches } from './ordinary.ts';
import type { Load } from './partners.ts';

const VENDOR_LATENCY_MS = 50;
/** The last of them is hostile when attackers are at work. */
const VENDORS = 6;
/** Attackers and harmless partners have machines of their own elsewhere; here they have what others leave. */
const NICENESS = 10;
/** The first searches pay for connections, compiled code and first reads: the run does not measure them. */
const WARM_UP_MS = 20_000;
const WARM_UP_LOAD: Load = { searchesPerS: 0.5, streamsPerS: 0.5, handshakesPerS: 10 };

const flags = readFlags('node bench/soak/attack.ts [options]', {
  minutes: { kind: 'text', hint: 'N', default: '60', check: wholeNumber(1, 10_080), about: 'durée' },
  rounds: {
    kind: 'text',
    hint: 'N',
    default: '6',
    check: wholeNumber(1, 1_000),
    about: 'tours, chacun un tiers calme, un tiers attaqué, un tiers chargé sans malice',
  },
  'per-second': {
    kind: 'text',
    hint: 'N',
    default: '5',
    check: wholeNumber(1, 1_000),
    about: 'recherches ordinaires par seconde',
  },
  breaker: {
    kind: 'text',
    hint: 'MODE',
    default: 'simulate',
    check: oneOf('off', 'simulate', 'enforce'),
    about: 'BREAKER_MODE de l’accès',
  },
  seed: { kind: 'text', hint: 'N', check: wholeNumber(0, 2 ** 31), about: 'graine ; une neuve sinon' },
});
const seed = Number(flags.seed ?? Math.floor(Math.random() * 2 ** 31));
const partMs = (Number(flags.minutes) * 60_000) / Number(flags.rounds) / PARTS.length;

const vendors = await Vendors.start(VENDORS, { count: 1, niceness: NICENESS });
const ordinary = vendors.list.slice(0, -1);
let edge: EdgeProcess | undefined;
let relay: Child | undefined;
let port = 0;
try {
  await vendors.set({ latencyMs: VENDOR_LATENCY_MS, slotsPerPractitioner: 2 });
  // Practitioners with an even number have slots at each ordinary vendor, those with an odd one at the hostile vendor only:
  // whatever it says, it says of its own.
  for (const rank of vendors.list.keys()) {
    await vendors.share({ part: rank < ordinary.length ? 0 : 1, of: 2 }, rank);
  }
  const state = await openLocalState(join(vendors.dir, 'edge'));
  edge = await startLocalEdge({
    host: '127.0.0.1',
    port: 0,
    stateDir: state.dir,
    settings: { CACHE_TTL_S: '0', BREAKER_MODE: flags.breaker },
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
    vendors: ordinary.map(({ id }) => id),
  });
  const bookings = await Bookings.open(vendors.pki, port);
  const beside = await startBeside(edgeUrl, state);
  const samples = emptySamples();
  let load = WARM_UP_LOAD;
  let told: readonly string[] = [];
  const spend = async (part: Part, forMs: number, { partsMs, wholeMs, bookingsMs } = samples[part]) => {
    if (part !== 'quiet')
      await beside.order(part === 'busy' ? { kind: 'keep-busy', load } : { kind: 'attack' });
    searches.start({ partsMs, wholeMs });
    bookings.start(bookingsMs);
    await wait(forMs);
    const [done] = await Promise.all([beside.order({ kind: 'pause' }), searches.pause(), bookings.pause()]);
    told = done.told;
    if (part === 'attacked') load = done.load;
  };
  try {
    await spend('busy', WARM_UP_MS, emptySamples().busy);
    for (let round = 0; round < Number(flags.rounds); round += 1) {
      for (const part of PARTS) await spend(part, partMs);
    }
  } finally {
    await beside.close();
  }
  await searches.close();
  await bookings.close();
  const lost = await bookings.countLost(edgeUrl, await signToken(state, 'system/Appointment.rs'));
  console.log(`seed ${seed}: ${flags.minutes} min in ${flags.rounds} rounds, breaker ${flags.breaker}`);
  for (const line of [...tableOf(samples), ...searches.missing, ...told]) console.log(line);
  const { asked, answered, failures, untrue, falseNone } = searches;
  console.log(
    `${asked} searches: ${answered} answered; ${untrue} identifiers of ordinary vendors told otherwise than "slots", ` +
      `${falseNone} told as "none"; ${bookings.acknowledged.length} appointments acknowledged, ` +
      `${bookings.refused} refused with 503, ${bookings.repeated} said again, ${lost} lost`,
  );
  return [
    ...failures,
    ...bookings.failures,
    ...(falseNone > 0 ? [`${falseNone} identifiers were told as "none"`] : []),
    ...(lost > 0 ? [`${lost} acknowledged appointments are not there`] : []),
    ...judgeSamples(samples),
  ];
}

async function startBeside(edgeUrl: string, state: LocalState): Promise<Beside> {
  const client = vendors.pki.vendors.get('agenda-b')?.client;
  if (client === undefined) throw new Error('no certificate of agenda-b');
  return Beside.start({
    niceness: NICENESS,
    edgeUrl,
    token: await signToken(state, 'system/Slot.s', undefined, 'hostile'),
    seed,
    port,
    controlUrl: vendors.list.at(-1)?.controlUrl ?? '',
    client: { certFile: client.certFile, keyFile: client.keyFile },
  });
}
