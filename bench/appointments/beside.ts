// Measures what a report costs those beside it: vendors send appointments and callers search slots at a steady pace, in rounds without and
// with an operator who asks for a report each second: in turns a year of everybody and a month of every territory. Searches go
// the real way through the hub to a relay that answers at once that nobody has anything; nothing is kept. The same with
// the fold, which counts a backfill of the whole store first.

import { randomUUID } from 'node:crypto';
import { Pool } from 'undici';
import { signToken } from '../../sandbox/platform/local/state.ts';
import { readActivity } from '../../worker/appointments/tables/activity.ts';
import { paced } from '../paced.ts';
import { type Latency, summarise } from '../statistics.ts';
import { type AppointmentEdge, SYSTEM_A, type TestRelay } from './appointment-edge.ts';
import { joinMuteRelay } from './mute-relay.ts';
import { individual } from './samples.ts';
import { fillTerritories, REPORT_YEAR } from './store.ts';

const PUTS_PER_SECOND = 25;
const SEARCHES_PER_SECOND = 25;
const REPORT_EVERY_MS = 1_000;
const ROUNDS = 4;

export interface Both {
  readonly quiet: Latency;
  readonly beside: Latency;
  /** Refused, or broken off. */
  readonly failed: number;
}

export interface BesideResult {
  readonly stored: number;
  /** Changes that the fold counts in a second, without anybody beside it. */
  readonly foldedPerSecond: number;
  readonly puts: Both;
  readonly searches: Both;
  readonly reports: Latency;
  /** Rows that a year of every territory reads, in all and in its largest statement. */
  readonly rowsRead: number;
  readonly rowsOfStatement: number;
}

/** `relay`: one whose key the edge trusts, and that serves nobody yet. */
export async function benchBeside(
  edge: AppointmentEdge,
  relay: TestRelay,
  stored: number,
  isQuick: boolean,
): Promise<BesideResult> {
  const link = await joinMuteRelay(edge.url, relay, 'agenda-s');
  const pool = new Pool(edge.url, { connections: 64, keepAliveTimeout: 500, keepAliveMaxTimeout: 500 });
  try {
    await fillTerritories(edge);
    const foldedPerSecond = await foldAll(edge, stored);
    const token = await signToken(edge.state, 'admin system/Slot.s');
    const load = new Load(pool, edge, token);
    const seconds = isQuick ? 3 : 20;
    await load.run(Math.min(seconds, 5), false);
    load.clear();
    for (let round = 0; round < ROUNDS; round += 1) {
      await load.run(seconds, false);
      await load.run(seconds, true);
    }
    return { stored, foldedPerSecond, ...load.result(), ...(await countRows(edge)) };
  } finally {
    link.terminate();
    await pool.close();
  }
}

/** The schedule's own runs, until nothing is left to be counted. */
async function foldAll(edge: AppointmentEdge, stored: number): Promise<number> {
  const db = await edge.edge?.database('APPOINTMENTS');
  const startedMs = performance.now();
  for (;;) {
    await edge.edge?.runSchedule(new Date(), 'by day');
    const row = await db
      ?.prepare(
        `SELECT EXISTS (SELECT 1 FROM appointments AS a WHERE a.updated_ms > m.up_to_ms) AS waits
         FROM activity_mark AS m WHERE m.id = 1`,
      )
      .first<{ waits: number }>();
    if (row?.waits !== 1) return (stored / (performance.now() - startedMs)) * 1_000;
  }
}

async function countRows(edge: AppointmentEdge): Promise<{ rowsRead: number; rowsOfStatement: number }> {
  const db = await edge.edge?.database('APPOINTMENTS');
  const rows: number[] = [];
  const counting = {
    prepare: (sql: string) => ({
      bind: (...values: unknown[]) => ({
        all: async () => {
          const result = await db
            ?.prepare(sql)
            .bind(...values)
            .all();
          rows.push(result?.meta.rows_read ?? 0);
          return result;
        },
      }),
    }),
  };
  const question = {
    first: `${REPORT_YEAR}-01-01`,
    last: `${REPORT_YEAR}-12-31`,
    vendors: [],
    isByTerritory: true,
  };
  const pages = readActivity(counting as unknown as Parameters<typeof readActivity>[0], question);
  for await (const _page of pages);
  return { rowsRead: rows.reduce((sum, row) => sum + row, 0), rowsOfStatement: Math.max(...rows) };
}

