// What every route that lists reads of the database, over tables larger than a statement may read: D1 has one thread, and a
// statement that reads a million rows stops it for seconds. The Worker and D1 are real; the rows are D1's own count.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TELLS_ROWS_READ } from '../../../sandbox/platform/edge/edge-process.ts';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { SCREENS } from '../../../worker/console/screens.ts';
import { ROUTES } from '../../../worker/routes.ts';
import { ConsoleVisitor } from '../../support/doubles/console-visitor.ts';
import { FrontCaller, type FrontReply, sendPlain } from '../../support/doubles/front-caller.ts';
import { CountedEdge } from '../../support/scenes/counted-edge.ts';

/** Of any statement that somebody can ask for. */
const ROWS_MAX = 30_000;
const MANY = 40_000;
const VENDORS = 20;
const REGULATORS = 3_500;
const PRACTITIONER = '899900000017';
const OPERATOR = '3990000011/REG-77';
const START_MS = Date.parse('2026-12-01T00:00:00Z');
const CHANGED_MS = Date.parse('2026-11-01T00:00:00Z');

let counted: CountedEdge;
let admin: string;
let sas: string;
let front: FrontCaller;

beforeAll(async () => {
  counted = await CountedEdge.start();
  admin = await signToken(counted.state, 'admin');
  sas = await signToken(counted.state, 'system/*.cruds');
  front = new FrontCaller(() => counted.edge.url);
  await fill();
});
afterAll(() => counted?.stop());

const count = (rows: number): string =>
  `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows - 1})`;
const VENDOR = "printf('vendor-%02d', i % 20)";

const idOf = (i: number): string =>
  `vendor-${String(i % VENDORS).padStart(2, '0')}-${i.toString(16).padStart(20, '0')}`;

/** In one week: half of one practitioner, half by one regulator, three that are unlike all others. */
const APPOINTMENTS = [
  `INSERT INTO appointments (id, editor, system, value, current, updated_ms, profile, status, holds, start_ms, end_ms,
     practitioner, operator_system, operator)
   ${count(MANY)} SELECT printf('%s-%020x', ${VENDOR}, i), ${VENDOR}, 'urn:x', 'v' || i, 1, ${CHANGED_MS} + i * 1000, 'individual',
     CASE WHEN i % 15000 = 14999 THEN 'noshow' ELSE 'booked' END, 1, ${START_MS} + (i * 7919 % 604800) * 1000,
     ${START_MS} + (i * 7919 % 604800 + 1200) * 1000,
     CASE WHEN i % 2 = 0 THEN '${PRACTITIONER}' ELSE '8999' || printf('%08d', i) END, 'urn:oid:1.2.250.1.71.4.2.1',
     CASE WHEN i % 2 = 1 THEN '${OPERATOR}' ELSE '3990000011/REG-' || i END FROM n`,
  `INSERT INTO appointment_versions (appointment, version, epoch, hash, stamp_ms, rank, updated_ms, method, relay,
     request_id, held, repairs, profile, status, holds, start_ms, end_ms, practitioner, content)
   SELECT id, 1, 0, id, NULL, 2, updated_ms, 'PUT', 'relay-a', 'r', 1, '[]', profile, status, 1, start_ms, end_ms,
     practitioner, '{"status":"' || status || '"}' FROM appointments`,
  // No LRM has acknowledged any; what came back is of none.
  `INSERT INTO lrm_messages (appointment, turn, version, state, recipient, day, made_ms, changed_ms, due_ms, useful_ms)
   SELECT id, 1, 1, CASE WHEN updated_ms % 2000 = 0 THEN 'held' ELSE 'pending' END, 'fr.health.samu990', '2026-11-01',
     updated_ms, updated_ms, updated_ms, ${START_MS} * 2 FROM appointments`,
  `INSERT INTO lrm_strays (hash, queue, kind, bytes, first_ms, last_ms)
   ${count(MANY)} SELECT 'h' || i, 'ack', 'unknown', 1, i, i FROM n`,
  `INSERT INTO lrm_days (day, recipient, state, count)
   ${count(MANY)} SELECT date('2026-01-01', (i / 100 % 366) || ' days'), 'fr.health.samu' || (i % 100), 'acked', 1 FROM n WHERE i < 36600`,
  // A year, for everybody and by a hundred territories.
  ...[`''`, `printf('SAS-%02d', i / 36600 + 1)`].map(
    (territory) => `INSERT OR IGNORE INTO activity_days (territory, day, vendor, status, own_day, count)
      ${count(MANY * (territory === `''` ? 1 : 3))}
      SELECT ${territory}, date('2026-01-01', (i / 100 % 366) || ' days'), ${VENDOR}, 's' || (i / 20 % 5),
        date('2026-01-01', (i / 100 % 366) || ' days'), 1 FROM n`,
  ),
];

