// One caller asks for as much as it may, and another for three: the small search passes, at the hub and at the relay. The
// order is held against what the vendors saw.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { FrontCaller, jsonOf } from '../../support/doubles/front-caller.ts';
import { type SearchAnswer, System, slotPath, windowOf } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

let system: System;
let other: string;
let small: string;
let lot = 0;

const LIMITS = {
  'token:small': { searches: 2, streams: 1, identifiersPerMinute: 500 },
  'front:small': { identifiersPerMinute: 600 },
};

beforeAll(async () => {
  const settings = { population: 'any', slotsPerPractitioner: 0, latencyMs: 250 } as const;
  system = await System.start({
    vendors: [
      { seed: 1, settings },
      { seed: 2, settings },
    ],
    settings: {
      CALLER_LIMITS: JSON.stringify(LIMITS),
      FRONT_USERS: '{"read":"secret","small":"secret"}',
    },
  });
  other = await signToken(system.state, 'system/Slot.s', 3_600, 'another regulation');
  small = await signToken(system.state, 'system/Slot.s', 3_600, 'small');
});
afterAll(() => system?.stop());

/** Nobody whom a search before has asked for. */
function people(count: number): string[] {
  lot += 1;
  return Array.from(
    { length: count },
    (_, i) => `8${String(lot).padStart(4, '0')}${String(i).padStart(7, '0')}`,
  );
}

function search(subjects: readonly string[], token = system.token, accept?: string): Promise<SearchAnswer> {
  const [path = '', query = ''] = slotPath(subjects, windowOf(24)).split('?');
  return system.search(`${path}/_search`, {
    method: 'POST',
    body: query,
    headers: {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/x-www-form-urlencoded',
      ...(accept !== undefined && { Accept: accept }),
    },
  });
}

/** Requests that a vendor has seen so far. */
const seenBy = (vendor: string): number =>
  Object.values(system.vendor(vendor).state().counts).reduce((sum, count) => sum + count, 0);
const ledgerOf = ({ headers }: SearchAnswer): string | null => headers.get('X-Passerelle-Ledger');
const VENDORS = ['agenda-a', 'agenda-b'];

it('answers three identifiers of one caller before four searches of 500 of another', async () => {
  const order: string[] = [];
  const big = Array.from({ length: 4 }, () =>
    search(people(500)).then((answer) => {
      order.push('big');
      return answer;
    }),
  );
  await until('the vendors are busy', () => VENDORS.every((vendor) => seenBy(vendor) >= 6));
  const answer = await search(people(3), other);
  order.push('small');
  const seen = VENDORS.map(seenBy);
  expect(ledgerOf(answer)).toBe('slots=0, none=3, unknown=0, not-interfaced=0');
  expect(order).toEqual(['small']);
  // Twenty calls a search; the small one's was not the last.
  for (const count of seen) expect(count).toBeLessThan(80);
  for (const { status, headers } of await Promise.all(big)) {
    expect([status, headers.get('X-Passerelle-Ledger')]).toEqual([
      200,
      'slots=0, none=500, unknown=0, not-interfaced=0',
    ]);
  }
  for (const vendor of VENDORS) expect(seenBy(vendor)).toBe(81);
});

it('answers a small search of the same caller before its big ones, also when they ask for the same people', async () => {
  const subjects = people(500);
  const order: string[] = [];
  const before = VENDORS.map(seenBy);
  const big = [subjects, people(500), people(500)].map((some) => search(some).then(() => order.push('big')));
  await until('the vendors are busy', () =>
    VENDORS.every((vendor, index) => seenBy(vendor) >= (before[index] ?? 0) + 6),
  );
  const answer = await search(subjects.slice(-3));
  order.push('small');
  expect(ledgerOf(answer)).toBe('slots=0, none=3, unknown=0, not-interfaced=0');
  expect(order).toEqual(['small']);
  await Promise.all(big);
});

