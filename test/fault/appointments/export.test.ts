// Claim: every version of every appointment is exported once, in the order of arrival, whatever interrupts a run; what is not
// exported is not forgotten, and operators hear of it. Phases: runs that fail before, after and in the midst of writing, two
// at once, more changes between them; then a whole edge whose folder cannot be written, and can again. End state: what was
// exported is what arrived, and what is past its time is gone.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Miniflare } from 'miniflare';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AppointmentEdge } from '../../../bench/appointments/appointment-edge.ts';
import { individual } from '../../../bench/appointments/samples.ts';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { exportChanges } from '../../../worker/appointments/export/changes.ts';
import type { Env } from '../../../worker/base/env.ts';
import { FlakyDatabase } from '../../support/doubles/flaky-database.ts';
import { startAppointmentEdge } from '../../support/scenes/built/edge.ts';
import { type Database, openDatabase } from '../../support/scenes/database.ts';

const AMPLE = { queries: 1_000, untilMs: Number.POSITIVE_INFINITY };

interface Line {
  readonly id: string;
  readonly meta: { readonly versionId: string; readonly tag: readonly { readonly code: string }[] };
}

const linesOf = (text: string): Line[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
const nameOf = ({ id, meta }: Line): string => `${id} ${meta.versionId}`;

describe('an export that is interrupted', () => {
  let database: Database;
  let flaky: FlakyDatabase;
  let stored = 0;
  const bucket = new Map<string, string>();
  /** Before or after the object is kept; undefined: it goes well. */
  let interruption: () => 'before' | 'after' | undefined = () => undefined;

  beforeAll(() => {
    for (const level of ['info', 'warn', 'error'] as const)
      vi.spyOn(console, level).mockReturnValue(undefined);
  });
  beforeEach(async () => {
    database = await openDatabase('appointments');
    flaky = new FlakyDatabase(database);
    bucket.clear();
    stored = 0;
    interruption = () => undefined;
  });
  afterEach(() => database?.close());

  const env = (): Env =>
    ({
      APPOINTMENTS: flaky.db,
      EXPORT: {
        put: async (key: string, text: string) => {
          const when = interruption();
          if (when === 'before') throw new Error('put: We encountered an internal error.');
          bucket.set(key, text);
          if (when === 'after') throw new Error('put: We encountered an internal error.');
        },
      },
    }) as unknown as Env;

  /** So many appointments more, of two versions each. */
  async function arrive(count: number, content = '{"status":"booked"}'): Promise<void> {
    const numbers = `WITH RECURSIVE n(i) AS (SELECT ${stored + 1} UNION ALL SELECT i + 1 FROM n WHERE i < ${stored + count})`;
    stored += count;
    await database.ask([
      {
        sql: `INSERT INTO appointments (id, editor, system, value, current, updated_ms, profile, status, holds, start_ms, end_ms)
          ${numbers} SELECT 'agenda-a-' || i, 'agenda-a', 'urn:x', 'v' || i, 2, 1700000000000 + 2 * i + 1, 'individual', 'booked',
            1, 0, 0 FROM n`,
        values: [],
      },
      {
        sql: `INSERT INTO appointment_versions (appointment, version, epoch, hash, rank, updated_ms, method, relay,
            request_id, held, repairs, profile, status, holds, start_ms, end_ms, content)
          ${numbers} SELECT 'agenda-a-' || i, v.value, 0, 'h', 2, 1700000000000 + 2 * i + v.value - 1, 'PUT', 'relay-a', 'r',
            1, '[]', 'individual', 'booked', 1, 0, 0, ?1 FROM n, json_each('[1,2]') AS v ORDER BY i, v.value`,
        values: [content],
      },
    ]);
  }

  const exported = (): string[] =>
    [...bucket]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, text]) => linesOf(text))
      .map(nameOf);
  const arrived = (): string[] =>
    Array.from({ length: stored }, (_, i) => [`agenda-a-${i + 1} 1`, `agenda-a-${i + 1} 2`]).flat();

  it.each([3, 8, 21])('has lost nothing and written nothing twice in the end (seed %i)', async (seed) => {
    let state = seed;
    const below = (count: number): number => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((state / 2 ** 31) * count);
    };
    let failures = 0;
    await arrive(1_000 + below(500));
    for (let run = 0; run < 12; run += 1) {
      interruption = () => (['before', 'after', undefined, undefined] as const)[below(4)];
      flaky.fail({
        sql: [/SET until_seq/, /ORDER BY v\.seq/, /SET done_seq/, /never/][below(4)] ?? /never/,
        when: below(2) === 0 ? 'before' : 'after',
        times: below(3),
        message: 'D1_ERROR: D1 DB is overloaded. Too many requests queued.',
      });
      const runs = Array.from({ length: 1 + below(2) }, () =>
        exportChanges(env(), run, { ...AMPLE, queries: 4 * (1 + below(3)) }),
      );
      for (const { status } of await Promise.allSettled(runs)) if (status === 'rejected') failures += 1;
      if (below(2) === 0) await arrive(1 + below(900));
    }
    interruption = () => undefined;
    flaky.fail({ sql: /never/, when: 'before', times: 0, message: '' });
    expect((await exportChanges(env(), 99, AMPLE)).isBehind).toBe(false);
    expect(exported()).toEqual(arrived());
    expect(failures).toBeGreaterThan(2);
    expect(bucket.size).toBeGreaterThan(3);
  });

  it('goes on when what it had begun was forgotten while it had no target', async () => {
    await arrive(2);
    interruption = () => 'before';
    await expect(exportChanges(env(), 1, AMPLE)).rejects.toThrow();
    interruption = () => undefined;
    await database.ask([{ sql: 'DELETE FROM appointment_versions', values: [] }]);
    await arrive(1);
    expect((await exportChanges(env(), 2, AMPLE)).isBehind).toBe(false);
    expect(exported()).toEqual(arrived().slice(4));
  });

  it('holds no more than some MB at once, and a version longer than that alone', async () => {
    await arrive(50, JSON.stringify({ note: 'é'.repeat(60_000) }));
    await arrive(1, JSON.stringify({ note: 'é'.repeat(700_000) }));
    await exportChanges(env(), 1, AMPLE);
    expect(exported()).toEqual(arrived());
    const lengths = [...bucket.values()].map((text) => text.length);
    expect(lengths.length).toBeGreaterThan(1);
    expect(Math.max(...lengths)).toBeLessThan(4_200_000);
  });

  it('is kept by R2 as it is', async () => {
    const platform = new Miniflare({
      modules: true,
      script: 'export default { fetch: () => new Response() }',
      r2Buckets: ['EXPORT'],
      cf: false,
    });
    try {
      const real = await platform.getR2Bucket('EXPORT');
      await arrive(2);
      await exportChanges({ APPOINTMENTS: flaky.db, EXPORT: real } as unknown as Env, 1, AMPLE);
      const { objects } = await real.list();
      expect(objects.map(({ key }) => key)).toEqual([
        'appointments/2023-11-14/000000000001-000000000004.ndjson',
      ]);
      const object = await real.get(objects[0]?.key ?? '');
      expect(object?.httpMetadata?.contentType).toBe('application/fhir+ndjson; charset=utf-8');
      expect(linesOf((await object?.text()) ?? '').map(nameOf)).toEqual(arrived());
    } finally {
      await platform.dispose();
    }
  });
});

