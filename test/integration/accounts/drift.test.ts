// The slow re-assertion of what vendors confirmed: off by default, rate limited, an unexpected answer is an event with
// the account and the vendor, mended, and too many of them stop it.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { AccountScene, keyOf, technical } from '../../support/scenes/accounts-scene.ts';

interface Drift {
  readonly events: readonly {
    readonly regulator: string;
    readonly editor: string;
    readonly kind: string;
    readonly status: number;
    readonly mended: boolean;
  }[];
}
interface Counts {
  readonly vendors: readonly {
    readonly editor: string;
    readonly drift: string;
    readonly isDriftStopped: boolean;
  }[];
}

const A = 'agenda-a';
const DAY_MS = 24 * 3_600_000;
let scene: AccountScene;
let day = 0;

beforeAll(async () => {
  scene = await AccountScene.start({
    vendors: [{ seed: 1 }],
    settings: { ACCOUNT_DRIFT_PER_HOUR: '2', ACCOUNT_DRIFT_STOP: '2' },
  });
});

afterEach(async () => {
  scene.system.vendor(A).reset();
  const db = await scene.system.edge.database();
  const tables = ['accounts', 'regulators', 'account_drift'];
  await db.batch(tables.map((table) => db.prepare(`DELETE FROM ${table}`)));
});

afterAll(() => scene.stop());

async function openAccounts(count: number): Promise<{ id: string; person: ReturnType<typeof technical> }[]> {
  const accounts = [];
  for (let i = 0; i < count; i += 1) {
    const person = technical();
    const id = await scene.create(person);
    await scene.logIn(id);
    accounts.push({ id, person });
  }
  return accounts;
}

/** A later day, some minutes in. */
const later = (minutes = 0): Date => new Date(Date.now() + day * DAY_MS + minutes * 60_000);
const nextDay = (): Date => {
  day += 2;
  return later();
};
const drift = async (): Promise<Drift['events']> =>
  (await scene.asAdmin<Drift>('/admin/accounts/drift')).body.events;
const counts = async () => (await scene.asAdmin<Counts>('/admin/accounts')).body.vendors[0];

describe('a re-assertion', () => {
  test('that is answered 200 is no event, and is not said again that day', async () => {
    await openAccounts(1);
    await scene.runSchedule(nextDay());
    await scene.runSchedule(later(90));
    expect(scene.methods(A)).toBe('POST PUT');
    expect(await drift()).toEqual([]);
  });

  test('says two an hour at most, one a minute', async () => {
    await openAccounts(5);
    nextDay();
    for (let minute = 0; minute < 10; minute += 1) await scene.runSchedule(later(minute));
    expect(scene.methods(A)).toBe('POST POST POST POST POST PUT PUT');
  });

  test.each([
    ['created', [], 201],
    ['missing', ['strict-put'], 201],
  ])('of an account the vendor has lost is the event %s, and mends it', async (kind, faults, status) => {
    const [account] = await openAccounts(1);
    if (account === undefined) throw new Error('no account');
    scene.system.vendor(A).forgetAccount(keyOf(account.person));
    scene.system.vendor(A).setAccountFaults(faults);
    await scene.runSchedule(nextDay());
    expect(await drift()).toMatchObject([{ regulator: account.id, editor: A, kind, status, mended: true }]);
    expect(scene.held(A, account.person)).toHaveLength(1);
    expect((await counts())?.drift).toBe('observable');
  });

  test('that is refused is an event that mends nothing; a second one stops the vendor’s', async () => {
    await openAccounts(4);
    scene.system.vendor(A).setFaults([{ kind: 'status-422', route: 'Practitioner' }]);
    nextDay();
    for (let minute = 0; minute < 5; minute += 1) await scene.runSchedule(later(minute));
    expect(await drift()).toMatchObject([
      { kind: 'refused', status: 422, mended: false },
      { kind: 'refused', status: 422, mended: false },
    ]);
    await scene.runSchedule(later(200));
    expect(await drift()).toHaveLength(2);
  });
});

test('a vendor that answers a creation by 200 is marked: its drift cannot be seen', async () => {
  scene.system.vendor(A).setAccountFaults('always-200');
  await openAccounts(1);
  expect((await counts())?.drift).toBe('not-observable');
});
