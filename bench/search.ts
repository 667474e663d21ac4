// A search beside a plain Node program that makes the same calls: latency, throughput and CPU of both in the same
// run, round by round in turns, so that whatever else the machine does hits both. First the usual case, which decides: each
// of the 25 practitioners asked is known to one vendor, and most vendors answer "none"; then every vendor knows all.
// Budgets, as ratios to the plain program's: p50, searches per second, CPU.

import { buildVendorRequest } from '../shared/sas/vendor-request.ts';
import { Load, type Round, type Target } from './load.ts';
import { Stage, type StageCpu, Vendors } from './stage.ts';
import { type Latency, summarise } from './statistics.ts';

/** A cell misses its budget when it costs more than this, with vendors at 50 ms. */
interface Budget {
  readonly p50RatioMax: number;
  /** Sixteen at once. */
  readonly throughputRatioMin: number;
  readonly cpuRatioMax: number;
}

/** Each search asks for others: no answer was seen before. */
const FRESH_BUDGET: Budget = { p50RatioMax: 1.15, throughputRatioMin: 0.8, cpuRatioMax: 1.6 };
const USUAL_BUDGET: Budget = { p50RatioMax: 1.15, throughputRatioMin: 0.85, cpuRatioMax: 1.8 };
const SMALL_BUDGET: Budget = { p50RatioMax: 1.1, throughputRatioMin: 0.7, cpuRatioMax: 1.5 };
const LARGE_BUDGET: Budget = { ...SMALL_BUDGET, cpuRatioMax: 1 };
const LARGE_SLOTS = 20;

export function budgetOf({ slots, isKnownToAll, isFresh }: CellResult): Budget {
  if (isFresh) return FRESH_BUDGET;
  if (!isKnownToAll) return USUAL_BUDGET;
  return slots < LARGE_SLOTS ? SMALL_BUDGET : LARGE_BUDGET;
}

export const PRACTITIONERS = 25;
const COMPILE_CONCURRENCY = 4;
/** Identifiers have eight digits behind 8999. */
const PEOPLE_MAX = 600_000;

export interface Cell {
  readonly vendors: number;
  /** Per practitioner and vendor. */
  readonly slots: number;
  readonly latencyMs: number;
  readonly concurrency: number;
  /** False: each practitioner is known to one vendor. */
  readonly isKnownToAll: boolean;
}

/** How long one cell is measured. */
export interface Effort {
  readonly rounds: number;
  readonly searchesPerRound: number;
  readonly roundLimitMs: number;
  readonly warmUpMs: number;
  /** Per program, size of answers and number of vendors. */
  readonly compileMs: number;
  /** Each search asks for other practitioners: nothing that vendors send was sent before. */
  readonly isFresh?: boolean;
}

interface Side extends Latency {
  readonly perSecond: number;
  readonly bytesPerSearch: number;
  readonly failed: number;
  /** Without the vendors'. Seconds per 1,000 searches; NaN where it cannot be read. */
  readonly cpuS: number;
  readonly vendorsCpuS: number;
}

export interface CellResult extends Cell {
  readonly ours: Side & { readonly edgeCpuS: number; readonly relayCpuS: number };
  readonly plain: Side;
  readonly isFresh: boolean;
  readonly p50Ratio: number;
  readonly throughputRatio: number;
  readonly cpuRatio: number;
}

const USUAL_CELLS: readonly Cell[] = [5, 20].flatMap((vendors) =>
  [2, 20].flatMap((slots) =>
    [1, 16].map((concurrency) => ({ vendors, slots, latencyMs: 50, concurrency, isKnownToAll: false })),
  ),
);

export const FULL_CELLS: readonly Cell[] = [
  ...USUAL_CELLS,
  ...[1, 5, 20].flatMap((vendors) =>
    [2, 20].flatMap((slots) =>
      [0, 50].flatMap((latencyMs) =>
        [1, 16].map((concurrency) => ({ vendors, slots, latencyMs, concurrency, isKnownToAll: true })),
      ),
    ),
  ),
];

