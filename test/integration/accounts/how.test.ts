// How an account is brought to a vendor that loses answers, refuses, is slow, repeats itself or keeps other rules than
// the guide's; who is not asked at all. docs/guide.md G-408.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { SYSTEM } from '../../../shared/sas/canonical.ts';
import { AccountScene, keyOf, practitioner, technical } from '../../support/scenes/accounts-scene.ts';
import { until } from '../../support/wait/until.ts';

let scene: AccountScene;

beforeAll(async () => {
  scene = await AccountScene.start({
    vendors: [{ seed: 1 }, { seed: 2 }],
  });
});

afterEach(async () => {
  for (const vendor of scene.system.vendors) vendor.reset();
  await sql(
    'DELETE FROM accounts',
    'DELETE FROM regulators',
    `UPDATE editors SET enabled = 1, flows = '["INT_R01","INT_R02"]'`,
  );
});

afterAll(() => scene.stop());

async function sql(...statements: string[]): Promise<void> {
  const db = await scene.system.edge.database();
  await db.batch(statements.map((text) => db.prepare(text)));
}

const A = 'agenda-a';
const faults = (input: unknown): void => scene.system.vendor(A).setFaults(input);
const accountFaults = (input: unknown): void => scene.system.vendor(A).setAccountFaults(input);
const refusing = (kind: string, times = 1): object => ({ kind, times, route: 'Practitioner' });

describe('a first creation', () => {
  test('whose answer is lost is said again by a conditional PUT with the same identifier', async () => {
    const person = technical();
    const id = await scene.create(person);
    accountFaults({ kind: 'lost', times: 1 });
    expect((await scene.logIn(id)).get(A)).toEqual({ state: 'done', status: 200 });
    expect(scene.methods(A)).toBe('POST PUT');
    expect(scene.requests(A)[1]?.url).toContain(encodeURIComponent(keyOf(person)));
    expect(scene.held(A, person)).toHaveLength(1);
  });

  test('that never arrived is made by the same PUT, an upsert', async () => {
    const person = technical();
    const id = await scene.create(person);
    faults([refusing('reset-early')]);
    expect((await scene.logIn(id)).get(A)).toEqual({ state: 'done', status: 201 });
    expect(scene.methods(A)).toBe('POST PUT');
  });

  test('answered by 500 may have been made: PUT', async () => {
    const person = technical();
    const id = await scene.create(person);
    faults([refusing('status-500')]);
    expect((await scene.logIn(id)).get(A)?.state).toBe('done');
    expect(scene.methods(A)).toBe('POST PUT');
  });

  test.each([
    ['422 with the code duplicate', []],
    ['a bare 400', ['mute-duplicate']],
  ])('of an account the vendor has already, told by %s, becomes a PUT', async (_title, given) => {
    const person = technical();
    const id = await scene.create(person);
    await scene.logIn(id);
    // The gateway starts anew; the vendor does not.
    await sql('DELETE FROM accounts', 'DELETE FROM regulators');
    const again = await scene.create({ ...person, given: 'Dominique' });
    accountFaults(given);
    expect((await scene.logIn(again)).get(A)).toEqual({ state: 'done', status: 200 });
    expect(scene.methods(A)).toBe('POST POST PUT');
    expect(scene.held(A, person)).toMatchObject([{ given: 'Dominique' }]);
  });

  test('that the vendor handles twice leaves one account', async () => {
    const person = technical();
    const id = await scene.create(person);
    accountFaults({ kind: 'twice', times: 1 });
    expect((await scene.logIn(id)).get(A)?.state).toBe('done');
    expect(scene.held(A, person)).toHaveLength(1);
  });

  test('that the vendor refuses is refused, once, and tried again by the next login only', async () => {
    const id = await scene.create(technical());
    faults([refusing('status-422', 2)]);
    const answer = (await scene.logIn(id)).get(A);
    expect(answer).toEqual({ state: 'refused', reason: 'business-rule', status: 422 });
    await scene.runSchedule(new Date(Date.now() + 3_600_000));
    expect(scene.methods(A)).toBe('POST PUT');
    expect((await scene.logIn(id)).get(A)?.state).toBe('done');
  });

  test('that the vendor cannot take now is tried again by the schedule', async () => {
    const person = technical();
    const id = await scene.create(person);
    faults([refusing('status-503')]);
    const answer = (await scene.logIn(id)).get(A);
    expect(answer).toMatchObject({ state: 'unreachable', reason: 'busy', status: 503 });
    expect(Date.parse(answer?.nextTry ?? '')).toBeGreaterThan(Date.now());
    await scene.runSchedule(new Date(Date.now() + 60_000));
    expect(scene.held(A, person)).toHaveLength(1);
    expect(scene.methods(A)).toBe('POST PUT');
  });

  test('answered by a page for people was not heard', async () => {
    const id = await scene.create(technical());
    faults([refusing('html', 2)]);
    expect((await scene.logIn(id)).get(A)).toMatchObject({ state: 'unreachable', reason: 'not-json' });
  });
});

