// What an operator may decide about a vendor takes effect with the next search.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { System, slotPath } from '../../support/scenes/system.ts';

let system: System;
let admin: string;
const WHO = '899900999999';

beforeAll(async () => {
  system = await System.start({ vendors: [{ seed: 1 }, { seed: 2 }] });
  admin = await signToken(system.state, 'admin');
});
afterAll(() => system?.stop());

const put = (editor: string, body: unknown, token = admin): Promise<Response> =>
  system.fetch(`/admin/editors/${editor}`, {
    method: 'PUT',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const calls = (id: string): number => system.vendor(id).state().requests.length;

it('leaves a vendor out that is switched off, and takes it back', async () => {
  expect(await (await put('agenda-a', { enabled: false })).json()).toMatchObject({
    id: 'agenda-a',
    enabled: false,
  });
  await system.search(slotPath([WHO]));
  expect([calls('agenda-a'), calls('agenda-b')]).toEqual([0, 1]);
  expect((await put('agenda-a', { enabled: true })).status).toBe(200);
  await system.search(slotPath([WHO]));
  expect([calls('agenda-a'), calls('agenda-b')]).toEqual([1, 2]);
});

it('says switched off when everybody is', async () => {
  for (const id of ['agenda-a', 'agenda-b']) await put(id, { enabled: false });
  expect((await system.search(slotPath([WHO]))).states.get(WHO)).toBe('switched-off');
  for (const id of ['agenda-a', 'agenda-b']) await put(id, { enabled: true });
});

/** What the whole search may take here. */
const SEARCH_MS = 25_000;

it('gives a vendor less time than the others, and the edge’s own again', async () => {
  system.vendor('agenda-a').setFaults('hang');
  await put('agenda-a', { deadlineMs: 300 });
  const answer = await system.search(slotPath([WHO]));
  expect(answer.durationMs).toBeLessThan(SEARCH_MS);
  expect(answer.ledger[0]?.diagnostics).toContain('editor=agenda-a reason=timeout');
  system.vendor('agenda-a').reset();
  expect(await (await put('agenda-a', { deadlineMs: null })).json()).not.toHaveProperty('deadlineMs');
});

it('keeps what it is not told, and what a relay announces again', async () => {
  await put('agenda-b', { deadlineMs: 4_000, cacheTtlS: 0 });
  await put('agenda-b', { enabled: true });
  await system.relay?.stop();
  await system.startRelay();
  expect(await (await put('agenda-b', {})).json()).toMatchObject({
    deadlineMs: 4_000,
    cacheTtlS: 0,
    enabled: true,
  });
});

it.each([
  ['no JSON', '{', 400],
  ['a wrong type', { enabled: 'non' }, 400],
  ['a time out of bounds', { deadlineMs: 99 }, 400],
  ['a field it does not know', { name: 'x' }, 400],
])('refuses %s', async (_, body, status) => {
  expect((await put('agenda-a', body)).status).toBe(status);
});

it('refuses an unknown vendor and a token without the right', async () => {
  expect((await put('nobody', { enabled: false })).status).toBe(404);
  expect((await put('agenda-a', { enabled: false }, system.token)).status).toBe(403);
});
