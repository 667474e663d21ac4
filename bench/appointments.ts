// node bench/appointments.ts [--quick]: what recording appointments costs as they pile up, and what an export of
// all of them takes. Conditional PUTs at the real edge (one client, then sixteen at once; half create, half
// change) with 1 thousand, 100 thousand and 1 million appointments stored, beside a bare SQLite insert-or-update
// loop of the same durability in the same run. Budgets: at a million, PUTs per second at least half of those at a
// thousand; an export's peak memory within 128 MiB of the idle edge's.

import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Pool } from 'undici';
import { signToken } from '../sandbox/platform/local-state.ts';
import { AppointmentEdge, SYSTEM_A } from '../test/support/appointment-edge.ts';
import { individual } from '../test/support/appointment-samples.ts';
import { BareStore, fillEdge, storedValue } from './appointment-store.ts';
import { alignColumns, type Latency, summarise } from './statistics.ts';

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
  readonly peakMib: number;
}

export interface AppointmentReport {
  readonly results: { readonly stages: readonly StageResult[]; readonly exports: readonly ExportResult[] };
  readonly misses: readonly string[];
}

const CLIENTS = 16;
const EXPORT_MEMORY_MIB = 128;

export async function benchAppointments(
  isQuick: boolean,
  say: (line: string) => void = console.log,
): Promise<AppointmentReport> {
  const sizes = isQuick ? [1_000, 20_000] : [1_000, 100_000, 1_000_000];
  const puts = isQuick ? 300 : 2_000;
  const edge = await AppointmentEdge.start();
  const bare = new BareStore(join(edge.dir, 'bare.sqlite'));
  try {
    const stages: StageResult[] = [];
    let stored = 0;
    for (const size of sizes) {
      await edge.stopEdge();
      fillEdge(edge.state.dir, stored, size);
      bare.fill(stored, size);
      stored = size;
      await edge.startEdge();
      stages.push(await runStage(edge, bare, size, puts));
      say(stageLine(stages.at(-1) as StageResult));
    }
    const exports: ExportResult[] = [];
    for (const format of ['ndjson', 'csv']) {
      // A fresh runtime: what the stages left in memory is not the export's.
      await edge.stopEdge();
      await edge.startEdge();
      exports.push(await runExport(edge, format));
      say(exportLine(exports.at(-1) as ExportResult));
    }
    return { results: { stages, exports }, misses: missesOf(stages, exports) };
  } finally {
    bare.close();
    await edge.stop();
  }
}

async function runStage(
  edge: AppointmentEdge,
  bare: BareStore,
  stored: number,
  puts: number,
): Promise<StageResult> {
  const pool = new Pool(edge.url, { connections: CLIENTS });
  const put = (): Promise<number> => putOnce(pool, edge, valueAmong(stored));
  try {
    for (let i = 0; i < puts / 5; i += 1) await put();
    const alone = await measure(stored, 1, Math.round(puts / 2), put);
    const together = await measure(stored, CLIENTS, puts, put);
    const bareResult = await measure(stored, 1, puts, async () => {
      const startedMs = performance.now();
      bare.put(valueAmong(stored));
      return performance.now() - startedMs;
    });
    return { stored, alone, together, bare: bareResult };
  } finally {
    await pool.close();
  }
}

/** Half of them are new, half change one of those stored. */
function valueAmong(stored: number): string {
  return Math.random() < 0.5 ? randomUUID() : storedValue(Math.floor(Math.random() * stored));
}

/** Each says another time of day, so that it is never a repetition. */
async function putOnce(pool: Pool, edge: AppointmentEdge, value: string): Promise<number> {
  const start = new Date(Date.UTC(2026, 11, 2) + Math.floor(Math.random() * 86_400_000)).toISOString();
  const body = JSON.stringify(individual({ value, start }));
  const headers = {
    authorization: `Bearer ${await edge.vendorToken('agenda-a')}`,
    'content-type': 'application/fhir+json',
  };
  const path = `/fhir/Appointment?identifier=${encodeURIComponent(SYSTEM_A)}%7C${value}`;
  const startedMs = performance.now();
  const answer = await pool.request({ method: 'PUT', path, body, headers });
  await answer.body.dump();
  if (answer.statusCode > 201) throw new Error(`a PUT was answered ${answer.statusCode}`);
  return performance.now() - startedMs;
}

