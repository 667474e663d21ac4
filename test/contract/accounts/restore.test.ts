// A core database that was put back to an earlier state gives no right back: the account machinery on a real D1, whose
// tables are set back as a restore does, and vendors that remember what was lost here.

import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { SYSTEM } from '../../../shared/sas/canonical.ts';
import type { RegulatorContent } from '../../../shared/sas/regulator.ts';
import { exposureByVendor, listOpen } from '../../../worker/accounts/tables/exposure.ts';
import { listRestores, noteRestore } from '../../../worker/store/restores.ts';
import { AccountBench } from '../../support/scenes/accounts-bench.ts';

const VENDORS = ['agenda-a', 'agenda-b'];
const DAYS = 7;
const DAY_MS = 24 * 3600 * 1000;
const TABLES = ['regulators', 'accounts', 'former_identifiers'];
let bench: AccountBench;

beforeAll(async () => {
  for (const level of ['warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue(undefined);
  bench = await AccountBench.start(VENDORS);
});
beforeEach(async () => {
  await bench.clear();
  for (const table of TABLES) await bench.rows(`DROP TABLE IF EXISTS kept_${table}`);
});
afterAll(() => bench.stop());

const person = (value: string, active = true): RegulatorContent => ({
  identifier: { system: SYSTEM.sas, value },
  active,
  family: 'Imaginaire',
  given: 'Camille',
  email: `${value}@regulation.example`,
});

/** What SAS says of somebody, whether known or not. */
async function say(value: string, active: boolean): Promise<string> {
  const content = person(value, active);
  return (await bench.save({ by: 'identifier', identifier: content.identifier }, content)).regulator.id;
}

async function keepState(): Promise<void> {
  for (const table of TABLES) await bench.rows(`CREATE TABLE kept_${table} AS SELECT * FROM ${table}`);
}

/** What was written since `keepState` is lost; from here on `bench.heard` begins anew. */
async function setBack(): Promise<void> {
  for (const table of TABLES) {
    await bench.rows(`DELETE FROM ${table}`);
    await bench.rows(`INSERT INTO ${table} SELECT * FROM kept_${table}`);
  }
  await noteRestore(bench.engine().db, bench.nowMs, DAYS);
  bench.heard.length = 0;
}

const isActiveAt = (vendor: string, value: string): boolean | undefined =>
  bench
    .vendor(vendor)
    .accounts.list()
    .find(({ email }) => email === `${value}@regulation.example`)?.active;

const saidTo = (vendor: string): string[] =>
  bench.heard
    .filter(({ editor }) => editor === vendor)
    .map(({ email, active }) => `${email.split('@')[0]} ${active}`);

test('a right that had ended, and was given back in the time that is lost, is withdrawn at every vendor before a grant', async () => {
  const ended = await say('ended', true);
  await bench.logIn(ended);
  await say('ended', false);
  const other = await say('other', true);
  bench.nowMs += 2 * DAY_MS;
  await keepState();
  await say('ended', true);
  await bench.logIn(ended);
  for (const vendor of VENDORS) expect(isActiveAt(vendor, 'ended')).toBe(true);
  await setBack();
  await bench.logIn(other);
  for (const vendor of VENDORS) {
    expect(saidTo(vendor)).toEqual(['ended false', 'other true']);
    expect(isActiveAt(vendor, 'ended')).toBe(false);
  }
});

test('a vendor that is away hears no grant before it has confirmed them', async () => {
  const ended = await say('ended', true);
  await bench.logIn(ended);
  await say('ended', false);
  const other = await say('other', true);
  await keepState();
  await say('ended', true);
  await bench.logIn(ended);
  await setBack();
  bench.vendor('agenda-a').isDown = true;
  const { vendors } = await bench.logIn(other);
  expect(vendors.map(({ editor, state, reason }) => `${editor} ${state} ${reason}`)).toEqual([
    'agenda-a unreachable withdrawals-first',
    'agenda-b done undefined',
  ]);
  const { db } = bench.engine();
  expect(await exposureByVendor(db)).toMatchObject([{ editor: 'agenda-a', open: 1, reasserted: 1 }]);
  expect(await listOpen(db, 10)).toMatchObject([{ regulator: ended, isReasserted: 1 }]);
  expect(await listRestores(db)).toEqual([{ atMs: bench.nowMs, days: DAYS, accounts: 2, open: 1 }]);
  bench.vendor('agenda-a').isDown = false;
  await bench.runFor(20);
  expect(isActiveAt('agenda-a', 'ended')).toBe(false);
  expect(await listRestores(db)).toMatchObject([{ accounts: 2, open: 0 }]);
});

test('a grant that waited in the state put back goes out with a login alone', async () => {
  bench.vendor('agenda-a').isDown = true;
  const id = await say('waiting', true);
  await bench.logIn(id);
  await keepState();
  bench.vendor('agenda-a').isDown = false;
  await say('waiting', false);
  await bench.runFor(2);
  expect(isActiveAt('agenda-b', 'waiting')).toBe(false);
  await setBack();
  await bench.runFor(60);
  expect(bench.heard.filter(({ active }) => active)).toEqual([]);
  await bench.logIn(id);
  expect(isActiveAt('agenda-a', 'waiting')).toBe(true);
});

test('the drift repair says no grant again that was confirmed before', async () => {
  const id = await say('drifting', true);
  await bench.logIn(id);
  await keepState();
  await say('drifting', false);
  await setBack();
  const assertAll = async (): Promise<void> => {
    bench.nowMs += 2 * DAY_MS;
    await bench.runDue(bench.engine({ driftPerHour: 600 }));
  };
  await assertAll();
  expect(bench.heard).toEqual([]);
  // SAS says who he is now, and he logs in: that is news.
  await bench.save(
    { by: 'identifier', identifier: person('drifting').identifier },
    { ...person('drifting'), given: 'Dominique' },
  );
  await bench.logIn(id);
  await assertAll();
  expect(saidTo('agenda-a')).toEqual(['drifting true', 'drifting true']);
});

test('only the last days before the state put back are said again, and nobody else is closed', async () => {
  for (const value of ['long-ago', 'lately', 'taken', 'active']) await bench.logIn(await say(value, true));
  await say('long-ago', false);
  bench.nowMs += (DAYS + 1) * DAY_MS;
  await say('lately', false);
  await say('taken', false);
  // Another one bears the identifier now: the account of that name is his.
  const bearer = await bench.save(
    { by: 'identifier', identifier: person('bearer').identifier },
    { ...person('taken'), email: 'bearer@regulation.example' },
  );
  await bench.logIn(bearer.regulator.id);
  await keepState();
  bench.nowMs += 30 * DAY_MS;
  await setBack();
  await bench.runFor(3);
  for (const vendor of VENDORS) {
    expect(saidTo(vendor)).toEqual(['lately false']);
    expect([isActiveAt(vendor, 'active'), isActiveAt(vendor, 'bearer')]).toEqual([true, true]);
  }
});

test('what a later withdrawal leaves open is not laid to the restore', async () => {
  const id = await say('ended', true);
  await bench.logIn(id);
  await say('ended', false);
  await keepState();
  await setBack();
  await bench.runFor(1);
  await say('ended', true);
  await bench.logIn(id);
  bench.nowMs += DAY_MS;
  for (const vendor of VENDORS) bench.vendor(vendor).isDown = true;
  await say('ended', false);
  expect(await exposureByVendor(bench.engine().db)).toMatchObject([
    { open: 1, reasserted: 0 },
    { open: 1, reasserted: 0 },
  ]);
});
