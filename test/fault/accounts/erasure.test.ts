// A regulator is erased while a vendor that holds his account is away. Claim: his right ends everywhere first, the operator
// hears what is left, the schedule goes on, and he goes once all have confirmed; a right that SAS gives back meanwhile stands.
// Phases: erasure under an outage, schedule, repair. End state: closed everywhere, no row of his left.

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { AccountScene, technical } from '../../support/scenes/accounts-scene.ts';
import { until } from '../../support/wait/until.ts';

const A = 'agenda-a';
const B = 'agenda-b';
const MINUTE_MS = 60_000;
let scene: AccountScene;

beforeAll(async () => {
  scene = await AccountScene.start({
    vendors: [{ seed: 1 }, { seed: 2 }],
    settings: { ACCOUNT_WAVE_MAX: '1' },
  });
});
afterEach(() => {
  for (const vendor of scene.system.vendors) vendor.reset();
});
afterAll(() => scene?.stop());

interface Told {
  readonly state: string;
  readonly left: readonly { readonly editor: string }[];
}

async function erase(id: string): Promise<{ readonly status: number; readonly body: Told }> {
  return scene.call(`/admin/regulators/${id}/erase`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${scene.admin}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ reason: 'person-request' }),
  });
}
const rows = async (id: string): Promise<number> => {
  const db = await scene.system.edge.database();
  const counts = await db.batch<{ count: number }>(
    ['accounts WHERE regulator', 'regulators WHERE id'].map((which) =>
      db.prepare(`SELECT COUNT(*) AS count FROM ${which} = ?1`).bind(id),
    ),
  );
  return counts.reduce((sum, { results }) => sum + (results[0]?.count ?? 0), 0);
};
const isOpen = (vendor: string, person: { system: string; value: string }): boolean | undefined =>
  scene.held(vendor, person)[0]?.active;

async function withAccount() {
  const person = technical();
  const id = await scene.create(person);
  await scene.logIn(id);
  expect([isOpen(A, person), isOpen(B, person)]).toEqual([true, true]);
  return { person, id };
}

test('one that a vendor has not confirmed is not gone, and goes when it has', async () => {
  const { person, id } = await withAccount();
  scene.system.vendor(A).setFaults([{ kind: 'reset-early', route: 'Practitioner' }]);
  const told = await erase(id);
  expect([told.status, told.body.state, told.body.left.map(({ editor }) => editor)]).toEqual([
    202,
    'withdrawing',
    [A],
  ]);
  await until('B is told', () => isOpen(B, person) === false);
  await scene.runSchedule(new Date(Date.now() + 20 * MINUTE_MS));
  expect(await rows(id)).toBeGreaterThan(0);
  scene.system.vendor(A).setFaults([]);
  await scene.runSchedule(new Date(Date.now() + 40 * MINUTE_MS));
  expect(isOpen(A, person)).toBe(false);
  await until('he is gone', async () => {
    await scene.runSchedule(new Date(Date.now() + 60 * MINUTE_MS));
    return (await rows(id)) === 0;
  });
});

test('one whom a wave holds goes out on the operator’s word, and another whose right comes back stays', async () => {
  const first = await withAccount();
  await scene.change(first.person, { ...first.person, active: false });
  const held = await withAccount();
  await scene.change(held.person, { ...held.person, active: false });
  expect(isOpen(A, held.person)).toBe(true);
  await erase(held.id);
  await until('it is closed', () => isOpen(A, held.person) === false && isOpen(B, held.person) === false);
  scene.system.vendor(A).setFaults([{ kind: 'reset-early', route: 'Practitioner' }]);
  const back = await withAccountAt(B);
  expect((await erase(back.id)).status).toBe(202);
  await scene.change({ ...back.person, active: false }, back.person);
  await scene.runSchedule(new Date(Date.now() + 20 * MINUTE_MS));
  expect(await rows(back.id)).toBeGreaterThan(0);
  const { body } = await scene.asAdmin<{ erasures: readonly { state: string }[] }>(
    '/admin/regulators/erasures',
  );
  expect(body.erasures.some(({ state }) => state === 'void')).toBe(true);
});

async function withAccountAt(vendor: string) {
  const person = technical();
  const id = await scene.create(person);
  await scene.logIn(id);
  expect(isOpen(vendor, person)).toBe(true);
  return { person, id };
}