describe('a change', () => {
  test('to an account the vendor has lost makes it again by POST when PUT says 404', async () => {
    const person = technical();
    const id = await scene.create(person);
    await scene.logIn(id);
    scene.system.vendor(A).forgetAccount(keyOf(person));
    await scene.change(person, { ...person, family: 'Autre' });
    accountFaults('strict-put');
    expect((await scene.logIn(id)).get(A)).toEqual({ state: 'done', status: 201 });
    expect(scene.methods(A)).toBe('POST PUT POST');
    expect(scene.held(A, person)).toMatchObject([{ family: 'Autre' }]);
  });

  test('of identifier whose answer is lost is found again under either identifier', async () => {
    const before = technical();
    const after = { ...before, system: SYSTEM.idnps, value: '3456780581/11242343' };
    const id = await scene.create(before);
    await scene.logIn(id);
    await scene.change(before, after);
    accountFaults({ kind: 'lost', times: 1 });
    await scene.logIn(id);
    await scene.runSchedule(new Date(Date.now() + 60_000));
    expect(scene.held(A, before)).toEqual([]);
    expect(scene.held(A, after)).toMatchObject([{ active: true }]);
    const keyed = scene.system
      .vendor(A)
      .accounts()
      .filter(({ key }) => key !== undefined);
    expect(keyed).toHaveLength(1);
  });

  test('of identifier, changed again before the first answer is known, leaves no account behind', async () => {
    const first = technical();
    const second = { ...first, system: SYSTEM.idnps, value: '3456780581/11242343' };
    const third = { ...second, value: '3456780581/11242344' };
    const id = await scene.create(first);
    await scene.logIn(id);
    await scene.change(first, second);
    // Written at the vendor, its answer lost, and nobody there for the next one.
    accountFaults({ kind: 'lost', times: 1 });
    await scene.logIn(id);
    await scene.change(second, third);
    // Until the lost message can no longer arrive the account keeps its identifier.
    expect((await scene.logIn(id)).get(A)).toMatchObject({ state: 'unreachable', reason: 'settling' });
    await scene.runSchedule(new Date(Date.now() + 150_000));
    const keys = scene.system
      .vendor(A)
      .accounts()
      .flatMap(({ key }) => key ?? []);
    expect(keys).toEqual([keyOf(third)]);
  });
});

describe('a slow vendor', () => {
  test('does not hold the login up; what it says later is recorded', async () => {
    const person = technical();
    const id = await scene.create(person);
    scene.system.vendor(A).setSettings({ latencyMs: 5_000 });
    const answer = await scene.logIn(id);
    expect(answer.get(A)).toMatchObject({ state: 'unreachable', reason: 'under-way' });
    expect(answer.get('agenda-b')?.state).toBe('done');
    scene.system.vendor(A).setSettings({ latencyMs: 0 });
    await until('the answer is recorded', async () => (await scene.logIn(id)).get(A)?.state === 'unchanged');
    expect(scene.methods(A)).toBe('POST');
  });

  test('that writes after we have left still ends with one account, as wanted', async () => {
    const person = technical();
    const id = await scene.create(person);
    await scene.system.limit(A, 2_500);
    accountFaults({ kind: 'late', delayMs: 5_000, times: 1 });
    await scene.logIn(id);
    await until('the late account is there', () => scene.held(A, person).length === 1);
    await scene.system.limit(A);
    await scene.runSchedule(new Date(Date.now() + 60_000));
    expect((await scene.logIn(id)).get(A)?.state).toBe('unchanged');
    expect(scene.held(A, person)).toHaveLength(1);
  });
});

describe('who is not asked', () => {
  test('a vendor that does not keep accounts', async () => {
    await sql(`UPDATE editors SET flows = '["INT_R01"]' WHERE id = 'agenda-a'`);
    const answer = await scene.logIn(await scene.create(technical()));
    expect([...answer.keys()]).toEqual(['agenda-b']);
    expect(scene.methods(A)).toBe('');
  });

  test('a vendor that the operator switched off, but for a withdrawal', async () => {
    const person = technical();
    const id = await scene.create(person);
    await scene.logIn(id);
    await sql(`UPDATE editors SET enabled = 0 WHERE id = 'agenda-a'`);
    await scene.change(person, { ...person, family: 'Autre' });
    expect((await scene.logIn(id)).get(A)).toEqual({ state: 'not-asked', reason: 'switched-off' });
    expect(scene.methods(A)).toBe('POST');
    await scene.change({ ...person, family: 'Autre' }, { ...person, family: 'Autre', active: false });
    await until('it is closed', () => scene.held(A, person)[0]?.active === false);
  });
});

describe('at the face', () => {
  test('a token needs the scope; reading is for who may write, or r and s', async () => {
    const token = scene.admin;
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    const body = JSON.stringify(practitioner(technical()));
    expect((await scene.call('/fhir/Practitioner', { method: 'POST', headers, body })).status).toBe(403);
    expect((await scene.call('/fhir/Practitioner', { headers })).status).toBe(403);
    expect((await scene.asAdmin('/admin/accounts')).status).toBe(200);
    expect((await scene.call('/admin/accounts/exposure')).status).toBe(403);
  });

  test('the same PUT again, its answer lost, is done already', async () => {
    const before = technical();
    const after = { ...before, value: technical().value };
    const id = await scene.create(before);
    await scene.change(before, after);
    const again = await scene.put(keyOf(before), practitioner(after));
    expect(again.status).toBe(200);
    expect(again.body.id).toBe(id);
  });

  test('an identifier of an active regulator is nobody else’s', async () => {
    const one = technical();
    const other = technical();
    await scene.create(one);
    await scene.create(other);
    const reply = await scene.put(keyOf(other), practitioner({ ...other, value: one.value }));
    expect(reply.status).toBe(422);
    expect(reply.body.issue?.[0]?.code).toBe('duplicate');
  });

  test('a login of nobody is 404', async () => {
    expect((await scene.call('/fhir/Practitioner/none/$login', { method: 'POST' })).status).toBe(404);
  });
});
