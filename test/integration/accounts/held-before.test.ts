// Vendors that had the account before us: another aggregator made it, or we did and have lost the memory of it. What
// they answer to a creation says nothing of whether they hold the account; a right that ends reaches every one of them,
// whatever was learned at creation, and stays open, listed with its age, until a yes. docs/accounts.md §§ 3, 4.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  AccountScene,
  keyOf,
  type Person,
  practitioner,
  technical,
} from '../../support/scenes/accounts-scene.ts';
import { until } from '../../support/wait/until.ts';

interface Exposure {
  readonly accounts: readonly {
    readonly editor: string;
    readonly seconds: number;
    readonly reason: string | null;
    readonly attempts: number;
  }[];
}

const A = 'agenda-a';
const B = 'agenda-b';
let scene: AccountScene;

beforeAll(async () => {
  scene = await AccountScene.start({
    vendors: [{ seed: 1 }, { seed: 2 }],
    settings: { ACCOUNT_WAVE_MAX: '1000' },
  });
});

afterEach(async () => {
  for (const vendor of scene.system.vendors) vendor.reset();
  await sql('DELETE FROM accounts', 'DELETE FROM regulators');
  await sql(
    `UPDATE editors SET enabled = 1, flows = '["INT_R01","INT_R02"]'`,
    `INSERT INTO relay_editors (relay, editor) SELECT relay, '${A}' FROM relay_editors WHERE editor = '${B}'
     ON CONFLICT DO NOTHING`,
  );
});

afterAll(() => scene.stop());

async function sql(...statements: string[]): Promise<void> {
  const db = await scene.system.edge.database();
  await db.batch(statements.map((text) => db.prepare(text)));
}

const exposed = async (): Promise<Exposure['accounts']> =>
  (await scene.asAdmin<Exposure>('/admin/accounts/exposure')).body.accounts;
const allConfirmed = (): Promise<true> =>
  until('every vendor’s yes is recorded', async () => (await exposed()).length === 0);
const onlyAIsOpen = (): Promise<true> =>
  until('B has confirmed, and A was tried', async () => {
    const [first, ...others] = await exposed();
    return others.length === 0 && first?.editor === A && first.attempts === 1;
  });
const active = (vendor: string, person: Person): boolean | undefined => scene.held(vendor, person)[0]?.active;
const withdraw = (person: Person): Promise<void> => scene.change(person, { ...person, active: false });

/** An account that vendors hold and the edge has never heard of. */
async function heldBefore(person = technical()): Promise<Person> {
  const id = await scene.create(person);
  await scene.logIn(id);
  await sql('DELETE FROM accounts', 'DELETE FROM regulators');
  for (const vendor of [A, B]) expect(active(vendor, person)).toBe(true);
  return person;
}

const REFUSALS: readonly (readonly [number, string])[] = [
  [400, 'invalid'],
  [400, 'structure'],
  [403, 'forbidden'],
  [404, 'not-found'],
  [405, 'not-supported'],
  [409, 'conflict'],
  [412, 'multiple-matches'],
  [422, 'processing'],
  [422, 'business-rule'],
  [422, 'duplicate'],
  [422, 'code-invalid'],
  [451, 'suppressed'],
  [200, 'duplicate'],
];

