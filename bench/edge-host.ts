// The same kept searches on both hosts of the edge, one's own machine's (host/) and Cloudflare's simulator (Miniflare), in one
// run, round by round in turns. What is counted is CPU of the edge: its runtime and, on one's own machine, its databases.
// Budget: at most 0.7 times the simulator's.

import type { EdgeHostName } from '../sandbox/platform/edge/edge-process.ts';
import { Load } from './load.ts';
import { people, searchPath } from './search.ts';
import { Stage, Vendors } from './stage.ts';
import { alignColumns, type Latency, summarise } from './statistics.ts';

export interface HostEffort {
  readonly rounds: number;
  readonly searchesPerRound: number;
  readonly warmUps: number;
}

interface HostSide extends Latency {
  /** Milliseconds per search; NaN where it cannot be read. */
  readonly edgeCpuMs: number;
  readonly perSecond: number;
  readonly failed: number;
}

export interface HostCell {
  readonly concurrency: number;
  readonly sides: Readonly<Record<EdgeHostName, HostSide>>;
  /** CPU of the edge on one's own machine to that of the simulator. */
  readonly cpuRatio: number;
}

export const FULL_HOST: HostEffort = { rounds: 8, searchesPerRound: 1_500, warmUps: 3_000 };
export const QUICK_HOST: HostEffort = { rounds: 3, searchesPerRound: 300, warmUps: 600 };
const HOSTS = ['miniflare', 'workerd'] as const;
const CONCURRENCIES = [1, 16];
const PRACTITIONERS = 5;
const CPU_RATIO_MAX = 0.7;
/** Longer than a run: no answer is asked for again. */
const KEEP_S = '3600';
const LIMIT_MS = 60_000;

/** `onCell` hears each as it is done. */
export async function benchEdgeHost(
  effort: HostEffort,
  onCell: (cell: HostCell) => void,
): Promise<HostCell[]> {
  const vendors = await Vendors.start(3);
  const stages: Stage[] = [];
  try {
    await vendors.set({ latencyMs: 0, slotsPerPractitioner: 2 });
    // One after the other: what each has started is told by what was not there before.
    for (const runsOn of HOSTS) {
      stages.push(await Stage.start({ vendors, count: 3, runsOn, settings: { CACHE_TTL_S: KEEP_S } }));
    }
    const cells: HostCell[] = [];
    for (const concurrency of CONCURRENCIES) {
      const cell = await measure(stages, concurrency, effort);
      onCell(cell);
      cells.push(cell);
    }
    return cells;
  } finally {
    for (const stage of stages) await stage.close();
    await vendors.close();
  }
}

async function measure(
  stages: readonly Stage[],
  concurrency: number,
  { rounds, searchesPerRound, warmUps }: HostEffort,
): Promise<HostCell> {
  const path = searchPath(people(PRACTITIONERS));
  const sides = stages.map((stage) => {
    const headers = { Authorization: `Bearer ${stage.token}` };
    const load = new Load({ name: 'ours', origin: stage.edgeUrl, path, headers }, concurrency);
    return { stage, load, samplesMs: [] as number[], cpuS: 0, elapsedMs: 0, failed: 0 };
  });
  try {
    for (const { load } of sides) await load.run({ concurrency, searches: warmUps, limitMs: LIMIT_MS });
    for (let round = 0; round < rounds; round += 1) {
      for (const side of sides) {
        const before = await side.stage.cpu();
        const done = await side.load.run({ concurrency, searches: searchesPerRound, limitMs: LIMIT_MS });
        side.cpuS += (await side.stage.cpu()).edgeS - before.edgeS;
        side.samplesMs.push(...done.samplesMs);
        side.elapsedMs += done.elapsedMs;
        side.failed += done.failed;
      }
    }
  } finally {
    for (const { load } of sides) await load.close();
  }
  const [miniflare, workerd] = sides.map(({ samplesMs, cpuS, elapsedMs, failed }) => ({
    ...summarise(samplesMs),
    edgeCpuMs: (cpuS * 1_000) / samplesMs.length,
    perSecond: (samplesMs.length * 1_000) / elapsedMs,
    failed,
  }));
  if (miniflare === undefined || workerd === undefined) throw new Error('two hosts are compared');
  return {
    concurrency,
    sides: { miniflare, workerd },
    cpuRatio: workerd.edgeCpuMs / miniflare.edgeCpuMs,
  };
}

export function hostTable(cells: readonly HostCell[]): string[] {
  const rows = cells.flatMap(({ concurrency, sides, cpuRatio }) =>
    HOSTS.map((name) => {
      const { edgeCpuMs, p50Ms, p99Ms, perSecond, count, failed } = sides[name];
      return [
        `${name}, x${concurrency}`,
        edgeCpuMs.toFixed(2),
        name === 'workerd' ? cpuRatio.toFixed(2) : '',
        p50Ms.toFixed(1),
        p99Ms.toFixed(1),
        perSecond.toFixed(0),
        String(count),
        String(failed),
      ];
    }),
  );
  const heading = ['host', 'edge CPU ms', 'ratio', 'p50 ms', 'p99 ms', '/s', 'searches', 'failed'];
  return alignColumns([heading, ...rows]);
}

/** A search that failed was no kept one. */
export function hostMisses(cells: readonly HostCell[]): string[] {
  return cells.flatMap(({ concurrency, cpuRatio, sides }) => [
    ...(cpuRatio > CPU_RATIO_MAX
      ? [`edge-host, x${concurrency}: CPU ratio ${cpuRatio.toFixed(2)}, at most ${CPU_RATIO_MAX}`]
      : []),
    ...HOSTS.filter((name) => sides[name].failed > 0).map(
      (name) => `edge-host, x${concurrency}: ${sides[name].failed} searches failed on ${name}`,
    ),
  ]);
}
