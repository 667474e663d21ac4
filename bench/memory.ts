// What the edge's memory of vendors' answers saves: a search served from it beside the plain program; the first event of
// a progressive search beside the fastest vendor; an hour of a busy region, with the calls, rows and bytes it takes.

import { type PlayedHour, playHour } from './busy-hour.ts';
import { Load } from './load.ts';
import { PRACTITIONERS, people, searchPath } from './search.ts';
import { Stage, Vendors } from './stage.ts';
import { alignColumns, summarise } from './statistics.ts';

const KEPT_RATIO_MIN = 10;
const FIRST_EVENT_RATIO_MAX = 1.2;
const CALLS_SAVED_MIN = 0.6;

const VENDORS_MAX = 20;
const LATENCY_MS = 50;
const SLOW_MS = 400;
/** Nothing kept runs out while a cell is measured. */
const KEEP_S = '3600';
const WARM_UP = { concurrency: 1, searches: 300, limitMs: 2_000 };

interface KeptCell {
  readonly vendors: number;
  readonly slots: number;
  readonly keptP50Ms: number;
  readonly plainP50Ms: number;
  readonly missP50Ms: number;
}

interface FirstEvent {
  readonly firstP50Ms: number;
  readonly wholeP50Ms: number;
  readonly fastestP50Ms: number;
}

export interface MemoryReport {
  readonly kept: readonly KeptCell[];
  readonly first: FirstEvent;
  readonly hour: PlayedHour;
}

export interface MemoryEffort {
  readonly searches: number;
  readonly cells: readonly (readonly [vendors: number, slots: number])[];
  /** Searches of the hour. */
  readonly hour: number;
}

export const FULL_MEMORY: MemoryEffort = {
  searches: 400,
  cells: [
    [1, 2],
    [5, 2],
    [5, 20],
    [20, 2],
    [20, 20],
  ],
  hour: 3_000,
};
export const QUICK_MEMORY: MemoryEffort = {
  searches: 150,
  cells: [
    [5, 2],
    [5, 20],
  ],
  hour: 600,
};

export async function benchMemory(effort: MemoryEffort): Promise<MemoryReport> {
  const vendors = await Vendors.start(VENDORS_MAX);
  try {
    const kept: KeptCell[] = [];
    for (const [count, slots] of effort.cells) kept.push(await measureKept(vendors, count, slots, effort));
    return { kept, first: await measureFirst(vendors, effort), hour: await playHour(vendors, effort.hour) };
  } finally {
    await vendors.close();
  }
}

async function measureKept(
  vendors: Vendors,
  count: number,
  slots: number,
  effort: MemoryEffort,
): Promise<KeptCell> {
  await vendors.set({ latencyMs: LATENCY_MS, slotsPerPractitioner: slots });
  const stage = await Stage.start({ vendors, count, settings: { CACHE_TTL_S: KEEP_S } });
  const path = searchPath(people(PRACTITIONERS));
  const authorization = `Bearer ${stage.token}`;
  const load = (name: string, origin: string, headers: Record<string, string>): Load =>
    new Load({ name, origin, path, headers }, 1);
  const kept = load('kept', stage.edgeUrl, { authorization });
  const missed = load('missed', stage.edgeUrl, { authorization, 'cache-control': 'no-cache' });
  const plain = load('plain', stage.plainUrl, {});
  try {
    for (const one of [missed, plain, kept]) await one.run(WARM_UP);
    const bounds = { concurrency: 1, searches: effort.searches, limitMs: 10_000 };
    const p50 = async (one: Load): Promise<number> => summarise((await one.run(bounds)).samplesMs).p50Ms;
    const plainP50Ms = await p50(plain);
    const missP50Ms = await p50(missed);
    return { vendors: count, slots, keptP50Ms: await p50(kept), plainP50Ms, missP50Ms };
  } finally {
    for (const one of [kept, missed, plain]) await one.close();
    await stage.close();
  }
}

/** One vendor answers in 50 ms, four in 400. The plain program with that one vendor alone is the fastest there is. */
async function measureFirst(vendors: Vendors, effort: MemoryEffort): Promise<FirstEvent> {
  await vendors.set({ latencyMs: SLOW_MS, slotsPerPractitioner: 2 });
  await vendors.set({ latencyMs: LATENCY_MS, slotsPerPractitioner: 2 }, 0);
  const alone = await Stage.start({ vendors, count: 1 });
  const stage = await Stage.start({ vendors, count: 5 });
  const path = searchPath(people(PRACTITIONERS));
  const fastest = new Load({ name: 'fastest', origin: alone.plainUrl, path, headers: {} }, 1);
  const searches = Math.min(effort.searches, 60);
  try {
    await fastest.run(WARM_UP);
    for (let i = 0; i < 10; i += 1) await streamOnce(stage, path);
    const first: number[] = [];
    const whole: number[] = [];
    for (let i = 0; i < searches; i += 1) {
      const times = await streamOnce(stage, path);
      first.push(times.firstMs);
      whole.push(times.wholeMs);
    }
    const round = await fastest.run({ concurrency: 1, searches, limitMs: 30_000 });
    return {
      firstP50Ms: summarise(first).p50Ms,
      wholeP50Ms: summarise(whole).p50Ms,
      fastestP50Ms: summarise(round.samplesMs).p50Ms,
    };
  } finally {
    await fastest.close();
    await alone.close();
    await stage.close();
  }
}

