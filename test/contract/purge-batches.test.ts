// What is forgotten at night, on a real D1: as many statements as the run's budget allows, the rest in the next run.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { d1Over } from '../../sandbox/platform/edge/d1-client.ts';
import { purgeFrontTables } from '../../worker/front/tables/purge.ts';
import { purgeBroadcasts } from '../../worker/hub/memory/routing/table.ts';
import { Budget } from '../../worker/store/budget.ts';
import { type Database, openDatabase } from '../support/scenes/database.ts';

const HOUR_MS = 3_600_000;
/** Three statements of 5,000. */
const ROWS = 12_000;
let database: Database;

beforeAll(async () => {
  database = await openDatabase();
});
afterAll(() => database.close());

const count = async (table: string): Promise<unknown> =>
  (await database.ask([{ sql: `SELECT COUNT(*) AS count FROM ${table}`, values: [] }]))[0]?.results[0]?.count;
const fill = (sql: string) =>
  database.ask([
    {
      sql: `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS}) ${sql}`,
      values: [],
    },
  ]);

test('a purge ends with its budget, says so, and goes on', async () => {
  await fill("INSERT INTO broadcasts (flow, subject, at_ms) SELECT 'INT_R01', 's' || i, i FROM n");
  const run = () => {
    const budget = new Budget(HOUR_MS, 2);
    return purgeBroadcasts(
      budget.counted(d1Over(database.ask) as Parameters<typeof purgeBroadcasts>[0]),
      ROWS + 1,
      budget,
    );
  };
  expect(await run()).toEqual({ count: 10_000, isBehind: true });
  expect(await count('broadcasts')).toBe(2_000);
  expect(await run()).toEqual({ count: 2_000, isBehind: false });
});

test('the front’s too, whatever of it is left', async () => {
  await fill(
    "INSERT INTO interfaced (subject, editor, first_ms, last_ms, flows) SELECT 's' || i, 'a', i, i, 'INT_R01' FROM n",
  );
  await fill("INSERT INTO front_index (subject, since_ms) SELECT 's' || i, i FROM n");
  let runs = 0;
  for (let isBehind = true; isBehind; runs += 1) {
    const budget = new Budget(HOUR_MS, 13);
    const db = budget.counted(d1Over(database.ask) as Parameters<typeof purgeBroadcasts>[0]);
    ({ isBehind } = await purgeFrontTables(db, ROWS + 1, 0, runs === 0 ? new Budget(HOUR_MS, 0) : budget));
    expect(budget.used).toBeLessThanOrEqual(13);
    if (runs === 0) expect(await count('interfaced')).toBe(ROWS);
  }
  expect(runs).toBe(2);
  expect([await count('interfaced'), await count('front_index')]).toEqual([0, 0]);
});
