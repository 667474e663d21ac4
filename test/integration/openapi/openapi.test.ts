// The running edge is what /openapi.json says: every operation answers as described, each status that is described
// short of 500 is seen, and nothing else answers.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DATABASES } from '../../../host/databases/migrations.ts';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { writeRedirectToken } from '../../../worker/front/redirect/token.ts';
import { FrontCaller, type FrontReply, sendPlain } from '../../support/doubles/front-caller.ts';
import { type Api, type ApiCall, type ApiOperation, openApi } from '../../support/doubles/openapi-client.ts';
import { associationsOf, peopleOf } from '../../support/samples/people.ts';
import { System } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

const BROWSER_HOST = 'navigateur.invalid';
const HOUR_MS = 3_600_000;
let system: System;
let api: Api;
let tokens: Readonly<Record<'front' | 'admin' | 'other', string>> & Readonly<Record<string, string>>;
/** Operation → statuses seen. */
const seen = new Map<string, Set<number>>();

beforeAll(async () => {
  system = await System.start({
    settings: { FRONT_BROWSER_HOSTS: BROWSER_HOST, FRONT_SAMULRMS: '["SAMU42"]', ACCOUNT_WAVE_MAX: '1' },
  });
  api = await openApi(() => system.url);
  tokens = {
    front: await new FrontCaller(() => system.url).token(),
    admin: await signToken(system.state, 'admin'),
    other: system.token,
  };
});
afterAll(() => system?.stop());

const rightToken = ({ needs }: ApiOperation): Pick<ApiCall, 'token'> =>
  needs === 'nothing' ? {} : { token: tokens[needs] ?? '' };

/** Calls with the right token unless told otherwise, and holds the answer against its description. */
async function call(operation: ApiOperation, given: ApiCall = {}): Promise<FrontReply> {
  const reply = await api.call(operation, { ...rightToken(operation), ...given });
  expect([operation.key, reply.status, api.check(operation, reply)]).toEqual([
    operation.key,
    reply.status,
    [],
  ]);
  seen.set(operation.key, (seen.get(operation.key) ?? new Set()).add(reply.status));
  return reply;
}

const slot = (page: string, startMs = Date.now() + HOUR_MS): ApiCall => ({
  parameters: { slot: writeRedirectToken({ editor: 'agenda-a', page, startMs }) },
});
const PAGE = 'https://agenda-a.sandbox.test/agenda/7';
const REGULATOR = {
  uuid: '00000000-0000-4000-8000-000000000001',
  lastName: 'Essai',
  firstName: 'Ada',
  email: 'ada@regulation.example',
  nationalId: '899900000991',
  habilitation: true,
  sasTerritories: [],
};

it('lists at least the thirteen calls of the front, the redirect and the operators’', () => {
  const count = (needs: ApiOperation['needs']): number =>
    api.operations.filter((operation) => operation.needs === needs).length;
  expect([count('front') >= 10, count('admin') >= 20, count('nothing') >= 6]).toEqual([true, true, true]);
});

it('answers each operation’s own example', async () => {
  for (const operation of api.operations) {
    const { status } = await call(operation);
    expect([operation.key, status < 500]).toEqual([operation.key, true]);
  }
});

it('answers HEAD like GET, without body', async () => {
  for (const operation of api.operations.filter(({ method }) => method === 'GET')) {
    const right = rightToken(operation);
    const { status } = await api.call(operation, right);
    const head = await api.call({ ...operation, method: 'HEAD' }, right);
    expect([operation.key, head.status, head.text]).toEqual([operation.key, status, '']);
  }
});

it('answers with slots, places and practitioners as described', async () => {
  const people = peopleOf(system.vendors).filter(({ freeAt }) => freeAt.length > 0);
  const cards = people.slice(0, 40).map(({ identifier }, rank) => ({
    [String(810_000 + rank)]: {
      rpps: identifier.startsWith('8') ? identifier.slice(1) : '',
      adeli: identifier.startsWith('0') ? identifier.slice(1) : '',
      siret: '',
      cp: '',
      phone: ['04 77 00 00 01'],
    },
  }));
  await call(api.of('PUT /admin/front/sos'), {
    body: {
      associations: associationsOf(system.vendors).map(({ siret }) => ({ siret, name: 'SOS Médecins' })),
    },
  });
  const associations = associationsOf(system.vendors).map(({ siret }, rank) => ({
    [String(820_000 + rank)]: { rpps: '', adeli: '', siret: siret.slice(1), phone: [''] },
  }));
  const lot = [{ search_parameter: { search_zone: '', county_ids: [] } }, ...cards, ...associations];
  const reply = await call(api.of('POST /aggregator/api-sas/v1/PractitionerSlots'), { body: lot });
  const kinds = Object.values(JSON.parse(reply.text) as Record<string, { action: string }>).map(
    ({ action }) => action,
  );
  expect(new Set(kinds)).toContain('create');
  expect(new Set(kinds)).toContain('delete');
  const [person] = people;
  const dashboard = await call(api.of('POST /aggregator/api-sas/v1/dashboard/getSlots'), {
    body: { practitionerCards: [{ nid: '1', rpps: person?.identifier.slice(1), phone: [] }] },
  });
  expect(JSON.parse(dashboard.text)).toHaveLength(1);
});

