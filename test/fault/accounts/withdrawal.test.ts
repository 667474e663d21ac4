// A right ends, and vendors, relays, the edge or time are against it. Claim: access ends at every vendor as soon as the
// vendor can be told, before anything else is said to it, and never comes back by an older message. Phases: withdrawal
// under each fault, repair, schedule. End state: closed everywhere, nothing left to do.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { SYSTEM } from '../../../shared/sas/canonical.ts';
import { AccountScene, keyOf, practitioner, technical } from '../../support/scenes/accounts-scene.ts';
import { until } from '../../support/wait/until.ts';

interface Exposure {
  readonly open: number;
  readonly isAlarm: boolean;
  readonly oldestSeconds: number;
  readonly vendors: readonly { readonly editor: string; readonly open: number }[];
  readonly accounts: readonly {
    readonly regulator: string;
    readonly editor: string;
    readonly attempts: number;
    readonly nextTry: string | null;
    readonly heldBy: string | null;
  }[];
  readonly waves: readonly {
    readonly id: string;
    readonly confirmed: string | null;
    readonly regulators: number;
  }[];
}

const A = 'agenda-a';
const B = 'agenda-b';
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
let scene: AccountScene;

beforeAll(async () => {
  scene = await AccountScene.start({
    vendors: [{ seed: 1 }, { seed: 2 }],
    settings: { ACCOUNT_WAVE_MAX: '3' },
  });
});

afterEach(async () => {
  for (const vendor of scene.system.vendors) vendor.reset();
  await scene.system.limit(A);
  const db = await scene.system.edge.database();
  const tables = ['accounts', 'regulators', 'account_waves', 'account_drift'];
  await db.batch(tables.map((table) => db.prepare(`DELETE FROM ${table}`)));
});

afterAll(() => scene.stop());

const down = (vendor: string): void =>
  scene.system.vendor(vendor).setFaults([{ kind: 'reset-early', route: 'Practitioner' }]);
const up = (vendor: string): void => scene.system.vendor(vendor).setFaults([]);
const exposure = async (): Promise<Exposure> =>
  (await scene.asAdmin<Exposure>('/admin/accounts/exposure')).body;
const isOpen = (vendor: string, person: { system: string; value: string }): boolean | undefined =>
  scene.held(vendor, person)[0]?.active;
const wasTried = (): Promise<true> =>
  until('A was tried', async () => (await exposure()).accounts[0]?.attempts === 1);
/** What is not answered by A is given up soon; everything else has the time of a search. */
const giveUpSoon = (): Promise<void> => scene.system.limit(A, 2_500);
const withdraw = (person: ReturnType<typeof technical>): Promise<void> =>
  scene.change(person, { ...person, active: false });

async function openAccount(change = {}): Promise<{ id: string; person: ReturnType<typeof technical> }> {
  const person = technical(change);
  const id = await scene.create(person);
  await scene.logIn(id);
  return { id, person };
}

test('an outage of seventy-two hours: the withdrawal inside is the first thing the vendor hears', async () => {
  const { id, person } = await openAccount();
  const other = await openAccount();
  const startMs = Date.now();
  down(A);
  await withdraw(person);
  await until('B is told', () => isOpen(B, person) === false);
  await wasTried();
  // Others go on logging in, with something to say to the vendor that is away.
  await scene.change(other.person, { ...other.person, family: 'Autre' });
  // The first hours from one next try to the one after; test/contract/accounts/engine.test.ts walks through a day of them.
  let lastMs = startMs;
  for (let attempts = 1; lastMs < startMs + 3 * HOUR_MS; attempts += 1) {
    const [account] = (await exposure()).accounts;
    expect(account).toMatchObject({ regulator: id, editor: A, attempts });
    const nextMs = Date.parse(account?.nextTry ?? '');
    expect(nextMs - lastMs).toBeLessThanOrEqual(20 * MINUTE_MS);
    await scene.runSchedule(new Date(nextMs));
    lastMs = nextMs;
  }
  await scene.runSchedule(new Date(startMs + 72 * HOUR_MS));
  expect((await exposure()).vendors).toEqual([expect.objectContaining({ editor: A, open: 1 })]);
  up(A);
  // Somebody's login comes before the next try: the withdrawal passes before it.
  expect((await scene.logIn(other.id)).get(A)?.state).toBe('done');
  expect(isOpen(A, person)).toBe(false);
  const heard = scene.requests(A).filter(({ status }) => status !== null);
  const [first, second] = heard.slice(-2);
  expect(first?.url).toContain(encodeURIComponent(keyOf(person)));
  expect(second?.url).toContain(encodeURIComponent(keyOf(other.person)));
  expect((await exposure()).open).toBe(0);
});

