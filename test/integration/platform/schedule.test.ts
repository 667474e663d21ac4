// The schedule wakes itself: the alarm of its object, in workerd with its storage on disk. It begins with the first
// request, goes on through restarts that no request follows and through failures, and makes up a night that it missed.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EdgeProcess } from '../../../sandbox/platform/edge/edge-process.ts';
import { openLocalState, signToken } from '../../../sandbox/platform/local/state.ts';
import { startBuiltEdge } from '../../support/scenes/built/edge.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';
import { until } from '../../support/wait/until.ts';

interface Schedule {
  readonly next: string | null;
  readonly last: {
    readonly at: string;
    readonly durationMs: number;
    readonly queries: number;
    readonly done: readonly string[];
    readonly failed: readonly string[];
  } | null;
  readonly steps: Readonly<Record<string, string>>;
}

const DAY_MS = 24 * 3_600_000;
let dir: string;
let edge: EdgeProcess;
let token: string;
const log: string[] = [];

const start = (): Promise<EdgeProcess> =>
  startBuiltEdge({ port: 0, stateDir: dir, settings: { SCHEDULE_S: '1' }, onLog: (line) => log.push(line) });
const lines = (message: string): number => log.filter((line) => line.includes(`"${message}"`)).length;
const ran = (times: number): Promise<true> => {
  const before = lines('schedule-ran');
  return until(`${times} more runs`, () => lines('schedule-ran') >= before + times);
};

async function schedule(): Promise<Schedule> {
  const response = await fetch(`${edge.url}/admin/schedule`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  expect(response.status).toBe(200);
  return (await response.json()) as Schedule;
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'passerelle-'));
  token = await signToken(await openLocalState(dir), 'admin');
  edge = await start();
});

afterAll(async () => {
  await edge?.close();
  await removeFolder(dir);
});

test('begins with the first request, runs again and again, and the night once', async () => {
  expect(lines('schedule-ran')).toBe(0);
  expect((await fetch(`${edge.url}/healthz`)).ok).toBe(true);
  await ran(3);
  const { next, last, steps } = await schedule();
  expect(next).not.toBeNull();
  expect(last).toMatchObject({ failed: [], done: ['accounts', 'activity', 'lrm'] });
  expect(last?.queries).toBeGreaterThan(0);
  expect(last?.queries).toBeLessThan(30);
  expect(Object.keys(steps).sort().join(' ')).toBe(
    'accounts activity appointments console erasure-proofs erasures export front kept-answers lrm lrm-people lrm-strays lrm-watch maintenances regulators relay-reports routing sizes',
  );
  expect(lines('appointments-purged')).toBe(1);
});

test('goes on after a restart that no request follows', async () => {
  await edge.close();
  const before = lines('schedule-ran');
  edge = await start();
  await until('it runs', () => lines('schedule-ran') > before);
  expect(lines('appointments-purged')).toBe(1);
});

test('goes on while a step fails more often than the platform would have it, and stops no other', async () => {
  const db = await edge.database();
  await db.prepare('ALTER TABLE accounts RENAME TO gone').run();
  const before = lines('schedule-step-failed');
  await until('it has failed', () => lines('schedule-step-failed') >= before + 8);
  expect((await schedule()).last).toMatchObject({ failed: ['accounts'], done: ['activity', 'lrm'] });
  expect(await edge.runSchedule(new Date(), 'by day')).toBe(false);
  await db.prepare('ALTER TABLE gone RENAME TO accounts').run();
  await until('it is well again', async () => (await schedule()).last?.failed.length === 0);
});

test('makes up a night that it missed, once', async () => {
  const before = lines('appointments-purged');
  // It was last done two nights ago.
  expect(await edge.runSchedule(new Date(Date.now() - 2 * DAY_MS))).toBe(true);
  await until('the night is made up', () => lines('appointments-purged') > before + 1);
  await ran(3);
  expect(lines('appointments-purged')).toBe(before + 2);
  const done = Date.parse((await schedule()).steps.appointments ?? '');
  expect(Date.now() - done).toBeLessThan(DAY_MS);
});
