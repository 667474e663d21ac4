// What a soak prints, line by line, and its verdict: no search failed, counts back to the start, memory flat. Pure.

import type { LoadCounts } from './soak-load.ts';
import { above, type Counts, growthPerMinute, type Memory, type Sample } from './soak-watch.ts';
import { summarise } from './statistics.ts';

/** Growth of the second half, in MB per minute, that is still noise. */
const GROWTH_MB_MAX: Memory = { edgeRssMb: 3, relayRssMb: 3, relayHeapMb: 1.5 };

export function judgeLoad(counts: LoadCounts, failures: readonly string[]): readonly string[] {
  return [
    ...(counts.failed > 0 ? [`${counts.failed} searches failed: ${failures.join(' | ')}`] : []),
    ...(counts.late > 0 ? [`${counts.late} answers came late`] : []),
    ...(counts.answered === 0 || counts.left === 0 || counts.partial === 0 ? ['nothing was soaked'] : []),
  ];
}

export function judgeCounts(start: Counts, end: Counts): readonly string[] {
  return above(start, end).map((name) => `${name} was ${start[name]} at the start, ${end[name]} at the end`);
}

export function judgeMemory(samples: readonly Sample[]): {
  readonly lines: readonly string[];
  readonly problems: readonly string[];
} {
  const growths = (Object.keys(GROWTH_MB_MAX) as (keyof Memory)[]).map((name) => ({
    name,
    bound: GROWTH_MB_MAX[name],
    growth: growthPerMinute(samples.map(({ atS, memory }) => ({ atS, value: memory[name] }))),
  }));
  return {
    lines: growths.map(
      ({ name, growth, bound }) => `${name}: ${growth.toFixed(2)} MB/min in the second half (bound ${bound})`,
    ),
    problems: growths
      .filter(({ growth, bound }) => !(growth <= bound))
      .map(({ name, growth }) => `${name} grows by ${growth.toFixed(2)} MB/min`),
  };
}

const COLUMNS: readonly (readonly [string, number])[] = [
  ['s', 5],
  ['asked', 7],
  ['answered', 9],
  ['left', 6],
  ['partial', 8],
  ['failed', 7],
  ['p50 ms', 7],
  ['p95 ms', 7],
  ['edge MB', 8],
  ['relay MB', 9],
  ['heap MB', 8],
  ['edge fd', 8],
  ['relay fd', 9],
  ['searches', 9],
  ['calls', 6],
  ['waiting', 8],
  ['timers', 7],
];

export function headingLine(): string {
  return COLUMNS.map(([name, width]) => name.padStart(width)).join('');
}

export function sampleLine(
  { atS, memory, counts }: Sample,
  load: LoadCounts,
  samplesMs: readonly number[],
): string {
  const { p50Ms, p95Ms } = summarise(samplesMs);
  const cells = [
    atS,
    load.asked,
    load.answered,
    load.left,
    load.partial,
    load.failed,
    p50Ms,
    p95Ms,
    memory.edgeRssMb,
    memory.relayRssMb,
    memory.relayHeapMb,
    counts.edgeSockets,
    counts.relaySockets,
    Math.max(counts.hubSearches, counts.relaySearches),
    Math.max(counts.pendingCalls, counts.vendorRequests),
    counts.vendorQueue,
    counts.relayTimers,
  ];
  return cells
    .map((cell, i) => (Number.isNaN(cell) ? '-' : cell.toFixed(0)).padStart(COLUMNS[i]?.[1] ?? 0))
    .join('');
}

export function totalsLine(totals: ReadonlyMap<string, number>): string {
  return [...totals]
    .sort(([, a], [, b]) => b - a)
    .map(([outcome, count]) => `${outcome} ${count}`)
    .join(', ');
}
