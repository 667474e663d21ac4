// A vendor's declared maintenance over the real Worker, a real relay and vendors: searches ask it all the same, the ledger tells
// it, wrong times are refused in words, and a withdrawal of a regulator's right goes out as ever.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { FrontCaller } from '../../support/doubles/front-caller.ts';
import { peopleOf } from '../../support/samples/people.ts';
import { System, slotPath, windowOf } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

const HOUR_MS = 3_600_000;
const PATH = '/admin/maintenances';
let system: System;
let admin: string;
let subject: string;

beforeAll(async () => {
  system = await System.start({ vendors: [{ seed: 1 }] });
  admin = await signToken(system.state, 'admin');
  subject = peopleOf(system.vendors).find(({ full }) => !full)!.identifier;
});
afterAll(() => system?.stop());

const ask = async (
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; text: string }> => {
  const response = await system.fetch(path, {
    method,
    headers: { Authorization: `Bearer ${admin}`, 'Content-Type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
};
const at = (hours: number): string => new Date(Date.now() + hours * HOUR_MS).toISOString();
const declared = (over: object = {}): object => ({
  editor: 'agenda-a',
  from: at(0),
  to: at(2),
  reason: 'base déplacée',
  ...over,
});
const DIAGNOSTICS = /editor=agenda-a reason=error [^"]*maintenance=/;

it.each<[string, () => object, RegExp]>([
  ['an end before its beginning', () => ({ to: at(-1) }), /La fin est avant le début/],
  [
    'one that is over',
    () => ({ from: at(-3), to: at(-1) }),
    /est passée : une maintenance ne se déclare pas/,
  ],
  ['one that began long ago', () => ({ from: at(-3) }), /Le début, .*, est passé/],
  ['one without end', () => ({ to: at(31 * 24) }), /30 jours au plus/],
  ['a day that is none', () => ({ from: '2027-02-30T10:00' }), /Le début est à écrire comme/],
  ['a day without hour', () => ({ to: '2027-02-20' }), /La fin est à écrire comme/],
  ['the hour that autumn has twice', () => ({ to: '2027-10-31T02:30' }), /deux fois cette nuit-là.*\+02:00/],
  ['the hour that spring leaves out', () => ({ to: '2027-03-28T02:30' }), /n’existe pas/],
])('refuses %s, in words', async (_what, over, words) => {
  const { status, text } = await ask('POST', PATH, declared(over()));
  expect([status, JSON.parse(text).issue[0].details.text]).toEqual([400, expect.stringMatching(words)]);
});

it('is told in the ledger of a search that the vendor fails meanwhile, at once, and no longer once it is withdrawn', async () => {
  const { status, text } = await ask('POST', PATH, declared());
  const { id, state } = JSON.parse(text) as { id: string; state: string };
  expect([status, state]).toEqual([200, 'current']);
  expect((await ask('POST', PATH, declared({ from: at(1) }))).text).toContain('Une autre maintenance');
  const vendor = system.vendors[0]!;
  // It is asked: a slot found is a slot.
  const well = await system.search(slotPath([subject], windowOf(41)));
  expect(well.resources('Slot').length).toBeGreaterThan(0);
  expect(well.text).not.toContain('maintenance=');
  vendor.setFaults('status-500');
  const ill = await system.search(slotPath([subject], windowOf(42)));
  expect([ill.status, ill.text]).toEqual([200, expect.stringMatching(DIAGNOSTICS)]);
  expect(ill.text).toContain('en maintenance déclarée jusqu');
  expect((await ask('DELETE', `${PATH}/${id}`)).status).toBe(200);
  const after = await system.search(slotPath([subject], windowOf(43)));
  expect([after.text.includes('reason=error'), after.text.includes('maintenance=')]).toEqual([true, false]);
  vendor.reset();
});

it('never holds back the withdrawal of a right (INT_R02)', async () => {
  await ask('POST', PATH, declared());
  const front = new FrontCaller(() => system.url);
  const regulator = {
    uuid: '00000000-0000-4000-8000-0000000000b1',
    lastName: 'Essai',
    firstName: 'Ada',
    email: 'ada@regulation.example',
    nationalId: '',
    habilitation: true,
    sasTerritories: [],
  };
  const say = async (path: string, habilitation: boolean): Promise<number> => {
    const reply = await front.asServer(`/v1/${path}`, {
      method: 'PUT',
      body: { ...regulator, habilitation },
    });
    return reply.status;
  };
  const core = await system.edge.database();
  const confirmed = (active: number): Promise<boolean> =>
    core
      .prepare('SELECT COUNT(*) AS count FROM accounts WHERE confirmed_active = ?1')
      .bind(active)
      .first<{ count: number }>()
      .then((row) => row?.count === 1);
  expect(await say('regulators/login', true)).toBe(200);
  await until('the vendor has the account', () => confirmed(1));
  expect(await say('regulators', false)).toBe(200);
  await until('the vendor has closed it, in the middle of its maintenance', () => confirmed(0));
  expect((await ask('GET', PATH)).text).toContain('"state":"current"');
});
