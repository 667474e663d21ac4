// An hour of a busy region, played faster than it is: what is kept is kept as much shorter. Regulators search around
// places, the larger towns more often, and the SAS front asks for the nearest 25 at a time (docs/guide.md G-904), so
// that lists overlap from search to search.

import { setTimeout as wait } from 'node:timers/promises';
import { Load } from './load.ts';
import { people, searchPath } from './search.ts';
import { Stage, type Vendors } from './stage.ts';

export interface PlayedHour {
  readonly searches: number;
  readonly vendors: number;
  readonly speed: number;
  readonly calls: number;
  /** One call per vendor and search: lists of 25 are one call. */
  readonly callsWithout: number;
  /** Identifiers in all calls. */
  readonly asked: number;
  readonly askedWithout: number;
  /** Over the link. */
  readonly bytes: number;
  /** To the cache database. */
  readonly writtenBytes: number;
  readonly failed: number;
}

const VENDORS = 5;
/** Searches in an hour, the guide's figure (docs/guide.md G-108): fewer are played in proportionally less time. */
const PER_HOUR = 3_000;
const HOUR_MS = 3_600_000;
/** 30 s, the default, become 3 s; faster, and our own milliseconds would count for seconds. */
const SPEED = 10;
const KEEP_S = 30;
const LIST = 25;
/** Practitioners of the region, in the order of its roads; each town lies at a place among them. */
const REGION = 250;
const TOWNS = [20, 45, 70, 95, 120, 140, 165, 190, 215, 235];
/** One practitioner in four has no software that is interfaced: the list "with slots" leaves him out. */
const hasSlots = (rank: number): boolean => rank % 4 !== 0;
/** A regulator looks at what came before asking again. */
const LOOK_MS = 15_000;
const LOAD_MS = 500;
const SEED = 20_261_124;

/** Mulberry32: the same hour each time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface AskedList {
  /** From the beginning of the hour. */
  readonly atMs: number;
  /** Ranks of practitioners. */
  readonly list: readonly number[];
}

/**
 * The lists asked, in order of time. A call to the SAMU means four searches (docs/guide.md G-108): the page asks for
 * the nearest whatever their slots, then for the nearest with slots; once the regulator has looked, he goes further
 * away, or changes a filter and the page asks both again.
 */
function listsOf(searches: number): AskedList[] {
  const random = seeded(SEED);
  const lists: AskedList[] = [];
  const calls = Math.ceil(searches / 4);
  for (let i = 0; i < calls; i += 1) {
    const atMs = (i * 4 * HOUR_MS) / PER_HOUR;
    const place = placeOf(random);
    const nearest = Array.from({ length: REGION }, (_, rank) => rank).sort(
      (a, b) => Math.abs(a - place) - Math.abs(b - place) || a - b,
    );
    const withSlots = nearest.filter(hasSlots);
    const lot = (from: number): number[] => withSlots.slice(from * LIST, (from + 1) * LIST);
    const goesFurther = random() < 0.3;
    lists.push(
      { atMs, list: nearest.slice(0, LIST) },
      { atMs: atMs + LOAD_MS, list: lot(0) },
      { atMs: atMs + LOOK_MS, list: goesFurther ? lot(1) : nearest.slice(0, LIST) },
      { atMs: atMs + LOOK_MS + LOAD_MS, list: goesFurther ? lot(2) : lot(0) },
    );
  }
  return lists.sort((a, b) => a.atMs - b.atMs).slice(0, searches);
}

/** A town, the larger ones more often (Zipf); two in three searches name it, the others an address around it. */
function placeOf(random: () => number): number {
  const weights = TOWNS.map((_, i) => 1 / (i + 1));
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
  const index = weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
  const town = TOWNS[index] ?? 0;
  return random() < 2 / 3 ? town : town + Math.floor(random() * 31) - 15;
}

export async function playHour(vendors: Vendors, searches: number): Promise<PlayedHour> {
  // The vendors' 50 ms go by as much faster.
  await vendors.set({ latencyMs: Math.round(50 / SPEED), slotsPerPractitioner: 2 });
  const cost: Cost = { answered: 0, calls: 0, asked: 0, bytes: 0, writtenBytes: 0 };
  const stage = await Stage.start({
    vendors,
    count: VENDORS,
    settings: { CACHE_TTL_S: String(KEEP_S / SPEED) },
    onEdgeLog: (line) => addCost(line, cost),
  });
  const everybody = people(REGION);
  const loads = new Map<string, Load>();
  const headers = { authorization: `Bearer ${stage.token}` };
  const lists = listsOf(searches);
  const asked = lists.map(({ atMs, list }) => ({
    atMs,
    path: searchPath(list.map((rank) => everybody[rank] ?? '')),
  }));
  try {
    for (const path of new Set(asked.map((one) => one.path))) {
      loads.set(path, new Load({ name: 'hour', origin: stage.edgeUrl, path, headers }, 1));
    }
    const failed = await playAtPace(asked, loads);
    while (cost.answered < searches) await wait(50);
    // The last rows are written behind the last answer.
    await wait(1_000);
    return {
      ...cost,
      searches,
      vendors: VENDORS,
      speed: SPEED,
      callsWithout: searches * VENDORS,
      askedWithout: lists.reduce((sum, { list }) => sum + list.length, 0) * VENDORS,
      failed,
    };
  } finally {
    for (const load of loads.values()) await load.close();
    await stage.close();
  }
}

/** Each search at its time, whether or not those before are answered; how many were not whole. */
async function playAtPace(
  asked: readonly { readonly atMs: number; readonly path: string }[],
  loads: ReadonlyMap<string, Load>,
): Promise<number> {
  const startMs = performance.now();
  const answers = asked.map(async ({ atMs, path }) => {
    await wait(Math.max(0, startMs + atMs / SPEED - performance.now()));
    return (await loads.get(path)?.ask())?.isWhole === true;
  });
  return (await Promise.all(answers)).filter((isWhole) => !isWhole).length;
}

type Cost = Record<'answered' | 'calls' | 'asked' | 'bytes' | 'writtenBytes', number>;

/** The edge's own log tells what each search cost. */
function addCost(line: string, cost: Cost): void {
  if (!line.startsWith('{')) return;
  const told = JSON.parse(line) as Partial<Cost> & { readonly message?: string };
  if (told.message === 'availability-written') cost.writtenBytes += told.bytes ?? 0;
  if (told.message !== 'search-answered') return;
  cost.answered += 1;
  for (const name of ['calls', 'asked', 'bytes'] as const) cost[name] += told[name] ?? 0;
}