it('answers with what operators find after some work', async () => {
  for (const key of [
    'GET /admin/editors/{editor}/rules',
    'GET /admin/relays',
    'GET /admin/redirects',
    'GET /admin/practitioner-claims',
  ]) {
    expect((await call(api.of(key))).status).toBe(200);
  }
  let explained = 0;
  for (const { identifier } of peopleOf(system.vendors)
    .filter(({ freeAt }) => freeAt.includes('agenda-a'))
    .slice(0, 20)) {
    const reply = await call(api.of('POST /admin/explain'), {
      body: { editor: 'agenda-a', identifier, at: new Date(Date.now() + 24 * HOUR_MS).toISOString() },
    });
    explained += (JSON.parse(reply.text) as { slots: unknown[] }).slots.length;
  }
  expect(explained).toBeGreaterThan(0);
  await call(api.of('GET /admin/accounts/exposure'));
  await call(api.of('GET /admin/export/appointments'), { parameters: { format: 'csv' } });
  await call(api.of('GET /admin/activity'), {
    parameters: { by: 'territory', from: '2026-11-01', to: '2026-11-30' },
  });
});

it('refuses a call without token, with one that is none, and an operator’s without its scope', async () => {
  for (const operation of api.operations.filter(({ needs }) => needs !== 'nothing')) {
    const without = await api.call(operation);
    expect([operation.key, without.status, api.check(operation, without)]).toEqual([operation.key, 401, []]);
    expect((await call(operation, { token: 'a.b.c' })).status).toBe(401);
    // A token of one face opens nothing of the other.
    const other = operation.needs === 'front' ? tokens.admin : tokens.front;
    expect((await call(operation, { token: other })).status).toBe(401);
    if (operation.needs === 'admin')
      expect((await call(operation, { token: tokens.other })).status).toBe(403);
  }
});

it('hides the calls of the front’s server from its browsers’ address', async () => {
  for (const operation of api.operations.filter(({ path }) => path.startsWith('/aggregator/api-sas/'))) {
    const isDescribed = '404' in operation.operation.responses;
    const reply = await call(operation, { headers: { Host: BROWSER_HOST } });
    expect([operation.key, reply.status === 404]).toEqual([operation.key, isDescribed]);
  }
});

it('refuses bodies that are no JSON, too long, or something else', async () => {
  for (const operation of api.operations.filter((one) => one.operation.requestBody !== undefined)) {
    expect((await call(operation, { body: '{"a":' })).status).toBe(400);
    expect((await call(operation, { body: ' '.repeat(1_100_000) })).status).toBe(413);
    const odd = await call(operation, {
      body: { editor: 7, practitionerCards: 1, habilitation: 'x', secret: 1 },
    });
    expect([operation.key, odd.status]).toEqual([operation.key, 400]);
  }
});

