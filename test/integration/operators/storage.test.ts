// How full the databases are: told to operators at any time, and said in the log past 60 and 80 % of the limit.

import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { AppointmentEdge } from '../../../bench/appointments/appointment-edge.ts';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { measureDatabases } from '../../../worker/store/sizes.ts';
import { startAppointmentEdge } from '../../support/scenes/built/edge.ts';

const LIMIT_BYTES = 1_000_000;
let edge: AppointmentEdge;
let admin: string;

beforeAll(async () => {
  edge = await startAppointmentEdge({ DATABASE_MB_MAX: '1' });
  admin = await signToken(edge.state, 'admin');
});
afterAll(() => edge?.stop());
afterEach(() => vi.useRealTimers());

interface Size {
  readonly name: string;
  readonly state: string;
  readonly bytes: number;
  readonly share: number;
}

const sizes = async (): Promise<{ readonly limitBytes: number; readonly databases: readonly Size[] }> =>
  (await edge.get('/admin/storage', admin)).json;

/** Some bytes more in the database of kept answers. */
async function grow(bytes: number): Promise<void> {
  const db = await edge.edge?.database('CACHE');
  await db?.batch([
    db.prepare('CREATE TABLE IF NOT EXISTS filling (text TEXT NOT NULL)'),
    db.prepare('INSERT INTO filling (text) VALUES (hex(zeroblob(?1 / 2)))').bind(bytes),
  ]);
}

const alarms = (): string[] => edge.log.filter((line) => /"message":"database-/.test(line));

it('tells the size of each, which follows what is written', async () => {
  const before = await sizes();
  expect(before.limitBytes).toBe(LIMIT_BYTES);
  expect(before.databases.map(({ name }) => name)).toEqual(['core', 'appointments', 'cache']);
  expect(before.databases.map(({ state }) => state)).toEqual(['well', 'well', 'well']);
  await grow(100_000);
  const after = await sizes();
  const grown = (after.databases[2]?.bytes ?? 0) - (before.databases[2]?.bytes ?? 0);
  expect(grown).toBeGreaterThan(90_000);
  expect(grown).toBeLessThan(120_000);
  expect(after.databases[2]?.share).toBeCloseTo((after.databases[2]?.bytes ?? 0) / LIMIT_BYTES, 3);
  expect(after.databases[0]?.bytes).toBe(before.databases[0]?.bytes);
});

it('raises no alarm below 60 %, one line from there on, an error from 80 %', async () => {
  const left = async (percent: number): Promise<number> =>
    percent * 10_000 - ((await sizes()).databases[2]?.bytes ?? 0);
  // Pages that were free already are filled first.
  await grow((await left(60)) - 50_000);
  expect(await edge.edge?.runSchedule()).toBe(true);
  expect(alarms()).toEqual([]);
  await grow((await left(60)) + 30_000);
  expect((await sizes()).databases[2]?.state).toBe('filling');
  expect(await edge.edge?.runSchedule()).toBe(true);
  expect(alarms()).toEqual([expect.stringMatching(/"level":"warn".*"database":"cache".*database-filling/)]);
  await grow((await left(80)) + 30_000);
  expect((await sizes()).databases[2]?.state).toBe('nearly-full');
  expect(await edge.edge?.runSchedule()).toBe(true);
  expect(alarms().at(-1)).toMatch(/"level":"error".*"database":"cache".*"percent":8\d.*database-nearly-full/);
});

it('does not wait for a database that hangs, and says which it is', async () => {
  vi.useFakeTimers();
  const hanging = { prepare: () => ({ all: () => new Promise(() => undefined) }) };
  const well = { prepare: () => ({ all: async () => ({ meta: { size_after: 5 } }) }) };
  const databases = { DB: well, APPOINTMENTS: hanging, CACHE: well } as unknown;
  const measured = measureDatabases(databases as Parameters<typeof measureDatabases>[0], 10);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await measured).toEqual([
    { name: 'core', state: 'well', bytes: 5, share: 0.5 },
    { name: 'appointments', state: 'unreachable' },
    { name: 'cache', state: 'well', bytes: 5, share: 0.5 },
  ]);
});
