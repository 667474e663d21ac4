// Claim: no search waits for a database, whichever face asks. Phases: a system runs, learns and keeps; the edge starts again
// and its three databases fall silent before the first search: what they are asked is never answered. End: every kind of
// search is answered whole within its time, and one that takes what is kept asks them nothing at all.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { FrontCaller, inTime, jsonOf } from '../../support/doubles/front-caller.ts';
import { cardOf } from '../../support/samples/front-cards.ts';
import { associationsOf, type KnownPerson, peopleOf } from '../../support/samples/people.ts';
import { laterWindow, System, schedulePath, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

let system: System;
let person: KnownPerson;
let siret: string;
let admin: string;
const window = laterWindow();

beforeAll(async () => {
  system = await System.start({
    vendors: [{ seed: 1 }, { seed: 2 }],
    settings: { CACHE_TTL_S: '600' },
    isMortal: true,
  });
  admin = await signToken(system.state, 'admin');
  person = peopleOf(system.vendors).find(({ full, identifier }) => !full && identifier.startsWith('8'))!;
  siret = associationsOf(system.vendors)[0]!.siret;
  expect((await system.search(schedulePath([siret], window))).states.get(siret)).toBe('slots');
  await system.stopEdge();
  await system.startEdge();
  await system.fetch('/test/silence');
  await until('the relay is there again', async () => (await search({})).status === 200);
});
afterAll(() => system?.stop());

const search = (headers: Readonly<Record<string, string>>) =>
  system.search(slotPath([person.identifier], window), { headers });
/** Statements that searches asked for; what the hub reads behind now and then, whoever searches, is not theirs. */
const asked = async (): Promise<string[]> => {
  const all = (await (await system.fetch('/test/asked')).json()) as string[];
  return all.filter(
    (sql) =>
      !/FROM (editors|relay_editors|vendor_claims|appointments|sos_associations|availability)\b/.test(sql),
  );
};

it('answers practitioners afresh, from what is kept, and as answers come', async () => {
  const fresh = await search({ 'Cache-Control': 'no-cache' });
  expect(fresh.states.get(person.identifier)).toBe('slots');
  await until('it is kept', async () =>
    (await search({})).headers.get('X-Passerelle-Ledger')?.includes('age='),
  );
  const before = await asked();
  for (let count = 0; count < 10; count += 1) {
    const kept = await search({});
    expect(kept.bundle.total).toBe(fresh.bundle.total);
  }
  expect(await asked()).toEqual(before);
  const response = await system.fetch(slotPath([person.identifier], window), {
    headers: { Accept: 'text/event-stream' },
  });
  expect(await response.text()).toContain('"resourceType":"Slot"');
});

it('answers associations, and explains a slot', async () => {
  expect((await system.search(schedulePath([siret], window))).states.get(siret)).toBe('slots');
  const explained = await system.fetch('/admin/explain', {
    method: 'POST',
    headers: { Authorization: `Bearer ${admin}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ editor: person.freeAt[0], identifier: person.identifier, at: window.from }),
  });
  expect((await explained.json()) as object).toMatchObject({ answered: true });
});

it('answers a lot of the front, an association among its cards', async () => {
  const front = new FrontCaller(() => system.url);
  const known = [...system.vendor(person.freeAt[0]!).practice.directory.practitioners].find(
    (one) => one.person.identifier === person.identifier,
  )!.person;
  const lot = [
    { search_parameter: { search_zone: '', county_ids: [] } },
    { '810001': cardOf(known), '810002': { ...cardOf(known), rpps: '', adeli: '', siret: siret.slice(1) } },
  ];
  const reply = await inTime(() => front.asServer('/v1/PractitionerSlots', { method: 'POST', body: lot }));
  expect(reply.headers['x-passerelle-ledger']).toMatch(/^slots=2, none=0, unknown=0/);
  // Also the links, for which the vendors' own hosts must be known.
  expect(JSON.stringify(jsonOf(reply))).toContain('&origin=sas');
});
