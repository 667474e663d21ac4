// The whole system under a random life: edge in workerd, relay process, vendors over mTLS. Claim: whatever the order of
// logins, changes, changes of identifier, withdrawals, outages, lost answers and restarts of edge and relay, each vendor
// ends with what is wanted, never holds two active accounts of one regulator, and never reopens one without right.
// test/fuzz/accounts-model.test.ts walks many more orders, without processes.

import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SYSTEM } from '../../../shared/sas/canonical.ts';
import { AccountScene, keyOf, type Person, technical } from '../../support/scenes/accounts-scene.ts';
import { drawn, SEED } from '../../support/seed.ts';
import { until } from '../../support/wait/until.ts';

const RUNS = drawn(4);
const VENDORS = ['agenda-a', 'agenda-b'];
const MINUTE_MS = 60_000;

interface Known {
  readonly id: string;
  person: Person;
}

interface Life {
  readonly people: Map<number, Known>;
  readonly run: number;
  numbers: number;
  /** The schedule's clock is ahead of the machine's by so much. */
  aheadMs: number;
}

type Act = (life: Life, known: Known) => Promise<void>;
const used = new Map<string, number>();
let scene: AccountScene;

beforeAll(async () => {
  scene = await AccountScene.start({
    vendors: [{ seed: 1 }, { seed: 2 }],
    settings: { ACCOUNT_LOGIN_MS: '20000', ACCOUNT_WAVE_MAX: '1000' },
  });
});

afterAll(() => scene.stop());

async function rows(sql: string): Promise<unknown[]> {
  const db = await scene.system.edge.database();
  return (await db.prepare(sql).all()).results;
}

const ownerOf = (email: string): string => email.split('.')[0] ?? '';

async function checkAlways(): Promise<void> {
  for (const vendor of VENDORS) {
    const active = scene.system
      .vendor(vendor)
      .accounts()
      .filter((account) => account.key !== undefined && account.active)
      .map(({ email }) => ownerOf(email));
    expect(new Set(active).size, `two active accounts at ${vendor}: ${active.join(' ')}`).toBe(active.length);
  }
  const stuck = await rows(
    `SELECT a.regulator FROM accounts AS a JOIN regulators AS r ON r.id = a.regulator
     WHERE a.open = 1 AND r.active = 0 AND (a.withdrawing = 0 OR r.wave IS NOT NULL)`,
  );
  expect(stuck, 'open without right, and nothing scheduled').toEqual([]);
}

async function change(life: Life, known: Known, next: Partial<Person>): Promise<void> {
  life.numbers += 1;
  const person = { ...known.person, ...next };
  await scene.change(known.person, person);
  known.person = person;
}

async function untilReady(): Promise<void> {
  await until('the relay is back', async () => {
    const response = await scene.system.fetch('/readyz').catch(() => undefined);
    return response?.ok === true;
  });
}

/** Logins go by the machine's clock, however far the schedule's is ahead. */
async function noLease(): Promise<boolean> {
  return (await rows(`SELECT 1 FROM accounts WHERE lease_until_ms > ${Date.now()}`)).length === 0;
}

const ACTS: Readonly<Record<string, Act>> = {
  login: async (_life, { id }) => {
    await scene.logIn(id);
  },
  email: (life, known) =>
    change(life, known, { email: `${ownerOf(known.person.email)}.${life.numbers}@regulation.example` }),
  identifier: (life, known) =>
    change(life, known, {
      system: SYSTEM.idnps,
      value: `35000000${life.run % 10}/${life.run}-${life.numbers}`,
    }),
  right: (life, known) => change(life, known, { active: !known.person.active }),
  outage: async (life) => {
    const vendor = scene.system.vendor(VENDORS[life.numbers % 2] ?? '');
    const isDown = vendor.state().faults.length > 0;
    vendor.setFaults(isDown ? [] : [{ kind: 'reset-early', route: 'Practitioner' }]);
  },
  lost: async (life) => {
    scene.system.vendor(VENDORS[life.numbers % 2] ?? '').setAccountFaults({ kind: 'lost', times: 2 });
  },
  minutes: async (life) => {
    life.aheadMs += 3 * MINUTE_MS;
    await scene.runSchedule(new Date(Date.now() + life.aheadMs));
  },
  'edge restarts': async () => {
    await scene.system.stopEdge();
    await scene.system.startEdge();
    await untilReady();
  },
  'relay restarts': async () => {
    await scene.system.relay?.stop();
    await scene.system.startRelay();
  },
};

const WEIGHTS: readonly [string, number][] = [
  ['login', 6],
  ['email', 2],
  ['identifier', 3],
  ['right', 4],
  ['outage', 2],
  ['lost', 3],
  ['minutes', 3],
  ['edge restarts', 1],
  ['relay restarts', 1],
];

const step = fc.record({
  what: fc.oneof(...WEIGHTS.map(([name, weight]) => ({ weight, arbitrary: fc.constant(name) }))),
  who: fc.nat(2),
});

async function knownOf(life: Life, who: number): Promise<Known> {
  const known = life.people.get(who);
  if (known !== undefined) return known;
  const person = technical({ email: `p${life.run}x${who}.0@regulation.example` });
  const made = { id: await scene.create(person), person };
  life.people.set(who, made);
  return made;
}

async function checkEnd(life: Life): Promise<void> {
  for (const id of VENDORS) {
    scene.system.vendor(id).setFaults([]);
    scene.system.vendor(id).setAccountFaults([]);
  }
  await untilReady();
  await until('no edge that died holds an account', noLease);
  for (let round = 0; round < 3; round += 1) {
    life.aheadMs += 20 * MINUTE_MS;
    await scene.runSchedule(new Date(Date.now() + life.aheadMs));
    for (const { id } of life.people.values()) await scene.logIn(id);
  }
  for (const vendor of VENDORS) {
    for (const { person } of life.people.values()) {
      const mine = scene.system
        .vendor(vendor)
        .accounts()
        .filter(({ key, email }) => key !== undefined && ownerOf(email) === ownerOf(person.email));
      const open = mine.filter(({ active }) => active).map(({ key, email }) => ({ key, email }));
      const wanted = person.active ? [{ key: keyOf(person), email: person.email }] : [];
      expect(open, `${vendor}, ${JSON.stringify(person)}`).toEqual(wanted);
    }
  }
  expect(await rows('SELECT * FROM accounts WHERE withdrawing = 1 OR sent_hash IS NOT NULL')).toEqual([]);
}

test(`each vendor ends with what is wanted, through restarts and losses (seed ${SEED})`, async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 30 }), async (steps) => {
      run += 1;
      const life: Life = { people: new Map(), run, numbers: 0, aheadMs: 0 };
      for (const { what, who } of steps) {
        const act = ACTS[what];
        if (act === undefined) throw new Error(what);
        used.set(what, (used.get(what) ?? 0) + 1);
        await act(life, await knownOf(life, who));
        await checkAlways();
      }
      await checkEnd(life);
    }),
    { seed: SEED, numRuns: RUNS, endOnFailure: true },
  );
  expect(used.get('login')).toBeGreaterThan(0);
});
