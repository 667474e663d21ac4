// The main job over the running system: three vendors over mTLS, the relay, the edge in workerd.
import type {
  HealthcareService,
  Location,
  Organization,
  Practitioner,
  PractitionerRole,
  Schedule,
  Slot,
} from 'fhir/r4';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { expectConformant } from '../../support/oracles/bundle-checks.ts';
import { associationsOf, type KnownPerson, peopleOf } from '../../support/samples/people.ts';
import { System, schedulePath, slotPath, windowOf } from '../../support/scenes/system.ts';

let system: System;
let people: KnownPerson[];

beforeAll(async () => {
  system = await System.start();
  people = peopleOf(system.vendors);
});
afterAll(() => system?.stop());
beforeEach(() => {
  for (const vendor of system.vendors) vendor.reset();
});

const editorOf = (id: string): string => id.replace(/-[0-9a-z]+$/, '');
const free = (): KnownPerson[] => people.filter((person) => !person.full);
const idsOf = (list: readonly KnownPerson[]): string[] => list.map(({ identifier }) => identifier);

describe('INT_R01', () => {
  it('brings the slots of every vendor in one conformant Bundle', async () => {
    const window = windowOf();
    const subjects = idsOf(people.slice(0, 25));
    const answer = await system.search(slotPath(subjects, window));
    expectConformant(answer, { flow: 'INT_R01', subjects, window });
    const editors = new Set(answer.resources<Slot>('Slot').map(({ id }) => editorOf(id ?? '')));
    expect([...editors].sort()).toEqual(['agenda-a', 'agenda-b', 'agenda-c']);
  });

  it('shows a practitioner whom several vendors know once, with the places of each', async () => {
    const shared = free().find(({ freeAt }) => freeAt.length > 1)!;
    const window = windowOf();
    const answer = await system.search(slotPath([shared.identifier], window));
    expectConformant(answer, { flow: 'INT_R01', subjects: [shared.identifier], window });
    const practitioners = answer.resources<Practitioner>('Practitioner');
    expect(practitioners.map(({ identifier }) => identifier?.[0]?.value)).toEqual([shared.identifier]);
    const editors = new Set(answer.resources<Schedule>('Schedule').map(({ id }) => editorOf(id ?? '')));
    expect([...editors].sort()).toEqual([...shared.freeAt].sort());
    for (const schedule of answer.resources<Schedule>('Schedule')) {
      expect(schedule.actor[0]?.reference).toBe(`Practitioner/${practitioners[0]?.id}`);
    }
  });

  it('keeps apart the resources that vendors number alike', async () => {
    const answer = await system.search(slotPath(idsOf(people)));
    const urls = (answer.bundle.entry ?? []).map(({ fullUrl }) => fullUrl);
    expect(new Set(urls).size).toBe(urls.length);
    expect(urls.length).toBeGreaterThan(100);
  });

  it('gives each place of a practitioner its own Schedule and PractitionerRole', async () => {
    const several = free().find(({ places, freeAt }) => places > 1 && freeAt.length === 1)!;
    const answer = await system.search(slotPath([several.identifier]));
    const schedules = answer.resources<Schedule>('Schedule');
    const roles = answer.resources<PractitionerRole>('PractitionerRole');
    expect(schedules.length).toBeGreaterThan(1);
    expect(roles.map(({ id }) => id).sort()).toEqual(
      schedules.map(({ actor }) => actor[1]?.reference?.replace('PractitionerRole/', '')).sort(),
    );
  });

  it('asks vendors at most 25 practitioners at a time, exactly as the guide writes it', async () => {
    const subjects = Array.from({ length: 60 }, (_, i) => `8${99_900_200_000 + i}`);
    await system.search(slotPath(subjects));
    const asked = system
      .vendor('agenda-a')
      .state()
      .requests.map(({ url }) => url);
    expect(asked).toHaveLength(3);
    for (const url of asked) {
      expect(url).toMatch(
        /^\/fhir\/Slot\?_include=Slot:schedule&_include:iterate=Schedule:actor&start=ge[\dT:.-]+%2B\d\d:\d\d&start=le[\dT:.-]+%2B\d\d:\d\d&status=free&schedule\.actor:Practitioner\.identifier=(urn:oid:1\.2\.250\.1\.71\.4\.2\.1%7C8\d{11},?){20}$/,
      );
    }
  });

  it('answers for 500 practitioners', async () => {
    const strangers = Array.from({ length: 500 - people.length }, (_, i) => `8${99_900_300_000 + i}`);
    const subjects = [...idsOf(people), ...strangers];
    const window = windowOf();
    const path = slotPath(subjects, window);
    const answer = await system.search('/fhir/Slot/_search', {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: path.slice(path.indexOf('?') + 1),
    });
    expectConformant(answer, { flow: 'INT_R01', subjects, window });
    expect(system.vendor('agenda-b').state().requests).toHaveLength(20);
  });

  it('says "none" for those without a free slot and gives the guide’s empty Bundle when there is nothing at all', async () => {
    const full = people.find((person) => person.full)!;
    const answer = await system.search(slotPath([full.identifier, '899900999999']));
    expect(answer.bundle).toMatchObject({ type: 'searchset', total: 0 });
    expect(answer.bundle).not.toHaveProperty('entry');
    expect(answer.headers.get('X-Passerelle-Ledger')).toBe('slots=0, none=2, unknown=0, not-interfaced=0');
  });

  it('keeps the local offset of overseas places and shows no slot outside the window', async () => {
    const far = free().find(({ zones }) => zones.includes('Indian/Reunion'))!;
    const window = windowOf(40);
    const answer = await system.search(slotPath([far.identifier], window));
    expectConformant(answer, { flow: 'INT_R01', subjects: [far.identifier], window });
    const starts = answer.resources<Slot>('Slot').map(({ start }) => start);
    expect(starts.some((start) => start.endsWith('+04:00'))).toBe(true);
    for (const start of starts) {
      expect(Date.parse(start)).toBeGreaterThanOrEqual(Date.parse(window.from));
      expect(Date.parse(start)).toBeLessThanOrEqual(Date.parse(window.to));
    }
  });

  it('tells the time each vendor took, and who they are', async () => {
    const answer = await system.search(slotPath(idsOf(people.slice(0, 2))));
    expect(answer.headers.get('Server-Timing')).toMatch(
      /^edge;dur=\d+, agenda-a;dur=\d+;desc="ok", agenda-b;dur=\d+;desc="ok", agenda-c;dur=\d+;desc="ok"$/,
    );
  });
});