/** What a refusal tells. */
const told = ({ status, headers, outcome }: SearchAnswer) => ({
  status,
  code: outcome.issue[0]?.code,
  retryAfterS: Number(headers.get('Retry-After')),
});
const REFUSED = { status: 429, code: 'throttled' };

it('tells the caller that has too many searches at once, and no other', async () => {
  for (const vendor of system.vendors) vendor.setFaults('hang');
  for (const vendor of VENDORS) await system.limit(vendor, 8_000);
  const before = VENDORS.map(seenBy);
  const running = [search(people(1), small), search(people(1), small)];
  await until('both are under way', () =>
    VENDORS.every((vendor, index) => seenBy(vendor) === (before[index] ?? 0) + 2),
  );
  const refused = told(await search(people(1), small));
  expect(refused).toMatchObject(REFUSED);
  expect(refused.retryAfterS).toBeGreaterThan(0);
  expect(told(await search(people(1), small, 'text/event-stream'))).toMatchObject(REFUSED);
  for (const vendor of system.vendors) vendor.setFaults([]);
  expect((await search(people(1), other)).status).toBe(200);
  for (const { status } of await Promise.all(running)) expect(status).toBe(200);
  for (const vendor of VENDORS) await system.limit(vendor);
  expect((await search(people(1), small)).status).toBe(200);
  // Operators see who, the log does not say it.
  const headers = { Authorization: `Bearer ${await signToken(system.state, 'admin')}` };
  const { callers } = (await (await system.fetch('/admin/relays', { headers })).json()) as {
    callers: { caller: string; limit: string; percent: number; refused: number }[];
  };
  expect(callers.filter(({ caller }) => caller !== 'token:small')).toEqual([]);
  expect(callers).toMatchObject([{ limit: 'searches', percent: 100, refused: 2 }]);
  const near = system.edgeLog.filter((line) => line.includes('caller-near-limit'));
  expect(near.length).toBe(1);
  expect(near.join()).not.toContain('small');
});

it('tells a progressive search that is one too many before any part', async () => {
  for (const vendor of system.vendors) vendor.setFaults('hang');
  for (const vendor of VENDORS) await system.limit(vendor, 8_000);
  const stream = search(people(1), small, 'text/event-stream');
  await until('it is under way', () => system.vendors.every((vendor) => vendor.state().inFlight > 0));
  expect(told(await search(people(1), small, 'text/event-stream'))).toMatchObject(REFUSED);
  for (const vendor of system.vendors) vendor.setFaults([]);
  expect((await search(people(1), small)).status).toBe(200);
  expect((await stream).text).toMatch(/^event: end$/m);
  for (const vendor of VENDORS) await system.limit(vendor);
});

it('tells the caller that asks for too many identifiers in a minute, and no other', async () => {
  await search(people(500), small);
  const refused = told(await search(people(500), small));
  expect(refused).toMatchObject(REFUSED);
  expect(refused.retryAfterS).toBeGreaterThan(0);
  expect(refused.retryAfterS).toBeLessThanOrEqual(60);
  expect((await search(people(500), other)).status).toBe(200);
});

it('tells a user of the front in the front’s shape, and another user nothing', async () => {
  const front = new FrontCaller(() => system.url);
  const askLot = async (username: string) => {
    const { token } = jsonOf<{ token: string }>(await front.signIn({ username, password: 'secret' }));
    const cards = Object.fromEntries(people(500).map((who, id) => [id, { rpps: who.slice(1) }]));
    return front.asBrowser('/v1/PractitionerSlots', token, { method: 'POST', body: [cards] });
  };
  expect((await askLot('small')).status).toBe(200);
  const refused = await askLot('small');
  expect(refused.status).toBe(429);
  expect(jsonOf(refused)).toEqual({ code: 429, message: expect.stringContaining('identifiants') });
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect((await askLot('read')).status).toBe(200);
});

it('lets fifty searches at once of a caller without any setting through', async () => {
  const statuses = await Promise.all(
    Array.from({ length: 50 }, async () => (await search(people(25), other)).status),
  );
  expect(new Set(statuses)).toEqual(new Set([200]));
});
