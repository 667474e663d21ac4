// GET /admin/export/appointments when the rows are more than one answer may carry: what ends by itself is whole.

import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { d1Over } from '../../../sandbox/platform/edge/d1-client.ts';
import { exportAppointments } from '../../../worker/appointments/export/export.ts';
import type { RequestContext } from '../../../worker/http/http.ts';
import { type Database, openDatabase } from '../../support/scenes/database.ts';

/** More than two batches, and than one stretch of what a filter looks at. */
const APPOINTMENTS = 21_000;
let database: Database;

beforeAll(async () => {
  vi.spyOn(console, 'info').mockReturnValue(undefined);
  database = await openDatabase('appointments');
  const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${APPOINTMENTS})`;
  await database.ask([
    {
      sql: `INSERT INTO appointments (id, editor, system, value, current, updated_ms, profile, status, holds, start_ms, end_ms)
        ${numbers} SELECT 'agenda-a-' || i, 'agenda-a', 'urn:x', 'v' || i, 1, 1700000000000 + i, 'individual',
          iif(i = ${APPOINTMENTS}, 'noshow', 'booked'), 1, 0, 0 FROM n`,
      values: [],
    },
  ]);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await database?.close();
});

const exported = (query: string, queriesMax?: number): Promise<string> => {
  const url = new URL(`http://edge.example/admin/export/appointments?format=csv&${query}`);
  const context = {
    request: new Request(url),
    url,
    env: { APPOINTMENTS: d1Over(database.ask) },
    requestId: 'r-1',
    startedMs: Date.now(),
  } as unknown as RequestContext;
  return exportAppointments(context, queriesMax).text();
};

const idsOf = (csv: string): string[] =>
  csv.split('\r\n').flatMap((line) =>
    line
      .split(',')
      .slice(1, 2)
      .filter((id) => id.startsWith('agenda-')),
  );

test('an export that has room for all of them ends, and has each once', async () => {
  expect(new Set(idsOf(await exported(''))).size).toBe(APPOINTMENTS);
});

test('one that has not is cut short, and never ends as if it were whole', async () => {
  await expect(exported('', 3)).rejects.toThrow('export interrupted');
});

test('also when a filter has let nothing through of all that it could look at', async () => {
  expect(idsOf(await exported('status=noshow'))).toEqual([`agenda-a-${APPOINTMENTS}`]);
  await expect(exported('status=noshow', 2)).rejects.toThrow('export interrupted');
});