test('the schedule alone delivers it when the vendor is back', async () => {
  const { person } = await openAccount();
  down(A);
  await withdraw(person);
  await wasTried();
  up(A);
  await scene.runSchedule(new Date(Date.now() + MINUTE_MS));
  expect(isOpen(A, person)).toBe(false);
});

test('a vendor that refuses it is asked again for ever', async () => {
  const { person } = await openAccount();
  scene.system.vendor(A).setFaults([{ kind: 'status-422', route: 'Practitioner' }]);
  await withdraw(person);
  for (let hour = 1; hour <= 30; hour += 1) {
    await scene.runSchedule(new Date(Date.now() + hour * HOUR_MS));
    expect((await exposure()).accounts[0]).toMatchObject({ editor: A });
  }
  up(A);
  await scene.runSchedule(new Date(Date.now() + 31 * HOUR_MS));
  expect(isOpen(A, person)).toBe(false);
});

test('one that other vendors have confirmed never waits for the one that is away', async () => {
  const { person } = await openAccount();
  await giveUpSoon();
  scene.system.vendor(A).setFaults([{ kind: 'hang', route: 'Practitioner' }]);
  await withdraw(person);
  expect((await exposure()).accounts[0]?.attempts ?? 0).toBe(0);
  await until('B is told', () => isOpen(B, person) === false);
  await wasTried();
});

describe('an older message', () => {
  test('that is under way when the right ends is followed by the withdrawal', async () => {
    const { id, person } = await openAccount();
    await scene.change(person, { ...person, family: 'Autre' });
    scene.system.vendor(A).setSettings({ latencyMs: 1_500 });
    const login = scene.logIn(id);
    await until('the change is under way', () => scene.methods(A) === 'POST PUT');
    await withdraw({ ...person, family: 'Autre' });
    await login;
    await until('it is closed', () => isOpen(A, person) === false);
    expect(scene.methods(A)).toBe('POST PUT PUT');
  });

  test('that takes effect after the withdrawal was confirmed does not give access back', async () => {
    const { id, person } = await openAccount();
    const changed = { ...person, family: 'Autre' };
    await scene.change(person, changed);
    await giveUpSoon();
    scene.system.vendor(A).setAccountFaults({ kind: 'late', delayMs: 8_000, times: 1 });
    await scene.logIn(id);
    await until('the login’s message is given up', async () => {
      const db = await scene.system.edge.database();
      const { results } = await db
        .prepare("SELECT error FROM accounts WHERE editor = 'agenda-a'")
        .all<{ error: string | null }>();
      return results[0]?.error === 'timeout';
    });
    await withdraw(changed);
    await until('it is closed', () => isOpen(A, person) === false);
    // The vendor works off what it had received before: the account is open again.
    await until('the late message is written', () => isOpen(A, person) === true);
    await scene.runSchedule(new Date(Date.now() + 3 * MINUTE_MS));
    expect(isOpen(A, person)).toBe(false);
    const { results } = await (await scene.system.edge.database())
      .prepare('SELECT next_try_ms FROM accounts WHERE next_try_ms IS NOT NULL OR withdrawing = 1')
      .all();
    expect(results).toEqual([]);
  });

  test('of a first creation, lost, is followed by the withdrawal of an account nobody confirmed', async () => {
    const person = technical();
    const id = await scene.create(person);
    await giveUpSoon();
    scene.system.vendor(A).setAccountFaults([{ kind: 'late', delayMs: 5_000, times: 1 }]);
    await scene.logIn(id);
    await until('the account is there all the same', () => isOpen(A, person) === true);
    await withdraw(person);
    await until('it is closed', () => isOpen(A, person) === false);
    expect(scene.methods(A)).toBe('POST PUT');
  });
});

