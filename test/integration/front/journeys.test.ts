// The journeys of the published front that rest on the edge's own data, end to end as both its callers make them:
// search page of a dispatch software, directory page, settings dialog, the interfaced index over a day; and that the
// front's cookies go nowhere (AC-28). docs/guide.md G-904. Sign-in and withdrawal: regulators.test.ts.
import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DATABASES } from '../../../host/databases/migrations.ts';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { draw } from '../../../sandbox/vendors/world/random.ts';
import { noteInterfaced } from '../../../worker/store/interfaced.ts';
import {
  FRONT_COOKIE,
  FrontCaller,
  type FrontReply,
  inTime,
  jsonOf,
} from '../../support/doubles/front-caller.ts';
import { associationsOf, peopleOf } from '../../support/samples/people.ts';
import { System } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

let system: System;
let front: FrontCaller;

beforeAll(async () => {
  system = await System.start();
  front = new FrontCaller(() => system.url);
});
afterAll(() => system?.stop());

const card = (rpps: string): Record<string, unknown> => ({
  rpps,
  adeli: '',
  finess: '',
  siret: '',
  rpps_rang: '',
  cp: '42000',
  address: '2 Place du Marché, 42000 Saint-Étienne',
  phone: [''],
});
const someone = (rank: number): string =>
  peopleOf(system.vendors).filter(({ identifier, full }) => identifier.startsWith('8') && !full)[rank]
    ?.identifier ?? '';

it('a search page of a dispatch software: samulrms by the server, then token, marketplace and lots by the browser', async () => {
  const admin = await signToken(system.state, 'admin');
  await system.fetch('/admin/front/samulrms', {
    method: 'PUT',
    headers: { Authorization: `Bearer ${admin}` },
    body: JSON.stringify({ samulrms: [{ authority: 'SAMU42' }] }),
  });
  const samus = jsonOf<{ affectation_authority: string }[]>(
    await front.asServer('/v1/samulrms?group=get&is_active=1'),
  );
  expect(samus.some(({ affectation_authority: origin }) => origin === 'SAMU42')).toBe(true);
  const token = await front.token();
  const marketplace = await front.asBrowser('/aggregator/marketplace/api/v1/editors?enabled=1', token);
  expect(jsonOf(marketplace)).toEqual([]);
  const lot = [{ search_parameter: { search_zone: '', county_ids: [], 'search-type': 'filtered' } }];
  const body = [...lot, { '810001': card(someone(0).slice(1)) }];
  const slots = await inTime(() => front.asBrowser('/v1/PractitionerSlots', token, { method: 'POST', body }));
  expect(slots.status).toBe(200);
  expect(slots.text).toContain('"action"');
});

it('a directory page: exist twice, and slots once a vendor has shown that it knows him', async () => {
  const who = someone(1);
  const exist = async (): Promise<unknown> => jsonOf(await front.asServer(`/v1/practitioner/${who}/exist`));
  // Never met: the page keeps its SAS agenda. A search meets him.
  expect(await exist()).toEqual({ exist_in_directory: false });
  const cards = [{ '810001': card(who.slice(1)), '810003': { ...card(who.slice(1)), cp: '42300' } }];
  const ask = () => front.asServer('/v1/PractitionerSlots', { method: 'POST', body: cards });
  await inTime(ask);
  await until('he is known', async () => JSON.stringify(await exist()) === '{"exist_in_directory":true}');
  expect(await exist()).toEqual({ exist_in_directory: true });
  const page = await inTime(ask);
  const entries = Object.values(jsonOf<Record<string, { slot: object }>>(page));
  expect(entries.some(({ slot }) => Object.keys(slot).length > 0)).toBe(true);
});

it('the settings dialog: vendors, those of the practitioner, and what he saves', async () => {
  const who = someone(2);
  const token = await front.token();
  const [editors, before] = await Promise.all([
    front.asBrowser('/v1/editors?group=id-name&is_active=1', token),
    front.asBrowser(`/v1/practitioners/national-id/${who}`, token),
  ]);
  expect(jsonOf(before)).toEqual([]);
  const ids = jsonOf<{ id: number }[]>(editors).map(({ id }) => id);
  const save = (editorIds: readonly number[]): Promise<FrontReply> =>
    front.asBrowser(`/v1/practitioner-editors/${who}/bulk`, token, { method: 'PUT', body: { editorIds } });
  expect((await save(ids.slice(0, 1))).status).toBe(200);
  const after = jsonOf<{ editor: { id: number } }[]>(
    await front.asBrowser(`/v1/practitioners/national-id/${who}`, token),
  );
  expect(after.map(({ editor }) => editor.id)).toEqual(ids.slice(0, 1));
  // What is declared restricts nobody (docs/guide.md G-937): each vendor is asked all the same.
  const asked = system.vendors.map((vendor) => vendor.state().requests.length);
  await front.asBrowser('/v1/PractitionerSlots', token, {
    method: 'POST',
    body: [{ '1': card(who.slice(1)) }],
  });
  expect(system.vendors.every((vendor, i) => vendor.state().requests.length > (asked[i] ?? 0))).toBe(true);
  await save([]);
});

const MINUTE_MS = 60_000;
const WINDOW_MS = 5 * MINUTE_MS;
const seed = randomInt(2 ** 31);