export const QUICK_CELLS: readonly Cell[] = [
  ...USUAL_CELLS.filter(({ slots }) => slots === 2),
  { vendors: 1, slots: 2, latencyMs: 50, concurrency: 1, isKnownToAll: true },
  { vendors: 5, slots: 20, latencyMs: 50, concurrency: 1, isKnownToAll: true },
  { vendors: 20, slots: 2, latencyMs: 50, concurrency: 1, isKnownToAll: true },
  { vendors: 20, slots: 2, latencyMs: 0, concurrency: 16, isKnownToAll: true },
  { vendors: 20, slots: 20, latencyMs: 50, concurrency: 1, isKnownToAll: true },
];

export const FULL_EFFORT: Effort = {
  rounds: 3,
  searchesPerRound: 400,
  roundLimitMs: 3_000,
  warmUpMs: 1_000,
  compileMs: 5_000,
};
export const QUICK_EFFORT: Effort = {
  rounds: 3,
  searchesPerRound: 200,
  roundLimitMs: 1_000,
  warmUpMs: 500,
  compileMs: 3_000,
};

/** Measures the cells in order; `onCell` hears each as soon as it is known. */
export async function benchSearch(
  cells: readonly Cell[],
  effort: Effort,
  onCell: (result: CellResult) => void,
  profileDir?: string,
): Promise<readonly CellResult[]> {
  const results: CellResult[] = [];
  const vendors = await Vendors.start(Math.max(...cells.map((cell) => cell.vendors)));
  try {
    for (const count of new Set(cells.map((cell) => cell.vendors))) {
      const stage = await Stage.start({
        vendors,
        count,
        ...(profileDir === undefined ? {} : { profileDir }),
      });
      try {
        const ofStage = cells.filter((cell) => cell.vendors === count);
        await compile(ofStage, stage, vendors, effort);
        for (const cell of ofStage) {
          await vendors.set({ latencyMs: cell.latencyMs, slotsPerPractitioner: cell.slots });
          await vendors.spread(count, cell.isKnownToAll);
          const result = await measureCell(cell, stage, effort);
          results.push(result);
          onCell(result);
        }
      } finally {
        await stage.close();
      }
    }
  } finally {
    await vendors.close();
  }
  return results;
}

interface Loads {
  readonly ours: Load;
  readonly plain: Load;
}

function makeLoads(stage: Stage, concurrency: number, isFresh = false): Loads {
  const same = searchPath(people(PRACTITIONERS));
  const path = isFresh ? freshPaths() : same;
  const headers = { authorization: `Bearer ${stage.token}`, 'cache-control': 'no-store' };
  const plain: Target = { name: 'plain', origin: stage.plainUrl, path, headers: {} };
  return {
    ours: new Load({ name: 'passerelle', origin: stage.edgeUrl, path, headers }, concurrency),
    plain: new Load(plain, concurrency),
  };
}

/** Both programs run hot before the first cell: slow vendors would leave too few searches to compile by. */
async function compile(
  cells: readonly Cell[],
  stage: Stage,
  vendors: Vendors,
  effort: Effort,
): Promise<void> {
  const { ours, plain } = makeLoads(stage, COMPILE_CONCURRENCY, effort.isFresh);
  const bounds = { concurrency: COMPILE_CONCURRENCY, searches: 1_000, limitMs: effort.compileMs };
  await vendors.spread(cells[0]?.vendors ?? 0, true);
  for (const slotsPerPractitioner of new Set(cells.map(({ slots }) => slots))) {
    await vendors.set({ latencyMs: 0, slotsPerPractitioner });
    for (const load of [ours, plain]) await load.run(bounds);
  }
  await ours.close();
  await plain.close();
}

async function measureCell(cell: Cell, stage: Stage, effort: Effort): Promise<CellResult> {
  const { ours, plain } = makeLoads(stage, cell.concurrency, effort.isFresh);
  try {
    for (const load of [ours, plain]) await warmUp(load, cell, effort);
    const tallies = { ours: new Tally(stage), plain: new Tally(stage) };
    for (let round = 0; round < effort.rounds; round += 1) {
      await tallies.ours.add(() => runRound(ours, cell, effort));
      await tallies.plain.add(() => runRound(plain, cell, effort));
    }
    return conclude(cell, effort.isFresh === true, tallies.ours, tallies.plain);
  } finally {
    await ours.close();
    await plain.close();
  }
}

