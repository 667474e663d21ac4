// What vendors said a moment ago serves the searches it covers: fewer calls, never another's slots, never past its
// time, and always told in the ledger.
import { readFile } from 'node:fs/promises';
import type { Slot } from 'fhir/r4';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { individual } from '../../../bench/appointments/samples.ts';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { call } from '../../support/doubles/inbound-caller.ts';
import { expectConformant } from '../../support/oracles/bundle-checks.ts';
import { associationsOf, type KnownPerson, peopleOf } from '../../support/samples/people.ts';
import {
  laterWindow,
  type SearchAnswer,
  System,
  schedulePath,
  slotPath,
} from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

let system: System;
let admin: string;
let people: readonly KnownPerson[];
let next = 0;
const HOUR_MS = 3_600_000;
/** Full hours: the same window for every search of a test. */
const window = laterWindow();

beforeAll(async () => {
  system = await System.start({
    vendors: [{ seed: 1 }, { seed: 2 }],
    settings: { CACHE_TTL_S: '600' },
  });
  admin = await signToken(system.state, 'admin');
  people = peopleOf(system.vendors).filter(({ full, identifier }) => !full && identifier.startsWith('8'));
});
afterAll(() => system?.stop());
afterEach(() => {
  for (const vendor of system.vendors) vendor.reset();
});

/** People no test has asked for yet. */
function somebody(count = 1): string[] {
  next += count;
  const found = people.slice(next - count, next).map(({ identifier }) => identifier);
  expect(found).toHaveLength(count);
  return found;
}

/** Whom each vendor was asked for, call by call, since its last reset. */
const asked = (id: string): string[][] =>
  system
    .vendor(id)
    .state()
    .requests.map(({ url }) =>
      [...decodeURIComponent(url).matchAll(/71\.4\.2\.[12]\|([0-9A-Z]+)/g)].map(
        ([, subject]) => subject ?? '',
      ),
    );

/** Searches, and waits until what came is kept. */
async function searchAndKeep(path: string, headers: Record<string, string> = {}): Promise<SearchAnswer> {
  const rows = (): number => system.edgeLog.filter((line) => line.includes('"availability-kept"')).length;
  const before = rows();
  const answer = await system.search(path, { headers });
  await until('the answers are kept', () => rows() > before);
  return answer;
}

const idsOf = (answer: SearchAnswer): string[] =>
  answer
    .resources<Slot>('Slot')
    .map(({ id }) => id ?? '')
    .sort();
const switchEditor = async (id: string, body: unknown): Promise<void> => {
  const headers = { Authorization: `Bearer ${admin}`, 'Content-Type': 'application/json' };
  const { status } = await system.fetch(`/admin/editors/${id}`, {
    method: 'PUT',
    headers,
    body: JSON.stringify(body),
  });
  expect(status).toBe(200);
};

it('answers a second search alike without any call, and says how old the answer is', async () => {
  const [who = ''] = somebody();
  const first = await searchAndKeep(slotPath([who], window));
  expect(first.ledger.map(({ details }) => details?.coding?.[0]?.code)).not.toContain('kept');
  const second = await system.search(slotPath([who], window));
  expect([asked('agenda-a'), asked('agenda-b')]).toEqual([[[who]], [[who]]]);
  expect(idsOf(second)).toEqual(idsOf(first));
  expect(second.states.get(who)).toBe('slots');
  const kept = second.ledger.find(({ details }) => details?.coding?.[0]?.code === 'kept');
  expect(kept?.details?.text).toMatch(/^Réponses mémorisées : Agenda a \(\d+ s\), Agenda b \(\d+ s\)\.$/);
  expect(kept?.diagnostics).toMatch(/^ages=agenda-a:\d+,agenda-b:\d+$/);
  expect(second.headers.get('X-Passerelle-Ledger')).toMatch(/, age=\d+$/);
  expect(second.headers.get('Server-Timing')).toContain('desc="kept"');
  expectConformant(second, { flow: 'INT_R01', subjects: [who], window });
});

it('asks only for those it knows nothing of, in one call', async () => {
  const known = somebody(3);
  const fresh = somebody(2);
  await searchAndKeep(slotPath(known, window));
  for (const vendor of system.vendors) vendor.reset();
  const mixed = await searchAndKeep(slotPath([...known, ...fresh], window));
  expect([asked('agenda-a'), asked('agenda-b')]).toEqual([[fresh], [fresh]]);
  expect([...mixed.states.keys()].sort()).toEqual([...known, ...fresh].sort());
  await system.search(slotPath([...fresh, ...known].reverse(), window));
  expect(asked('agenda-a')).toHaveLength(1);
});

it('asks again for a window that reaches further', async () => {
  const [who = ''] = somebody();
  await searchAndKeep(slotPath([who], window));
  const wider = {
    from: window.from,
    to: new Date(Date.parse(window.to) + 1).toISOString().replace('Z', '+00:00'),
  };
  await searchAndKeep(slotPath([who], wider));
  expect(asked('agenda-a')).toHaveLength(2);
  // The wider answer covers both.
  await system.search(slotPath([who], window));
  await system.search(slotPath([who], wider));
  expect(asked('agenda-a')).toHaveLength(2);
});