describe('INT_R04', () => {
  it('brings CPTS with one HealthcareService and one Organization each, tied to their slots', async () => {
    const members = free()
      .filter(({ communities }) => communities.length > 0)
      .slice(0, 25);
    const window = windowOf();
    const subjects = idsOf(members);
    const answer = await system.search(slotPath(subjects, window, true));
    expectConformant(answer, { flow: 'INT_R04', subjects, window });
    const services = answer.resources<HealthcareService>('HealthcareService');
    const organizations = answer.resources<Organization>('Organization');
    expect(services.length).toBeGreaterThan(0);
    expect(services.map(({ providedBy }) => providedBy?.reference)).toEqual(
      organizations.map(({ id }) => `Organization/${id}`),
    );
    const finess = organizations.map(({ identifier }) => identifier?.[0]?.value);
    expect(new Set(finess).size).toBe(finess.length);
    const profiles = new Set(answer.resources<Slot>('Slot').map(({ meta }) => meta?.profile?.[0]));
    expect(profiles.size).toBe(2);
  });

  it('ties a slot of two CPTS to both', async () => {
    const members = free().filter(({ communities }) => communities.length > 1);
    const answer = await system.search(slotPath(idsOf(members), windowOf(), true));
    const ties = answer
      .resources<Slot>('Slot')
      .map((slot) => (slot.serviceType ?? []).filter(({ extension }) => extension !== undefined).length);
    expect(Math.max(...ties)).toBe(2);
  });
});

describe('SOS Médecins', () => {
  it('brings every place of the associations asked, Schedules as matches', async () => {
    const associations = associationsOf(system.vendors);
    const subjects = associations.map(({ siret }) => siret);
    const window = windowOf();
    const answer = await system.search(schedulePath(subjects, window));
    expectConformant(answer, { flow: 'SOS', subjects, window });
    for (const { resource, search } of answer.bundle.entry ?? []) {
      const mode =
        resource?.resourceType === 'Schedule'
          ? 'match'
          : resource?.resourceType === 'OperationOutcome'
            ? 'outcome'
            : 'include';
      expect(search?.mode).toBe(mode);
    }
    const several = associations.find(({ points }) => points > 1)!;
    const one = await system.search(schedulePath([several.siret], window));
    expect(one.resources<Organization>('Organization')).toHaveLength(1);
    expect(one.resources<Location>('Location').length).toBeGreaterThan(1);
    expect(one.resources<Practitioner>('Practitioner')).toEqual([]);
  });

  it('asks vendors at most 10 associations at a time', async () => {
    const subjects = Array.from({ length: 25 }, (_, i) => `3${99_999_000_000_000 + i}`);
    await system.search(schedulePath(subjects));
    const asked = system
      .vendor('agenda-c')
      .state()
      .requests.map(({ url }) => url.split('%7C').length - 1);
    expect(asked.sort()).toEqual([8, 8, 9]);
  });
});

describe('registry', () => {
  it('does not ask a vendor that the operator switched off, and says when nobody is left', async () => {
    const person = free()[0]!;
    const only = await System.start({ vendors: [{ seed: 1 }], flows: ['SOS'] });
    try {
      const answer = await only.search(slotPath([person.identifier]));
      expect(answer.states.get(person.identifier)).toBe('not-interfaced');
      expect(answer.bundle.total).toBe(0);
    } finally {
      await only.stop();
    }
  });
});
