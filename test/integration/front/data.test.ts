// What the front's calls say from the edge's own data: vendors and who declares them, who is interfaced and since when,
// the SAMU, the marketplace; and the operator's side of it. docs/guide.md G-910 to G-914, § 10 (AC-22, 23, 26, 27).
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TELLS_ROWS_READ } from '../../../sandbox/platform/edge/edge-process.ts';
import { localSettings, signToken } from '../../../sandbox/platform/local/state.ts';
import { indexDeclared } from '../../../worker/front/tables/declarations.ts';
import { FRONT_COOKIE, FrontCaller, type FrontReply, jsonOf } from '../../support/doubles/front-caller.ts';
import { associationsOf, peopleOf } from '../../support/samples/people.ts';
import { System, schedulePath, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

let system: System;
let front: FrontCaller;
let admin: string;

beforeAll(async () => {
  system = await System.start();
  front = new FrontCaller(() => system.url);
  admin = await signToken(system.state, 'admin');
});
afterAll(() => system?.stop());

interface Editor {
  readonly id: number;
  readonly corporateName: string;
}
const UNKNOWN = '899900999999';

const get = async <T>(path: string): Promise<T> => {
  const reply = await front.asServer(path);
  expect(reply.status).toBe(200);
  return jsonOf<T>(reply);
};
const asAdmin = async <T>(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: T }> => {
  const reply: FrontReply = await front.plain(path, {
    method,
    body,
    headers: { Authorization: `Bearer ${admin}`, 'Content-Type': 'application/json' },
  });
  return { status: reply.status, body: jsonOf<T>(reply) };
};
const editors = (): Promise<Editor[]> => get('/v1/editors?group=id-name&is_active=1');
const declared = (id: string): Promise<{ id: number; editor: Editor }[]> =>
  get(`/v1/practitioners/national-id/${id}`);
const bulk = async (id: string, editorIds: unknown): Promise<FrontReply> =>
  front.asBrowser(`/v1/practitioner-editors/${id}/bulk`, await front.token(), {
    method: 'PUT',
    body: { editorIds },
  });
const exists = async (id: string): Promise<unknown> =>
  (await get<Record<string, unknown>>(`/v1/practitioner/${id}/exist`)).exist_in_directory;
const run = async (sql: string): Promise<void> => {
  await (await system.edge.database()).prepare(sql).run();
};

/** Searched until the edge has noted that they are interfaced. */
async function searchFor(subjects: readonly string[], path = slotPath(subjects)): Promise<void> {
  await system.search(path);
  const list = subjects.map((subject) => `'${subject}'`).join(',');
  await until('the search is noted', async () => {
    const { results } = await (await system.edge.database())
      .prepare(`SELECT DISTINCT subject FROM interfaced WHERE subject IN (${list})`)
      .all();
    return results.length === subjects.length;
  });
}

const freePeople = (prefix: string): string[] =>
  peopleOf(system.vendors)
    .filter(({ identifier, freeAt, full }) => identifier.startsWith(prefix) && !full && freeAt.length > 0)
    .map(({ identifier }) => identifier);

describe('vendors of a practitioner', () => {
  it('AC-22 the settings dialog reads vendors, declares some, then none: same ids, same types', async () => {
    const who = UNKNOWN;
    const before = await editors();
    expect(before.map(({ corporateName }) => corporateName)).toEqual(['Agenda a', 'Agenda b', 'Agenda c']);
    for (const { id } of before) expect(Number.isSafeInteger(id) && id > 0).toBe(true);
    expect(await declared(who)).toEqual([]);
    const [first, , third] = before;
    const saved = await bulk(who, [first!.id, third!.id]);
    expect(saved.status).toBe(200);
    const after = await declared(who);
    expect(after.map(({ editor }) => editor)).toEqual([first, third]);
    expect(jsonOf(saved)).toEqual(after);
    for (const { id } of after) expect(id).toBeTypeOf('number');
    expect((await bulk(who, [])).status).toBe(200);
    expect(await declared(who)).toEqual([]);
    expect(await editors()).toEqual(before);
  });

  it.each(['', 'abc', 'a/b', '/', '%00'])('says that "%s" declares nobody, never an error', async (id) => {
    expect(await declared(id)).toEqual([]);
  });

  it('takes ids as text, leaves out those it does not know, counts none twice', async () => {
    const [first] = await editors();
    expect((await bulk(UNKNOWN, [String(first!.id), first!.id, 999, 'x'])).status).toBe(200);
    expect((await declared(UNKNOWN)).map(({ editor }) => editor)).toEqual([first]);
    await bulk(UNKNOWN, []);
  });

  it('a number stays a vendor’s own while it is away, and a declaration stays given', async () => {
    const before = await editors();
    const second = before[1]!;
    await bulk(UNKNOWN, [second.id]);
    await asAdmin('PUT', '/admin/editors/agenda-b', { enabled: false });
    expect(await editors()).toEqual(before.filter(({ id }) => id !== second.id));
    expect((await declared(UNKNOWN)).map(({ editor }) => editor)).toEqual([second]);
    await asAdmin('PUT', '/admin/editors/agenda-b', { enabled: true });
    expect(await editors()).toEqual(before);
    await bulk(UNKNOWN, []);
  });

  it.each([
    ['no list', UNKNOWN, { editorIds: 1 }],
    ['nothing', UNKNOWN, {}],
    ['no identifier', '123456789', { editorIds: [] }],
  ])('refuses %s', async (_, id, body) => {
    const path = `/v1/practitioner-editors/${id}/bulk`;
    const reply = await front.asServer(path, { method: 'PUT', body });
    expect([reply.status, jsonOf(reply)]).toMatchObject([400, { code: 400 }]);
  });

  it('records each change, and slows down whoever makes too many', async () => {
    const who = '899900999998';
    const [first] = await editors();
    await bulk(who, [first!.id]);
    const { body } = await asAdmin<{ changes: Record<string, unknown>[] }>(
      'GET',
      '/admin/front/declarations/changes',
    );
    expect(body.changes[0]).toEqual({
      at: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      practitioner: who,
      before: [],
      after: ['agenda-a'],
      origin: 'front',
      requestId: expect.any(String) as string,
    });
    // What changes nothing is no change.
    await bulk(who, [first!.id]);
    const again = await asAdmin<{ changes: unknown[] }>('GET', '/admin/front/declarations/changes');
    expect(again.body.changes).toEqual(body.changes);
    const statuses: number[] = [];
    for (let i = 0; i < 12; i += 1) statuses.push((await bulk(who, [])).status);
    expect(statuses.slice(0, 8)).toEqual(Array.from({ length: 8 }, () => 200));
    expect(statuses.at(-1)).toBe(429);
    expect((await bulk('899900999997', [])).status).toBe(200);
  });
});

it.runIf(TELLS_ROWS_READ)('a declaration reads those of its practitioner, not those of all', async () => {
  await run(`INSERT INTO declared_editors (practitioner, editor, declared_ms)
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
    SELECT '8990100' || (10000 + i), 'agenda-a', 1 FROM n`);
  const db = (await system.edge.database()) as unknown as Parameters<typeof indexDeclared>[0];
  const { meta } = await indexDeclared(db, 1, '899010010007').run();
  expect(meta.rows_read).toBeLessThan(100);
  await run(`DELETE FROM declared_editors WHERE practitioner LIKE '8990100%'`);
  await run(`DELETE FROM front_index WHERE subject = '899010010007'`);
});

describe('exist', () => {
  it('AC-23 is true for one that a vendor knows, false for the dummy id of the status report', async () => {
    const [someone] = freePeople('8');
    expect(await exists(someone!)).toBe(false);
    await searchFor([someone!]);
    expect(await exists(someone!)).toBe(true);
    expect(await exists('123456789')).toBe(false);
  });

  it.each([UNKNOWN, '', 'abc', '8', '%00', "8'%20OR%201=1", 'a/b', `8${'9'.repeat(500)}`, '399900000100071'])(
    'says false for "%s", never an error',
    async (id) => {
      expect(await exists(id)).toBe(false);
    },
  );

  it('is true for one that declares a vendor, as long as that vendor is active', async () => {
    const who = '0990009999';
    const [first] = await editors();
    await bulk(who, [first!.id]);
    expect(await exists(who)).toBe(true);
    await asAdmin('PUT', '/admin/editors/agenda-a', { enabled: false });
    expect(await exists(who)).toBe(false);
    await asAdmin('PUT', '/admin/editors/agenda-a', { enabled: true });
    await bulk(who, []);
    expect(await exists(who)).toBe(false);
  });

  it('asks no vendor', async () => {
    const before = system.vendors.map((vendor) => vendor.state().requests.length);
    await exists(UNKNOWN);
    expect(system.vendors.map((vendor) => vendor.state().requests.length)).toEqual(before);
  });
});

interface Index {
  readonly rpps: string[];
  readonly adeli: string[];
}
const MINUTE_MS = 60_000;
const paris = (ms: number): string =>
  encodeURIComponent(new Date(ms + 3_600_000).toISOString().replace(/\.\d+Z$/, '+01:00'));
const window = (fromMs: number, toMs: number): string =>
  `/v1/index/pro-id-by-date-range?start=${paris(fromMs)}&end=${paris(toMs)}`;
const index = (fromMs: number, toMs: number): Promise<Index> => get(window(fromMs, toMs));

describe('the interfaced index', () => {
  it('AC-26 tells an RPPS in the next two windows, an ADELI in one only, with prefix, none twice', async () => {
    const people = [...freePeople('8').slice(-2), ...freePeople('0').slice(0, 1)];
    const digits = people.filter((id) => id.startsWith('8'));
    const adeli = people.filter((id) => id.startsWith('0'));
    expect([digits.length, adeli.length]).toEqual([2, 1]);
    const beforeMs = Date.now();
    await searchFor(people);
    const fromMs = beforeMs - MINUTE_MS;
    const windows: Index[] = [];
    // A probe takes nothing.
    await front.asServer(window(fromMs, fromMs + 5 * MINUTE_MS), { method: 'HEAD' });
    for (const start of [fromMs, fromMs + 5 * MINUTE_MS, fromMs + 60 * MINUTE_MS]) {
      windows.push(await index(start, start + 5 * MINUTE_MS));
    }
    const [first, second, later] = windows;
    expect(first!.rpps).toEqual(expect.arrayContaining(digits));
    expect(second!.rpps).toEqual(expect.arrayContaining(digits));
    expect(first!.adeli).toEqual(expect.arrayContaining(adeli));
    expect(second!.adeli).toEqual([]);
    expect(later).toEqual({ rpps: [], adeli: [] });
    for (const { rpps, adeli: others } of windows) {
      const all = [...rpps, ...others];
      expect(new Set(all).size).toBe(all.length);
      for (const id of all) expect(id).toMatch(/^(8\d{11}|0\d{9})$/);
    }
  });

  it('tells who declares an active vendor, though no search has met him', async () => {
    const who = '899900999996';
    const [first] = await editors();
    const fromMs = Date.now();
    await bulk(who, [first!.id]);
    expect((await index(fromMs, fromMs + 5 * MINUTE_MS)).rpps).toContain(who);
    await bulk(who, []);
  });

  it('leaves out an ADELI with a letter: the front’s table takes digits only', async () => {
    await run(
      `INSERT INTO front_index (subject, since_ms) VALUES ('02A0001234', 1000), ('0990001235', 1000)`,
    );
    expect(
      await get('/v1/index/pro-id-by-date-range?start=1970-01-01T00:00:00Z&end=1970-01-01T00:05:00Z'),
    ).toEqual({
      rpps: [],
      adeli: ['0990001235'],
    });
  });

  it('reads a + that was not encoded', async () => {
    const path = window(0, MINUTE_MS).replaceAll('%2B', '+');
    expect(path).toContain('+01%3A00');
    expect(await get(path)).toEqual({ rpps: [], adeli: [] });
  });

  it.each(['', '?start=2026-11-23T09%3A15%3A00%2B01%3A00', '?start=hier&end=demain'])(
    'refuses the window "%s"',
    async (query) => {
      const reply = await front.asServer(`/v1/index/pro-id-by-date-range${query}`);
      expect([reply.status, jsonOf(reply)]).toMatchObject([400, { code: 400 }]);
    },
  );
});

describe('the operator’s data', () => {
  it('a front user of D1 signs in at once, no longer once removed; the secret is never shown', async () => {
    const user = { username: 'front-2', password: 'a secret long enough' };
    const path = '/admin/front/users/front-2';
    expect((await front.signIn(user)).status).toBe(401);
    const put = await asAdmin('PUT', path, { secret: user.password });
    expect(put).toEqual({ status: 200, body: { name: 'front-2', from: 'store' } });
    expect((await front.signIn(user)).status).toBe(200);
    const { body } = await asAdmin<{ users: unknown[] }>('GET', '/admin/front/users');
    expect(body.users).toEqual([
      { name: 'read', from: 'setting' },
      { name: 'front-2', from: 'store', updated: expect.any(String) as string },
    ]);
    const row = await (await system.edge.database()).prepare('SELECT secret FROM front_users').first();
    expect(row?.secret).toMatch(/^pbkdf2-sha256\$100000\$/);
    await asAdmin('PUT', path, { secret: 'another secret, as long' });
    expect((await front.signIn(user)).status).toBe(401);
    expect((await asAdmin('DELETE', path)).status).toBe(200);
    expect((await front.signIn({ ...user, password: 'another secret, as long' })).status).toBe(401);
    expect((await asAdmin('DELETE', path)).status).toBe(404);
  });

  it.each([
    ['PUT', '/admin/front/users/read', { secret: 'a secret long enough' }, 422],
    ['PUT', '/admin/front/users/a%20b', { secret: 'a secret long enough' }, 400],
    ['PUT', '/admin/front/users/front-3', { secret: 'short' }, 400],
    ['PUT', '/admin/front/samulrms', { samulrms: [{ authority: '' }] }, 400],
    ['PUT', '/admin/front/sos', { associations: [{ siret: '12', name: 'x' }] }, 400],
    ['PUT', '/admin/front/declarations', { practitioner: UNKNOWN, editors: ['nobody'] }, 400],
    ['PUT', '/admin/front/declarations', { practitioner: '12', editors: [] }, 400],
  ])('%s %s %j is refused', async (method, path, body, status) => {
    expect((await asAdmin(method, path, body)).status).toBe(status);
  });

  it('is closed to the front’s own token', async () => {
    expect((await front.asServer('/admin/front/users')).status).toBe(401);
  });

  it('declares for a practitioner what his vendor says', async () => {
    await asAdmin('PUT', '/admin/front/declarations', {
      practitioner: UNKNOWN,
      editors: ['agenda-c', 'agenda-a'],
    });
    expect((await declared(UNKNOWN)).map(({ editor }) => editor.corporateName)).toEqual([
      'Agenda a',
      'Agenda c',
    ]);
    const { body } = await asAdmin<{ declarations: unknown[] }>('GET', '/admin/front/declarations');
    expect(body.declarations).toEqual([{ practitioner: UNKNOWN, editors: ['agenda-a', 'agenda-c'] }]);
    await asAdmin('PUT', '/admin/front/declarations', { practitioner: UNKNOWN, editors: [] });
  });

  it('knows the associations, and since when a vendor shows their slots', async () => {
    const siret = associationsOf(system.vendors)[0]?.siret ?? '';
    const saved = await asAdmin<{ associations: unknown[] }>('PUT', '/admin/front/sos', {
      associations: [
        { siret: siret.slice(1), name: 'SOS Médecins Exemple' },
        { siret: '399900000100071', name: 'SOS Médecins Ailleurs' },
      ],
    });
    expect(saved.body.associations).toContainEqual({
      siret,
      name: 'SOS Médecins Exemple',
      interfacedSince: null,
      announced: null,
    });
    await searchFor([siret], schedulePath([siret]));
    const { body } = await asAdmin<{ associations: { siret: string }[] }>('GET', '/admin/front/sos');
    expect(body.associations.find((one) => one.siret === siret)).toMatchObject({
      interfacedSince: expect.stringMatching(/^\d{4}-/) as string,
      announced: null,
    });
    // The operator announces it, says so, and may take it back; a list that does not speak of it changes nothing.
    const announced = async (said: object): Promise<unknown> => {
      const { status, body: list } = await asAdmin<{ associations: { siret: string; announced: unknown }[] }>(
        'PUT',
        '/admin/front/sos',
        { associations: [{ siret, name: 'SOS Médecins Exemple', ...said }] },
      );
      return status === 200 ? list.associations.find((one) => one.siret === siret)?.announced : status;
    };
    const noon = '2026-11-23T11:00:00.000Z';
    expect(await announced({ announced: '2026-11-23T12:00:00+01:00' })).toBe(noon);
    expect(await announced({})).toBe(noon);
    expect(await announced({ announced: 'hier' })).toBe(400);
    expect(await announced({ announced: null })).toBeNull();
  });
});

describe('the night', () => {
  it('forgets what is a year old, but never that an ADELI was announced', async () => {
    const oldMs = Date.now() - 366 * 24 * 60 * MINUTE_MS;
    await run(`INSERT INTO interfaced (subject, editor, first_ms, last_ms, flows)
      VALUES ('899900888881', 'agenda-a', 1, ${oldMs}, 'INT_R01'), ('899900888882', 'agenda-a', 1, ${Date.now()}, 'INT_R01')`);
    await run(`INSERT INTO front_index (subject, since_ms, announced_ms) VALUES
      ('899900888881', 1, NULL), ('899900888882', 1, NULL), ('0990008881', 1, 2)`);
    const nowMs = Date.now();
    const dayOf = (daysAgo: number): string =>
      new Date(nowMs - daysAgo * 24 * 60 * MINUTE_MS).toISOString().slice(0, 10);
    await run(`INSERT INTO redirects (day, editor, outcome, count) VALUES
      ('${dayOf(402)}', 'agenda-a', 'opened', 7), ('${dayOf(398)}', 'agenda-a', 'opened', 7)`);
    expect(await exists('899900888881')).toBe(true);
    expect(await system.edge.runSchedule()).toBe(true);
    const { results: days } = await (await system.edge.database()).prepare('SELECT day FROM redirects').all();
    expect(days).toEqual([{ day: dayOf(398) }]);
    expect(await exists('899900888881')).toBe(false);
    expect(await exists('899900888882')).toBe(true);
    const { results } = await (await system.edge.database())
      .prepare(
        `SELECT subject FROM front_index WHERE subject LIKE '899900888%' OR subject = '0990008881' ORDER BY 1`,
      )
      .all<{ subject: string }>();
    expect(results.map(({ subject }) => subject)).toEqual(['0990008881', '899900888882']);
  });
});

/** Last: it takes the system apart. */
describe('without relay, vendors and database', () => {
  const samus = () =>
    get<{ id: number; affectation_authority: string }[]>('/v1/samulrms?group=get&is_active=1');
  const names = async (): Promise<string[]> => (await samus()).map((one) => one.affectation_authority);
  const withSetting = async (list: string): Promise<void> =>
    system.edge.configure({ ...(await localSettings(system.state)), FRONT_SAMULRMS: list });

  it('AC-27 samulrms and marketplace answer, with what the operator last said', async () => {
    await withSetting('["SAMU13"]');
    const list = ['SAMU42', 'SAMU2A', 'SAMU99'].map((authority) => ({
      authority,
      active: authority !== 'SAMU99',
    }));
    await asAdmin('PUT', '/admin/front/samulrms', { samulrms: list });
    const before = await samus();
    expect(before.map((one) => one.affectation_authority)).toEqual(['SAMU13', 'SAMU2A', 'SAMU42']);
    expect(new Set(before.map(({ id }) => id)).size).toBe(3);

    await system.relay?.stop();
    await Promise.all(system.vendors.map((vendor) => vendor.close()));
    await run('ALTER TABLE samu_lrms RENAME TO away');
    expect(await samus()).toEqual(before);
    // A new isolate remembers nothing; the gate does.
    await withSetting('["SAMU13"]');
    expect(await samus()).toEqual(before);
    const marketplace = await front.plain(
      '/aggregator/marketplace/api/v1/editors?enabled=1&format=marketplace_short_description',
      { headers: { Authorization: 'bearer null', Cookie: FRONT_COOKIE } },
    );
    expect([marketplace.status, jsonOf(marketplace)]).toEqual([200, []]);
    await run('ALTER TABLE away RENAME TO samu_lrms');
    expect(await names()).toEqual(['SAMU13', 'SAMU2A', 'SAMU42']);
  });

  it('AC-27 samulrms answers with the setting when nothing else was ever known', async () => {
    await system.stop();
    system = await System.start();
    await run('ALTER TABLE samu_lrms RENAME TO away');
    await withSetting('["SAMU13","SAMU974"]');
    expect(await names()).toEqual(['SAMU13', 'SAMU974']);
    await until('it is logged', () =>
      system.edgeLog.some((line) => line.includes('samulrms-from-the-setting-only')),
    );
  });
});