it('answers with accounts that are open, held and confirmed', async () => {
  const uuids = [1, 2, 3].map((rank) => `00000000-0000-4000-8000-0000000000a${rank}`);
  const said = (uuid: string, habilitation: boolean): ApiCall => ({
    body: { ...REGULATOR, nationalId: '', uuid, email: `${uuid}@regulation.example`, habilitation },
  });
  const operation = api.of('PUT /aggregator/api-sas/v1/regulators');
  for (const uuid of uuids)
    await call(api.of('PUT /aggregator/api-sas/v1/regulators/login'), said(uuid, true));
  for (const uuid of uuids) expect((await call(operation, said(uuid, false))).status).toBe(200);
  await call(api.of('GET /admin/accounts'));
  const exposure = JSON.parse((await call(api.of('GET /admin/accounts/exposure'))).text) as {
    waves: { id: string }[];
  };
  const wave = exposure.waves[0]?.id ?? '';
  const confirmed = await call(api.of('POST /admin/accounts/waves/{wave}/confirm'), { parameters: { wave } });
  expect(confirmed.status).toBe(200);
  const core = await system.edge.database();
  const erase = async (uuid: string | undefined): Promise<number> => {
    const row = await core
      .prepare('SELECT id FROM regulators WHERE technical_id = ?1')
      .bind(uuid)
      .first<{ id: string }>();
    return (await call(api.of('POST /admin/regulators/{id}/erase'), { parameters: { id: row?.id ?? '' } }))
      .status;
  };
  await call(api.of('PUT /aggregator/api-sas/v1/regulators/login'), said(uuids[0] ?? '', true));
  await until('he has accounts again', async () => {
    const open = await core
      .prepare(
        `SELECT COUNT(*) AS count FROM accounts AS a JOIN regulators AS r ON r.id = a.regulator
         WHERE r.technical_id = ?1 AND a.confirmed_active = 1`,
      )
      .bind(uuids[0])
      .first<{ count: number }>();
    return (open?.count ?? 0) > 0;
  });
  for (const vendor of system.vendors) vendor.setFaults([{ kind: 'reset-early', route: 'Practitioner' }]);
  expect(await erase(uuids[0])).toBe(202);
  for (const vendor of system.vendors) vendor.setFaults([]);
  await until('every account is closed', async () => {
    const open = await core
      .prepare(
        `SELECT COUNT(*) AS count FROM accounts AS a JOIN regulators AS r ON r.id = a.regulator
         WHERE r.technical_id = ?1 AND (a.withdrawing = 1 OR a.sent_hash IS NOT NULL)`,
      )
      .bind(uuids[1])
      .first<{ count: number }>();
    return open?.count === 0;
  });
  expect(await erase(uuids[1])).toBe(200);
  await call(api.of('GET /admin/regulators/erasures'));
});

it('answers with an appointment that is erased', async () => {
  const id = 'agenda-a-0123456789abcdef0123';
  const db = await system.edge.database('APPOINTMENTS');
  await db
    .prepare(
      `INSERT INTO appointments (id, editor, system, value, current, updated_ms, profile, status, holds, start_ms, end_ms)
       VALUES (?1, 'agenda-a', 'urn:x', 'v', 1, 1, 'individual', 'booked', 1, 0, 0)`,
    )
    .bind(id)
    .run();
  const operation = api.of('POST /admin/appointments/{id}/erase');
  expect((await call(operation, { parameters: { id } })).status).toBe(200);
  await call(api.of('GET /admin/appointments/erasures'));
});

it('answers with a search that was made, call by call', async () => {
  const last = async (): Promise<string | undefined> => {
    const { text } = await call(api.of('GET /admin/searches'));
    return (JSON.parse(text) as { searches: { requestId: string }[] }).searches[0]?.requestId;
  };
  // Of the searches above: hubs hear of them behind their answers.
  const id = await until('a search that the hub remembers', last);
  expect((await call(api.of('GET /admin/searches/{id}'), { parameters: { id } })).status).toBe(200);
  expect((await call(api.of('GET /admin/searches'), { parameters: { before: 'hier' } })).status).toBe(400);
});

it('answers with a maintenance that is declared, changed, withdrawn, and none of it twice', async () => {
  const at = (hours: number): string => new Date(Date.now() + hours * HOUR_MS).toISOString();
  const times = { from: at(1), to: at(2), reason: 'essai' };
  const declare = (body: object) => call(api.of('POST /admin/maintenances'), { body });
  const one = JSON.parse((await declare({ editor: 'agenda-a', ...times })).text) as { id: string };
  const change = (body: object, maintenance = one.id) =>
    call(api.of('PUT /admin/maintenances/{maintenance}'), { parameters: { maintenance }, body });
  const withdraw = (maintenance = one.id) =>
    call(api.of('DELETE /admin/maintenances/{maintenance}'), { parameters: { maintenance } });
  const statuses = [
    await declare({ editor: 'agenda-a', ...times }),
    await declare({ editor: 'nobody', ...times }),
    await declare({ editor: 'agenda-a', ...times, to: times.from }),
    await change({ ...times, to: at(3) }),
    await change({ ...times, to: at(3) }, 'nobody'),
    await change({ ...times, to: times.from }),
    await withdraw(),
    await withdraw(),
    await withdraw('nobody'),
    await change(times),
  ].map(({ status }) => status);
  expect(statuses).toEqual([409, 404, 400, 200, 404, 400, 200, 200, 404, 409]);
  const db = await system.edge.database();
  await db.prepare('UPDATE maintenances SET withdrawn_ms = NULL, from_ms = 0, to_ms = 1').run();
  expect((await withdraw()).status).toBe(409);
  await call(api.of('GET /admin/maintenances'));
});

