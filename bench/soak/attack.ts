// node bench/soak/attack.ts [--minutes 60] [--rounds 6] [--per-second 5] [--breaker simulate] [--seed N]: ordinary searches and
// appointments, in rounds of three parts: quiet; with a hostile vendor, a hostile caller and strangers at the relay's mTLS
// port at once; and with partners who ask for as much as was let in of these, and do no harm. Ends with 1 when the p99 of what
// ordinary vendors bring, or of appointments, is more than 1.5 times that beside the harmless partners, when somebody whom a
// vendor has slots of is told as "none", or when an acknowledged appointment is not there. docs/performance.md says why.

import { setTimeout as wait } from 'node:timers/promises';
import { oneOf, readFlags, wholeNumber } from '../../sandbox/base/flags.ts';
import { signToken } from '../../sandbox/platform/local/state.ts';
import { Vendors } from '../stage.ts';
import { emptySamples, judgeSamples, PARTS, type Part, tableOf } from './attack-report.ts';
import { Beside } from './beside-handle.ts';
import { Bookings } from './bookings.ts';
import { OrdinarySearches } from './ordinary.ts';
import type { Load } from './partners.ts';
import { minutes, SEED, type System, searchesPerSecond, seedOf, soakSystem } from './system.ts';

const VENDOR_LATENCY_MS = 50;
/** The last of them is hostile when attackers are at work. */
const VENDORS = 6;
/** Attackers and harmless partners have machines of their own elsewhere; here they have what others leave. */
const NICENESS = 10;
/** The first searches pay for connections, compiled code and first reads: the run does not measure them. */
const WARM_UP_MS = 20_000;
const WARM_UP_LOAD: Load = { searchesPerS: 0.5, streamsPerS: 0.5, handshakesPerS: 10 };

const flags = readFlags('node bench/soak/attack.ts [options]', {
  minutes: minutes('60'),
  rounds: {
    kind: 'text',
    hint: 'N',
    default: '6',
    check: wholeNumber(1, 1_000),
    about: 'tours, chacun un tiers calme, un tiers attaqué, un tiers chargé sans malice',
  },
  'per-second': searchesPerSecond('5'),
  breaker: {
    kind: 'text',
    hint: 'MODE',
    default: 'simulate',
    check: oneOf('off', 'simulate', 'enforce'),
    about: 'BREAKER_MODE de l’accès',
  },
  seed: SEED,
});
const seed = seedOf(flags.seed);
const partMs = (Number(flags.minutes) * 60_000) / Number(flags.rounds) / PARTS.length;

const vendors = await Vendors.start(VENDORS, { count: 1, niceness: NICENESS });
const ordinary = vendors.list.slice(0, -1);
await soakSystem(
  {
    vendors,
    latencyMs: VENDOR_LATENCY_MS,
    settings: { CACHE_TTL_S: '0', BREAKER_MODE: flags.breaker },
    relays: [['relay-a', vendors.list]],
    isListening: true,
  },
  attack,
);

async function attack(system: System): Promise<readonly string[]> {
  const { state, listenPort } = system;
  const edgeUrl = system.edge.url;
  // Practitioners with an even number have slots at each ordinary vendor, those with an odd one at the hostile vendor only:
  // whatever it says, it says of its own.
  for (const rank of vendors.list.keys()) {
    await vendors.share({ part: rank < ordinary.length ? 0 : 1, of: 2 }, rank);
  }
  const searches = new OrdinarySearches({
    origin: edgeUrl,
    token: await signToken(state, 'system/Slot.s'),
    perSecond: Number(flags['per-second']),
    seed,
    vendors: ordinary.map(({ id }) => id),
  });
  const bookings = await Bookings.open(vendors.pki, listenPort);
  const beside = await startBeside(system);
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

async function startBeside({ edge, state, listenPort: port }: System): Promise<Beside> {
  const client = vendors.pki.vendors.get('agenda-b')?.client;
  if (client === undefined) throw new Error('no certificate of agenda-b');
  return Beside.start({
    niceness: NICENESS,
    edgeUrl: edge.url,
    token: await signToken(state, 'system/Slot.s', undefined, 'hostile'),
    seed,
    port,
    controlUrl: vendors.list.at(-1)?.controlUrl ?? '',
    client: { certFile: client.certFile, keyFile: client.keyFile },
  });
}
