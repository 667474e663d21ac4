// A vendor that is not asked leaves a trace: whoever it may have slots of is never told "none", whether an operator
// switched it off, a relay announces it no more, or only one of its flows. docs/ledger.md.
import type { Bundle, OperationOutcome } from 'fhir/r4';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { FrontCaller, jsonOf } from '../../support/doubles/front-caller.ts';
import { cardOf } from '../../support/samples/front-cards.ts';
import { associationsOf, type KnownPerson, peopleOf } from '../../support/samples/people.ts';
import { System, schedulePath, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

let system: System;
let admin: string;
/** Whom only agenda-b knows, and has free slots of. */
let only: KnownPerson;

beforeAll(async () => {
  system = await System.start({ vendors: [{ seed: 1 }, { seed: 2 }], settings: { CACHE_TTL_S: '600' } });
  admin = await signToken(system.state, 'admin');
  only = peopleOf(system.vendors).find(
    ({ vendors, freeAt, places }) => vendors.join() === 'agenda-b' && freeAt.length === 1 && places === 1,
  )!;
});
afterAll(() => system?.stop());
beforeEach(() => {
  for (const vendor of system.vendors) vendor.reset();
});
afterEach(async () => {
  await put('agenda-b', { enabled: true, deadlineMs: null, forgetLostFlows: true });
});

const put = (editor: string, body: unknown): Promise<Response> =>
  system.fetch(`/admin/editors/${editor}`, {
    method: 'PUT',
    headers: { Authorization: `Bearer ${admin}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
const ask = (path: string) => system.search(path, { headers: { 'Cache-Control': 'no-cache' } });
const header = (answer: { readonly headers: Headers }) => answer.headers.get('X-Passerelle-Ledger');

describe('a vendor that the operator switched off', () => {
  it.each([
    ['INT_R01', (person: KnownPerson) => slotPath([person.identifier])],
    ['INT_R04', (person: KnownPerson) => slotPath([person.identifier], undefined, true)],
  ])('makes its own people switched-off by %s, and names it', async (_flow, path) => {
    expect((await ask(path(only))).states.get(only.identifier)).toBe('slots');
    await put('agenda-b', { enabled: false });
    const answer = await ask(path(only));
    expect(answer.states.get(only.identifier)).toBe('switched-off');
    expect(header(answer)).toBe('slots=0, none=0, unknown=0, not-interfaced=0, switched-off=1');
    expect(answer.ledger).toMatchObject([
      {
        severity: 'warning',
        details: { text: expect.stringContaining("Agenda b est désactivé par l'exploitant") as string },
        diagnostics: `editor=agenda-b reason=switched-off subjects=${only.identifier}`,
      },
    ]);
    await put('agenda-b', { enabled: true });
    expect((await ask(path(only))).states.get(only.identifier)).toBe('slots');
  });

  it('makes SOS Médecins associations switched-off', async () => {
    const association = associationsOf(system.vendors).find(({ vendors }) => vendors.join() === 'agenda-b')!;
    await put('agenda-b', { enabled: false });
    const answer = await ask(schedulePath([association.siret]));
    expect(answer.states.get(association.siret)).toBe('switched-off');
  });

  it('says so beside the slots of others', async () => {
    const other = peopleOf(system.vendors).find(
      ({ vendors, freeAt }) => vendors.join() === 'agenda-a' && freeAt.length === 1,
    )!;
    await put('agenda-b', { enabled: false });
    const answer = await ask(slotPath([other.identifier]));
    expect(answer.states.get(other.identifier)).toBe('slots');
    expect(answer.ledger.map(({ diagnostics }) => diagnostics)).toContain(
      'editor=agenda-b reason=switched-off subjects=',
    );
  });

  it('does not hide a failure of those that are asked', async () => {
    await put('agenda-b', { enabled: false });
    system.vendor('agenda-a').setFaults('status-500');
    const answer = await ask(slotPath([only.identifier]));
    expect(header(answer)).toBe('slots=0, none=0, unknown=1, not-interfaced=0');
    expect(answer.ledger).toHaveLength(2);
  });

  it('is told at the end of a progressive answer', async () => {
    await put('agenda-b', { enabled: false });
    const response = await system.fetch(slotPath([only.identifier]), {
      headers: { Accept: 'text/event-stream' },
    });
    const [, data = ''] = /event: end\ndata: (.*)\n/.exec(await response.text()) ?? [];
    const { issue } = (JSON.parse(data) as Bundle<OperationOutcome>).entry![0]!.resource!;
    expect(issue[0]?.diagnostics).toBe(`editor=agenda-b reason=switched-off subjects=${only.identifier}`);
  });

  it('is told in the header of the SAS front, and its people are not interfaced there', async () => {
    const front = new FrontCaller(() => system.url);
    const exists = async (): Promise<boolean> =>
      jsonOf<{ exist_in_directory: boolean }>(
        await front.asServer(`/v1/practitioner/${only.identifier}/exist`),
      ).exist_in_directory;
    await ask(slotPath([only.identifier]));
    await until('it is learned', exists);
    await put('agenda-b', { enabled: false });
    const person = [...system.vendor('agenda-b').practice.directory.practitioners].find(
      (one) => one.person.identifier === only.identifier,
    )!.person;
    const lot = [{ search_parameter: { search_zone: '', county_ids: [] } }, { '810001': cardOf(person) }];
    const reply = await front.asServer('/v1/PractitionerSlots', { method: 'POST', body: lot });
    // What is kept of agenda-a may stand for it by now.
    expect(String(reply.headers['x-passerelle-ledger']).replace(/, age=\d+/, '')).toBe(
      'slots=0, none=0, unknown=0, not-interfaced=0, switched-off=1, failed="agenda-b:switched-off"',
    );
    expect(await exists()).toBe(false);
  });

  it('shows nothing that is kept of it, and is asked again when it is back', async () => {
    const path = slotPath([only.identifier]);
    await ask(path);
    await until('it is kept', async () => (await system.search(path)).text.includes('Réponses mémorisées'));
    await put('agenda-b', { enabled: false });
    const answer = await system.search(path);
    expect(answer.bundle.total).toBe(0);
    expect(answer.states.get(only.identifier)).toBe('switched-off');
  });

  it('[editor-switched-off] is told when its slots are explained: none would be shown', async () => {
    await put('agenda-b', { enabled: false });
    const response = await system.fetch('/admin/explain', {
      method: 'POST',
      headers: { Authorization: `Bearer ${admin}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({
        editor: 'agenda-b',
        identifier: only.identifier,
        at: new Date(Date.now() + 24 * 3_600_000).toISOString(),
      }),
    });
    const told = (await response.json()) as {
      switchedOff: boolean;
      received: number;
      shown: number;
      slots: { dropped?: { rule: string } }[];
    };
    expect(told).toMatchObject({ switchedOff: true, shown: 0 });
    expect(told.received).toBeGreaterThan(0);
    expect(told.slots.map(({ dropped }) => dropped?.rule)).toContain('editor-switched-off');
  });

  it('is logged with what was switched, from what, and by which operator', async () => {
    const lines = () => system.edgeLog.filter((line) => line.includes('editor-switched'));
    const before = lines().length;
    await put('agenda-b', { enabled: false, deadlineMs: 3_000 });
    await until('it is logged', () => lines().length > before);
    expect(JSON.parse(lines()[before]!)).toMatchObject({
      editor: 'agenda-b',
      operator: expect.stringMatching(/^[\w.:-]+$/) as string,
      before: 'enabled=true deadlineMs=default cacheTtlS=default',
      after: 'enabled=false deadlineMs=3000 cacheTtlS=default',
    });
  });
});