it('answers with a message to an LRM, stopped, and leaving again', async () => {
  const id = 'agenda-a-0123456789abcdef0124';
  const db = await system.edge.database('APPOINTMENTS');
  const say = async (state: string): Promise<unknown> =>
    db.prepare('UPDATE lrm_messages SET state = ?1 WHERE appointment = ?2').bind(state, id).run();
  await db.batch([
    db
      .prepare(
        `INSERT INTO lrm_messages (appointment, turn, version, state, reason, recipient, day, made_ms, changed_ms, due_ms, useful_ms, attempts)
         VALUES (?1, 1, 1, 'errored', '300', 'fr.health.samu990', '2026-11-30', 1, 1, 1, 1, 1)`,
      )
      .bind(id),
    db
      .prepare(
        `INSERT INTO lrm_attempts (distribution_id, appointment, turn, attempt, method, recipient, relay, instance, leased_ms,
           until_ms, expires_ms, outcome, settled_ms, reply, reply_ms, code, error_sender, cause, step, replies)
         VALUES ('fr.health.test.ptfsas_1', ?1, 1, 1, 'CreateAppointment', 'fr.health.samu990', 'relay-a', 'i', 1, 2, 3,
           'confirmed', 2, 'error', 3, 300, 'fr.health.hub', 'cause', 'RECU', 1)`,
      )
      .bind(id),
    db.prepare(
      `INSERT INTO lrm_strays (hash, queue, kind, code, reference, bytes, first_ms, last_ms)
       VALUES ('h', 'info', 'unknown', 300, 'fr.health.test.ptfsas_2', 9, 1, 2)`,
    ),
  ]);
  const statuses: number[] = [];
  const ask = async (key: string): Promise<string> => {
    const reply = await call(api.of(key), { parameters: { id } });
    statuses.push(reply.status);
    return reply.text;
  };
  expect((await call(api.of('GET /admin/lrm'))).text).toContain('fr.health.samu990');
  expect((await call(api.of('GET /admin/lrm/messages'))).text).toContain(id);
  expect(await ask('GET /admin/lrm/appointments/{id}')).toContain('RECU');
  await ask('POST /admin/lrm/{id}/resend');
  await say('acked');
  await ask('POST /admin/lrm/{id}/resend');
  expect(statuses).toEqual([200, 200, 409]);
});

interface Refused {
  readonly key: string;
  readonly status: number;
  readonly call: () => ApiCall;
}
const BULK = 'PUT /aggregator/api-sas/v1/practitioner-editors/{id}/bulk';

