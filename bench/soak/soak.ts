// npm run soak -- [--minutes 10] [--per-second 10] [--vendors 20] [--seed N]: a long load over vendors that fail by
// turns, through the built edge in workerd and the relay process, each beside the vendors' own. Ends with 1 when a
// search failed, when a count is not back to its start, or when memory grows. docs/performance.md, "Soak".

import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { readFlags, wholeNumber } from '../../sandbox/base/flags.ts';
import { signToken } from '../../sandbox/platform/local/state.ts';
import { draw, hash } from '../../sandbox/vendors/world/random.ts';
import { findChild } from '../cpu.ts';
import { LiveHeap } from '../live-heap.ts';
import { Vendors } from '../stage.ts';
import { SoakLoad } from './load.ts';
import {
  headingLine,
  JUDGED_MINUTES_MIN,
  judgeCounts,
  judgeLoad,
  judgeMemory,
  restLine,
  sampleLine,
  totalsLine,
} from './report.ts';
import { minutes, SEED, type System, searchesPerSecond, seedOf, soakSystem } from './system.ts';
import { above, type Counts, type RestMemory, type Sample, Watch } from './watch.ts';

const DEADLINE_MS = 3_000;
const VENDOR_LATENCY_MS = 20;
/** Every so often each vendor is well, or fails in another way. */
const TURN_MS = 3_000;
const REPORT_MS = 30_000;
/** The relay's default, and its neighbour. */
const QUEUE = 64;
const RELOAD_MS_MAX = 15_000;
/** Of all vendors, at any moment. */
const FAULTY_SHARE = 0.3;
/** Idle connections to vendors are closed after thirty to sixty seconds. */
const IDLE_MS_MAX = 120_000;

/** The costly ones for a few requests only: what is soaked is the gateway, not the machine. */
const FAULTS: readonly unknown[] = [
  'hang',
  'hang-body',
  { kind: 'drip', everyMs: 200 },
  { kind: 'slow', delayMs: 1_500 },
  'reset',
  'reset-early',
  'status-500',
  'status-503',
  'status-429',
  'html',
  'truncated',
  'redirect',
  'paging',
  'paging-loop',
  'someone-else',
  'duplicate-slots',
  'missing-includes',
  { kind: 'gzip-bomb', times: 2 },
  { kind: 'huge', megabytes: 20, times: 2 },
  { kind: 'deep', times: 5 },
];

const flags = readFlags('npm run soak -- [options]', {
  minutes: minutes('10'),
  'per-second': searchesPerSecond('10'),
  vendors: { kind: 'text', hint: 'N', default: '20', check: wholeNumber(1, 26), about: 'éditeurs simulés' },
  seed: SEED,
});
const durationMs = Number(flags.minutes) * 60_000;
const perSecond = Number(flags['per-second']);
const vendorCount = Number(flags.vendors);
const seed = seedOf(flags.seed);
const RELAY = 'relay-a';

const vendors = await Vendors.start(vendorCount);
const relayConfig = join(vendors.dir, RELAY, 'relay.json');
let reloads = 0;
const logged = new Map<string, number>();
let relayInspector = '';
await soakSystem(
  {
    vendors,
    latencyMs: VENDOR_LATENCY_MS,
    settings: { DEADLINE_MS: String(DEADLINE_MS) },
    relays: [[RELAY, vendors.list]],
    isInspected: true,
    onLog: (line) => {
      relayInspector = /^Debugger listening on (ws:\S+)/.exec(line)?.[1] ?? relayInspector;
      if (line.includes('"message":"relay-reloaded"')) reloads += 1;
      countLine(logged, line);
    },
  },
  async ({ edge, state, relays: [relay] }: System) => {
    const watch = new Watch({
      // Found now only: learning the relay's key has restarted it.
      edgePid: (await findChild('workerd')) ?? 0,
      relayPid: relay?.process.pid ?? 0,
      edgeUrl: edge.url,
      relayUrl: `http://127.0.0.1:${relay?.ready.port}`,
      token: await signToken(state, 'admin'),
      edgeHeap: await LiveHeap.find(await edge.inspectorUrl(), 'core:user:edge'),
      relayHeap: await LiveHeap.open(relayInspector),
    });
    const load = new SoakLoad({
      origin: edge.url,
      token: await signToken(state, 'system/Slot.s'),
      seed,
      perSecond,
      deadlineMs: DEADLINE_MS,
    });
    const problems = await soak(watch, load);
    for (const [message, count] of logged) console.log(`logged ${count} times: ${message}`);
    await watch.close();
    return problems;
  },
);