it('a vendor whose time is cut to nothing is unknown, never none', async () => {
  system.vendor('agenda-b').setFaults('slow');
  await put('agenda-b', { deadlineMs: 100 });
  const answer = await ask(slotPath([only.identifier]));
  expect(answer.states.get(only.identifier)).toBe('unknown');
});

describe('a vendor that relays announce no more', () => {
  afterAll(async () => {
    await system.relay?.stop();
    await system.startRelay();
  });

  it('is unknown and out of reach, until an operator switches it off', async () => {
    await system.relay?.stop();
    await system.startRelay('relay-a', { vendors: ['agenda-a'] });
    const answer = await ask(slotPath([only.identifier]));
    expect(header(answer)).toBe('slots=0, none=0, unknown=1, not-interfaced=0');
    expect(answer.ledger[0]?.diagnostics).toMatch(/^editor=agenda-b reason=relay-absent /);
    await put('agenda-b', { enabled: false });
    expect((await ask(slotPath([only.identifier]))).states.get(only.identifier)).toBe('switched-off');
  });

  it('is nobody’s by every face once an operator takes it out, and unknown again when he puts it back', async () => {
    await put('agenda-b', { enabled: true });
    const front = new FrontCaller(() => system.url);
    const exists = async (): Promise<boolean> =>
      jsonOf<{ exist_in_directory: boolean }>(
        await front.asServer(`/v1/practitioner/${only.identifier}/exist`),
      ).exist_in_directory;
    const person = [...system.vendor('agenda-b').practice.directory.practitioners].find(
      (one) => one.person.identifier === only.identifier,
    )!.person;
    const lot = [{ search_parameter: { search_zone: '', county_ids: [] } }, { '810001': cardOf(person) }];
    const card = async (): Promise<string> => {
      const reply = await front.asServer('/v1/PractitionerSlots', { method: 'POST', body: lot });
      return String(reply.headers['x-passerelle-ledger']);
    };
    expect(await exists()).toBe(true);
    expect(await card()).toMatch(/none=0, unknown=1, .*failed="agenda-b:relay-absent"/);

    const taken = await put('agenda-b', { takenOut: { reason: 'contrat terminé' } });
    expect(await taken.json()).toMatchObject({ id: 'agenda-b', takenOutReason: 'contrat terminé' });
    const out = await ask(slotPath([only.identifier]));
    expect(out.headers.get('X-Passerelle-Ledger')).not.toContain('unknown=1');
    expect(await card()).not.toContain('agenda-b');
    expect(await exists()).toBe(false);

    await put('agenda-b', { takenOut: null });
    expect((await ask(slotPath([only.identifier]))).states.get(only.identifier)).toBe('unknown');
    expect(await exists()).toBe(true);
    await put('agenda-b', { takenOut: { reason: 'encore' } });
    await system.relay?.stop();
    await system.startRelay();
    expect((await ask(slotPath([only.identifier]))).states.get(only.identifier)).toBe('slots');
    expect((await put('agenda-b', { takenOut: { reason: 'servi' } })).status).toBe(409);
  });

  it('is unknown by the flow that it lost, and served by the others, until an operator gives that flow up', async () => {
    await system.relay?.stop();
    await system.startRelay('relay-a', { flows: ['INT_R01', 'SOS'] });
    const withServices = slotPath([only.identifier], undefined, true);
    const lost = await ask(withServices);
    expect(lost.states.get(only.identifier)).toBe('unknown');
    expect(lost.ledger[0]?.diagnostics).toMatch(/reason=not-served /);
    expect((await ask(slotPath([only.identifier]))).states.get(only.identifier)).toBe('slots');
    for (const id of ['agenda-a', 'agenda-b']) await put(id, { forgetLostFlows: true });
    expect((await ask(withServices)).states.get(only.identifier)).toBe('not-interfaced');
  });
});