it.each<Refused>([
  ...['/r/{slot}', '/aggregator/r/{slot}'].flatMap((path): Refused[] => [
    { key: `GET ${path}`, status: 302, call: () => slot(PAGE) },
    { key: `GET ${path}`, status: 410, call: () => slot(PAGE, Date.now() - HOUR_MS) },
    { key: `GET ${path}`, status: 403, call: () => slot('https://evil.example/') },
    { key: `GET ${path}`, status: 404, call: () => ({ parameters: { slot: 'x' } }) },
  ]),
  ...[
    'GET /admin/activity',
    'GET /admin/redirects',
    'GET /admin/practitioner-claims',
    'GET /admin/export/appointments',
    'GET /admin/lrm/messages',
  ].map(
    (key): Refused => ({
      key,
      status: 400,
      call: () => ({ parameters: { jour: 'hier' } }),
    }),
  ),
  {
    key: 'PUT /admin/editors/{editor}',
    status: 409,
    call: () => ({ parameters: { editor: 'agenda-a' }, body: { takenOut: { reason: 'essai' } } }),
  },
  {
    key: 'PUT /admin/claims/{relay}/{editor}',
    status: 404,
    call: () => ({ parameters: { relay: 'nobody' } }),
  },
  {
    key: 'PUT /admin/claims/{relay}/{editor}',
    status: 200,
    call: () => ({ parameters: { relay: 'relay-a' } }),
  },
  {
    key: 'PUT /admin/claims/{relay}/{editor}',
    status: 409,
    call: () => ({
      parameters: { relay: 'relay-a' },
      body: { proposal: { since: '2020-01-01T00:00:00.000Z', decision: 'accepted' } },
    }),
  },
  { key: 'PUT /admin/editors/{editor}', status: 404, call: () => ({ parameters: { editor: 'nobody' } }) },
  {
    key: 'GET /admin/editors/{editor}/rules',
    status: 404,
    call: () => ({ parameters: { editor: 'nobody' } }),
  },
  {
    key: 'POST /admin/explain',
    status: 404,
    call: () => ({ body: { editor: 'nobody', identifier: '899900000017', at: '2026-11-23T14:00:00Z' } }),
  },
  { key: 'POST /admin/accounts/waves/{wave}/confirm', status: 404, call: () => ({}) },
  { key: 'PUT /admin/front/users/{name}', status: 400, call: () => ({ parameters: { name: 'é' } }) },
  { key: 'PUT /admin/front/users/{name}', status: 422, call: () => ({ parameters: { name: 'read' } }) },
  { key: 'DELETE /admin/front/users/{name}', status: 400, call: () => ({ parameters: { name: 'é' } }) },
  { key: 'DELETE /admin/front/users/{name}', status: 404, call: () => ({ parameters: { name: 'nobody' } }) },
  { key: 'DELETE /admin/front/users/{name}', status: 422, call: () => ({ parameters: { name: 'read' } }) },
  { key: 'PUT /admin/front/users/{name}', status: 200, call: () => ({ parameters: { name: 'autre' } }) },
  { key: 'DELETE /admin/front/users/{name}', status: 200, call: () => ({ parameters: { name: 'autre' } }) },
  {
    key: 'PUT /admin/front/declarations',
    status: 200,
    call: () => ({ body: { practitioner: '899900000017', editors: ['agenda-a'] } }),
  },
  { key: 'GET /admin/front/declarations', status: 200, call: () => ({}) },
  { key: 'GET /admin/front/declarations/changes', status: 200, call: () => ({}) },
  {
    key: 'GET /aggregator/api-sas/v1/index/pro-id-by-date-range',
    status: 400,
    call: () => ({ parameters: { start: 'hier' } }),
  },
  ...['regulators', 'regulators/login'].flatMap((name): Refused[] => {
    const key = `PUT /aggregator/api-sas/v1/${name}`;
    return [
      { key, status: 422, call: () => ({ body: { uuid: null, habilitation: null, sasTerritories: [] } }) },
      { key, status: 200, call: () => ({ body: REGULATOR }) },
      {
        key,
        status: 422,
        call: () => ({
          body: { ...REGULATOR, uuid: '00000000-0000-4000-8000-000000000002', lastName: 'Autre' },
        }),
      },
    ];
  }),
  {
    key: 'POST /aggregator/api-sas/v1/login_check',
    status: 401,
    call: () => ({ body: { username: 'nobody', password: 'nothing' } }),
  },
])('answers $status to $key', async ({ key, status, call: given }) => {
  expect((await call(api.of(key), given())).status).toBe(status);
});

it.each([
  ['POST /aggregator/api-sas/v1/login_check', { body: { username: 'flood', password: 'wrong' } }],
  [BULK, { parameters: { id: '899900000025' } }],
])('answers 429 to too many of %s', async (key, given) => {
  const statuses: number[] = [];
  for (let i = 0; i < 25; i += 1) statuses.push((await call(api.of(key), given)).status);
  expect(statuses).toContain(429);
});

it('answers OPTIONS on every path as described', async () => {
  expect(api.options.map(({ path }) => path)).toEqual(Object.keys(api.document.paths));
  for (const operation of api.options) {
    const reply = await api.call(operation);
    expect([operation.key, reply.status, api.check(operation, reply)]).toEqual([operation.key, 204, []]);
    const methods = api.operations.filter(({ path }) => path === operation.path).map(({ method }) => method);
    for (const method of [...methods, 'OPTIONS']) expect(reply.headers.allow).toContain(method);
  }
});