it('shares one vendor window among searches a moment apart, and shows each only its own', async () => {
  const [who = ''] = somebody();
  const from = Date.parse(window.from);
  const at = (ms: number): string => new Date(ms).toISOString().replace('Z', '+00:00');
  await searchAndKeep(slotPath([who], { from: at(from + 61_000), to: at(from + 12 * HOUR_MS - 30_000) }));
  const shorter = { from: at(from + 200_000), to: at(from + 11 * HOUR_MS) };
  const answer = await system.search(slotPath([who], shorter));
  expect(asked('agenda-a')).toHaveLength(1);
  for (const { start } of answer.resources<Slot>('Slot')) {
    expect(Date.parse(start)).toBeGreaterThanOrEqual(Date.parse(shorter.from));
    expect(Date.parse(start)).toBeLessThanOrEqual(Date.parse(shorter.to));
  }
});

it('keeps "none" like slots', async () => {
  const nobody = '899900777771';
  const first = await searchAndKeep(slotPath([nobody], window));
  const second = await system.search(slotPath([nobody], window));
  expect(asked('agenda-a')).toHaveLength(1);
  expect([first.bundle.total, second.bundle.total]).toEqual([0, 0]);
  expect(second.headers.get('X-Passerelle-Ledger')).toMatch(
    /^slots=0, none=1, unknown=0, not-interfaced=0, age=\d+$/,
  );
});

it('keeps no error: the vendor that failed is asked again, the other is not', async () => {
  const [who = ''] = somebody();
  system.vendor('agenda-a').setFaults('status-500');
  const failed = await searchAndKeep(slotPath([who], window));
  expect(failed.ledger.some(({ diagnostics }) => diagnostics?.includes('editor=agenda-a reason=error'))).toBe(
    true,
  );
  system.vendor('agenda-a').reset();
  const mended = await searchAndKeep(slotPath([who], window));
  expect(asked('agenda-a')).toHaveLength(1);
  expect(asked('agenda-b')).toHaveLength(1);
  expect(mended.ledger.some(({ diagnostics }) => diagnostics?.includes('reason='))).toBe(false);
});

it('keeps nothing of a vendor that says no-store', async () => {
  const [who = ''] = somebody();
  const empty = { resourceType: 'Bundle', type: 'searchset', total: 0, link: [] };
  system.vendor('agenda-a').serve({ body: empty, headers: { 'cache-control': 'private, no-store' } });
  await searchAndKeep(slotPath([who], window));
  await system.search(slotPath([who], window));
  expect(asked('agenda-a')).toHaveLength(2);
  expect(asked('agenda-b')).toHaveLength(1);
});

it('keeps and takes nothing of a vendor whose switch says 0', async () => {
  const [who = ''] = somebody();
  await searchAndKeep(slotPath([who], window));
  await switchEditor('agenda-a', { cacheTtlS: 0 });
  await system.search(slotPath([who], window));
  expect([asked('agenda-a').length, asked('agenda-b').length]).toEqual([2, 1]);
  await switchEditor('agenda-a', { cacheTtlS: null });
});

it('is passed over with Cache-Control: no-cache, which keeps what comes', async () => {
  const [who = ''] = somebody();
  const noCache = { 'Cache-Control': 'no-cache' };
  await searchAndKeep(slotPath([who], window));
  const fresh = await searchAndKeep(slotPath([who], window), noCache);
  expect(asked('agenda-a')).toHaveLength(2);
  expect(fresh.headers.get('X-Passerelle-Ledger')).not.toContain('age=');
  await system.search(slotPath([who], window));
  expect(asked('agenda-a')).toHaveLength(2);
});

it('outlives a search that asks everybody anew and hears from one only', async () => {
  const [who = ''] = somebody();
  await searchAndKeep(slotPath([who], window));
  system.vendor('agenda-a').setFaults('status-500');
  await searchAndKeep(slotPath([who], window), { 'Cache-Control': 'no-cache' });
  system.vendor('agenda-a').reset();
  system.vendor('agenda-b').reset();
  const again = await system.search(slotPath([who], window));
  expect([asked('agenda-a'), asked('agenda-b')]).toEqual([[], []]);
  expect(again.states.get(who)).toBe('slots');
  expect(again.text).not.toContain('reason=');
});

it('comes first when a search is answered as it comes', async () => {
  const [who = ''] = somebody();
  await searchAndKeep(slotPath([who], window));
  system.vendor('agenda-b').setFaults('hang');
  await switchEditor('agenda-b', { cacheTtlS: 0, deadlineMs: 600 });
  const response = await system.fetch(slotPath([who], window), { headers: { Accept: 'text/event-stream' } });
  const text = await response.text();
  await switchEditor('agenda-b', { cacheTtlS: null, deadlineMs: null });
  expect(text.indexOf('event: part')).toBeGreaterThanOrEqual(0);
  expect(text).toContain('editor=agenda-b reason=timeout');
  expect(text).toMatch(/ages=agenda-a:\d+/);
});