describe('a vendor that had the account before us', () => {
  test.each(REFUSALS)('and refuses its creation by %i %s gets the conditional PUT', async (status, code) => {
    const person = await heldBefore();
    scene.system.vendor(A).setAccountFaults({ kind: 'odd-duplicate', status, code });
    const id = await scene.create({ ...person, given: 'Dominique' });
    expect((await scene.logIn(id)).get(A)).toEqual({ state: 'done', status: 200 });
    expect(scene.methods(A)).toBe('POST POST PUT');
    expect(scene.held(A, person)).toMatchObject([{ given: 'Dominique' }]);
  });

  test.each(REFUSALS)(
    'and refuses creation and PUT by %i %s is told of the withdrawal',
    async (status, code) => {
      const person = await heldBefore();
      const body = { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code }] };
      scene.system.vendor(A).setAccountFaults({ kind: 'answer', status, body });
      const id = await scene.create(person);
      expect((await scene.logIn(id)).get(A)?.state).toBe('refused');
      await withdraw(person);
      // The login was the first attempt.
      await until('B has confirmed, and A was told', async () => {
        const [first, ...others] = await exposed();
        return others.length === 0 && first?.attempts === 2;
      });
      expect(await exposed()).toMatchObject([{ editor: A, reason: status === 200 ? 'outcome-error' : code }]);
      expect(active(A, person)).toBe(true);
      scene.system.vendor(A).setAccountFaults([]);
      await scene.runSchedule(new Date(Date.now() + 60_000));
      expect(active(A, person)).toBe(false);
      expect(await exposed()).toEqual([]);
    },
  );

  test('is told of the withdrawal of somebody the edge never heard of', async () => {
    const person = await heldBefore();
    const reply = await scene.put(keyOf(person), practitioner({ ...person, active: false }));
    expect(reply.status).toBe(201);
    for (const vendor of [A, B]) await until('it is closed', () => active(vendor, person) === false);
  });

  test('and cannot be reached is exposed until it confirms', async () => {
    const person = await heldBefore();
    scene.system.vendor(A).setFaults([{ kind: 'reset-early', route: 'Practitioner' }]);
    await scene.create(person);
    await withdraw(person);
    await onlyAIsOpen();
    expect(active(B, person)).toBe(false);
    const [account] = await exposed();
    expect(account).toMatchObject({ editor: A, reason: 'reset' });
    expect(account?.seconds).toBeGreaterThanOrEqual(0);
    expect(account?.seconds).toBeLessThan(60);
    const { body } = await scene.search(`?identifier=${encodeURIComponent(keyOf(person))}`);
    const states = body.entry?.[0]?.resource?.extension?.map(
      ({ extension = [] }) => `${extension[0]?.valueCode} ${extension[1]?.valueCode}`,
    );
    expect(states).toEqual([`${A} open`, `${B} done`]);
    scene.system.vendor(A).setFaults([]);
    await scene.runSchedule(new Date(Date.now() + 60_000));
    expect(active(A, person)).toBe(false);
  });
});

describe('a withdrawal reaches a vendor that at creation', () => {
  test.each([
    ['was switched off', `UPDATE editors SET enabled = 0 WHERE id = '${A}'`, ''],
    [
      'kept no accounts',
      `UPDATE editors SET flows = '["INT_R01"]' WHERE id = '${A}'`,
      `UPDATE editors SET flows = '["INT_R01","INT_R02"]' WHERE id = '${A}'`,
    ],
    [
      'was announced by no relay',
      `DELETE FROM relay_editors WHERE editor = '${A}'`,
      `INSERT INTO relay_editors (relay, editor) SELECT relay, '${A}' FROM relay_editors WHERE editor = '${B}'`,
    ],
  ])('%s', async (_what, before, after) => {
    const person = await heldBefore();
    await sql(before);
    await scene.logIn(await scene.create(person));
    expect(scene.methods(A)).toBe('POST');
    if (after !== '') await sql(after);
    await withdraw(person);
    for (const vendor of [A, B]) await until(`${vendor} closes it`, () => active(vendor, person) === false);
    await allConfirmed();
  });

  test('was announced by no relay until after the withdrawal', async () => {
    const person = await heldBefore();
    await sql(`DELETE FROM relay_editors WHERE editor = '${A}'`, `DELETE FROM editors WHERE id = '${A}'`);
    await scene.logIn(await scene.create(person));
    await withdraw(person);
    await allConfirmed();
    expect([active(A, person), active(B, person)]).toEqual([true, false]);
    // The relay announces all its vendors again.
    await scene.system.relay?.stop();
    await scene.system.startRelay();
    expect(await exposed()).toMatchObject([{ editor: A }]);
    await scene.runSchedule(new Date(Date.now() + 60_000));
    expect(active(A, person)).toBe(false);
  });

  test.each([
    ['timed out', [{ kind: 'hang', route: 'Practitioner' }]],
    ['sent a page for people', [{ kind: 'html', route: 'Practitioner' }]],
    ['sent somebody else', [{ kind: 'not-bundle', as: 'Patient', route: 'Practitioner' }]],
  ])('%s', async (_what, faults) => {
    const person = await heldBefore();
    scene.system.vendor(A).setFaults(faults);
    await scene.system.limit(A, 2_000);
    await scene.logIn(await scene.create(person));
    await scene.system.limit(A);
    scene.system.vendor(A).setFaults([]);
    await sql('UPDATE accounts SET lease = NULL, lease_until_ms = NULL');
    await withdraw(person);
    await until('A closes it', () => active(A, person) === false);
    await allConfirmed();
  });
});