describe('an edge that exports to a folder', () => {
  let edge: AppointmentEdge;
  let admin: string;
  const RETENTION_MS = 730 * 24 * 3_600_000;
  const END_MS = Date.parse('2026-03-01T09:20:00Z');
  const night = new Date(END_MS + RETENTION_MS + 1);

  beforeAll(async () => {
    edge = await startAppointmentEdge({}, true);
    admin = await signToken(edge.state, 'admin');
  });
  afterAll(() => edge?.stop());

  const folder = (): string => edge.exportDir ?? '';
  const exported = async (): Promise<Line[]> => {
    const files = (await readdir(folder(), { recursive: true })).filter((file) => file.endsWith('.ndjson'));
    const texts = await Promise.all(files.sort().map((file) => readFile(join(folder(), file), 'utf8')));
    return texts.flatMap(linesOf);
  };
  const standing = async () => (await edge.get('/admin/storage', admin)).json.export;
  const put = async (value: string, status: 'booked' | 'fulfilled' = 'booked'): Promise<string> => {
    const answer = await edge.put(individual({ value, start: '2026-03-01T09:00:00Z', status }));
    expect(answer.status, answer.text).toBeLessThan(300);
    return new URL(answer.headers.get('Location') ?? '').pathname;
  };

  it('forgets nothing while it cannot write, says so, and forgets once it has', async () => {
    // A file where the folder should be.
    await writeFile(folder(), '');
    const path = await put('old');
    await put('old', 'fulfilled');
    expect(await edge.edge?.runSchedule(night)).toBe(false);
    expect((await edge.get(path)).status).toBe(200);
    const log = edge.log.join('\n');
    expect(log).toMatch(/"level":"error".*"changes-not-exported"/);
    expect(log).toMatch(/"level":"error".*"count":1.*"appointments-held-back"/);
    expect(await standing()).toEqual({
      state: 'failing',
      target: 'folder',
      waiting: 2,
      failure: { since: night.toISOString(), why: expect.any(String) },
    });
    await rm(folder());
    await mkdir(folder());
    expect(await edge.edge?.runSchedule(night)).toBe(true);
    expect((await edge.get(path)).reason).toBe('not-found');
    const id = path.split('/').at(-1);
    expect((await exported()).map(nameOf)).toEqual([`${id} 1`, `${id} 2`]);
    expect((await exported()).map(({ meta }) => meta.tag.map(({ code }) => code))).toEqual([['2'], ['2']]);
    expect(await standing()).toMatchObject({ state: 'well', waiting: 0, lastDone: night.toISOString() });
  });

  it('gives what comes after everything was forgotten a place of its own', async () => {
    await put('next');
    expect(await edge.edge?.runSchedule(new Date(END_MS))).toBe(true);
    expect((await exported()).length).toBe(3);
    await put('next', 'fulfilled');
    await put('next', 'fulfilled');
    expect(await edge.edge?.runSchedule(new Date(END_MS))).toBe(true);
    expect((await exported()).map(({ meta }) => meta.versionId)).toEqual(['1', '2', '1', '2']);
  });
});
