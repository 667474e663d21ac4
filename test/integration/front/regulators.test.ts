// What the front says of regulators' accounts, and what vendors hear of it: the sign-in and its four requests, stale
// retries, lost fields, withdrawals. docs/guide.md G-904, G-911, § 10 (AC-24, AC-25), G-930, G-931, G-936.
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { SYSTEM } from '../../../shared/sas/canonical.ts';
import { FrontCaller, type FrontReply, jsonOf } from '../../support/doubles/front-caller.ts';
import { AccountScene } from '../../support/scenes/accounts-scene.ts';
import { until } from '../../support/wait/until.ts';

interface FrontAccount {
  readonly uuid: string | null;
  readonly lastName: string | null;
  readonly firstName: string | null;
  readonly email: string | null;
  readonly nationalId: string | null;
  readonly habilitation: boolean | null;
  readonly emailBeforeUpdate: string | null;
  readonly sasTerritories: readonly string[];
}

let scene: AccountScene;
let front: FrontCaller;
const VENDORS = ['agenda-a', 'agenda-b', 'agenda-c'];

beforeAll(async () => {
  scene = await AccountScene.start();
  front = new FrontCaller(() => scene.system.url);
});
afterAll(() => scene?.stop());
afterEach(async () => {
  for (const vendor of scene.system.vendors) vendor.reset();
  for (const id of VENDORS) await scene.quiet(id);
});

function somebody(change: Partial<FrontAccount> = {}): FrontAccount & { uuid: string } {
  const uuid = change.uuid ?? randomUUID();
  return {
    lastName: 'D’Angély',
    firstName: 'Zoé',
    email: `${uuid}@regulation.example`,
    nationalId: '',
    habilitation: true,
    emailBeforeUpdate: null,
    sasTerritories: ['SAS-42 Loire'],
    ...change,
    uuid,
  };
}

const send = (path: string, body: unknown): Promise<FrontReply> =>
  front.asServer(path, { method: 'PUT', body });
const record = (account: FrontAccount): Promise<FrontReply> => send('/v1/regulators', account);
const logIn = (account: FrontAccount): Promise<FrontReply> => send('/v1/regulators/login', account);
/** As the front does: sign-in of a regulator, then the save of his account. */
async function signIn(account: FrontAccount): Promise<void> {
  for (const reply of [await logIn(account), await record(account)]) {
    expect([reply.status, jsonOf(reply)]).toEqual([200, { accepted: true }]);
  }
}
const held = (vendor: string, { uuid }: { uuid: string }) =>
  scene.held(vendor, { system: SYSTEM.sas, value: uuid });
const everywhere = (account: { uuid: string }, active: boolean): Promise<true> =>
  until(`every vendor holds it ${active ? 'open' : 'closed'}`, () =>
    VENDORS.every((vendor) => held(vendor, account).some((one) => one.active === active)),
  );
const kept = async ({ uuid }: { uuid: string }): Promise<Record<string, unknown> | null> =>
  (await scene.system.edge.database())
    .prepare('SELECT family, email, active, territories, version FROM regulators WHERE technical_id = ?1')
    .bind(uuid)
    .first();

/** Each vendor has been asked, and still has somebody wait. */
const allHang = () => VENDORS.every((vendor) => scene.requests(vendor).some(({ status }) => status === null));

