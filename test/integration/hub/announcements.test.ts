// Claim: D1 keeps the newest word of each relay, whichever hub brings it late, and says who was first; what is not a relay's
// own changes nothing. On a real D1; docs/decisions/0016-vendor-claims.md.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { d1Over } from '../../../sandbox/platform/edge/d1-client.ts';
import type { EditorAnnouncement } from '../../../shared/link/hub.ts';
import { exposureByVendor } from '../../../worker/accounts/tables/exposure.ts';
import { openEverywhere } from '../../../worker/store/account-openings.ts';
import {
  type HeardAnnouncement,
  listVendors,
  readRegistry,
  restoreVendors,
  saveAnnouncement,
  saveSwitches,
} from '../../../worker/store/editors.ts';
import type { ClaimState, VendorClaim } from '../../../worker/store/vendor-claims.ts';
import { type Database, openDatabase } from '../../support/scenes/database.ts';

let database: Database;
let db: Parameters<typeof listVendors>[0];
beforeAll(async () => {
  database = await openDatabase();
  db = d1Over(database.ask) as typeof db;
});
afterAll(() => database?.close());
beforeEach(async () => {
  const tables = ['relay_editors', 'vendor_claims', 'relays', 'editors'];
  await database.ask(tables.map((table) => ({ sql: `DELETE FROM ${table}`, values: [] })));
});

const NOW = Date.parse('2026-11-30T12:00:00Z');
const vendor = (id: string, over: Partial<EditorAnnouncement> = {}): EditorAnnouncement => ({
  id,
  name: `Agenda ${id}`,
  flows: ['INT_R01'],
  redirectHosts: [`${id}.example`],
  certificateNotAfter: '2030-01-01T00:00:00.000Z',
  ...over,
});
const heard = (
  relay: string,
  heardMs: number,
  vendors: readonly EditorAnnouncement[],
  { partners = [] as readonly string[], state = 'accepted' as ClaimState } = {},
): HeardAnnouncement => ({
  relay,
  heardMs,
  vendors,
  claims: vendors.map(({ id }): VendorClaim => ({ relay, editor: id, state, sinceMs: heardMs })),
  partners,
});
const served = async (relay: string): Promise<readonly string[]> =>
  (await readRegistry(db)).relays.get(relay) ?? [];
const stateOf = async (relay: string, editor: string): Promise<string | undefined> =>
  (await readRegistry(db)).claims.find((claim) => claim.relay === relay && claim.editor === editor)?.state;

describe('several hubs that save one relay', () => {
  it('keep its newest announcement, whichever comes last', async () => {
    await saveAnnouncement(db, heard('relay-a', NOW, [vendor('a'), vendor('b')]), NOW);
    await saveAnnouncement(db, heard('relay-a', NOW - 5_000, [vendor('a', { flows: ['SOS'] })]), NOW);
    expect(await served('relay-a')).toEqual(['a', 'b']);
    expect((await listVendors(db))[0]?.flows).toEqual(['INT_R01']);
    await saveAnnouncement(db, heard('relay-a', NOW + 1, [vendor('b')]), NOW);
    expect(await served('relay-a')).toEqual(['b']);
  });

  it('are not stopped by a word of a clock that was ahead', async () => {
    await saveAnnouncement(db, heard('relay-a', NOW + 30 * 86_400_000, [vendor('a')]), NOW);
    await saveAnnouncement(db, heard('relay-a', NOW, [vendor('b')]), NOW);
    expect(await served('relay-a')).toEqual(['b']);
  });

  it('each thinking another relay first, agree on one', async () => {
    await saveAnnouncement(db, heard('relay-a', NOW, [vendor('x')]), NOW);
    await saveAnnouncement(db, heard('relay-b', NOW, [vendor('x', { name: 'Mine' })]), NOW);
    expect([await stateOf('relay-a', 'x'), await stateOf('relay-b', 'x')]).toEqual(['accepted', 'held']);
    expect([await served('relay-a'), await served('relay-b')]).toEqual([['x'], []]);
    expect((await listVendors(db))[0]?.name).toBe('Agenda x');
  });

  it('take a partner of the first one for an owner too', async () => {
    await saveAnnouncement(db, heard('relay-a', NOW, [vendor('x')]), NOW);
    await saveAnnouncement(db, heard('relay-b', NOW, [vendor('x')], { partners: ['relay-a'] }), NOW);
    expect(await served('relay-b')).toEqual(['x']);
  });
});

describe('what only an operator changes', () => {
  it('stays, whatever an owner announces', async () => {
    await saveAnnouncement(db, heard('relay-a', NOW, [vendor('x', { appointmentSystem: 's' })]), NOW);
    const over = { name: 'Other', redirectHosts: ['evil.example'], appointmentSystem: 't' };
    await saveAnnouncement(db, heard('relay-a', NOW + 1, [vendor('x', over)]), NOW);
    expect((await listVendors(db))[0]).toMatchObject({
      name: 'Agenda x',
      redirectHosts: ['x.example'],
      appointmentSystem: 's',
    });
  });

  it('is that a vendor is out, until a relay announces it', async () => {
    await saveAnnouncement(db, heard('relay-a', NOW, [vendor('x')]), NOW);
    await saveSwitches(db, 'x', { takenOut: { reason: 'left' } }, NOW);
    expect((await listVendors(db))[0]).toMatchObject({ takenOutMs: NOW, announced: false });
    // An older word, kept by another hub, is no relay that is back.
    await saveAnnouncement(db, heard('relay-a', NOW - 1, [vendor('x')]), NOW);
    expect((await listVendors(db))[0]?.takenOutMs).toBe(NOW);
    await saveAnnouncement(db, heard('relay-a', NOW + 1, [vendor('x')]), NOW);
    expect((await listVendors(db))[0]?.takenOutMs).toBeUndefined();
  });
});

it('a withdrawal stays due at a vendor that is out, and new ones become due there', async () => {
  await saveAnnouncement(db, heard('relay-a', NOW, [vendor('x', { flows: ['INT_R02'] })]), NOW);
  await saveSwitches(db, 'x', { takenOut: { reason: 'left' } }, NOW);
  const insert = `INSERT INTO regulators (id, system, value, active, family, given, email, territories, version, hash,
      stamp, updated_ms, withdrawn_ms)
    VALUES ('r', 's', 'v', 0, 'Imaginaire', 'Ada', 'a@regulation.example', '[]', 1, 'h', 'stamp', 1, 1)`;
  await database.ask([{ sql: insert, values: [] }]);
  await db.batch(openEverywhere(db, 'r', 'stamp'));
  expect(await exposureByVendor(db)).toMatchObject([{ editor: 'x', open: 1 }]);
});

it('a database that lost vendors gets back what the hub knows, and keeps what it has', async () => {
  await saveAnnouncement(db, heard('relay-a', NOW, [vendor('x'), vendor('y')]), NOW);
  const { vendors, claims } = await readRegistry(db);
  await database.ask(
    ['relay_editors', 'vendor_claims', 'editors'].map((table) => ({
      sql: `DELETE FROM ${table}`,
      values: [],
    })),
  );
  await saveAnnouncement(db, heard('relay-b', NOW, [vendor('y', { name: 'Newer' })]), NOW);
  await restoreVendors(db, vendors, claims);
  expect((await listVendors(db)).map(({ id, name }) => [id, name])).toEqual([
    ['x', 'Agenda x'],
    ['y', 'Newer'],
  ]);
  expect(await stateOf('relay-a', 'x')).toBe('accepted');
});
