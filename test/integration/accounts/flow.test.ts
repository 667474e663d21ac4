// Regulators' accounts from SAS to simulated vendors over mTLS: who is asked, when, how, and what is answered.
// docs/guide.md § 4.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { SYSTEM } from '../../../shared/sas/canonical.ts';
import { AccountScene, keyOf, practitioner, technical } from '../../support/scenes/accounts-scene.ts';
import { until } from '../../support/wait/until.ts';

let scene: AccountScene;

beforeAll(async () => {
  scene = await AccountScene.start();
});

afterEach(async () => {
  for (const vendor of scene.system.vendors) vendor.reset();
  await scene.system.edge
    .database()
    .then((db) => db.batch([db.prepare('DELETE FROM accounts'), db.prepare('DELETE FROM regulators')]));
});

afterAll(() => scene.stop());

const VENDORS = ['agenda-a', 'agenda-b', 'agenda-c'];

describe('a login', () => {
  test('makes the account at every vendor by POST, and says so', async () => {
    const person = technical();
    const id = await scene.create(person);
    for (const vendor of VENDORS) expect(scene.held(vendor, person)).toEqual([]);
    const answer = await scene.logIn(id);
    expect([...answer.keys()]).toEqual(VENDORS);
    for (const vendor of VENDORS) {
      expect(answer.get(vendor)).toEqual({ state: 'done', status: 201 });
      expect(scene.held(vendor, person)).toMatchObject([
        { active: true, family: person.family, given: person.given, email: person.email, version: 1 },
      ]);
      expect(scene.methods(vendor)).toBe('POST');
    }
  });

  test('with nothing to do calls no vendor', async () => {
    const id = await scene.create(technical());
    await scene.logIn(id);
    const answer = await scene.logIn(id);
    for (const vendor of VENDORS) {
      expect(answer.get(vendor)).toEqual({ state: 'unchanged' });
      expect(scene.methods(vendor)).toBe('POST');
    }
  });

  test('brings a change, addressed by the identifier last confirmed', async () => {
    const before = technical();
    const after = { ...before, system: SYSTEM.idnps, value: '3456780581/11242343', family: 'Nouveau' };
    const id = await scene.create(before);
    await scene.logIn(id);
    await scene.change(before, after);
    for (const vendor of VENDORS) expect(scene.held(vendor, before)).toHaveLength(1);
    await scene.logIn(id);
    for (const vendor of VENDORS) {
      expect(scene.held(vendor, before)).toEqual([]);
      expect(scene.held(vendor, after)).toMatchObject([{ family: 'Nouveau', version: 2 }]);
      expect(scene.requests(vendor).at(-1)).toMatchObject({
        method: 'PUT',
        url: `/fhir/Practitioner?identifier=${encodeURIComponent(keyOf(before))}`,
      });
    }
  });
});

describe('a withdrawal', () => {
  test('goes out at once to every vendor that has the account', async () => {
    const person = technical();
    const id = await scene.create(person);
    await scene.logIn(id);
    await scene.change(person, { ...person, active: false });
    for (const vendor of VENDORS) {
      await until(`${vendor} closes it`, () => scene.held(vendor, person)[0]?.active === false);
      expect(scene.methods(vendor)).toBe('POST PUT');
    }
  });

  test('of an account that we never told any vendor of goes out to all: they may have had it before us', async () => {
    const person = technical();
    await scene.create(person);
    await scene.change(person, { ...person, active: false });
    for (const vendor of VENDORS) {
      await until(`${vendor} closes it`, () => scene.held(vendor, person)[0]?.active === false);
      expect(scene.methods(vendor)).toBe('PUT');
    }
  });

  test('is undone only by a login after the right came back', async () => {
    const person = technical();
    const id = await scene.create(person);
    await scene.logIn(id);
    await scene.change(person, { ...person, active: false });
    for (const vendor of VENDORS) {
      await until(`${vendor} closes it`, () => scene.held(vendor, person)[0]?.active === false);
    }
    await scene.change({ ...person, active: false }, person);
    await scene.runSchedule();
    for (const vendor of VENDORS) expect(scene.held(vendor, person)[0]?.active).toBe(false);
    await scene.logIn(id);
    for (const vendor of VENDORS) expect(scene.held(vendor, person)).toMatchObject([{ active: true }]);
  });
});

test('an identifier in capitals names the same regulator: nobody is made twice, and his withdrawal closes him', async () => {
  const person = technical();
  const id = await scene.create(person);
  await scene.logIn(id);
  const capitals = { ...person, value: person.value.toUpperCase() };
  expect((await scene.post(practitioner(capitals))).status).toBe(422);
  const { status, body } = await scene.put(keyOf(capitals), practitioner({ ...capitals, active: false }));
  expect([status, body.id]).toEqual([200, id]);
  for (const vendor of VENDORS) {
    const isClosed = () =>
      scene.system
        .vendor(vendor)
        .accounts()
        .every(({ active }) => !active);
    await until(`${vendor} holds nothing open`, isClosed);
  }
});

test('SAS reads a regulator with the state at each vendor', async () => {
  const person = technical();
  const id = await scene.create(person);
  scene.system.vendor('agenda-b').setFaults([{ kind: 'status-422', route: 'Practitioner' }]);
  await scene.logIn(id);
  const { body } = await scene.call<ReturnType<typeof practitioner>>(`/fhir/Practitioner/${id}`);
  const { extension = [], meta, ...rest } = body;
  const { meta: _meta, ...sent } = practitioner(person);
  expect(rest).toEqual({ ...sent, id });
  expect(meta).toMatchObject({ source: SYSTEM.sas, versionId: '1' });
  const states = extension.map(({ extension: parts = [] }) =>
    parts.slice(0, 2).map((part) => part.valueCode),
  );
  expect(states).toEqual([
    ['agenda-a', 'done'],
    ['agenda-b', 'to-create'],
    ['agenda-c', 'done'],
  ]);
  const found = await scene.search(`?identifier=${encodeURIComponent(keyOf(person))}`);
  expect(found.body.entry).toHaveLength(1);
  expect((await scene.search('?family=Imaginaire')).status).toBe(400);
});