class Load {
  readonly #pool: Pool;
  readonly #edge: AppointmentEdge;
  readonly #token: string;
  readonly #puts = { quiet: [] as number[], beside: [] as number[], failed: 0 };
  readonly #searches = { quiet: [] as number[], beside: [] as number[], failed: 0 };
  #reports: number[] = [];

  constructor(pool: Pool, edge: AppointmentEdge, token: string) {
    this.#pool = pool;
    this.#edge = edge;
    this.#token = token;
  }

  clear(): void {
    for (const samples of [this.#puts, this.#searches]) {
      samples.quiet.length = 0;
      samples.beside.length = 0;
      samples.failed = 0;
    }
    this.#reports = [];
  }

  result(): Pick<BesideResult, 'puts' | 'searches' | 'reports'> {
    const both = ({
      quiet,
      beside,
      failed,
    }: {
      quiet: number[];
      beside: number[];
      failed: number;
    }): Both => ({
      quiet: summarise(quiet),
      beside: summarise(beside),
      failed,
    });
    return { puts: both(this.#puts), searches: both(this.#searches), reports: summarise(this.#reports) };
  }

  async run(seconds: number, hasReports: boolean): Promise<void> {
    const kind = hasReports ? 'beside' : 'quiet';
    const endMs = performance.now() + seconds * 1_000;
    const isOver = (): boolean => performance.now() >= endMs;
    const note = async (
      samples: { quiet: number[]; beside: number[]; failed: number },
      asked: Promise<number>,
    ) => {
      try {
        samples[kind].push(await asked);
      } catch {
        samples.failed += 1;
      }
    };
    await Promise.all([
      paced(PUTS_PER_SECOND, isOver, () => note(this.#puts, this.#put())),
      paced(SEARCHES_PER_SECOND, isOver, () => note(this.#searches, this.#search())),
      hasReports ? this.#report(endMs) : undefined,
    ]);
  }

  async #put(): Promise<number> {
    const value = randomUUID();
    const start = new Date(Date.UTC(2026, 11, 2) + Math.floor(Math.random() * 86_400_000)).toISOString();
    const path = `/fhir/Appointment?identifier=${encodeURIComponent(SYSTEM_A)}%7C${value}`;
    const body = JSON.stringify(individual({ value, start }));
    const token = await this.#edge.vendorToken('agenda-a', { method: 'PUT', path, body });
    return this.#ask('PUT', path, { token, body });
  }

  #search(): Promise<number> {
    const first = Math.floor(Math.random() * 19_900);
    const asked = Array.from(
      { length: 25 },
      (_, i) => `urn:oid:1.2.250.1.71.4.2.1%7C8999${String(first + i).padStart(8, '0')}`,
    );
    const instant = (ms: number): string => new Date(ms).toISOString().replace('Z', '%2B00:00');
    const fromMs = Date.now();
    const path =
      '/fhir/Slot?_include=Slot:schedule&_include:iterate=Schedule:actor' +
      `&start=ge${instant(fromMs)}&start=le${instant(fromMs + 2 * 86_400_000)}&status=free` +
      `&schedule.actor:Practitioner.identifier=${asked.join(',')}`;
    return this.#ask('GET', path, { token: this.#token });
  }

  async #report(endMs: number): Promise<void> {
    for (let count = 0; performance.now() < endMs; count += 1) {
      const question = count % 2 === 0 ? `to=${REPORT_YEAR}-12-31` : `to=${REPORT_YEAR}-01-31&by=territory`;
      const path = `/admin/activity?from=${REPORT_YEAR}-01-01&${question}`;
      const tookMs = await this.#ask('GET', path, { token: this.#token });
      this.#reports.push(tookMs);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, REPORT_EVERY_MS - tookMs)));
    }
  }

  async #ask(
    method: 'GET' | 'PUT',
    path: string,
    { token, body }: { readonly token: string; readonly body?: string },
  ): Promise<number> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json' };
    const startedMs = performance.now();
    const answer = await this.#pool.request({ method, path, headers, ...(body !== undefined && { body }) });
    await answer.body.dump({ limit: Number.MAX_SAFE_INTEGER });
    if (answer.statusCode > 201) throw new Error(`${method} was answered ${answer.statusCode}`);
    return performance.now() - startedMs;
  }
}