it(`the interfaced index over a day of windows loses nobody and breaks no insert (seed ${seed})`, async () => {
  let drawn = 0;
  const random = (): number => {
    drawn += 1;
    return draw(seed, drawn);
  };
  const startMs = Date.UTC(2026, 10, 23);
  /** The front's clock is not ours, and some runs are late. */
  const skewMs = Math.round((random() - 0.5) * 4 * MINUTE_MS);
  const people = Array.from({ length: 120 }, (_, i) => ({
    subject: i % 3 === 0 ? `0${String(990_100_000 + i)}` : `8${String(99_901_000_000 + i)}`,
    atMs: startMs + Math.floor(random() * 24 * 60 * MINUTE_MS),
  })).sort((a, b) => a.atMs - b.atMs);
  const db = (await system.edge.database()) as unknown as Parameters<typeof noteInterfaced>[0];
  const table = new FrontTable();
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${await front.token()}` };
  let next = 0;
  for (let fromMs = startMs; fromMs < startMs + 24 * 60 * MINUTE_MS + 2 * WINDOW_MS; fromMs += WINDOW_MS) {
    // Our clock at the moment of the front's call, which comes at the end of its window.
    const nowMs = fromMs + WINDOW_MS - skewMs + Math.floor(random() * 20_000);
    for (; next < people.length && (people[next]?.atMs ?? 0) <= nowMs; next += 1) {
      const { subject, atMs } = people[next] ?? { subject: '', atMs: 0 };
      await noteInterfaced(db, [{ subject, editor: 'agenda-a', flow: 'INT_R01' }], atMs);
    }
    const iso = (ms: number): string =>
      encodeURIComponent(new Date(ms).toISOString().replace('.000Z', '+00:00'));
    const path = `/v1/index/pro-id-by-date-range?start=${iso(fromMs)}&end=${iso(fromMs + WINDOW_MS)}`;
    const reply = await front.plain(path, { headers });
    expect(reply.status).toBe(200);
    table.take(jsonOf(reply));
  }
  expect(table.problems).toEqual([]);
  expect([...table.known].sort()).toEqual(people.map(({ subject }) => subject).sort());
});

/** The front's table: a numeric primary key, known ids skipped as text, so that an ADELI is never recognised. */
class FrontTable {
  readonly known: string[] = [];
  readonly problems: string[] = [];
  readonly #keys = new Set<number>();

  take({ rpps, adeli }: { rpps: readonly string[]; adeli: readonly string[] }): void {
    const before = new Set(this.#keys);
    for (const id of [...adeli, ...rpps]) {
      if (id.startsWith('8') && before.has(Number(id))) continue;
      if (!/^\d+$/.test(id) || this.#keys.has(Number(id))) this.problems.push(id);
      this.#keys.add(Number(id));
      this.known.push(id);
    }
  }
}

it('AC-28 the browser needs /aggregator/* only, and its cookies go nowhere', async () => {
  const token = await front.token();
  const siret = associationsOf(system.vendors)[0]?.siret ?? '';
  const who = someone(3);
  const calls: [string, string, unknown?][] = [
    [
      'POST',
      '/v1/PractitionerSlots',
      [{ '1': card(who.slice(1)) }, { '2': { ...card(''), siret: siret.slice(1) } }],
    ],
    ['POST', '/v1/PractitionerSlots', 'no JSON'],
    ['POST', '/v1/dashboard/getSlots', { practitionerCards: [{ nid: '1', rpps: who.slice(1) }] }],
    ['GET', '/v1/editors?group=id-name&is_active=1'],
    ['GET', `/v1/practitioners/national-id/${who}`],
    ['PUT', `/v1/practitioner-editors/${who}/bulk`, { editorIds: [] }],
    ['PUT', `/v1/practitioner-editors/${who}/bulk`, { editorIds: 'x' }],
    ['GET', '/aggregator/marketplace/api/v1/editors?enabled=1'],
    ['GET', '/v1/nowhere'],
  ];
  for (const [method, path, body] of calls) {
    for (const bearer of [token, 'null']) {
      const reply = await front.asBrowser(path, bearer, { method, body });
      expect(reply.status).toBeLessThan(500);
      expect(`${JSON.stringify(reply.headers)}${reply.text}`).not.toContain('canary');
    }
  }
  const heard = system.vendors.flatMap((vendor) => vendor.state().requests);
  expect(heard.length).toBeGreaterThan(3);
  for (const { url, headers } of heard) {
    expect(headers.map(([name]) => name.toLowerCase())).not.toContain('cookie');
    expect(`${url}${JSON.stringify(headers)}`).not.toContain('canary');
  }
  const written = [...system.edgeLog, ...system.relayLog].join('\n');
  expect(written.length).toBeGreaterThan(500);
  for (const secret of [...FRONT_COOKIE.split('; '), 'canary', token, who, who.slice(1), siret]) {
    expect(written).not.toContain(secret);
  }
  // Nor does the edge keep them.
  for (const { name: database } of DATABASES) {
    const db = await system.edge.database(database);
    const { results: tables } = await db
      .prepare(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'`)
      .all<{ name: string }>();
    for (const { name } of tables) {
      const { results } = await db.prepare(`SELECT * FROM "${name}"`).all();
      expect(JSON.stringify(results)).not.toContain('canary');
    }
  }
});
