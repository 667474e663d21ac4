// Claim: that one hub's vendors were all asked for somebody says nothing of another hub's vendors, who may never have
// answered. Learned routing over a real D1.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { d1Over } from '../../../sandbox/platform/edge/d1-client.ts';
import type { Flow } from '../../../shared/sas/query.ts';
import { routeSearch } from '../../../worker/hub/memory/routing/routing.ts';
import {
  knowledgeIn,
  knowledgeStatement,
  noteBroadcast,
  scopeOf,
} from '../../../worker/hub/memory/routing/table.ts';
import type { VendorRow } from '../../../worker/store/editors.ts';
import { type Database, openDatabase } from '../../support/scenes/database.ts';

const FLOW: Flow = 'INT_R01';
const NOW = Date.parse('2026-11-30T12:00:00Z');
const SETTINGS = { mode: 'learned', broadcastEveryMs: 3_600_000, exploreCalls: 0 } as const;
let database: Database;
let db: Parameters<typeof noteBroadcast>[0];
beforeAll(async () => {
  database = await openDatabase();
  db = d1Over(database.ask) as typeof db;
});
afterAll(() => database?.close());

const vendor = (id: string): VendorRow => ({
  id,
  name: id,
  flows: [FLOW],
  lostFlows: [],
  announced: true,
  redirectHosts: [],
  certificateNotAfter: '',
  enabled: true,
  deadlineMs: undefined,
  cacheTtlS: undefined,
});

it('the broadcast of one hub silences no vendor of another', async () => {
  await database.ask([
    {
      sql: `INSERT INTO interfaced (subject, editor, first_ms, last_ms, flows) VALUES ('8', 'holder', ?1, ?1, 'INT_R01')`,
      values: [NOW],
    },
  ]);
  // The second hub has `holder` and `quiet`, which has never answered; the first has others, and all of them have.
  await noteBroadcast(db, scopeOf(FLOW, { index: 0, of: 2 }), ['8'], NOW);
  const skippedAt = async (index: number): Promise<readonly string[]> => {
    const scope = scopeOf(FLOW, { index, of: 2 });
    const knowledge = knowledgeIn(await knowledgeStatement(db, scope, ['8'], NOW).all());
    const route = routeSearch(['8'], ['holder', 'quiet'].map(vendor), knowledge, SETTINGS, NOW, () => 0);
    return [...route.skipped.keys()];
  };
  expect(await skippedAt(1)).toEqual([]);
  await noteBroadcast(db, scopeOf(FLOW, { index: 1, of: 2 }), ['8'], NOW);
  expect(await skippedAt(1)).toEqual(['quiet']);
  // One hub has all, and its broadcast is not named after a share.
  expect(scopeOf(FLOW, undefined)).toBe(FLOW);
});