/** A wave of withdrawals over all vendors, the drift repair's events, the front's directory. */
const CORE = [
  `INSERT INTO editors (id, name, flows, redirect_hosts, certificate_not_after, announced_at)
   ${count(VENDORS)} SELECT ${VENDOR}, 'Vendor ' || i, '["INT_R01","INT_R02","INT_R03"]', '[]', '2030-01-01', 0 FROM n`,
  `INSERT INTO relay_editors (relay, editor) SELECT 'relay-a', id FROM editors`,
  `INSERT INTO regulators (id, system, value, active, family, given, email, territories, version, hash, stamp,
     updated_ms, withdrawn_ms)
   ${count(REGULATORS)} SELECT printf('r-%05d', i), 'urn:oid:1.2.250.1.71.4.2.1', '3990000011/REG-' || i, i % 2, 'Imaginaire', 'Zoé', 'z@regulation.example',
     '[]', 1, 'h', 's', i, CASE WHEN i % 2 = 0 THEN ${CHANGED_MS} + i END FROM n`,
  `INSERT INTO accounts (regulator, editor, revision, open, withdrawing, attempts, confirmed_hash, confirmed_active,
     confirmed_system, confirmed_value, confirmed_ms)
   SELECT r.id, e.id, 1, 1, 1 - r.active, 0, 'h', 1, r.system, r.value, 0 FROM regulators AS r, editors AS e`,
  `INSERT INTO account_drift (id, regulator, editor, kind, status, mended, at_ms)
   ${count(MANY)} SELECT 'd-' || i, 'r-00001', ${VENDOR}, 'missing', 404, 1, ${CHANGED_MS} + i FROM n`,
  `INSERT INTO interfaced (subject, editor, first_ms, last_ms, flows)
   ${count(MANY)} SELECT '8999' || printf('%08d', i / 2), ${VENDOR}, i, i, 'INT_R01' FROM n`,
  `INSERT INTO front_index (subject, since_ms)
   ${count(MANY)} SELECT '8999' || printf('%08d', i), ${CHANGED_MS} + i FROM n`,
  `INSERT INTO declared_editors (practitioner, editor, declared_ms)
   ${count(MANY)} SELECT '8999' || printf('%08d', i), ${VENDOR}, 0 FROM n`,
  `INSERT INTO declaration_changes (at_ms, practitioner, before, after, origin, request_id)
   ${count(MANY)} SELECT i, '8999' || printf('%08d', i), '[]', '[]', 'front', 'r' FROM n`,
  `INSERT INTO rule_counts (editor, hour, kind, rule, count, ids)
   ${count(MANY)} SELECT ${VENDOR}, unixepoch() / 3600 - i / 20 % 24, 'dropped', 'rule-' || (i / 480), 1, '[]' FROM n`,
  `INSERT INTO console_audit (id, at_ms, actor, act, target, before, after, reason, request_id, previous, hash)
   ${count(MANY)} SELECT i + 1, ${CHANGED_MS} + i, 'somebody', 'switch', ${VENDOR}, '{}', '{}', 'because', 'r' || i, 'h' || i, 'h' || (i + 1) FROM n`,
  `INSERT INTO redirects (day, editor, outcome, count)
   ${count(20_000)} SELECT date('2026-01-01', (i / 60) || ' days'), ${VENDOR}, 'o' || (i / 20 % 3), 1 FROM n`,
];

async function fill(): Promise<void> {
  for (const [name, statements] of [
    ['APPOINTMENTS', APPOINTMENTS],
    ['DB', CORE],
  ] as const) {
    const db = await counted.edge.database(name);
    await db.batch(statements.map((sql) => db.prepare(sql)));
  }
}

/** On a connection of its own. */
function get(path: string, token: string): Promise<FrontReply> {
  const url = path.startsWith('http') ? path : `${counted.edge.url}${path}`;
  return sendPlain(url, { headers: { Authorization: `Bearer ${token}` } });
}

