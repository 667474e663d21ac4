// What the bench of appointments found: its numbers, the budgets it did not keep, its tables.

import { alignColumns, type Latency } from '../statistics.ts';
import type { BesideResult, Both } from './beside.ts';

export interface PutResult {
  readonly stored: number;
  readonly clients: number;
  readonly perSecond: number;
  readonly latency: Latency;
}

export interface StageResult {
  readonly stored: number;
  readonly alone: PutResult;
  readonly together: PutResult;
  readonly bare: PutResult;
}

export interface ExportResult {
  readonly format: string;
  readonly rows: number;
  readonly bytes: number;
  readonly rowsPerSecond: number;
  /** Of the runtime's process, MiB; NaN where it cannot be read. */
  readonly idleMib: number;
  /** Highest of the first half, by rows. */
  readonly halfMib: number;
  readonly peakMib: number;
}

export interface AppointmentReport {
  readonly results: {
    readonly stages: readonly StageResult[];
    readonly beside: BesideResult;
    readonly exports: readonly ExportResult[];
  };
  readonly misses: readonly string[];
}

/** Once half of the rows are out, memory has settled. */
const EXPORT_GROWTH_MIB = 64;
/** p99 beside a report, of p99 without. */
const BESIDE_RATIO = 1.2;
const ROWS_OF_STATEMENT = 30_000;

const ratioOf = ({ quiet, beside }: Both): number => beside.p99Ms / quiet.p99Ms;

export function missesOf(
  stages: readonly StageResult[],
  beside: BesideResult,
  exports: readonly ExportResult[],
): string[] {
  const misses: string[] = [];
  for (const name of ['puts', 'searches'] as const) {
    const ratio = ratioOf(beside[name]);
    if (beside[name].failed > 0)
      misses.push(`appointments: ${beside[name].failed} ${name} failed beside reports`);
    if (ratio > BESIDE_RATIO)
      misses.push(`appointments: p99 of ${name} beside reports is ${ratio.toFixed(2)} of quiet`);
  }
  if (beside.rowsOfStatement > ROWS_OF_STATEMENT) {
    misses.push(`appointments: a statement of a report reads ${beside.rowsOfStatement} rows`);
  }
  const [first] = stages;
  const last = stages.at(-1);
  if (first !== undefined && last !== undefined) {
    const ratio = last.together.perSecond / first.together.perSecond;
    if (ratio < 0.5)
      misses.push(`appointments: ${ratio.toFixed(2)} of the PUTs per second once ${last.stored} are stored`);
  }
  for (const { format, rows, halfMib, peakMib } of exports) {
    // A short export ends before memory has settled.
    if (rows > 500_000 && peakMib - halfMib > EXPORT_GROWTH_MIB) {
      misses.push(`appointments: an export as ${format} grows by ${Math.round(peakMib - halfMib)} MiB`);
    }
  }
  return misses;
}

export function stageLine({ stored, together }: StageResult): string {
  return `${stored} stored: ${together.perSecond.toFixed(0)} PUT/s, p99 ${together.latency.p99Ms.toFixed(1)} ms`;
}

export function besideLine({ puts, searches, foldedPerSecond }: BesideResult): string {
  return (
    `beside reports: p99 of PUTs ${ratioOf(puts).toFixed(2)}, of searches ${ratioOf(searches).toFixed(2)} of quiet; ` +
    `${foldedPerSecond.toFixed(0)} changes counted per second`
  );
}

export function exportLine({ format, rows, rowsPerSecond, idleMib, peakMib }: ExportResult): string {
  return (
    `export of ${rows} rows as ${format}: ${rowsPerSecond.toFixed(0)} rows/s, ` +
    `memory ${idleMib.toFixed(0)} → ${peakMib.toFixed(0)} MiB`
  );
}

export function appointmentTables({ results }: AppointmentReport): string[] {
  const row = (name: string, result: PutResult, bare: PutResult): string[] => [
    `${result.stored} stored, ${name}`,
    result.perSecond.toFixed(0),
    result.latency.p50Ms.toFixed(2),
    result.latency.p99Ms.toFixed(2),
    (bare.perSecond / result.perSecond).toFixed(1),
  ];
  return [
    'PUT /fhir/Appointment?identifier=, half new, half changed',
    ...alignColumns([
      ['load', 'per second', 'p50 ms', 'p99 ms', 'bare / this'],
      ...results.stages.flatMap(({ alone, together, bare }) => [
        row('1 client', alone, bare),
        row(`${together.clients} clients`, together, bare),
        row('bare SQLite', bare, bare),
      ]),
    ]),
    '',
    ...besideTable(results.beside),
    '',
    'GET /admin/export/appointments',
    ...alignColumns([
      ['format', 'rows', 'rows/s', 'MB/s', 'idle MiB', 'half MiB', 'peak MiB'],
      ...results.exports.map(({ format, rows, bytes, rowsPerSecond, idleMib, halfMib, peakMib }) => [
        format,
        String(rows),
        rowsPerSecond.toFixed(0),
        ((bytes / rows) * rowsPerSecond * 1e-6).toFixed(1),
        idleMib.toFixed(0),
        halfMib.toFixed(0),
        peakMib.toFixed(0),
      ]),
    ]),
  ];
}

function besideTable({ stored, puts, searches, reports, ...result }: BesideResult): string[] {
  const row = (name: string, { p50Ms, p95Ms, p99Ms, count }: Latency, ratio = ''): string[] => [
    name,
    String(count),
    p50Ms.toFixed(1),
    p95Ms.toFixed(1),
    p99Ms.toFixed(1),
    ratio,
  ];
  return [
    `${stored} stored; a report each second, a year of everybody and a month of every territory, beside a steady pace`,
    ...alignColumns([
      ['load', 'count', 'p50 ms', 'p95 ms', 'p99 ms', 'p99 / quiet'],
      row('PUT, quiet', puts.quiet),
      row('PUT, beside reports', puts.beside, ratioOf(puts).toFixed(2)),
      row('search, quiet', searches.quiet),
      row('search, beside reports', searches.beside, ratioOf(searches).toFixed(2)),
      row('report', reports),
    ]),
    `a year by territory reads ${result.rowsRead} rows, ${result.rowsOfStatement} in its largest statement; ` +
      `${result.foldedPerSecond.toFixed(0)} changes counted per second`,
  ];
}
