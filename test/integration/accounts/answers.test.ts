// "Done needs a yes": what a vendor's status says is believed only when its body, read, does not deny it. An answer that
// is no yes leaves a withdrawal open, told with its reason, and tried again; a grant or a change is not confirmed by it
// either. docs/accounts.md § 3.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { AccountScene, type Person, practitioner, technical } from '../../support/scenes/accounts-scene.ts';
import { until } from '../../support/wait/until.ts';

const A = 'agenda-a';
let scene: AccountScene;

beforeAll(async () => {
  scene = await AccountScene.start({
    vendors: [{ seed: 1 }],
    settings: { ACCOUNT_WAVE_MAX: '1000', ACCOUNT_DRIFT_PER_HOUR: '60' },
  });
});

afterEach(async () => {
  scene.system.vendor(A).reset();
  const db = await scene.system.edge.database();
  const tables = ['accounts', 'regulators', 'account_drift'];
  await db.batch(tables.map((table) => db.prepare(`DELETE FROM ${table}`)));
});

afterAll(() => scene.stop());

interface Exposed {
  readonly editor: string;
  readonly reason: string | null;
  readonly status: number | null;
  readonly attempts: number;
  readonly nextTry: string | null;
}

const exposed = async (): Promise<readonly Exposed[]> =>
  (await scene.asAdmin<{ accounts: readonly Exposed[] }>('/admin/accounts/exposure')).body.accounts;
const answer = (given: object, change: object = {}): void =>
  scene.system.vendor(A).setAccountFaults({ kind: 'answer', ...given, ...change });
const isActive = (person: Person): boolean | undefined => scene.held(A, person)[0]?.active;
const withdrawn = (person: Person): Person => ({ ...person, active: false });
const outcome = (...severities: string[]) => ({
  resourceType: 'OperationOutcome',
  issue: severities.map((severity) => ({ severity, code: 'processing' })),
});

async function openAccount(): Promise<{ id: string; person: Person }> {
  const person = technical({ family: 'Lefèvre' });
  const id = await scene.create(person);
  await scene.logIn(id);
  return { id, person };
}

const bothOf = (...people: Person[]) => people.flatMap((one) => practitioner(one).identifier ?? []);

type Given = (person: Person) => {
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: object;
};
const HTML = '<html lang="fr"><title>Maintenance</title></html>';

const NOT_A_YES: readonly (readonly [string, string, Given])[] = [
  ['an OperationOutcome with an error', 'outcome-error', () => ({ body: outcome('error') })],
  [
    'an OperationOutcome with a hint and an error',
    'outcome-error',
    () => ({ body: outcome('information', 'fatal') }),
  ],
  ['an OperationOutcome without issue', 'outcome-error', () => ({ body: outcome() })],
  ['the account, active', 'other-right', (person) => ({ body: practitioner(person) })],
  [
    'the account without its right',
    'other-right',
    (person) => ({ body: { ...practitioner(person), active: undefined } }),
  ],
  [
    'the right as a text',
    'other-right',
    (person) => ({ body: { ...practitioner(person), active: 'false' } }),
  ],
  ['the account of somebody else', 'other-account', () => ({ body: practitioner(withdrawn(technical())) })],
  [
    'the account of two',
    'other-account',
    (person) => ({ body: { ...practitioner(withdrawn(person)), identifier: bothOf(person, technical()) } }),
  ],
  [
    'an account of nobody',
    'other-account',
    () => ({ body: { resourceType: 'Practitioner', active: false } }),
  ],
  [
    'a modifier',
    'not-account',
    (person) => ({ body: { ...practitioner(withdrawn(person)), modifierExtension: [{}] } }),
  ],
  [
    'a Bundle',
    'not-account',
    (person) => ({
      body: { resourceType: 'Bundle', entry: [{ resource: practitioner(withdrawn(person)) }] },
    }),
  ],
  ['a list', 'not-account', (person) => ({ body: [practitioner(withdrawn(person))] })],
  ['a text', 'not-account', () => ({ body: '"OK"' })],
  ['null', 'not-account', () => ({ body: 'null' })],
  ['OK', 'not-json', () => ({ body: 'OK' })],
  ['a page', 'not-json', () => ({ body: HTML })],
  ['a page after a comment', 'not-json', () => ({ body: `<!-- proxy -->${HTML}` })],
  ['a page in XML', 'not-json', () => ({ body: `<?xml version="1.0"?>${HTML}` })],
  ['the head of a page', 'not-json', () => ({ body: '<head><title>Maintenance</title></head>' })],
  ['a page after a mark and blanks', 'not-json', () => ({ body: `\ufeff \r\n${HTML}` })],
  ['202', 'unconfirmed', () => ({ status: 202 })],
  ['207', 'unconfirmed', (person) => ({ status: 207, body: practitioner(withdrawn(person)) })],
  ['302', 'redirect', () => ({ status: 302, headers: { Location: 'https://elsewhere.example/' } })],
  ['303', 'redirect', () => ({ status: 303, headers: { Location: '/fhir/Practitioner/1' } })],
];