/** Fails with the statements that read too much; tells the most that one read. */
function mostRead(path: string): number {
  const statements = counted.takeCounted();
  const heavy = statements
    .filter(({ rows }) => rows > ROWS_MAX)
    .map(({ rows, sql }) => `${rows} rows: ${sql}`);
  expect(heavy.join('\n'), path).toBe('');
  return Math.max(0, ...statements.map(({ rows }) => rows));
}

const YEAR = 'from=2026-01-01&to=2026-12-31';
/** By the pattern of the route, what is asked of it. */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  '/admin/relays': ['/admin/relays'],
  '/admin/searches': ['/admin/searches', '/admin/searches?unknown=true'],
  '/admin/searches/:id': [],
  '/admin/relay-reports': ['/admin/relay-reports'],
  '/admin/metrics': ['/admin/metrics'],
  '/admin/editors': ['/admin/editors'],
  '/admin/claims': ['/admin/claims'],
  '/admin/maintenances': ['/admin/maintenances'],
  '/admin/editors/:editor/rules': ['/admin/editors/vendor-07/rules'],
  '/admin/activity': [
    YEAR,
    `${YEAR}&by=territory`,
    `${YEAR}&vendor=nobody`,
    `${YEAR}&by=territory&vendor=nobody`,
  ].map((query) => `/admin/activity?${query}`),
  '/admin/lrm': ['/admin/lrm'],
  '/admin/lrm/messages': ['', 'recipient=nobody', 'state=held', 'state=held&recipient=nobody'].map(
    (query) => `/admin/lrm/messages?${query}`,
  ),
  '/admin/lrm/appointments/:id': [`/admin/lrm/appointments/${idOf(1)}`],
  '/admin/storage': ['/admin/storage'],
  '/admin/schedule': ['/admin/schedule'],
  '/admin/redirects': [`/admin/redirects?${YEAR}`],
  '/admin/practitioner-claims': ['', '&vendor=nobody'].map(
    (query) => `/admin/practitioner-claims?${YEAR}${query}`,
  ),
  '/admin/export/appointments': [
    '',
    'status=noshow',
    `practitioner=${PRACTITIONER}`,
    'date=ge2026-12-03',
    'vendor=nobody',
  ]
    .flatMap((filter) => [`format=csv&${filter}`, `format=ndjson&${filter}`])
    .map((query) => `/admin/export/appointments?${query}`),
  '/admin/accounts': ['/admin/accounts'],
  '/admin/accounts/exposure': ['/admin/accounts/exposure'],
  '/admin/accounts/drift': ['/admin/accounts/drift'],
  '/admin/appointments/erasures': ['/admin/appointments/erasures'],
  '/admin/regulators/erasures': ['/admin/regulators/erasures'],
  '/admin/front/users': ['/admin/front/users'],
  '/admin/front/samulrms': ['/admin/front/samulrms'],
  '/admin/front/sos': ['/admin/front/sos'],
  '/admin/front/declarations': ['/admin/front/declarations'],
  '/admin/front/declarations/changes': ['/admin/front/declarations/changes'],
  '/fhir/Practitioner': [
    '',
    'active=false',
    'active=true&_count=50',
    'identifier=urn:oid:1.2.250.1.71.4.2.1%7C3990000011/REG-7',
    '_cursor=r-03400',
  ].map((query) => `/fhir/Practitioner?${query}`),
  '/fhir/Practitioner/:id': ['/fhir/Practitioner/r-00002'],
  '/fhir/Appointment/:id': [`/fhir/Appointment/${idOf(1)}`],
  '/fhir/Appointment/:id/_history': [`/fhir/Appointment/${idOf(1)}/_history`],
  '/fhir/Appointment/:id/_history/:version': [`/fhir/Appointment/${idOf(1)}/_history/1`],
  '/fhir/Slot': [`/fhir/Slot?_count=1`],
  '/fhir/Schedule': ['/fhir/Schedule?_count=1'],
};
/** Asked for otherwise, in a test of their own. */
const ELSEWHERE = ['/fhir/Appointment', /^\/aggregator\//, /^\/v1\//, /^\/console/];
/** They read no table. */
const NOTHING = ['/', '/fhir/metadata', '/openapi.json', '/docs', '/link', '/healthz', '/readyz', '/r/:slot'];

describe.runIf(TELLS_ROWS_READ)('no statement reads more than 30,000 rows', () => {
  it('of any route: each that can be got is asked for here', () => {
    const known = (path: string): boolean =>
      Object.hasOwn(LISTS, path) ||
      NOTHING.includes(path) ||
      ELSEWHERE.some((one) => (typeof one === 'string' ? one === path : one.test(path)));
    const paths = ROUTES.filter(({ method }) => method === 'GET').map(({ path }) => path);
    expect(paths.filter((path) => !known(path))).toEqual([]);
    expect(Object.keys(LISTS).filter((path) => !paths.includes(path))).toEqual([]);
  });

  it('of what operators and SAS list', async () => {
    const read: Record<string, number> = {};
    for (const path of Object.values(LISTS).flat()) {
      counted.takeCounted();
      const response = await get(path, path.startsWith('/admin') ? admin : sas);
      if (!/^\/fhir\/(Slot|Schedule)/.test(path)) expect(response.status, path).toBe(200);
      read[path] = mostRead(path);
    }
    // The tables were there to be read.
    expect(read['/admin/accounts']).toBeGreaterThan(REGULATORS);
    expect(read[`/admin/activity?${YEAR}&by=territory`]).toBeGreaterThanOrEqual(1_000);
  });

  it('of the console, screen by screen', async () => {
    const read: Record<string, number> = {};
    for (const path of ROUTES.filter((route) => route.method === 'GET').map((route) => route.path)) {
      const role = SCREENS.find((screen) => screen.path === path && screen.method === 'GET')?.roles[0];
      if (role === undefined) continue;
      const visitor = await ConsoleVisitor.enter(counted, role);
      counted.takeCounted();
      const page = await visitor.get(path.replace(':editor', 'vendor-07'));
      // No hub remembers the search that is asked for.
      expect(path.endsWith('/:id') ? [404] : [200, 303], path).toContain(page.status);
      read[path] = mostRead(path);
    }
    expect(read['/console/comptes']).toBeGreaterThan(REGULATORS);
  });

  it('of what the front asks for', async () => {
    const token = await front.token();
    counted.takeCounted();
    for (const path of [
      '/v1/editors?group=id-name&is_active=1',
      `/v1/practitioners/national-id/${PRACTITIONER}`,
      `/v1/practitioner/${PRACTITIONER}/exist`,
      '/v1/samulrms',
      '/v1/index/pro-id-by-date-range?start=2020-01-01T00:00:00Z&end=2027-01-01T00:00:00Z',
    ]) {
      const reply = await front.asServer(path);
      expect(reply.status, `${path} ${reply.text}`).toBe(200);
      if (path.includes('date-range')) expect(JSON.parse(reply.text).rpps).toHaveLength(MANY);
      mostRead(path);
    }
    expect(token).not.toBe('');
  });

  it('of a search of appointments, whatever filters it has and in whatever order', async () => {
    const filters = [
      '',
      'identifier=v7',
      `practitioner=${PRACTITIONER}`,
      `practitioner=${PRACTITIONER}&date=2026-12-03`,
      `operator=${encodeURIComponent(OPERATOR)}`,
      'operator=nobody',
      'status=noshow',
      'vendor=nobody',
      'date=2026-12-03',
      'date=ge2026-12-02',
      'date=ge2027-06',
      '_lastUpdated=ge2026-11-01T05:00:00Z',
      'status=noshow&_lastUpdated=lt2026-11-01T09:00:00Z',
      'status=noshow&date=ge2026-12-02',
    ];
    for (const filter of filters) {
      for (const sort of ['date', '-date', '_lastUpdated', '-_lastUpdated']) {
        const path = `/fhir/Appointment?_sort=${sort}&_count=200&${filter}`;
        counted.takeCounted();
        const response = await get(path, sas);
        expect(response.status, path).toBe(200);
        mostRead(path);
      }
    }
  });

  it('and what is rare is found all the same, page by page', async () => {
    interface Page {
      readonly entry?: readonly { readonly resource: { readonly id: string } }[];
      readonly link: readonly { readonly relation: string; readonly url: string }[];
    }
    for (const query of [
      'status=noshow',
      'status=noshow&_sort=-date',
      `status=noshow&practitioner=${PRACTITIONER}`,
    ]) {
      const found: string[] = [];
      let url: string | undefined = `/fhir/Appointment?${query}`;
      while (url !== undefined) {
        const page = JSON.parse((await get(url, sas)).text) as Page;
        found.push(...(page.entry ?? []).map(({ resource }) => resource.id));
        url = page.link.find(({ relation }) => relation === 'next')?.url;
      }
      const rare = [idOf(14_999), idOf(29_999)].sort();
      expect(found.sort(), query).toEqual(query.includes('practitioner') ? [] : rare);
    }
  });
});
