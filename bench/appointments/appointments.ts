// node bench/appointments/appointments.ts [--quick]: what recording appointments costs as they pile up, and what an export of
// all of them takes. Conditional PUTs at the real edge (one client, then sixteen at once; half create, half
// change) with 1 thousand, 100 thousand and 1 million appointments stored, beside a bare SQLite insert-or-update
// loop of the same durability in the same run, in turns; the median round of three counts. Budgets: at a million, PUTs per second at least half of those at a
// thousand; the second half of an export takes at most 64 MiB of memory more than the first; beside reports (beside.ts),
// PUTs and searches keep their p99 within 1.2 times of without.

import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Pool } from 'undici';
import { signToken } from '../../sandbox/platform/local/state.ts';
import { summarise } from '../statistics.ts';
import { AppointmentEdge, makeRelay, SYSTEM_A } from './appointment-edge.ts';
import { benchBeside } from './beside.ts';
import {
  type AppointmentReport,
  appointmentTables,
  besideLine,
  type ExportResult,
  exportLine,
  missesOf,
  type PutResult,
  type StageResult,
  stageLine,
} from './report.ts';
import { individual } from './samples.ts';
import { BareStore, fillEdge, storedValue } from './store.ts';

const CLIENTS = 16;
const ROUNDS = 3;

export async function benchAppointments(isQuick: boolean): Promise<AppointmentReport> {
  const sizes = isQuick ? [1_000, 20_000] : [1_000, 100_000, 1_000_000];
  // A vendor may use 10,000 tokens in two and a half minutes.
  const puts = isQuick ? 200 : 600;
  const mute = await makeRelay('relay-s');
  // Nothing is kept of answers: each search goes its whole way.
  const edge = await AppointmentEdge.start({ CACHE_TTL_S: '0' }, false, [mute.jwk]);
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
      console.log(stageLine(stages.at(-1) as StageResult));
    }
    const beside = await benchBeside(edge, mute, stored, isQuick);
    console.log(besideLine(beside));
    const exports: ExportResult[] = [];
    for (const format of ['ndjson', 'csv']) {
      // A fresh runtime: what the stages left in memory is not the export's.
      await edge.stopEdge();
      await edge.startEdge();
      exports.push(await runExport(edge, format, stored));
      console.log(exportLine(exports.at(-1) as ExportResult));
    }
    return { results: { stages, beside, exports }, misses: missesOf(stages, beside, exports) };
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
    const rounds: StageResult[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      rounds.push({
        stored,
        alone: await measure(stored, 1, Math.round(puts / 2), put),
        together: await measure(stored, CLIENTS, puts, put),
        bare: await measure(stored, 1, puts, async () => putBare(bare, stored)),
      });
    }
    const median = (pick: (round: StageResult) => PutResult): PutResult =>
      rounds.map(pick).sort((a, b) => a.perSecond - b.perSecond)[ROUNDS >> 1] as PutResult;
    return {
      stored,
      alone: median(({ alone }) => alone),
      together: median(({ together }) => together),
      bare: median(({ bare: result }) => result),
    };
  } finally {
    await pool.close();
  }
}

function putBare(bare: BareStore, stored: number): number {
  const startedMs = performance.now();
  bare.put(valueAmong(stored));
  return performance.now() - startedMs;
}

/** Half of them are new, half change one of those stored. */
function valueAmong(stored: number): string {
  return Math.random() < 0.5 ? randomUUID() : storedValue(Math.floor(Math.random() * stored));
}

/** Each says another time of day, so that it is never a repetition. */
async function putOnce(pool: Pool, edge: AppointmentEdge, value: string): Promise<number> {
  const start = new Date(Date.UTC(2026, 11, 2) + Math.floor(Math.random() * 86_400_000)).toISOString();
  const body = JSON.stringify(individual({ value, start }));
  const path = `/fhir/Appointment?identifier=${encodeURIComponent(SYSTEM_A)}%7C${value}`;
  const headers = {
    authorization: `Bearer ${await edge.vendorToken('agenda-a', { method: 'PUT', path, body })}`,
    'content-type': 'application/fhir+json',
  };
  const startedMs = performance.now();
  const answer = await pool.request({ method: 'PUT', path, body, headers });
  const text = await answer.body.text();
  if (answer.statusCode > 201) throw new Error(`a PUT was answered ${answer.statusCode}: ${text}`);
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

async function runExport(edge: AppointmentEdge, format: string, stored: number): Promise<ExportResult> {
  const token = await signToken(edge.state, 'admin');
  const headers = { Authorization: `Bearer ${token}` };
  await fetch(`${edge.url}/readyz`);
  let bytes = 0;
  let rows = format === 'csv' ? -1 : 0;
  const idleMib = residentMib();
  let halfMib = idleMib;
  let peakMib = idleMib;
  const sampler = setInterval(() => {
    peakMib = Math.max(peakMib, residentMib());
    if (rows < stored / 2) halfMib = peakMib;
  }, 50);
  const startedMs = performance.now();
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
  return { format, rows, bytes, rowsPerSecond, idleMib, halfMib, peakMib };
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

if (import.meta.main) {
  const report = await benchAppointments(process.argv.includes('--quick'));
  console.log(['', ...appointmentTables(report), '', ...report.misses].join('\n'));
}
