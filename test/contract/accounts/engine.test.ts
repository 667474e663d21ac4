// The account machinery on a real D1, without network: how many statements a login costs, two isolates at once, an
// isolate that dies, identifiers that change hands, the front's two calls.

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { SYSTEM } from '../../../shared/sas/canonical.ts';
import { type RegulatorContent, regulatorResource } from '../../../shared/sas/regulator.ts';
import { type FrontRegulator, logInFromFront, recordFromFront } from '../../../worker/accounts/front.ts';
import { LEASE_MS } from '../../../worker/accounts/model/ledger.ts';
import {
  beginErasure,
  finishErasure,
  listOpenErasures,
  readRemains,
} from '../../../worker/accounts/tables/erasures.ts';
import { purgeRegulators } from '../../../worker/accounts/tables/purge.ts';
import { withdrawEverywhere } from '../../../worker/accounts/withdraw.ts';
import { AccountBench } from '../../support/scenes/accounts-bench.ts';

const A = 'agenda-a';
let bench: AccountBench;

beforeAll(async () => {
  for (const level of ['warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue(undefined);
  bench = await AccountBench.start([A, 'agenda-b', 'agenda-c']);
});
beforeEach(() => bench.clear());
afterAll(() => bench.stop());

const person = (value: string, change: Partial<RegulatorContent> = {}): RegulatorContent => ({
  identifier: { system: SYSTEM.sas, value },
  active: true,
  family: 'Imaginaire',
  given: 'Camille',
  email: `${value}@regulation.example`,
  ...change,
});

const asked = (regulator: string, askedMs = 1) => ({
  id: randomUUID(),
  regulator,
  reason: 'test-data',
  reference: undefined,
  askedMs,
  by: 'ops',
});

async function create(content: RegulatorContent): Promise<string> {
  return (await bench.save({ by: 'nobody' }, content)).regulator.id;
}

const change = (before: RegulatorContent, after: RegulatorContent) =>
  bench.save({ by: 'identifier', identifier: before.identifier }, after);

const keyed = (vendor: string) =>
  bench
    .vendor(vendor)
    .accounts.list()
    .filter(({ key }) => key !== undefined)
    .map(({ key, active, email }) => ({ key: key?.split('|')[1], active, email }));

describe('a login', () => {
  test('with nothing to do runs two D1 statements and calls no vendor', async () => {
    const id = await create(person('a'));
    await bench.logIn(id);
    const heard = bench.heard.length;
    bench.statements = 0;
    const { vendors } = await bench.logIn(id);
    expect(vendors.map(({ state }) => state)).toEqual(['unchanged', 'unchanged', 'unchanged']);
    expect(bench.statements).toBe(2);
    expect(bench.heard).toHaveLength(heard);
  });

  test('at once in two isolates sends each vendor one message', async () => {
    const id = await create(person('a'));
    await Promise.all([bench.logIn(id), bench.logIn(id), bench.logIn(id)]);
    expect(bench.heard.map(({ editor }) => editor).sort()).toEqual([A, 'agenda-b', 'agenda-c']);
  });

  test('of an isolate that died with its answer is finished by the schedule, by PUT', async () => {
    const id = await create(person('a'));
    void bench.logIn(id, bench.engine({}, 1));
    await expect.poll(() => bench.heard.length).toBeGreaterThan(0);
    await expect.poll(async () => (await bench.rows('SELECT 1 FROM accounts')).length).toBe(3);
    bench.nowMs += LEASE_MS - 1_000;
    await bench.runDue();
    expect(bench.heard.filter(({ method }) => method === 'PUT')).toEqual([]);
    bench.nowMs += 2_000;
    await bench.runDue();
    for (const vendor of bench.vendors.keys()) expect(keyed(vendor)).toHaveLength(1);
  });

  test('is not behind a vendor that never answers: the budget ends it', async () => {
    const id = await create(person('a'));
    const engine = { ...bench.engine({ loginMs: 50 }), send: () => new Promise<never>(() => undefined) };
    const { logIn } = await import('../../../worker/accounts/login.ts');
    const answer = await logIn(engine, id);
    expect(answer?.vendors.map(({ state, reason }) => `${state} ${reason}`)).toEqual(
      Array(3).fill('unreachable under-way'),
    );
  });
});

describe('a withdrawal and an older message', () => {
  test('a login read before the right ended claims nothing after it', async () => {
    const content = person('a');
    const id = await create(content);
    await bench.logIn(id);
    await change(content, { ...content, family: 'Autre' });
    await Promise.all([
      bench.logIn(id),
      change({ ...content, family: 'Autre' }, { ...content, family: 'Autre', active: false }),
    ]);
    await bench.runFor(2);
    for (const vendor of bench.vendors.keys()) {
      expect(keyed(vendor)).toMatchObject([{ active: false }]);
      const last = bench.heard.filter(({ editor }) => editor === vendor).at(-1);
      expect(last?.active).toBe(false);
    }
  });

  test('held by a wave sends nothing, not even at a login', async () => {
    const content = person('a');
    const id = await create(content);
    await bench.logIn(id);
    const engine = bench.engine({ waveMax: 0 });
    const { regulator } = await bench.save(
      { by: 'identifier', identifier: content.identifier },
      { ...content, active: false },
      engine,
    );
    expect(regulator.wave).toBeDefined();
    await withdrawEverywhere(engine, id);
    await bench.logIn(id);
    await bench.runFor(2);
    expect(bench.heard.every(({ active }) => active)).toBe(true);
  });
});

describe('withdrawals of one vendor', () => {
  /** So many accounts, all withdrawn while the vendor is away. */
  async function withdrawnWhileAway(count: number): Promise<RegulatorContent[]> {
    const people = Array.from({ length: count }, (_none, i) => person(`p${i}`));
    for (const one of people) await bench.logIn(await create(one));
    bench.vendor(A).isDown = true;
    for (const one of people) {
      bench.nowMs += 1_000;
      await change(one, { ...one, active: false });
    }
    bench.vendor(A).isDown = false;
    return people;
  }

  test.each(['lost-before', 'error', 'refused', 'doubted-before'] as const)(
    'are all confirmed in one run but the one that alone is %s, tried again and again',
    async (fate) => {
      const [cursed] = await withdrawnWhileAway(7);
      bench.vendor(A).curses.set(cursed?.email ?? '', fate);
      await bench.runFor(1);
      expect(keyed(A).filter(({ active }) => active)).toMatchObject([{ key: 'p0' }]);
      const before = bench.heard.length;
      await bench.runFor(60, 5);
      expect(bench.heard.length).toBeGreaterThan(before + 3);
      bench.vendor(A).curses.clear();
      await bench.runFor(20, 5);
      expect(keyed(A).filter(({ active }) => active)).toEqual([]);
    },
  );

  test('reach everybody in turn when several accounts are never answered', async () => {
    const people = await withdrawnWhileAway(12);
    for (const { email } of people.slice(0, 9)) bench.vendor(A).curses.set(email, 'lost-before');
    await bench.runFor(4);
    expect(keyed(A).filter(({ active }) => active)).toHaveLength(9);
  });

  test('ask a vendor that is not there once in a run, and one that never answers four times', async () => {
    await withdrawnWhileAway(7);
    for (const [fate, people] of [
      ['down', 1],
      ['lost-before', 4],
    ] as const) {
      for (let i = 0; i < 7; i += 1) bench.vendor(A).curses.set(`p${i}@`, fate);
      bench.nowMs += 3_600_000;
      const before = bench.heard.length;
      await bench.runDue();
      expect(new Set(bench.heard.slice(before).map(({ email }) => email)).size).toBe(people);
    }
  });

  test('are tried through a day of outage, every twenty minutes at least', async () => {
    await withdrawnWhileAway(1);
    bench.vendor(A).isDown = true;
    const endMs = bench.nowMs + 24 * 3_600_000;
    let tries = 0;
    for (let isOver = false; !isOver; tries += 1) {
      const [row] = await bench.rows<{ attempts: number; next_try_ms: number }>(
        'SELECT attempts, next_try_ms FROM accounts WHERE editor = ?1',
        A,
      );
      expect(row?.attempts).toBe(tries + 1);
      expect(row?.next_try_ms).toBeLessThanOrEqual(bench.nowMs + 20 * 60_000);
      bench.nowMs = row?.next_try_ms ?? 0;
      await bench.runDue();
      isOver = bench.nowMs > endMs;
    }
    expect(tries).toBeGreaterThan(24 * 3);
    bench.vendor(A).isDown = false;
    await bench.runFor(20);
    expect(keyed(A)).toMatchObject([{ active: false }]);
  });

  test('that are never answered do not keep others from logging in for more than an hour or two', async () => {
    const [cursed] = await withdrawnWhileAway(1);
    bench.vendor(A).curses.set(cursed?.email ?? '', 'lost-before');
    const id = await create(person('new'));
    await bench.runFor(1);
    expect((await bench.logIn(id)).vendors[0]).toMatchObject({ reason: 'withdrawals-first' });
    await bench.runFor(120, 5);
    expect((await bench.logIn(id)).vendors[0]).toMatchObject({ editor: A, state: 'done' });
    expect(bench.heard.slice(-3).map(({ active }) => active)).toContain(false);
  });
});

describe('a withdrawal that also renames, at a vendor that holds the new identifier too', () => {
  const old = person('old');
  const renamed = { ...person('new'), email: old.email };
  const open = () => bench.rows('SELECT 1 FROM accounts WHERE editor = ?1 AND withdrawing = 1', A);
  const states = () => keyed(A).map(({ key, active }) => `${key} ${active}`);

  beforeEach(async () => {
    await bench.logIn(await create(old));
    bench.vendor(A).holdBefore(regulatorResource(renamed));
  });

  test('closes both', async () => {
    await change(old, { ...renamed, active: false });
    expect(states()).toEqual(['old false', 'new false']);
    expect(await open()).toEqual([]);
  });

  test.each([
    ['the old one', ['refused', 'refused'], ['old true', 'new true']],
    ['the new one', ['refused', 'answered', 'refused'], ['old false', 'new true']],
  ] as const)('stays open while the vendor refuses to close %s', async (_name, fates, left) => {
    bench.vendor(A).fates.push(...fates);
    await change(old, { ...renamed, active: false });
    expect(states()).toEqual(left);
    expect(await open()).toHaveLength(1);
    await bench.runFor(2);
    expect(states()).toEqual(['old false', 'new false']);
    expect(await open()).toEqual([]);
  });

  test('closes both when the change of identifier had been lost before', async () => {
    bench.vendor(A).fates.push('lost-before', 'lost-before');
    await change(old, renamed);
    const [row] = await bench.rows<{ regulator: string }>('SELECT regulator FROM accounts LIMIT 1');
    await bench.logIn(row?.regulator ?? '');
    await change(renamed, { ...renamed, active: false });
    await bench.runFor(5);
    expect(states()).toEqual(['old false', 'new false']);
    expect(await open()).toEqual([]);
  });
});

describe('a vendor that held the account from before us, under an identifier that SAS has changed since', () => {
  const old = person('old');
  const renamed = { ...person('new'), email: old.email };
  const states = () => keyed(A).map(({ key, active }) => `${key} ${active}`);

  test.each([
    ['without being told', false],
    ['told of the new one only', true],
  ])('loses it when the right ends, %s', async (_name, isTold) => {
    bench.vendor(A).holdBefore(regulatorResource(old));
    const id = await create(old);
    await change(old, renamed);
    if (isTold) await bench.logIn(id);
    bench.vendor(A).fates.push('answered', 'refused');
    await change(renamed, { ...renamed, active: false });
    expect(states()).toEqual(['old true', 'new false']);
    expect(await bench.rows('SELECT 1 FROM accounts WHERE withdrawing = 1')).toHaveLength(1);
    await bench.runFor(2);
    expect(states()).toEqual(['old false', 'new false']);
    expect(await bench.rows('SELECT 1 FROM accounts WHERE withdrawing = 1')).toEqual([]);
  });

  test('keeps it when another regulator bears that identifier now', async () => {
    const id = await create(old);
    await change(old, renamed);
    const other = { ...person('old'), email: 'other@regulation.example' };
    await bench.logIn(await create(other));
    await bench.logIn(id);
    await change(renamed, { ...renamed, active: false });
    expect(states()).toEqual(['old true', 'new false']);
  });

  test('is not told under the identifier it knew him by: it has moved his account', async () => {
    const id = await create(old);
    await bench.logIn(id);
    await change(old, renamed);
    await bench.logIn(id);
    await change(renamed, { ...renamed, active: false });
    expect(states()).toEqual(['new false']);
  });
});

describe('a change of identifier that was lost, and is refused when it comes again', () => {
  const old = person('old');
  const renamed = { ...person('new'), email: old.email };
  const states = () => keyed(A).map(({ key, active }) => `${key} ${active}`);
  const doubted = async () =>
    (
      await bench.rows<{ sent_value: string | null }>('SELECT sent_value FROM accounts WHERE editor = ?1', A)
    ).map(({ sent_value }) => sent_value);
  let id: string;

  beforeEach(async () => {
    id = await create(old);
    await bench.logIn(id);
    await change(old, renamed);
  });

  test('leaves no second account open: the old one is closed when the vendor makes the new one', async () => {
    bench.vendor(A).fates.push('lost-before', 'refused');
    await bench.logIn(id);
    await bench.runFor(5);
    expect(states()).toEqual(['old false', 'new true']);
  });

  test('is not done while the vendor has made the new one and refuses to close the old one', async () => {
    bench.vendor(A).fates.push('lost-before', 'refused', 'answered', 'refused');
    await bench.logIn(id);
    await bench.runFor(1);
    expect(states()).toEqual(['old true', 'new true']);
    expect(await doubted()).toEqual(['new']);
    await bench.runFor(2);
    expect(states()).toEqual(['old false', 'new true']);
    expect(await doubted()).toEqual([null]);
  });
});

describe('an identifier that changes hands', () => {
  test('from somebody without right is taken over, and the account of before is not found by it again', async () => {
    const first = person('a');
    const second = person('b');
    const firstId = await create(first);
    const secondId = await create(second);
    await bench.logIn(firstId);
    await bench.logIn(secondId);
    await change(first, { ...first, active: false });
    const taken = { ...second, identifier: first.identifier };
    await change(second, taken);
    await bench.logIn(secondId);
    // The first one comes back, under another identifier.
    const back = await bench.save({ by: 'nobody' }, person('c', { email: 'a@regulation.example' }));
    await bench.logIn(back.regulator.id);
    expect(keyed(A)).toEqual([
      { key: 'a', active: true, email: 'b@regulation.example' },
      { key: 'c', active: true, email: 'a@regulation.example' },
    ]);
  });

  test('while its account may still be open at a vendor waits there until that is closed', async () => {
    const first = person('a');
    const second = person('b');
    await bench.logIn(await create(first));
    const secondId = await create(second);
    bench.vendor(A).isDown = true;
    await change(first, { ...first, active: false });
    await change(second, { ...second, identifier: first.identifier });
    await bench.logIn(secondId);
    expect(keyed(A)).toEqual([{ key: 'a', active: true, email: 'a@regulation.example' }]);
    bench.vendor(A).isDown = false;
    await bench.runFor(20);
    await bench.logIn(secondId);
    expect(keyed(A)).toEqual([{ key: 'a', active: true, email: 'b@regulation.example' }]);
    expect(keyed('agenda-b')).toEqual([{ key: 'a', active: true, email: 'b@regulation.example' }]);
  });

  test('from an active regulator who has another one now is his until the vendor knows', async () => {
    const first = person('a');
    const second = person('b');
    const firstId = await create(first);
    const secondId = await create(second);
    await bench.logIn(firstId);
    await change(first, { ...first, identifier: { system: SYSTEM.sas, value: 'z' } });
    await change(second, { ...second, identifier: first.identifier });
    const { vendors } = await bench.logIn(secondId);
    expect(vendors[0]).toMatchObject({ state: 'unreachable', reason: 'identifier-borne' });
    await bench.runFor(1);
    await bench.logIn(secondId);
    expect(keyed(A)).toEqual([
      { key: 'z', active: true, email: 'a@regulation.example' },
      { key: 'a', active: true, email: 'b@regulation.example' },
    ]);
  });
});

describe('the front', () => {
  const ZOE = {
    uuid: 'b6e39355-8a61-4556-b340-36f7b95fec6a',
    lastName: 'Imaginaire',
    firstName: 'Zoé',
    email: 'zoe@regulation.example',
    nationalId: '',
    habilitation: true,
    sasTerritories: ['SAS-42'],
  };
  const logInAtFront = async (message: FrontRegulator): Promise<void> => {
    const login = await logInFromFront(bench.engine(), message);
    if (login.ok) await login.value.told;
  };

  test('records under SAS’s own id, and a national id later is the same regulator', async () => {
    await recordFromFront(bench.engine(), ZOE);
    expect(bench.heard).toEqual([]);
    await logInAtFront(ZOE);
    expect(keyed(A)).toMatchObject([{ key: ZOE.uuid }]);
    await recordFromFront(bench.engine(), { ...ZOE, nationalId: '3456780581/11242343' });
    await logInAtFront({ ...ZOE, nationalId: '3456780581/11242343' });
    expect(keyed(A)).toMatchObject([{ key: '3456780581/11242343' }]);
    expect(await bench.rows('SELECT id FROM regulators')).toHaveLength(1);
  });

  test('loses its territories in retries: those of before stay', async () => {
    await recordFromFront(bench.engine(), ZOE);
    await recordFromFront(bench.engine(), { ...ZOE, lastName: 'Autre', sasTerritories: [] });
    expect(await bench.rows('SELECT family, territories FROM regulators')).toEqual([
      { family: 'Autre', territories: '["SAS-42"]' },
    ]);
  });

  test('cannot undo a withdrawal by an older call that comes late, but by a login', async () => {
    const activeOf = async (): Promise<unknown> =>
      (await bench.rows<{ active: number }>('SELECT active FROM regulators'))[0]?.active;
    await recordFromFront(bench.engine(), ZOE);
    await recordFromFront(bench.engine(), { ...ZOE, habilitation: false, sasTerritories: [] });
    expect(await activeOf()).toBe(0);
    await recordFromFront(bench.engine(), { ...ZOE, sasTerritories: [] });
    expect(await activeOf()).toBe(0);
    await logInAtFront({ ...ZOE, sasTerritories: [] });
    expect(await activeOf()).toBe(1);
  });

  test('says nothing that can be kept when its fields are empty', async () => {
    const empty = { ...ZOE, uuid: '', lastName: '', firstName: '', email: '' };
    for (const habilitation of [true, false]) {
      const said = await recordFromFront(bench.engine(), { ...empty, habilitation });
      expect(said).toEqual({ ok: false, error: 'incomplete' });
    }
    expect(await bench.rows('SELECT id FROM regulators')).toEqual([]);
  });

  const activeOf = async (uuid: string): Promise<number | undefined> =>
    (await bench.rows<{ active: number }>('SELECT active FROM regulators WHERE technical_id = ?1', uuid))[0]
      ?.active;
  const NATIONAL = '899900000017';

  test('withdraws whoever has the uuid, also under a national id that another active regulator bears', async () => {
    await recordFromFront(bench.engine(), ZOE);
    const other = { ...ZOE, uuid: randomUUID(), nationalId: NATIONAL };
    await recordFromFront(bench.engine(), other);
    await logInAtFront(ZOE);
    const withdrawal = { ...ZOE, nationalId: NATIONAL, habilitation: false };
    expect(await recordFromFront(bench.engine(), withdrawal)).toMatchObject({
      ok: true,
      value: { isWithdrawn: true, regulator: { identifier: { system: SYSTEM.sas, value: ZOE.uuid } } },
    });
    expect([await activeOf(ZOE.uuid), await activeOf(other.uuid)]).toEqual([0, 1]);
  });

  test('G-931 cannot make an account by a retry that comes after the withdrawal, though the first call was lost', async () => {
    await recordFromFront(bench.engine(), { ...ZOE, nationalId: NATIONAL, habilitation: false });
    await recordFromFront(bench.engine(), { ...ZOE, nationalId: NATIONAL, sasTerritories: [] });
    expect(await activeOf(ZOE.uuid)).toBe(0);
    await bench.runFor(2);
    // Vendors may hold the account from before us: they are told that it is over, and nothing else.
    expect(bench.heard.map(({ active }) => active)).toEqual([false, false, false]);
    // The same person under a new uuid is somebody else, and is not held up.
    const again = { ...ZOE, uuid: randomUUID(), nationalId: NATIONAL };
    expect(await recordFromFront(bench.engine(), again)).toMatchObject({ ok: true });
    expect([await activeOf(ZOE.uuid), await activeOf(again.uuid)]).toEqual([0, 1]);
  });

  test('keeps a withdrawal of somebody not known until every vendor has confirmed it and the retention ends', async () => {
    bench.vendor(A).isDown = true;
    const withdrawal = { ...ZOE, nationalId: NATIONAL, habilitation: false };
    const saved = await recordFromFront(bench.engine(), withdrawal);
    expect(saved).toMatchObject({ ok: true, value: { isWithdrawn: true } });
    await bench.runFor(1);
    expect(keyed('agenda-b')).toMatchObject([{ key: NATIONAL, active: false }]);
    const db = bench.engine().db;
    expect(await purgeRegulators(db, bench.nowMs + 1)).toBe(0);
    bench.vendor(A).isDown = false;
    await bench.runFor(16);
    expect(keyed(A)).toMatchObject([{ key: NATIONAL, active: false }]);
    // An erasure under way still needs his identifiers, to take him out of the appointments.
    const id = saved.ok ? (saved.value?.regulator.id ?? '') : '';
    const erasure = await beginErasure(db, asked(id));
    expect(await purgeRegulators(db, bench.nowMs + 1)).toBe(0);
    expect((await readRemains(db, id))?.identifiers.map(({ value }) => value)).toContain(NATIONAL);
    await db.prepare('UPDATE erased_regulators SET regulator = NULL WHERE id = ?1').bind(erasure?.id).run();
    expect(await purgeRegulators(db, bench.nowMs + 1)).toBe(1);
  });

  test('an erasure waits for a vendor in service, before none that can go on, and for none that was taken out', async () => {
    const db = bench.engine().db;
    const stuck = Array.from({ length: 101 }, (_, i) => `00000000-${i}`);
    bench.vendor(A).isDown = true;
    const said = await recordFromFront(bench.engine(), { ...ZOE, nationalId: NATIONAL, habilitation: false });
    const zoe = said.ok ? (said.value?.regulator.id ?? '') : '';
    await bench.runFor(1);
    const copy = (ids: readonly string[], table: string, key: string, columns: string) =>
      db
        .prepare(`INSERT INTO ${table} (${key}, ${columns}) SELECT n, ${columns} FROM ${table}, (SELECT value AS n FROM json_each(?1))
          WHERE ${key} = ?2`)
        .bind(JSON.stringify(ids), zoe);
    await db.batch([
      copy(
        [...stuck, 'free'],
        'regulators',
        'id',
        'active, family, given, email, territories, version, hash, stamp, updated_ms',
      ),
      copy(stuck, 'accounts', 'regulator', 'editor, revision, open, withdrawing, attempts'),
    ]);
    for (const id of stuck) await beginErasure(db, asked(id));
    await beginErasure(db, asked('free', 2));
    expect((await listOpenErasures(db))[0]?.regulator).toBe('free');
    // Taken out by an operator, it is named, and not waited for.
    const left = async () => {
      const remains = await readRemains(db, zoe);
      return [remains?.left.map(({ editor }) => editor), remains?.takenOut];
    };
    expect(await left()).toEqual([[A], []]);
    const erasure = await beginErasure(db, asked(zoe));
    const finish = () => finishErasure(db, { id: erasure?.id ?? '', regulator: zoe }, bench.nowMs);
    await finish();
    await db.prepare('UPDATE editors SET taken_out_ms = 1 WHERE id = ?1').bind(A).run();
    expect(await left()).toEqual([[], [A]]);
    await finish();
    expect(await readRemains(db, zoe)).toBeUndefined();
    await db.prepare('UPDATE editors SET taken_out_ms = NULL').run();
    await db.prepare('DELETE FROM erased_regulators').run();
  });

  test('withdraws somebody not known by his uuid when an active regulator bears the national id', async () => {
    const other = { ...ZOE, uuid: randomUUID(), nationalId: NATIONAL };
    await recordFromFront(bench.engine(), other);
    await recordFromFront(bench.engine(), { ...ZOE, nationalId: NATIONAL, habilitation: false });
    await bench.runFor(1);
    expect(keyed(A)).toMatchObject([{ key: ZOE.uuid, active: false }]);
    expect([await activeOf(ZOE.uuid), await activeOf(other.uuid)]).toEqual([0, 1]);
  });

  test('keeps of a withdrawal of somebody not known that names nobody its uuid alone, and can tell no vendor', async () => {
    await recordFromFront(bench.engine(), {
      ...ZOE,
      lastName: '',
      nationalId: NATIONAL,
      habilitation: false,
    });
    expect(await bench.rows('SELECT family, given, email, value FROM regulators')).toEqual([
      { family: '', given: '', email: '', value: ZOE.uuid },
    ]);
    await bench.runFor(1);
    expect(bench.heard).toEqual([]);
    const db = bench.engine().db;
    expect(await purgeRegulators(db, bench.nowMs + 1)).toBe(1);
  });

  test('G-931 a retry that read before the withdrawal committed does not undo it', async () => {
    await recordFromFront(bench.engine(), ZOE);
    const slow = bench.engine();
    // Another isolate withdraws just before the retry's save.
    let isFirst = true;
    const { batch } = slow.db;
    const db = new Proxy(slow.db, {
      get: (target, name) =>
        name !== 'batch'
          ? Reflect.get(target, name)
          : async (statements: Parameters<typeof batch>[0]) => {
              const results = await batch(statements);
              if (isFirst) {
                isFirst = false;
                await recordFromFront(bench.engine(), { ...ZOE, habilitation: false });
              }
              return results;
            },
    });
    const retry = { ...ZOE, lastName: 'Autre', sasTerritories: [] };
    expect(await recordFromFront({ ...slow, db }, retry)).toEqual({ ok: true, value: undefined });
    expect(await activeOf(ZOE.uuid)).toBe(0);
  });

  test('a withdrawal that meets the first call of its regulator withdraws it', async () => {
    for (let round = 0; round < 5; round += 1) {
      const zoe = { ...ZOE, uuid: randomUUID() };
      await Promise.all([
        recordFromFront(bench.engine(), { ...zoe, sasTerritories: [] }),
        recordFromFront(bench.engine(), { ...zoe, habilitation: false }),
      ]);
      expect(await activeOf(zoe.uuid)).toBe(0);
    }
  });
});
