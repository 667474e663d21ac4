// What SAS reads of appointments at the real edge: one, its versions, searches, pages that survive inserts; and
// what operators ask: activity, exports, purge.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type AppointmentEdge, SYSTEM_B } from '../../../bench/appointments/appointment-edge.ts';
import { individual, OPERATOR, sos } from '../../../bench/appointments/samples.ts';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { judgeAppointment } from '../../../shared/sas/rules/appointment/appointment.ts';
import { ruleOf } from '../../../shared/sas/rules/table/table.ts';
import { startAppointmentEdge } from '../../support/scenes/built/edge.ts';

let edge: AppointmentEdge;
let admin = '';
const PEOPLE = ['899900000017', '899900000025', '899900000033'];
const OTHER_OPERATOR = '0b0e2f7c-3f5e-4f0a-9a44-6d1f3f1f9a10';
/** One hour after the other from 2 December, 9:00 in Paris. */
const startOf = (hour: number): string => new Date(Date.UTC(2026, 11, 2, 8 + hour)).toISOString();

beforeAll(async () => {
  edge = await startAppointmentEdge();
  admin = await signToken(edge.state, 'admin');
  for (let i = 0; i < 30; i += 1) {
    await edge.put(
      individual({
        value: `a-${i}`,
        start: startOf(i),
        practitioner: PEOPLE[i % 3] ?? '',
        ...(i % 5 === 0 ? { operator: OTHER_OPERATOR } : {}),
      }),
    );
  }
  for (let i = 0; i < 30; i += 6) {
    await edge.put(
      individual({ value: `a-${i}`, start: startOf(i), practitioner: PEOPLE[0] ?? '', status: 'cancelled' }),
    );
  }
  for (let i = 0; i < 5; i += 1) await edge.put(sos({ value: `s-${i}`, start: startOf(i) }), {}, 'agenda-b');
});
afterAll(() => edge?.stop());

interface Read {
  readonly id: string;
  readonly status: string;
  readonly start: string;
  readonly meta: { readonly versionId: string; readonly lastUpdated: string; readonly tag?: unknown };
  readonly identifier: readonly { readonly value: string }[];
}

const resources = (answer: Answer): Read[] =>
  ((answer.json.entry ?? []) as { resource: Read }[]).map(({ resource }) => resource);
const valuesOf = (read: readonly Read[]): string[] =>
  read.map(({ identifier }) => identifier[0]?.value ?? '');
const linkOf = (answer: Answer, relation: string): string | undefined =>
  (answer.json.link as { relation: string; url: string }[]).find((link) => link.relation === relation)?.url;

async function find(query: string): Promise<string[]> {
  const answer = await edge.get(`/fhir/Appointment?_count=200&${query}`);
  expect(answer.status, answer.text).toBe(200);
  return valuesOf(resources(answer)).sort();
}

async function pathOf(value: string): Promise<string> {
  const answer = await edge.get(`/fhir/Appointment?identifier=${value}`);
  return `/fhir/Appointment/${resources(answer)[0]?.id}`;
}