async function streamOnce(stage: Stage, path: string): Promise<{ firstMs: number; wholeMs: number }> {
  const startMs = performance.now();
  const response = await fetch(`${stage.edgeUrl}${path}`, {
    headers: {
      Authorization: `Bearer ${stage.token}`,
      Accept: 'text/event-stream',
      'Cache-Control': 'no-store',
    },
  });
  let firstMs = Number.NaN;
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (Number.isNaN(firstMs) && /event: part\n.*\n\n/.test(text)) firstMs = performance.now() - startMs;
  }
  return { firstMs, wholeMs: performance.now() - startMs };
}

const ms = (value: number): string => value.toFixed(1);

export function memoryTables({ kept, first, hour }: MemoryReport): string[] {
  const perThousand = (count: number): string =>
    Math.round((count * 1_000) / hour.searches).toLocaleString('en');
  return [
    `p50 in ms of one search at a time, vendors at ${LATENCY_MS} ms: kept answers, the plain program, all asked and kept`,
    ...alignColumns([
      ['', 'kept', 'plain', 'asked', 'plain / kept', 'asked / plain'],
      ...kept.map((cell) => [
        `${cell.vendors} vendors, ${cell.slots} slots`,
        ms(cell.keptP50Ms),
        ms(cell.plainP50Ms),
        ms(cell.missP50Ms),
        (cell.plainP50Ms / cell.keptP50Ms).toFixed(1),
        (cell.missP50Ms / cell.plainP50Ms).toFixed(2),
      ]),
    ]),
    '',
    `First event with one vendor at ${LATENCY_MS} ms and four at ${SLOW_MS}: p50 ${ms(first.firstP50Ms)} ms, the plain program ` +
      `with the first alone ${ms(first.fastestP50Ms)} ms, ratio ${(first.firstP50Ms / first.fastestP50Ms).toFixed(2)}; last event ${ms(first.wholeP50Ms)} ms`,
    '',
    `An hour of a busy region: ${hour.searches} searches over ${hour.vendors} vendors, played ${hour.speed} times faster`,
    ...alignColumns([
      ['per 1,000 searches', 'kept', 'nothing kept', 'saved'],
      [
        'vendor calls',
        perThousand(hour.calls),
        perThousand(hour.callsWithout),
        `${((1 - hour.calls / hour.callsWithout) * 100).toFixed(0)} %`,
      ],
      [
        'practitioners asked of vendors',
        perThousand(hour.asked),
        perThousand(hour.askedWithout),
        `${((1 - hour.asked / hour.askedWithout) * 100).toFixed(0)} %`,
      ],
      ['kB over the link', perThousand(hour.bytes / 1_000), '', ''],
      ['kB written to the cache database', perThousand(hour.writtenBytes / 1_000), '', ''],
    ]),
  ];
}

export function memoryMisses({ kept, first, hour }: MemoryReport): string[] {
  const firstRatio = first.firstP50Ms / first.fastestP50Ms;
  const saved = 1 - hour.calls / hour.callsWithout;
  return [
    ...kept
      .filter(({ plainP50Ms, keptP50Ms }) => plainP50Ms / keptP50Ms < KEPT_RATIO_MIN)
      .map(
        ({ vendors, slots, plainP50Ms, keptP50Ms }) =>
          `${vendors} vendors, ${slots} slots, kept: ${(plainP50Ms / keptP50Ms).toFixed(1)} times faster than the plain program, at least ${KEPT_RATIO_MIN}`,
      ),
    ...(firstRatio > FIRST_EVENT_RATIO_MAX
      ? [`first event: ${firstRatio.toFixed(2)} times the fastest vendor, at most ${FIRST_EVENT_RATIO_MAX}`]
      : []),
    ...(saved < CALLS_SAVED_MIN
      ? [
          `busy hour: ${(saved * 100).toFixed(0)} % of the vendor calls saved, at least ${CALLS_SAVED_MIN * 100} %`,
        ]
      : []),
    ...(hour.failed > 0 ? [`busy hour: ${hour.failed} answers were not whole`] : []),
  ];
}