async function soak(watch: Watch, load: SoakLoad): Promise<readonly string[]> {
  console.log(
    `seed ${seed}: ${flags.minutes} min, ${perSecond} searches/s, ${vendorCount} vendors, ` +
      `${FAULTY_SHARE * 100} % of them failing, deadline ${DEADLINE_MS} ms`,
  );
  console.log(restLine(await watch.rest()));
  const start = await watch.sample();
  console.log(headingLine());
  console.log(sampleLine(start, load.counts, []));
  const half = await runHalf(watch, load);
  const end = await runHalf(watch, load);
  await load.close();
  const last = await sampleOnce(watch, (counts) => above(start.counts, counts).length === 0);
  console.log(sampleLine(last, load.counts, load.takeSamples()));
  console.log(`vendor calls: ${totalsLine(await watch.relayTotals('vendor_calls_total'))}`);
  console.log(`second tries: ${totalsLine(await watch.relayTotals('retries_total'))}`);
  return [
    ...judgeLoad(load.counts, load.failures),
    ...judgeCounts(start.counts, last.counts),
    ...(Number(flags.minutes) < JUDGED_MINUTES_MIN ? [] : judgeMemory(half, end)),
  ];
}

/** Half the load; what is held once nothing of it is under way any more. */
async function runHalf(watch: Watch, load: SoakLoad): Promise<RestMemory> {
  const endMs = performance.now() + durationMs / 2;
  let reportAtMs = performance.now() + REPORT_MS;
  load.start();
  while (performance.now() < endMs) {
    await spoil(load.counts.asked);
    await wait(TURN_MS);
    if (performance.now() < reportAtMs) continue;
    reportAtMs += REPORT_MS;
    console.log(sampleLine(await watch.sample(), load.counts, load.takeSamples()));
  }
  for (const { controlUrl } of vendors.list) await fetch(`${controlUrl}/fault`, { method: 'DELETE' });
  await load.pause();
  await sampleOnce(watch, ({ hubSearches, relaySearches, vendorRequests }) =>
    [hubSearches, relaySearches, vendorRequests].every((count) => count === 0),
  );
  await reloadVendors();
  const memory = await watch.rest();
  console.log(restLine(memory));
  return memory;
}

/** Each vendor well, or failing in one way, as chance has it for this turn. */
async function spoil(turn: number): Promise<void> {
  for (const [rank, { controlUrl }] of vendors.list.entries()) {
    const isFaulty = draw(seed, turn, rank) < FAULTY_SHARE;
    const fault = isFaulty ? FAULTS[hash(seed, turn, rank, 'kind') % FAULTS.length] : [];
    const reply = await fetch(`${controlUrl}/fault`, { method: 'PUT', body: JSON.stringify(fault) });
    if (!reply.ok) throw new Error(await reply.text());
  }
}

/** Other settings for every vendor: the relay begins anew with each, and forgets what it knew of their entries. */
async function reloadVendors(): Promise<void> {
  const before = reloads;
  const config = JSON.parse(await readFile(relayConfig, 'utf8')) as { editors: { queue?: number }[] };
  for (const editor of config.editors) editor.queue = editor.queue === QUEUE + 1 ? QUEUE : QUEUE + 1;
  await writeFile(`${relayConfig}.new`, JSON.stringify(config));
  await rename(`${relayConfig}.new`, relayConfig);
  const endMs = performance.now() + RELOAD_MS_MAX;
  while (reloads === before) {
    if (performance.now() > endMs) throw new Error('the relay never reloaded');
    await wait(20);
  }
}

/** The first sample that is as it should be, or the last one when that never comes. */
async function sampleOnce(watch: Watch, isRight: (counts: Counts) => boolean): Promise<Sample> {
  const endMs = performance.now() + IDLE_MS_MAX;
  for (;;) {
    const sample = await watch.sample();
    if (isRight(sample.counts) || performance.now() > endMs) return sample;
    await wait(500);
  }
}

/** Warnings and errors of both programs, by message. */
function countLine(logged: Map<string, number>, line: string): void {
  if (!line.startsWith('{')) {
    // workerd's own words; addresses and the rest of a stack say nothing here.
    if (line.includes('error')) count(logged, line.slice(0, 160));
    return;
  }
  const { level, message } = JSON.parse(line) as { level?: string; message?: string };
  if (level === 'warn' || level === 'error') count(logged, `${level} ${message}`);
}

function count(logged: Map<string, number>, key: string): void {
  logged.set(key, (logged.get(key) ?? 0) + 1);
}