describe('one appointment', () => {
  it('is read with its version, time and profile, and keeps every rule', async () => {
    const answer = await edge.get(await pathOf('a-0'));
    expect(answer.json.meta).toEqual({
      versionId: '2',
      lastUpdated: expect.stringMatching(/^\d{4}-.*Z$/),
      profile: ['http://sas.fr/fhir/StructureDefinition/FrAppointmentSAS'],
    });
    expect([answer.json.status, answer.headers.get('ETag')]).toEqual(['cancelled', 'W/"2"']);
    const broken = judgeAppointment(answer.json, 'individual').filter(
      ({ rule }) => ruleOf(rule).severity === 'error',
    );
    expect(broken).toEqual([]);
  });

  it('is read version by version', async () => {
    const path = await pathOf('a-0');
    const first = await edge.get(`${path}/_history/1`);
    expect([first.json.status, first.headers.get('ETag')]).toEqual(['booked', 'W/"1"']);
    for (const version of ['0', '3', 'x', '99999999999']) {
      expect((await edge.get(`${path}/_history/${version}`)).reason).toBe('not-found');
    }
  });

  it('has a history, newest first, in which what came too late is marked', async () => {
    const path = await pathOf('a-0');
    await edge.put(individual({ value: 'a-0', start: startOf(90) }));
    const page = await edge.get(`${path}/_history?_count=2`);
    expect(page.json.type).toBe('history');
    const shown = resources(page);
    expect(shown.map(({ meta }) => [meta.versionId, meta.tag !== undefined])).toEqual([
      ['3', true],
      ['2', false],
    ]);
    expect(page.json.entry[1].request).toEqual({ method: 'PUT', url: path.replace('/fhir/', '') });
    const rest = await edge.get(linkOf(page, 'next') ?? '');
    expect(resources(rest).map(({ meta }) => meta.versionId)).toEqual(['1']);
    expect(linkOf(rest, 'next')).toBeUndefined();
    expect((await edge.get(path)).json.meta.versionId).toBe('2');
  });

  it('is not there for ids that nobody has', async () => {
    for (const id of ['x', 'agenda-a-00000000000000000000', `${'a'.repeat(80)}`]) {
      expect((await edge.get(`/fhir/Appointment/${id}`)).reason).toBe('not-found');
      expect((await edge.get(`/fhir/Appointment/${id}/_history`)).reason).toBe('not-found');
    }
  });

  it('needs the scope of its interaction', async () => {
    const path = await pathOf('a-1');
    const [search, read] = await Promise.all(
      ['system/Appointment.s', 'system/Appointment.r'].map((scope) => signToken(edge.state, scope)),
    );
    expect((await edge.get(path, search)).reason).toBe('scope-missing');
    expect((await edge.get(`${path}/_history`, search)).reason).toBe('scope-missing');
    expect((await edge.get(path, read)).status).toBe(200);
    expect((await edge.get('/fhir/Appointment', read)).reason).toBe('scope-missing');
    expect((await edge.get('/fhir/Appointment', search)).status).toBe(200);
    expect((await edge.get('/admin/activity')).reason).toBe('scope-missing');
    expect((await edge.get('/admin/export/appointments')).reason).toBe('scope-missing');
  });
});

describe('a search', () => {
  const all = Array.from({ length: 30 }, (_, i) => `a-${i}`);
  it('finds by identifier, with and without system', async () => {
    expect(await find('identifier=a-7')).toEqual(['a-7']);
    expect(await find(`identifier=https://agenda-a.example/rdv%7Ca-7,${SYSTEM_B}%7Cs-1`)).toEqual([
      'a-7',
      's-1',
    ]);
    expect(await find(`identifier=${SYSTEM_B}%7Ca-7`)).toEqual([]);
  });

  it('finds by status', async () => {
    expect(await find('status=cancelled')).toEqual(['a-0', 'a-12', 'a-18', 'a-24', 'a-6'].sort());
    expect(await find('status=PENDING')).toEqual(['s-0', 's-1', 's-2', 's-3', 's-4']);
  });

  it('finds by date, whatever the offset it is asked in', async () => {
    expect(await find('date=2026-12-02T10:00%2B01:00&vendor=agenda-a')).toEqual(['a-1']);
    expect(await find('date=ge2026-12-02T09:00:00Z&date=lt2026-12-02T11:00:00Z&vendor=agenda-a')).toEqual([
      'a-1',
      'a-2',
    ]);
    expect(await find('date=2026-12-03&vendor=agenda-a')).toHaveLength(15);
    expect(await find('date=2026-11')).toEqual([]);
  });

  it('finds by practitioner, operator and vendor', async () => {
    const named = await find(`practitioner=urn:oid:1.2.250.1.71.4.2.1%7C${PEOPLE[1]}`);
    expect(named).toEqual(all.filter((_, i) => i % 3 === 1).sort());
    const operated = await find(`operator=urn:oid:1.2.250.1.213.3.6%7C${OTHER_OPERATOR}&vendor=agenda-a`);
    // A change without the operator's other identifier is a change of operator.
    expect(operated).toEqual(['a-10', 'a-15', 'a-20', 'a-25', 'a-5']);
    expect(await find(`operator=urn:oid:1.2.250.1.213.3.6%7C${encodeURIComponent(OPERATOR)}`)).toEqual([]);
    expect(await find('vendor=agenda-b')).toHaveLength(5);
  });

  it('finds what changed since', async () => {
    const path = await pathOf('a-2');
    const { lastUpdated } = (await edge.get(path)).json.meta as Read['meta'];
    expect(await find(`_lastUpdated=${lastUpdated}`)).toEqual(['a-2']);
    expect(await find(`_lastUpdated=lt${lastUpdated}`)).toEqual(['a-1']);
  });

  it('takes its question from a form too', async () => {
    const response = await fetch(`${edge.url}/fhir/Appointment/_search`, {
      method: 'POST',
      body: 'status=pending&_count=2',
      headers: {
        Authorization: `Bearer ${edge.token}`,
        'Content-Type': 'application/x-www-form-urlencoded',
      },
    });
    const bundle = (await response.json()) as { entry: unknown[] };
    expect(bundle.entry).toHaveLength(2);
  });

  it('says its total only when the page is all there is', async () => {
    expect((await edge.get('/fhir/Appointment?status=pending')).json.total).toBe(5);
    expect((await edge.get('/fhir/Appointment?status=pending&_count=5')).json.total).toBe(5);
    expect((await edge.get('/fhir/Appointment?status=pending&_count=4')).json.total).toBeUndefined();
    const none = await edge.get('/fhir/Appointment?status=waitlist');
    expect([none.json.total, none.json.entry]).toEqual([0, undefined]);
  });

  it('refuses what it does not know, or says what it ignored', async () => {
    expect((await edge.get('/fhir/Appointment?patient=1')).reason).toBe('parameter-unknown');
    const response = await fetch(`${edge.url}/fhir/Appointment?patient=1&status=pending`, {
      headers: { Authorization: `Bearer ${edge.token}`, Prefer: 'handling=lenient' },
    });
    const bundle = (await response.json()) as { entry: { search: { mode: string } }[] };
    expect(bundle.entry.map(({ search }) => search.mode)).toEqual([...Array(5).fill('match'), 'outcome']);
  });
});