/** Until connections are open; and both must show every slot, or nothing is comparable. */
async function warmUp(load: Load, cell: Cell, effort: Effort): Promise<void> {
  const slots = (await load.count()).get('Slot') ?? 0;
  const expected = (cell.isKnownToAll ? cell.vendors : 1) * PRACTITIONERS * cell.slots;
  if (slots !== expected) throw new Error(`an answer shows ${slots} slots instead of ${expected}`);
  await load.run({ concurrency: cell.concurrency, searches: 10_000, limitMs: effort.warmUpMs });
}

function runRound(load: Load, cell: Cell, effort: Effort): Promise<Round> {
  const { concurrency } = cell;
  return load.run({ concurrency, searches: effort.searchesPerRound, limitMs: effort.roundLimitMs });
}

/** One side's rounds, and what every process used during them. */
class Tally {
  readonly #stage: Stage;
  readonly samplesMs: number[] = [];
  elapsedMs = 0;
  bytes = 0;
  failed = 0;
  readonly cpu = { edgeS: 0, relayS: 0, plainS: 0, vendorsS: 0 };

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async add(run: () => Promise<Round>): Promise<void> {
    const before: StageCpu = await this.#stage.cpu();
    const round = await run();
    const after: StageCpu = await this.#stage.cpu();
    for (const name of ['edgeS', 'relayS', 'plainS', 'vendorsS'] as const) {
      this.cpu[name] += after[name] - before[name];
    }
    this.samplesMs.push(...round.samplesMs);
    this.elapsedMs += round.elapsedMs;
    this.bytes += round.bytes;
    this.failed += round.failed;
  }

  /** @param usedS CPU of the programs of this side */
  side(usedS: number): Side {
    const count = this.samplesMs.length;
    return {
      ...summarise(this.samplesMs),
      perSecond: (count * 1_000) / this.elapsedMs,
      bytesPerSearch: this.bytes / count,
      failed: this.failed,
      cpuS: this.perThousand(usedS),
      vendorsCpuS: this.perThousand(this.cpu.vendorsS),
    };
  }

  perThousand(seconds: number): number {
    return (seconds * 1_000) / this.samplesMs.length;
  }
}

function conclude(cell: Cell, isFresh: boolean, ours: Tally, plain: Tally): CellResult {
  const { edgeS, relayS } = ours.cpu;
  const ourSide = {
    ...ours.side(edgeS + relayS),
    edgeCpuS: ours.perThousand(edgeS),
    relayCpuS: ours.perThousand(relayS),
  };
  const plainSide = plain.side(plain.cpu.plainS);
  return {
    ...cell,
    isFresh,
    ours: ourSide,
    plain: plainSide,
    p50Ratio: ourSide.p50Ms / plainSide.p50Ms,
    throughputRatio: ourSide.perSecond / plainSide.perSecond,
    cpuRatio: ourSide.cpuS / plainSide.cpuS,
  };
}

/** Each search's own practitioners; both sides of a cell go through the same ones. */
function freshPaths(): () => string {
  let asked = 0;
  return () => {
    asked += PRACTITIONERS;
    return searchPath(people(PRACTITIONERS, asked % PEOPLE_MAX));
  };
}

/** Identifiers of so many practitioners, whom every vendor knows. */
export function people(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, rank) => `8999${String(10_000_000 + (from + rank) * 137)}`);
}

/** From two hours ahead for sixty, so that no slot starts and no minute changes what vendors answer meanwhile. */
export function searchPath(subjects: readonly string[]): string {
  const hourMs = 3_600_000;
  const fromMs = Math.floor(Date.now() / hourMs) * hourMs + 2 * hourMs;
  // What SAS asks is what the guide has vendors asked: the plain program passes it on as it is.
  const question = { flow: 'INT_R01', subjects, fromMs, toMs: fromMs + 60 * hourMs } as const;
  return buildVendorRequest('/fhir', question);
}