async function measure(
  stored: number,
  clients: number,
  count: number,
  run: () => Promise<number>,
): Promise<PutResult> {
  const samples: number[] = [];
  let left = count;
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (left > 0) {
        left -= 1;
        samples.push(await run());
      }
    }),
  );
  const perSecond = (samples.length / (performance.now() - startedMs)) * 1_000;
  return { stored, clients, perSecond, latency: summarise(samples) };
}

async function runExport(edge: AppointmentEdge, format: string): Promise<ExportResult> {
  const token = await signToken(edge.state, 'admin');
  const headers = { Authorization: `Bearer ${token}` };
  await fetch(`${edge.url}/readyz`);
  const idleMib = residentMib();
  let peakMib = idleMib;
  const sampler = setInterval(() => {
    peakMib = Math.max(peakMib, residentMib());
  }, 50);
  const startedMs = performance.now();
  let bytes = 0;
  let rows = format === 'csv' ? -1 : 0;
  try {
    const answer = await fetch(`${edge.url}/admin/export/appointments?format=${format}`, { headers });
    for await (const chunk of answer.body ?? []) {
      bytes += chunk.byteLength;
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) rows += 1;
    }
  } finally {
    clearInterval(sampler);
  }
  const rowsPerSecond = (rows / (performance.now() - startedMs)) * 1_000;
  return { format, rows, bytes, rowsPerSecond, idleMib, peakMib };
}

/** Resident memory of the workerd that this process started. */
function residentMib(): number {
  try {
    for (const pid of readdirSync('/proc')) {
      if (!/^\d+$/.test(pid)) continue;
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      if (!status.startsWith('Name:\tworkerd') || !status.includes(`\nPPid:\t${process.pid}\n`)) continue;
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024;
    }
  } catch {
    // Not Linux, or the process has just ended.
  }
  return Number.NaN;
}

function missesOf(stages: readonly StageResult[], exports: readonly ExportResult[]): string[] {
  const misses: string[] = [];
  const [first] = stages;
  const last = stages.at(-1);
  if (first !== undefined && last !== undefined) {
    const ratio = last.together.perSecond / first.together.perSecond;
    if (ratio < 0.5)
      misses.push(`appointments: ${ratio.toFixed(2)} of the PUTs per second once ${last.stored} are stored`);
  }
  for (const { format, idleMib, peakMib } of exports) {
    if (peakMib - idleMib > EXPORT_MEMORY_MIB) {
      misses.push(`appointments: an export as ${format} takes ${Math.round(peakMib - idleMib)} MiB`);
    }
  }
  return misses;
}

function stageLine({ stored, together }: StageResult): string {
  return `${stored} stored: ${together.perSecond.toFixed(0)} PUT/s, p99 ${together.latency.p99Ms.toFixed(1)} ms`;
}

function exportLine({ format, rows, rowsPerSecond, idleMib, peakMib }: ExportResult): string {
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
    'GET /admin/export/appointments',
    ...alignColumns([
      ['format', 'rows', 'rows/s', 'MB/s', 'idle MiB', 'peak MiB'],
      ...results.exports.map(({ format, rows, bytes, rowsPerSecond, idleMib, peakMib }) => [
        format,
        String(rows),
        rowsPerSecond.toFixed(0),
        ((bytes / rows) * rowsPerSecond * 1e-6).toFixed(1),
        idleMib.toFixed(0),
        peakMib.toFixed(0),
      ]),
    ]),
  ];
}

if (import.meta.main) {
  const report = await benchAppointments(process.argv.includes('--quick'));
  console.log(['', ...appointmentTables(report), '', ...report.misses].join('\n'));
}