describe('the sign-in of a regulator', () => {
  it('AC-24 makes one account at each vendor, however often it is said', async () => {
    const zoe = somebody();
    await signIn(zoe);
    await everywhere(zoe, true);
    await signIn(zoe);
    await signIn(zoe);
    for (const vendor of VENDORS) {
      await scene.quiet(vendor);
      expect(held(vendor, zoe)).toMatchObject([
        { family: 'D’Angély', given: 'Zoé', active: true, version: 1 },
      ]);
    }
  });

  it('AC-24 at once in two windows makes one account too', async () => {
    const zoe = somebody();
    await Promise.all([signIn(zoe), signIn(zoe), signIn(zoe)]);
    await everywhere(zoe, true);
    for (const vendor of VENDORS) {
      await scene.quiet(vendor);
      expect(held(vendor, zoe)).toHaveLength(1);
    }
  });

  it('a change waits for the next sign-in', async () => {
    const zoe = somebody();
    await signIn(zoe);
    await everywhere(zoe, true);
    const moved = { ...zoe, email: `${zoe.uuid}@ailleurs.example`, emailBeforeUpdate: zoe.email };
    await record(moved);
    expect(held('agenda-a', zoe)).toMatchObject([{ email: zoe.email }]);
    await signIn(moved);
    await until('the vendor knows the new address', () => held('agenda-a', zoe)[0]?.email === moved.email);
  });

  /** Until the relay gives up: longer than the test takes, unless the edge waits for it. */
  const hang = (): void => {
    for (const vendor of scene.system.vendors) vendor.setAccountFaults({ kind: 'late', delayMs: 60_000 });
  };
  const endHang = async (): Promise<void> => {
    scene.system.relay?.process.kill('SIGKILL');
    await scene.system.startRelay();
  };

  it('AC-25 regulators answers while every vendor hangs', async () => {
    const zoe = somebody();
    hang();
    const token = await front.token();
    for (const [path, habilitation] of [
      ['/v1/regulators', true],
      ['/v1/regulators/login', true],
      ['/v1/regulators', true],
      ['/v1/regulators', false],
    ] as const) {
      const reply = await front.plain(path, {
        method: 'PUT',
        body: { ...zoe, habilitation },
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      });
      expect(reply.status).toBe(200);
    }
    await until('every vendor is asked', allHang);
    await endHang();
  });

  it('AC-25 a burst of fifty is answered while every vendor hangs', async () => {
    const people = Array.from({ length: 50 }, () => somebody());
    hang();
    const token = await front.token();
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    const put = async (path: string, body: unknown): Promise<void> => {
      const reply = await front.plain(path, { method: 'PUT', body, headers });
      expect(reply.status).toBe(200);
    };
    await put('/v1/regulators/login', somebody());
    await until('every vendor is asked', allHang);
    await Promise.all(people.map((one) => put('/v1/regulators', one)));
    // The 500 ms themselves are held by the bench, on a machine with nothing else to do.
    expect(allHang()).toBe(true);
    await endHang();
    for (const one of people) expect(await kept(one)).toMatchObject({ active: 1, version: 1 });
  });
});

