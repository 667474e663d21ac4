// What the console tells of one search (C-19) and of many (C-26, its part of the searches), over the real edge, relay and vendors.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import type { SearchTrace } from '../../../worker/hub/traces/trace-ring.ts';
import { ConsoleVisitor } from '../../support/doubles/console-visitor.ts';
import { peopleOf } from '../../support/samples/people.ts';
import { System, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

const LIMIT_MS = 600;
let system: System;
let admin: string;
let staff: ConsoleVisitor;
let subjects: string[];

beforeAll(async () => {
  system = await System.start({ settings: { CACHE_TTL_S: '60' } });
  admin = await signToken(system.state, 'admin');
  staff = await ConsoleVisitor.enter(system, 'exploitant');
  subjects = peopleOf(system.vendors).map(({ identifier }) => identifier);
});
afterAll(() => system?.stop());

const asAdmin = (path: string): Promise<Response> =>
  system.fetch(path, { headers: { Authorization: `Bearer ${admin}` } });

/** A search under that id, and what is remembered of it once it is. */
async function traced(id: string, of: readonly string[]): Promise<SearchTrace> {
  const answer = await system.search(slotPath(of), { headers: { 'X-Request-Id': id } });
  expect(answer.status).toBe(200);
  return (await until(`${id} is remembered`, async () => {
    const response = await asAdmin(`/admin/searches/${id}`);
    return response.ok ? ((await response.json()) as SearchTrace) : undefined;
  })) as SearchTrace;
}

const told = (trace: SearchTrace, vendor: string) => trace.calls.filter((call) => call.vendor === vendor);

it('C-19 durations add up to the call’s, a second try and a time-out are told, and a kept age', async () => {
  system.vendor('agenda-a').serve({ body: 'broken', status: 502, times: 1 });
  system.vendor('agenda-b').setFaults('hang');
  await system.limit('agenda-b', LIMIT_MS);
  const trace = await traced('recherche-c19-a', subjects.slice(0, 10));
  const asked = trace.calls.filter(({ kind }) => kind === 'asked');
  expect(asked.length).toBeGreaterThanOrEqual(3);
  for (const { vendor, timing, durationMs = Number.NaN } of asked) {
    const { queue, connection, firstByte, body, reading } =
      timing ?? expect.fail(`${vendor} tells no timing`);
    const sum = queue + connection + firstByte + body + reading;
    expect(Math.abs(sum - durationMs), vendor).toBeLessThanOrEqual(5);
  }
  expect(told(trace, 'agenda-a')[0]).toMatchObject({ timing: { retry: 'answered' } });
  const [late] = told(trace, 'agenda-b');
  expect(late?.reason).toBe('timeout');
  // It hung before its first byte, and nowhere else.
  expect(late?.timing?.firstByte).toBeGreaterThan(0);
  expect(late?.timing?.body).toBe(0);
  expect(trace.counts.unknown).toBeGreaterThan(0);
  expect(trace.counts.slots + trace.counts.none + trace.counts.unknown).toBe(10);

  const page = await staff.get('/console/recherches/recherche-c19-a');
  expect(page.status).toBe(200);
  expect(page.text).toContain('2e essai, réussi');
  expect(page.text).toContain(`${trace.counts.unknown} réponse`);
  for (const subject of subjects) expect(page.text).not.toContain(subject.slice(1));

  system.vendor('agenda-b').reset();
  const again = await traced('recherche-c19-b', subjects.slice(0, 10));
  const [kept] = told(again, 'agenda-c');
  expect(kept).toMatchObject({ kind: 'kept' });
  expect(kept?.ageMs).toBeGreaterThan(0);
  expect(kept?.timing).toBeUndefined();
  const next = await staff.get('/console/recherches/recherche-c19-b');
  expect(next.text).toContain('gardée d’avant');
  expect(next.text).toContain('<a href="/console/recherches/recherche-c19-a">Précédente</a>');
});

it('C-26 the URL’s filters choose, and bad ones are named', async () => {
  await traced('recherche-c26', subjects.slice(10, 12));
  const all = await staff.get('/console/recherches');
  expect(all.text).toContain('recherche-c26');
  const unknown = await staff.get('/console/recherches?inconnues=oui');
  expect(unknown.text).toContain('recherche-c19-a');
  expect(unknown.text).not.toContain('recherche-c26');
  expect((await staff.get('/console/recherches?flux=SOS')).text).not.toContain('recherche-c26');
  const before = await staff.get('/console/recherches?avant=2026-01-01T00:00');
  expect(before.text).toContain('Aucune recherche gardée ne correspond');
  for (const bad of ['flux=X', 'inconnues=1', 'avant=hier', 'editeur=%3Cb%3E', 'qui=8']) {
    const page = await staff.get(`/console/recherches?${bad}`);
    expect([bad, page.status]).toEqual([bad, 400]);
    expect(page.text).toContain(`« ${bad.split('=')[0]} »`);
  }
  expect((await asAdmin('/admin/searches?slow=1')).status).toBe(400);
});

it('a reference leads to its search, and Refaire fills all but the identifier', async () => {
  const { text } = await staff.get('/console/veille');
  const [, jeton = ''] = /name="jeton" value="([^"]+)"/.exec(text) ?? [];
  const found = await staff.post('/console/recherche', { jeton, q: 'recherche-c26' });
  expect([found.status, found.headers.get('Location')]).toEqual([303, '/console/recherches/recherche-c26']);
  const form = await staff.get('/console/expliquer?editeur=agenda-b&flux=INT_R04');
  expect(form.text).toContain('<option value="INT_R04" selected>');
  expect(form.text).toContain('<option value="agenda-b" selected>');
});