describe('pages', () => {
  async function walk(first: string, between: (page: number) => Promise<unknown>): Promise<string[]> {
    const seen: string[] = [];
    let url: string | undefined = first;
    for (let page = 0; url !== undefined; page += 1) {
      const answer: Answer = await edge.get(url);
      seen.push(...valuesOf(resources(answer)));
      url = linkOf(answer, 'next');
      await between(page);
    }
    return seen;
  }

  it.each(['date', '-date', '_lastUpdated', '-_lastUpdated'])(
    'by %s show each once while others are inserted on both sides',
    async (sort) => {
      const before = await find('date=ge2026');
      const seen = await walk(`/fhir/Appointment?date=ge2026&_count=7&_sort=${sort}`, async (page) => {
        // Ascending by last change every insert comes last: it ends when the inserts end.
        if (page > 3) return;
        await edge.put(individual({ value: `${sort}-${page}-early`, start: '2026-12-01T08:00:00Z' }));
        await edge.put(individual({ value: `${sort}-${page}-late`, start: '2027-01-01T08:00:00Z' }));
      });
      expect(new Set(seen).size).toBe(seen.length);
      for (const value of before) expect(seen).toContain(value);
    },
  );

  it('keep their order, with ids telling equal starts apart', async () => {
    const seen = await walk('/fhir/Appointment?date=2026-12-02&_count=3&_sort=date', async () => undefined);
    const starts = await Promise.all(
      seen.map(
        async (value) => resources(await edge.get(`/fhir/Appointment?identifier=${value}`))[0]?.start ?? '',
      ),
    );
    const ms = starts.map((start) => Date.parse(start));
    expect(ms).toEqual([...ms].sort((a, b) => a - b));
    expect(seen.length).toBeGreaterThan(15);
  });
});