it('gives way to an appointment at once, and brings no slot back when that is cancelled', async () => {
  const who = people.find(
    ({ freeAt, identifier }) => freeAt.includes('agenda-a') && !asked('agenda-a').flat().includes(identifier),
  )!.identifier;
  const first = await system.search(slotPath([who], window), { headers: { 'Cache-Control': 'no-cache' } });
  const taken = first.resources<Slot>('Slot').find(({ id }) => id?.startsWith('agenda-a-'))!;
  const client = system.pki.vendors.get('agenda-a')!.client;
  const systemA = 'https://agenda-a.sandbox.test/rdv';
  const ca = await readFile(system.pki.caFile, 'utf8');
  const show = {
    certPem: await readFile(client.certFile, 'utf8'),
    keyPem: await readFile(client.keyFile, 'utf8'),
  };
  const { start, end } = taken;
  const report = async (status: string): Promise<number> => {
    const body = individual({ value: 'kept-1', system: systemA, status, practitioner: who, start, end });
    const { status: answered } = await call({
      port: system.appointmentPort,
      ca,
      show,
      method: 'PUT',
      path: `/fhir/Appointment?identifier=${encodeURIComponent(`${systemA}|kept-1`)}`,
      body: JSON.stringify(body),
      headers: { host: 'relais.sandbox.test' },
    });
    return answered;
  };
  const isShownFromKept = async (): Promise<boolean> => {
    let isShown = false;
    await until('the answer comes from what is kept', async () => {
      const answer = await system.search(slotPath([who], window));
      isShown = idsOf(answer).includes(taken.id ?? '');
      return answer.headers.get('X-Passerelle-Ledger')?.includes('age=') === true;
    });
    return isShown;
  };
  expect(await isShownFromKept()).toBe(true);
  expect(await report('booked')).toBe(201);
  expect(await isShownFromKept()).toBe(false);
  expect(await report('cancelled')).toBe(200);
  // What is kept is from before the booking: whether the slot is free again only the vendor can say.
  expect(await isShownFromKept()).toBe(false);
  const anew = await searchAndKeep(slotPath([who], window), { 'Cache-Control': 'no-cache' });
  expect(idsOf(anew)).toContain(taken.id);
  expect(await isShownFromKept()).toBe(true);
});

it('keeps associations apart from practitioners, and each flow from the other', async () => {
  const [{ siret } = { siret: '' }] = associationsOf(system.vendors);
  const [who = ''] = somebody();
  await searchAndKeep(schedulePath([siret], window));
  const second = await system.search(schedulePath([siret], window));
  expect(second.states.get(siret)).toBe('slots');
  expect(asked('agenda-a')).toEqual([[siret]]);
  await searchAndKeep(slotPath([who], window));
  await searchAndKeep(slotPath([who], window, true));
  expect(asked('agenda-a')).toEqual([[siret], [who], [who]]);
  expectConformant(await system.search(slotPath([who], window, true)), {
    flow: 'INT_R04',
    subjects: [who],
    window,
  });
});

it('still answers when every relay is gone, and says what it could not ask', async () => {
  const [known = '', fresh = ''] = somebody(2);
  await searchAndKeep(slotPath([known], window));
  await system.relay?.stop();
  await until('no relay serves', async () => (await system.fetch('/readyz')).status === 503);
  expect((await system.search(slotPath([known], window))).states.get(known)).toBe('slots');
  const mixed = await system.search(slotPath([known, fresh], window));
  expect(mixed.status).toBe(200);
  expect(mixed.states.get(fresh)).toBe('unknown');
  expect((await system.search(slotPath([fresh], window))).status).toBe(503);
  await system.startRelay();
});

it('is written behind, is there again when the edge has started again, and is forgotten once its time is over', async () => {
  const [who = '', other = ''] = somebody(2);
  const db = await system.edge.database('CACHE');
  const pages = async (): Promise<number> =>
    (await db.prepare('SELECT id FROM availability').all()).results.length;
  await db.prepare('DELETE FROM availability').run();
  await searchAndKeep(slotPath([who, other], window));
  await until('it is written', async () => (await pages()) > 0);
  await system.relay?.stop();
  await system.stopEdge();
  await system.startEdge();
  // No relay is there: what is answered was read back.
  await until('it is read back', async () => (await system.search(slotPath([who], window))).status === 200);
  const again = await system.search(slotPath([other], window));
  expect(again.states.get(other)).toBe('slots');
  expect(again.headers.get('X-Passerelle-Ledger')).toMatch(/, age=\d+$/);
  await system.edge.runSchedule(new Date(Date.now() + HOUR_MS));
  const [left] = (await (await system.edge.database('CACHE')).prepare('SELECT id FROM availability').all())
    .results;
  expect(left).toBeUndefined();
});