it('answers nothing that is not described', async () => {
  const paths = new Set(api.operations.map(({ path }) => path));
  for (const path of paths) {
    const known = api.operations.filter((one) => one.path === path).map(({ method }) => method);
    const address = path.replace(/\{\w+\}/g, 'x');
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'].filter((one) => !known.includes(one))) {
      const reply = await sendPlain(system.url + address, {
        method,
        headers: { Authorization: `Bearer ${tokens.admin}` },
      });
      expect([method, path, reply.status]).toEqual([method, path, 405]);
      for (const one of known) {
        expect(reply.headers.allow).toContain(one);
        const { key } = api.of(`${one} ${path}`);
        expect([key, api.check(api.of(key), reply)]).toEqual([key, []]);
        seen.set(key, (seen.get(key) ?? new Set()).add(405));
      }
    }
  }
  const strangers = [
    '/aggregator',
    '/aggregator/',
    '/aggregator/api-sas/v2/editors',
    '/admin',
    '/admin/',
    '/admin/x',
  ];
  for (const path of [...strangers, '/r', '/r/', '/r/a/b', '/docs/x', '/openapi.yaml', '/AGGREGATOR/r/x']) {
    const reply = await sendPlain(system.url + path, {
      headers: { Authorization: `Bearer ${tokens.admin}` },
    });
    expect([path, reply.status]).toEqual([path, 404]);
  }
});

/**
 * Of bodies and callers, alike on every path: seen in test/integration/search/slow-readers.test.ts and fair-callers.test.ts.
 */
const ALIKE: readonly number[] = [408, 429];

it('has seen every status below 500 that is described', () => {
  const unseen = api.operations.flatMap(({ key, operation }) =>
    Object.keys(operation.responses)
      .filter((status) => Number(status) < 500 && !ALIKE.includes(Number(status)))
      .filter((status) => !seen.get(key)?.has(Number(status)))
      .map((status) => `${key} ${status}`),
  );
  expect(unseen).toEqual([]);
});

describe('when the gateway fails', () => {
  let broken: System;
  beforeAll(async () => {
    broken = await System.start({ vendors: [], relay: false });
  });
  afterAll(() => broken?.stop());

  it('answers as described without its tables', async () => {
    const admin = await signToken(broken.state, 'admin');
    const front = await new FrontCaller(() => broken.url).token();
    // What a sign-in has read of its users is remembered.
    await broken.stopEdge();
    await broken.startEdge();
    const away = await openApi(() => broken.url);
    for (const { name: database } of DATABASES) {
      const db = await broken.edge.database(database);
      const { results } = await db
        .prepare(
          `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_cf%' ESCAPE '\\'`,
        )
        .all<{ name: string }>();
      for (const { name } of results) await db.exec(`ALTER TABLE ${name} RENAME TO away_${name}`);
    }
    const statuses = new Map<string, number>();
    for (const operation of away.operations) {
      const token =
        operation.needs === 'nothing' ? {} : { token: operation.needs === 'front' ? front : admin };
      const given = operation.path.endsWith('/r/{slot}') ? slot(PAGE) : {};
      const reply = await away.call(operation, { ...token, ...given });
      expect([operation.key, reply.status, away.check(operation, reply)]).toEqual([
        operation.key,
        reply.status,
        [],
      ]);
      expect(reply.text).not.toMatch(/\bat \w+ \(|SQLITE|no such table/);
      statuses.set(operation.key, reply.status);
    }
    expect([...statuses.values()].filter((status) => status >= 500).length).toBeGreaterThan(10);
    expect(statuses.get('GET /aggregator/api-sas/v1/samulrms')).toBe(200);
    // A user whom the settings do not name is D1's.
    const login = away.of('POST /aggregator/api-sas/v1/login_check');
    const stranger = await away.call(login, { body: { username: 'front-2', password: 'secret' } });
    expect([stranger.status, away.check(login, stranger)]).toEqual([503, []]);
    expect(
      Object.keys(login.operation.responses[503]?.content?.['application/json']?.examples ?? {}),
    ).toContain('storage-unavailable');
    expect(statuses.get('GET /aggregator/r/{slot}')).toBe(503);
  });

  it('answers 503 as described everywhere with settings that are wrong', async () => {
    const wrong = await System.start({ vendors: [], relay: false, settings: { DEADLINE_MS: 'soon' } });
    try {
      for (const operation of api.operations) {
        const reply = await sendPlain(wrong.url + operation.path.replace(/\{\w+\}/g, 'x'), {
          method: operation.method,
        });
        expect([operation.key, reply.status, api.check(operation, reply)]).toEqual([operation.key, 503, []]);
        expect(reply.headers['retry-after']).toBeDefined();
      }
    } finally {
      await wrong.stop();
    }
  });
});