describe('operators', () => {
  it('count by day in Paris, vendor and status', async () => {
    const path = '/admin/activity?from=2026-12-02&to=2026-12-02';
    const before = await edge.get(path, admin);
    const first = await edge.get('/fhir/Appointment?_count=1');
    const firstMs = Date.parse(resources(first)[0]?.meta.lastUpdated ?? '');
    expect([before.json.counts, Date.parse(before.json.countedUpTo)]).toEqual([[], firstMs - 1]);
    expect(await edge.edge?.runSchedule(new Date(), 'by day')).toBe(true);
    const answer = await edge.get(path, admin);
    expect(Date.parse(answer.json.countedUpTo)).toBeGreaterThan(firstMs);
    expect(answer.json).toEqual({
      countedUpTo: expect.any(String),
      timeZone: 'Europe/Paris',
      from: '2026-12-02',
      to: '2026-12-02',
      counts: [
        { day: '2026-12-02', vendor: 'agenda-a', status: 'booked', count: 12 },
        { day: '2026-12-02', vendor: 'agenda-a', status: 'cancelled', count: 3 },
        { day: '2026-12-02', vendor: 'agenda-b', status: 'pending', count: 5 },
      ],
    });
    const one = await edge.get('/admin/activity?from=2026-12-02&to=2026-12-03&vendor=agenda-b', admin);
    expect(one.json.counts).toHaveLength(1);
    for (const query of ['from=soon', 'from=2026-12-03&to=2026-12-02', 'from=2020-01-01&to=2026-01-01']) {
      expect((await edge.get(`/admin/activity?${query}`, admin)).reason).toBe('window-invalid');
    }
    expect((await edge.get('/admin/activity?day=1', admin)).reason).toBe('parameter-unknown');
  });

  it.each(['ndjson', 'csv'])('export everything as %s, and resume after any line', async (format) => {
    const path = `/admin/export/appointments?format=${format}&date=ge2026-12-02&date=lt2026-12-05`;
    const whole = await edge.get(path, admin);
    const lines = whole.text
      .trimEnd()
      .split(/\r?\n/)
      .slice(format === 'csv' ? 1 : 0);
    expect(lines.length).toBe(35);
    const cursorOf = (line: string): string =>
      format === 'csv' ? (line.split(',')[0] ?? '') : (JSON.parse(line) as Read).meta.lastUpdated;
    for (const at of [0, 16, 34]) {
      const rest = await edge.get(`${path}&cursor=${cursorOf(lines[at] ?? '')}`, admin);
      expect(
        rest.text
          .trimEnd()
          .split(/\r?\n/)
          .filter((line) => line !== ''),
      ).toEqual(lines.slice(at + 1));
    }
    const some = await edge.get(`${path}&status=cancelled&vendor=agenda-a`, admin);
    expect(some.text.match(/cancelled/g)).toHaveLength(5);
  });

  it('get a clear refusal of what an export cannot do', async () => {
    for (const query of ['format=xml', 'cursor=1', 'page=2', 'status=perhaps']) {
      const { status, issues } = await edge.get(`/admin/export/appointments?${query}`, admin);
      expect([status, issues[0]?.expression]).toEqual([400, `http.${query.split('=')[0]}`]);
    }
  });
});

it('forgets what ended before the retention, with all its versions, and nothing else', async () => {
  const old = individual({ value: 'old', start: '2026-03-01T09:00:00Z' });
  const created = await edge.put(old);
  await edge.put(individual({ value: 'old', start: '2026-03-01T09:00:00Z', status: 'fulfilled' }));
  const path = new URL(created.headers.get('Location') ?? '').pathname;
  const before = await find('date=ge2026-11');
  const endMs = Date.parse('2026-03-01T09:20:00Z');
  const limit = endMs + 730 * 24 * 3_600_000;
  expect(await edge.edge?.runSchedule(new Date(limit))).toBe(true);
  expect((await edge.get(path)).status).toBe(200);
  expect(await edge.edge?.runSchedule(new Date(limit + 1))).toBe(true);
  expect((await edge.get(path)).reason).toBe('not-found');
  expect((await edge.get(`${path}/_history`)).reason).toBe('not-found');
  expect(await find('date=ge2026-11')).toEqual(before);
});

it('tells what it can in its CapabilityStatement', async () => {
  const { json } = await edge.get('/fhir/metadata');
  const found = json.rest[0].resource.find(({ type }: { type: string }) => type === 'Appointment');
  expect(found).toMatchObject({ updateCreate: true, conditionalUpdate: true, versioning: 'versioned' });
  expect(found.interaction.map(({ code }: { code: string }) => code)).toContain('update');
});