describe('restarts', () => {
  test('of the edge lose no withdrawal', async () => {
    const { person } = await openAccount();
    down(A);
    await withdraw(person);
    await scene.system.stopEdge();
    await scene.system.startEdge();
    up(A);
    await until('a relay is back', async () => (await scene.system.fetch('/readyz')).ok);
    await scene.runSchedule(new Date(Date.now() + 2 * MINUTE_MS));
    expect(isOpen(A, person)).toBe(false);
    expect(isOpen(B, person)).toBe(false);
  });

  test('of the relay, away when the right ends, neither', async () => {
    const { person } = await openAccount();
    await scene.system.relay?.stop();
    await withdraw(person);
    await until('it was tried', async () =>
      (await exposure()).accounts.every(({ attempts }) => attempts === 1),
    );
    expect((await exposure()).open).toBe(2);
    await scene.system.startRelay();
    await scene.runSchedule(new Date(Date.now() + MINUTE_MS));
    expect([isOpen(A, person), isOpen(B, person)]).toEqual([false, false]);
  });
});

describe('many at once', () => {
  test('above the set number they wait for an operator; the first ones, and a single one, never', async () => {
    const people = [];
    for (let i = 0; i < 5; i += 1) people.push(await openAccount());
    for (const { person } of people) await withdraw(person);
    for (const { person } of people.slice(0, 3)) {
      await until('it is closed', () => isOpen(A, person) === false && isOpen(B, person) === false);
    }
    await scene.runSchedule(new Date(Date.now() + HOUR_MS));
    for (const { person } of people.slice(3)) expect(isOpen(A, person)).toBe(true);
    const { accounts, waves } = await exposure();
    expect(accounts).toHaveLength(4);
    expect(waves).toMatchObject([{ confirmed: null, regulators: 2 }]);
    const wave = waves[0]?.id ?? '';
    for (const { heldBy } of accounts) expect(heldBy).toBe(wave);
    const confirmed = await scene.asAdmin(`/admin/accounts/waves/${wave}/confirm`, 'POST');
    expect(confirmed.body).toEqual({ wave, regulators: 2 });
    for (const { person } of people.slice(3)) {
      await until('it is closed', () => isOpen(A, person) === false && isOpen(B, person) === false);
    }
    const more = await openAccount();
    await withdraw(more.person);
    await until('it belongs to the wave confirmed', () => isOpen(A, more.person) === false);
    expect((await scene.asAdmin('/admin/accounts/waves/none/confirm', 'POST')).status).toBe(404);
  });
});

describe('exposure', () => {
  test('is a list and a metric, an alarm past its threshold, and names nobody', async () => {
    const { id, person } = await openAccount();
    down(A);
    await withdraw(person);
    await until('B is told', () => isOpen(B, person) === false);
    await wasTried();
    const listed = await exposure();
    expect(listed).toMatchObject({ open: 1, isAlarm: false, accounts: [{ regulator: id, editor: A }] });
    const text = JSON.stringify(listed);
    for (const secret of [person.value, person.family, person.email]) expect(text).not.toContain(secret);
    const line = (): string | undefined =>
      scene.system.edgeLog.filter((text) => text.includes('"accounts-exposed"')).at(-1);
    await scene.runSchedule(new Date(Date.now() + 10 * MINUTE_MS));
    await until('the metric is said', () => line()?.includes('"level":"warn"') === true);
    await scene.runSchedule(new Date(Date.now() + 20 * MINUTE_MS));
    await until('the alarm is said', () => line()?.includes('"level":"error"') === true);
  });

  test('no log of the edge or the relay ever names a regulator', async () => {
    const canary = {
      system: SYSTEM.sas,
      value: 'canari-identifiant-1',
      family: 'Canarifamille',
      given: 'Canariprenom',
      email: 'canari.adresse@regulation.example',
    };
    const { id, person } = await openAccount(canary);
    await scene.post(practitioner(person));
    await scene.put(keyOf(person), { ...practitioner(person), telecom: [] });
    down(A);
    await withdraw(person);
    await wasTried();
    await scene.logIn(id);
    await scene.search(`?identifier=${encodeURIComponent(keyOf(person))}`);
    const metrics = await scene.asAdmin<object>('/admin/accounts');
    const said = [...scene.system.edgeLog, ...scene.system.relayLog, JSON.stringify(metrics.body)].join('\n');
    expect(said).toContain('account-exchange');
    for (const secret of Object.values(canary).slice(1)) expect(said).not.toContain(secret);
  });
});