describe('what the front’s queue does to a message', () => {
  it('AC-24 the retry with sasTerritories [] changes nothing', async () => {
    const zoe = somebody();
    await record(zoe);
    const before = await kept(zoe);
    expect(before).toMatchObject({ territories: '["SAS-42 Loire"]' });
    await record({ ...zoe, sasTerritories: [] });
    expect(await kept(zoe)).toEqual(before);
  });

  it('AC-24 habilitation false reaches vendors at once, and a stale true does not undo it', async () => {
    const zoe = somebody();
    await signIn(zoe);
    await everywhere(zoe, true);
    await record({ ...zoe, habilitation: false, sasTerritories: [] });
    await everywhere(zoe, false);
    await record({ ...zoe, sasTerritories: [] });
    expect(await kept(zoe)).toMatchObject({ active: 0 });
    await logIn({ ...zoe, sasTerritories: [] });
    await everywhere(zoe, true);
  });

  it.each(['', '810000000016'])(
    'a withdrawal in capitals closes the account, national id «%s»',
    async (nationalId) => {
      const account = somebody({ nationalId });
      await signIn(account);
      const holds = (active: boolean) =>
        until(`every vendor holds ${active}`, () =>
          VENDORS.every((vendor) => {
            const own = scene.system.vendor(vendor).accounts();
            const found = own.filter(({ email }) => email === account.email);
            return found.length > 0 && found.every((one) => one.active === active);
          }),
        );
      await holds(true);
      const ended = { ...account, uuid: account.uuid.toUpperCase(), habilitation: false };
      expect((await record(ended)).status).toBe(200);
      await holds(false);
      await until('nobody is exposed', async () => {
        const { body } = await scene.asAdmin<{ accounts: object[] }>('/admin/accounts/exposure');
        return body.accounts.length === 0;
      });
    },
  );

  it('AC-24 all null: 422 with code and message, nothing stored', async () => {
    const count = async (): Promise<unknown> =>
      (await scene.system.edge.database()).prepare('SELECT COUNT(*) AS n FROM regulators').first();
    const before = await count();
    const empty = {
      uuid: null,
      lastName: null,
      firstName: null,
      email: null,
      nationalId: null,
      habilitation: null,
      emailBeforeUpdate: null,
      sasTerritories: [],
    };
    for (const path of ['/v1/regulators', '/v1/regulators/login']) {
      for (const body of [
        empty,
        { ...empty, nationalId: '', habilitation: true },
        { ...somebody(), email: ' ' },
      ]) {
        const reply = await send(path, body);
        expect([reply.status, jsonOf(reply)]).toEqual([
          422,
          { code: 422, message: expect.stringContaining('incomplet') as string },
        ]);
      }
    }
    expect(await count()).toEqual(before);
  });

  it.each([
    ['no object', '"texte"'],
    ['a name that is too long', { ...somebody(), lastName: 'x'.repeat(300) }],
    ['territories that are no list', { ...somebody(), sasTerritories: 'SAS-42' }],
    ['no JSON', '{'],
  ])('refuses %s', async (_, body) => {
    const reply = await send('/v1/regulators', body);
    expect([reply.status, jsonOf(reply)]).toMatchObject([400, { code: 400 }]);
  });

  it('a body that gives a right and takes it is refused: of two equal keys neither is the last word', async () => {
    const account = somebody();
    await signIn(account);
    const before = await kept(account);
    const doubled = JSON.stringify(account).replace(
      '"habilitation":true',
      '"habilitation":false,"habilitation":true',
    );
    for (const path of ['/v1/regulators', '/v1/regulators/login']) {
      expect((await front.asServer(path, { method: 'PUT', body: doubled })).status).toBe(400);
    }
    expect(await kept(account)).toEqual(before);
  });

  it('AC-24 a withdrawal of somebody not known yet reaches vendors at once, and no stale true undoes it', async () => {
    const zoe = somebody();
    await record({ ...zoe, habilitation: false, sasTerritories: [] });
    expect(await kept(zoe)).toMatchObject({ active: 0, family: zoe.lastName, email: zoe.email });
    await everywhere(zoe, false);
    await record({ ...zoe, sasTerritories: [] });
    expect(await kept(zoe)).toMatchObject({ active: 0, version: 1 });
    await scene.runSchedule();
    await everywhere(zoe, false);
    const token = await signToken(scene.system.state, 'system/Practitioner.cu');
    const found = await scene.system.fetch(`/fhir/Practitioner?identifier=${SYSTEM.sas}%7C${zoe.uuid}`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    const { entry } = (await found.json()) as { entry: { resource: object }[] };
    expect(entry.map(({ resource }) => resource)).toMatchObject([{ active: false }]);
    await signIn(zoe);
    await everywhere(zoe, true);
  });

  it('AC-24 habilitation false is never refused, whoever bears the national id that it carries', async () => {
    const zoe = somebody();
    await signIn(zoe);
    await everywhere(zoe, true);
    await record(somebody({ nationalId: '899900004322' }));
    const withdrawal = { ...zoe, nationalId: '899900004322', habilitation: false };
    expect((await record(withdrawal)).status).toBe(200);
    await everywhere(zoe, false);
  });

  it('a national id without its prefix gets it, and is told to vendors', async () => {
    const zoe = somebody({ nationalId: '99900004321' });
    await signIn(zoe);
    await until('the vendor knows him by his national id', () =>
      scene.held('agenda-a', { system: SYSTEM.idnps, value: '899900004321' }).some(({ active }) => active),
    );
  });
});

it('what fails behind the answer is in the log, and is the schedule’s to finish', async () => {
  const zoe = somebody();
  await signIn(zoe);
  await everywhere(zoe, true);
  const db = await scene.system.edge.database();
  await db.exec('ALTER TABLE relay_editors RENAME TO away');
  expect((await record({ ...zoe, habilitation: false })).status).toBe(200);
  await until('it is said', () =>
    scene.system.edgeLog.some((line) => line.includes('"message":"vendors-not-told"')),
  );
  await db.exec('ALTER TABLE away RENAME TO relay_editors');
  expect(held('agenda-a', zoe)).toMatchObject([{ active: true }]);
  await scene.runSchedule();
  await everywhere(zoe, false);
});

it('territories are kept for the activity figures, and never sent to a vendor', async () => {
  const zoe = somebody({ sasTerritories: ['SAS-974 Réunion', 'SAS-42 Loire'] });
  await signIn(zoe);
  await everywhere(zoe, true);
  expect(await kept(zoe)).toMatchObject({ territories: '["SAS-974 Réunion","SAS-42 Loire"]' });
  const { relayLog, edgeLog } = scene.system;
  expect([...relayLog, ...edgeLog].join('\n')).not.toContain('Réunion');
  const admin = await signToken(scene.system.state, 'system/Practitioner.cu');
  const found = await scene.system.fetch(`/fhir/Practitioner?identifier=${SYSTEM.sas}%7C${zoe.uuid}`, {
    headers: { Authorization: `Bearer ${admin}` },
  });
  expect(found.status).toBe(200);
  expect(await found.text()).not.toContain('Réunion');
});
