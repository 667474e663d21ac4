// Prints what the search bench found: one line per cell as it comes, then the tables and the verdict.

import { cpus, totalmem } from 'node:os';
import { budgetOf, type CellResult, PRACTITIONERS } from './search.ts';
import { alignColumns } from './statistics.ts';

const number = (value: number, digits: number): string => (Number.isNaN(value) ? '-' : value.toFixed(digits));
const ms = (value: number): string => number(value, value < 100 ? 1 : 0);

function nameOf({ vendors, slots, latencyMs, concurrency, isKnownToAll }: CellResult): string {
  const spread = isKnownToAll ? 'all know all' : 'each at one';
  return `${vendors} vendors, ${slots} slots, ${latencyMs} ms, x${concurrency}, ${spread}`;
}

export function describeMachine(versions: Readonly<Record<string, string>>): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? 'unknown';
  const memoryGb = Math.round(totalmem() / 1e9);
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${processors.length} × ${model}, ${memoryGb} GB, ${process.platform} ${process.arch}; ${programs.join(', ')}`;
}

export function cellLine(result: CellResult): string {
  const { ours, plain, p50Ratio } = result;
  return (
    `${nameOf(result).padEnd(50)} p50 ${ms(ours.p50Ms)} ms, plain ${ms(plain.p50Ms)} ms, ` +
    `ratio ${number(p50Ratio, 2)} (${ours.count} + ${plain.count} searches)`
  );
}

export function searchTables(results: readonly CellResult[]): string[] {
  const latency = results.map((result) => [
    nameOf(result),
    ...[result.ours, result.plain].flatMap((side) => [
      ms(side.p50Ms),
      ms(side.p95Ms),
      ms(side.p99Ms),
      number(side.perSecond, 1),
    ]),
    number(result.p50Ratio, 2),
    number(result.ours.p95Ms / result.plain.p95Ms, 2),
    number(result.throughputRatio, 2),
    String(Math.min(result.ours.count, result.plain.count)),
  ]);
  const cost = results.map((result) => {
    const { ours, plain, cpuRatio } = result;
    return [
      nameOf(result),
      number(ours.edgeCpuS, 1),
      number(ours.relayCpuS, 1),
      number(ours.cpuS, 1),
      number(plain.cpuS, 1),
      number(cpuRatio, 2),
      number(ours.vendorsCpuS, 1),
      number(plain.vendorsCpuS, 1),
      number(ours.bytesPerSearch / 1_000, 0),
      number(plain.bytesPerSearch / 1_000, 0),
    ];
  });
  const head = ['p50', 'p95', 'p99', '/s'];
  return [
    `Latency in ms, searches per second; p = plain program; ${PRACTITIONERS} practitioners; n = searches per side`,
    ...alignColumns([
      ['', ...head, ...head.map((name) => `p ${name}`), 'p50 ratio', 'p95 ratio', '/s ratio', 'n'],
      ...latency,
    ]),
    '',
    'CPU seconds per 1,000 searches; vendors while we ask, while plain asks; kB per answer',
    ...alignColumns([
      ['', 'edge', 'relay', 'ours', 'plain', 'ratio', 'vendors', 'p vendors', 'kB', 'p kB'],
      ...cost,
    ]),
  ];
}

/** What the budgets say; empty when they are kept. They are for vendors at 50 ms: at 0 ms the plain program waits for nothing. */
export function misses(results: readonly CellResult[]): string[] {
  return results.flatMap((result) => {
    const { ours, plain, latencyMs, concurrency, p50Ratio, throughputRatio, cpuRatio } = result;
    const failed = ours.failed + plain.failed;
    if (failed > 0) return [`${nameOf(result)}: ${failed} answers were not whole`];
    if (latencyMs !== 50) return [];
    const { p50RatioMax, throughputRatioMin, cpuRatioMax } = budgetOf(result);
    const budgets = [
      [p50Ratio > p50RatioMax, `p50 ${number(p50Ratio, 2)}, at most ${p50RatioMax}`],
      [
        concurrency === 16 && throughputRatio < throughputRatioMin,
        `per second ${number(throughputRatio, 2)}, at least ${throughputRatioMin}`,
      ],
      [cpuRatio > cpuRatioMax, `CPU ${number(cpuRatio, 2)}, at most ${cpuRatioMax}`],
    ] as const;
    return budgets
      .filter(([isMissed]) => isMissed)
      .map(([, text]) => `${nameOf(result)}: ${text} times the plain program's`);
  });
}
