// What a soak prints, line by line, and its verdict: no search failed, counts back to the start, memory flat. Pure.

import { summarise } from '../statistics.ts';
import type { LoadCounts } from './load.ts';
import { above, type Counts, type RestMemory, type Sample } from './watch.ts';

/** What the second half may add per minute, in MB. Resident memory also holds garbage, and room kept for more. */
const GROWTH_MB_MAX: Omit<RestMemory, 'atS'> = {
  edgeHeapMb: 0.5,
  relayHeapMb: 0.5,
  edgeRssMb: 20,
  relayRssMb: 20,
};
/** A shorter run is over before memories of bounded size are full. */
export const JUDGED_MINUTES_MIN = 8;
/** Of the answers; a machine with other work on it stalls now and then. */
const LATE_SHARE_MAX = 0.01;

export function judgeLoad(counts: LoadCounts, failures: readonly string[]): readonly string[] {
  return [
    ...(counts.failed > 0 ? [`${counts.failed} searches failed: ${failures.join(' | ')}`] : []),
    ...(counts.late > LATE_SHARE_MAX * counts.answered ? [`${counts.late} answers came late`] : []),
    ...(counts.answered === 0 || counts.left === 0 || counts.partial === 0 ? ['nothing was soaked'] : []),
  ];
}

export function judgeCounts(start: Counts, end: Counts): readonly string[] {
  return above(start, end).map((name) => `${name} was ${start[name]} at the start, ${end[name]} at the end`);
}

/** `half` and `end`: at rest. */
export function judgeMemory(half: RestMemory, end: RestMemory): readonly string[] {
  const minutes = (end.atS - half.atS) / 60;
  return (Object.keys(GROWTH_MB_MAX) as (keyof typeof GROWTH_MB_MAX)[]).flatMap((name) => {
    const growth = (end[name] - half[name]) / minutes;
    return growth <= GROWTH_MB_MAX[name]
      ? []
      : [`${name} grew by ${growth.toFixed(2)} MB a minute, bound ${GROWTH_MB_MAX[name]}`];
  });
}

export function restLine({ atS, edgeHeapMb, relayHeapMb, edgeRssMb, relayRssMb }: RestMemory): string {
  return (
    `at rest after ${atS.toFixed(0)} s: heaps ${edgeHeapMb.toFixed(1)} MB edge, ${relayHeapMb.toFixed(1)} MB relay; ` +
    `resident ${edgeRssMb.toFixed(0)} and ${relayRssMb.toFixed(0)} MB`
  );
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