describe('a withdrawal stays open, told and tried again, when the vendor answers', () => {
  test.each(NOT_A_YES)('%s: %s', async (_what, reason, given) => {
    const { person } = await openAccount();
    answer(given(person));
    await scene.change(person, withdrawn(person));
    await until('it was tried', async () => (await exposed())[0]?.attempts === 1);
    const [account] = await exposed();
    expect(account).toMatchObject({ editor: A, reason });
    expect(account?.status).toBe(given(person).status ?? 200);
    expect(Date.parse(account?.nextTry ?? '')).toBeGreaterThan(Date.now());
    await until('the relay says why', () =>
      scene.system.relayLog.some(
        (line) =>
          line.includes('account-exchange') &&
          line.includes(`"reason":"${reason === 'redirect' ? 'ok' : reason}"`),
      ),
    );
    scene.system.vendor(A).setAccountFaults([]);
    await scene.runSchedule(new Date(Date.now() + 60_000));
    expect(isActive(person)).toBe(false);
    expect(await exposed()).toEqual([]);
  });
});

const YES: readonly (readonly [string, Given])[] = [
  ['200 and nothing', () => ({})],
  ['201 and nothing', () => ({ status: 201 })],
  ['204', () => ({ status: 204 })],
  ['blanks', () => ({ body: ' \r\n' })],
  ['the account as it was said', (person) => ({ body: practitioner(withdrawn(person)) })],
  [
    'the account with an identifier of before',
    (person) => ({
      body: {
        ...practitioner(withdrawn(person)),
        identifier: [
          ...bothOf(person),
          ...bothOf(technical()).map((one) => ({ ...one, use: 'old' })),
          { system: 'urn:x-agenda', value: '7' },
        ],
      },
    }),
  ],
  [
    'the account without name',
    (person) => ({ body: { ...practitioner(withdrawn(person)), name: undefined } }),
  ],
  [
    'the account under its own identifier too',
    (person) => {
      const said = practitioner(withdrawn(person));
      const own = { system: 'https://vendor.example/id', value: '77' };
      return { body: { ...said, identifier: [own, ...(said.identifier ?? [])] } };
    },
  ],
  ['an OperationOutcome with a hint and a warning', () => ({ body: outcome('information', 'warning') })],
];

describe('a withdrawal is done when the vendor answers', () => {
  test.each(YES)('%s', async (_what, given) => {
    const { person } = await openAccount();
    answer(given(person), { writes: true });
    await scene.change(person, withdrawn(person));
    await until('it is closed', () => isActive(person) === false);
    await until('it is confirmed', async () => (await exposed()).length === 0);
  });
});

describe('a grant', () => {
  test.each([
    ['an OperationOutcome with an error', 'refused', 'outcome-error', { body: outcome('error') }],
    ['202', 'unconfirmed', 'unconfirmed', { status: 202 }],
    ['JSON of something else', 'unconfirmed', 'not-account', { body: { resourceType: 'Patient' } }],
    ['a page', 'unreachable', 'not-json', { body: HTML }],
  ])('answered by %s is %s', async (_what, state, reason, given) => {
    const id = await scene.create(technical());
    answer(given);
    expect((await scene.logIn(id)).get(A)).toMatchObject({ state, reason });
    scene.system.vendor(A).setAccountFaults([]);
    expect((await scene.logIn(id)).get(A)?.state).toBe('done');
  });

  test('answered by the account closed is not done', async () => {
    const person = technical();
    const id = await scene.create(person);
    answer({ status: 201, body: practitioner(withdrawn(person)) });
    expect((await scene.logIn(id)).get(A)).toMatchObject({
      state: 'unconfirmed',
      reason: 'other-right',
      status: 201,
    });
  });

  test('answered in ISO-8859-1, in capitals or without accents is done', async () => {
    for (const [family, headers] of [
      ['Lefèvre', { 'Content-Type': 'application/fhir+json; charset=ISO-8859-1' }],
      ['LEFEVRE', {}],
    ] as const) {
      const person = technical({ family: 'Lefèvre' });
      const id = await scene.create(person);
      answer({ status: 201, body: practitioner({ ...person, family }), headers }, { writes: true });
      expect((await scene.logIn(id)).get(A)).toEqual({ state: 'done', status: 201 });
    }
  });
});

describe('a change', () => {
  test('answered by the account as it was before is not done', async () => {
    const { id, person } = await openAccount();
    await scene.change(person, { ...person, family: 'Nouveau' });
    answer({ body: practitioner(person) });
    expect((await scene.logIn(id)).get(A)).toMatchObject({ state: 'unconfirmed', reason: 'other-content' });
    scene.system.vendor(A).setAccountFaults([]);
    expect((await scene.logIn(id)).get(A)?.state).toBe('done');
    expect(scene.held(A, person)).toMatchObject([{ family: 'Nouveau' }]);
  });
});

test('a vendor that shows a closed account active, asked again, has it open: exposed and closed', async () => {
  const { id, person } = await openAccount();
  await scene.change(person, withdrawn(person));
  // Of the edge's word, not of the vendor's: only what is confirmed is asked again.
  await until('it is closed', async () => isActive(person) === false && (await exposed()).length === 0);
  answer({ body: practitioner(person) });
  const later = Date.now() + 2 * 24 * 3_600_000;
  await scene.runSchedule(new Date(later));
  expect(await exposed()).toMatchObject([{ editor: A, reason: 'other-right' }]);
  const drift = await scene.asAdmin<{ events: object[] }>('/admin/accounts/drift');
  expect(drift.body.events).toMatchObject([
    { regulator: id, kind: 'unconfirmed', status: 200, mended: false },
  ]);
  scene.system.vendor(A).setAccountFaults([]);
  await scene.runSchedule(new Date(later + 60_000));
  expect(await exposed()).toEqual([]);
});
