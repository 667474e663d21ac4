// ANS's kit, aggregation group, as it would look at our face: one test per row of the checklist (A1..A46), over
// the running system, with the kit's own request headers. Rows about a declaration or a vendor alone are not here.
import type {
  FhirResource,
  HealthcareService,
  Organization,
  Practitioner,
  PractitionerRole,
  Schedule,
  Slot,
} from 'fhir/r4';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROFILE } from '../../shared/sas/canonical.ts';
import { errorsOf } from '../support/oracles/bundle-checks.ts';
import { type KnownPerson, peopleOf } from '../support/samples/people.ts';
import { type SearchAnswer, System, slotPath, windowOf } from '../support/scenes/system.ts';
import { until } from '../support/wait/until.ts';

const KIT = { headers: { 'Content-Type': 'application/json', Accept: 'application/json+fhir' } };
const PHONE = /^\+(33|262|590|594|596)\d{9}$/;

let system: System;
let people: KnownPerson[];

beforeAll(async () => {
  // As the kit wants of vendors (A22): whichever day it is, no walk-in slot lacks its booking page.
  const settings = { walkInPages: 'every' } as const;
  system = await System.start({ vendors: [1, 2, 3].map((seed) => ({ seed, settings })) });
  people = peopleOf(system.vendors).filter(
    ({ freeAt, identifier }) => freeAt.length > 0 && identifier.startsWith('8'),
  );
});
afterAll(() => system?.stop());

const ask = (subjects: readonly string[], cpts = false, window = windowOf()): Promise<SearchAnswer> =>
  system.search(slotPath(subjects, window, cpts), KIT);
const withProfile = <T extends FhirResource>(list: readonly T[], profile: string): T[] =>
  list.filter(({ meta }) => meta?.profile?.length === 1 && meta.profile[0] === profile);

describe('one practitioner at one place', () => {
  let answer: SearchAnswer;
  let subject: string;
  const window = windowOf();
  const slots = (): Slot[] => withProfile(answer.resources<Slot>('Slot'), PROFILE.slotIndividual);
  const roles = (): PractitionerRole[] =>
    withProfile(answer.resources<PractitionerRole>('PractitionerRole'), PROFILE.practitionerRole);
  const practitioners = (): Practitioner[] =>
    withProfile(answer.resources<Practitioner>('Practitioner'), PROFILE.practitioner);
  const schedules = (): Schedule[] => withProfile(answer.resources<Schedule>('Schedule'), PROFILE.schedule);

  beforeAll(async () => {
    subject = people.find(({ places, freeAt }) => places === 1 && freeAt.length === 1)!.identifier;
    answer = await ask([subject], false, window);
  });

  it('A1 answers 200', () => expect(answer.status).toBe(200));
  it('A2 answers a Bundle', () => expect(answer.bundle.resourceType).toBe('Bundle'));
  it('A3 has entries', () => expect(answer.bundle.entry?.length).toBeGreaterThan(0));
  it('A4 says application/fhir+json', () =>
    expect(answer.headers.get('Content-Type')).toMatch(/^application\/fhir\+json/));
  it('A5 answers one practitioner in less than a second', async () => {
    // Once: a machine with other work to do may be slower at times.
    await until('such an answer', async () => (await ask([subject], false, window)).durationMs < 1_000);
  });
  it('A6 conforms to the flow’s Bundle', () =>
    expect(errorsOf(answer.bundle, { flow: 'INT_R01', subjects: [subject], window })).toEqual([]));
  it('A7 has one Practitioner, one Schedule, one PractitionerRole', () => {
    expect([practitioners().length, schedules().length, roles().length]).toEqual([1, 1, 1]);
  });
  it('A8 contains one resource', () =>
    expect(roles().flatMap(({ contained }) => contained ?? [])).toHaveLength(1));
  it('A9 totals its slots', () => expect(answer.bundle.total).toBe(slots().length));
  it('A10 has at least one of each', () => expect(slots().length).toBeGreaterThan(0));
  it('A11 names the practitioner by the RPPS asked, first', () => {
    expect(practitioners()[0]?.identifier?.[0]?.value).toBe(subject);
    expect(subject).toMatch(/^8[0-9]{11}$/);
  });
  it('A12 shows no slot that has started', () => {
    for (const { start } of slots())
      expect(Date.parse(start)).toBeGreaterThanOrEqual(Date.parse(window.from));
  });
  it('A13 shows no slot past the window’s last day', () => {
    for (const { start } of slots())
      expect(start.slice(0, 10) <= window.to.slice(0, 10) || Date.parse(start) <= Date.parse(window.to)).toBe(
        true,
      );
  });
  it('A14 writes start and end with milliseconds and an offset', () => {
    for (const { start, end } of slots()) {
      for (const text of [start, end])
        expect(text).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}[+-]\d{2}:\d{2}$/);
    }
  });
  it('A15 ends after it starts', () => {
    for (const { start, end } of slots()) expect(Date.parse(start)).toBeLessThan(Date.parse(end));
  });
  it('A16 ties the role to the practitioner', () =>
    expect(roles()[0]?.practitioner?.reference).toBe(`Practitioner/${practitioners()[0]?.id}`));
  it('A17 ties the schedule to role and practitioner', () => {
    const actors = schedules()[0]?.actor.map(({ reference }) => reference);
    expect(actors).toContain(`PractitionerRole/${roles()[0]?.id}`);
    expect(actors).toContain(`Practitioner/${practitioners()[0]?.id}`);
  });
  it('A18 ties the role to its contained place', () =>
    expect(roles()[0]?.location?.[0]?.reference).toBe(`#${roles()[0]?.contained?.[0]?.id}`));
  it('A19 gives the place an address', () => {
    expect(roles()[0]?.contained?.[0]).toMatchObject({
      address: {
        line: [expect.stringMatching(/./)],
        city: expect.stringMatching(/./),
        postalCode: expect.stringMatching(/^\d{5}$/),
      },
    });
  });
  it('A20 echoes the query, decoded and sorted, without a raw bar', () => {
    const sorted = (url: string): string[] =>
      url
        .slice(url.indexOf('?') + 1)
        .split('&')
        .map(decodeURIComponent)
        .sort();
    const self = answer.bundle.link?.[0]?.url ?? '';
    expect(self).not.toContain('|');
    expect(sorted(self)).toEqual(sorted(slotPath([subject], window)));
  });
  it('A21 echoes the whole URL', () =>
    expect(answer.bundle.link?.[0]?.url).toBe(`${system.url}${slotPath([subject], window)}`));
  it('A22 passes the booking page of each slot', () => {
    for (const { comment } of slots()) expect(comment).toMatch(/^https:\/\//);
  });
  it('A23 shows free slots only', () =>
    expect(new Set(slots().map(({ status }) => status))).toEqual(new Set(['free'])));
  it('A24 says ROUTINE or WALKIN', () => {
    for (const { appointmentType } of slots())
      expect(['ROUTINE', 'WALKIN']).toContain(appointmentType?.coding?.[0]?.code);
  });
});

describe('CPTS', () => {
  let answer: SearchAnswer;
  const services = (): HealthcareService[] =>
    withProfile(answer.resources<HealthcareService>('HealthcareService'), PROFILE.healthcareService);
  const organizations = (): Organization[] =>
    withProfile(answer.resources<Organization>('Organization'), PROFILE.organizationCpts);
  const ties = (slot: Slot): string[] =>
    (slot.serviceType ?? [])
      .flatMap(({ extension }) => extension ?? [])
      .map(({ valueReference }) => valueReference?.reference ?? '');
  const cptsSlots = (): Slot[] => withProfile(answer.resources<Slot>('Slot'), PROFILE.slotCpts);
  const member = (count: number): string =>
    people.find(({ communities, freeAt }) => freeAt.length === 1 && new Set(communities).size === count)!
      .identifier;

  beforeAll(async () => {
    answer = await ask([member(1)], true);
  });

  it('A25 has as many Organizations as HealthcareServices', () => {
    expect(services().length).toBeGreaterThan(0);
    expect(organizations()).toHaveLength(services().length);
  });
  it('A26 ties the first service to the first organization', () =>
    expect(services()[0]?.providedBy?.reference).toBe(`Organization/${organizations()[0]?.id}`));
  it('A27 ties every CPTS slot to the service', () => {
    for (const slot of cptsSlots()) expect(ties(slot)).toEqual([`HealthcareService/${services()[0]?.id}`]);
  });
  it('A28 names the CPTS by its FINESS', () =>
    expect(organizations()[0]?.identifier?.[0]?.value).toMatch(/^1[0-9]{9}$/));
  it('A42 writes the category as the profile does', () => {
    const codings = cptsSlots()
      .flatMap(({ serviceType }) => serviceType ?? [])
      .flatMap(({ coding }) => coding ?? []);
    expect(codings).toContainEqual({
      system:
        'https://mos.esante.gouv.fr/NOS/TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement',
      code: '604',
    });
  });
  it('A40 A43 A44 A45 ties a slot to each of its two CPTS, all in the Bundle', async () => {
    answer = await ask([member(2)], true);
    const known = services().map(({ id }) => `HealthcareService/${id}`);
    expect(new Set(known).size).toBeGreaterThan(1);
    expect(organizations().length).toBe(services().length);
    expect(cptsSlots().some((slot) => new Set(ties(slot)).size > 1)).toBe(true);
    for (const slot of cptsSlots()) for (const tie of ties(slot)) expect(known).toContain(tie);
    const owners = services().map(({ providedBy }) => providedBy?.reference);
    expect(new Set(owners)).toEqual(new Set(organizations().map(({ id }) => `Organization/${id}`)));
  });
  it('A46 passes name and phone of the CPTS', () => {
    for (const { name, telecom } of organizations()) {
      expect(name).toMatch(/./);
      expect(telecom?.[0]?.value).toMatch(PHONE);
    }
  });
});

describe('several places and several practitioners', () => {
  it('A29 A30 A31 A32 A33 keep two places of one practitioner apart', async () => {
    const subject = people.find(({ places, freeAt }) => places === 2 && freeAt.length === 1)!.identifier;
    const answer = await ask([subject]);
    const practitioners = answer.resources<Practitioner>('Practitioner');
    const roles = answer.resources<PractitionerRole>('PractitionerRole');
    const schedules = answer.resources<Schedule>('Schedule');
    expect([practitioners.length, roles.length, schedules.length]).toEqual([1, 2, 2]);
    for (const role of roles) {
      expect(role.practitioner?.reference).toBe(`Practitioner/${practitioners[0]?.id}`);
      expect(role.location?.[0]?.reference).toBe(`#${role.contained?.[0]?.id}`);
    }
    for (const { actor } of schedules) {
      const references = actor.map(({ reference }) => reference ?? '');
      expect(references.filter((reference) => reference.startsWith('Practitioner/'))).toEqual([
        `Practitioner/${practitioners[0]?.id}`,
      ]);
      expect(roles.map(({ id }) => `PractitionerRole/${id}`)).toContain(
        references.find((reference) => reference.startsWith('PractitionerRole/')),
      );
    }
  });

  it('A34 shows two practitioners as two, even when vendors share them', async () => {
    const two = people
      .filter(({ freeAt }) => freeAt.length > 1)
      .slice(0, 2)
      .map(({ identifier }) => identifier);
    const answer = await ask(two);
    expect(answer.resources<Practitioner>('Practitioner')).toHaveLength(2);
    expect(answer.resources<Schedule>('Schedule').length).toBeGreaterThanOrEqual(2);
  });
});

describe('optional data, kinds and types', () => {
  it('A35 A36 A37 passes names, phones and structure identifiers in the guide’s forms', async () => {
    const answer = await ask(people.slice(0, 25).map(({ identifier }) => identifier));
    for (const { name } of answer.resources<Practitioner>('Practitioner')) {
      for (const { family, given } of name ?? [])
        expect([family, given?.[0]]).toEqual([expect.stringMatching(/./), expect.stringMatching(/./)]);
    }
    const roles = answer.resources<PractitionerRole>('PractitionerRole');
    const phones = roles.flatMap(({ telecom }) => telecom ?? []).map(({ value }) => value);
    expect(phones.length).toBeGreaterThan(0);
    for (const phone of phones) expect(phone).toMatch(PHONE);
    const structures = roles.flatMap(({ organization }) => organization?.identifier?.value ?? []);
    expect(structures.length).toBeGreaterThan(0);
    for (const structure of structures) expect(structure).toMatch(/^(1\d{9}|3\d{14}|4\d{14})$/);
  });

  it('A38 A39 adds and drops no kind and no consultation type', async () => {
    const vendor = system.vendors[0]!;
    const subjects = people
      .filter(({ freeAt }) => freeAt.length === 1 && freeAt[0] === vendor.id)
      .map(({ identifier }) => identifier)
      .slice(0, 10);
    const window = windowOf(40);
    const ours = await ask(subjects, false, window);
    const raw = vendor.practice.directory.practitioners.filter(({ person }) =>
      subjects.includes(person.identifier),
    );
    expect(raw).toHaveLength(subjects.length);
    const codes = (slots: readonly Slot[], pick: (slot: Slot) => (string | undefined)[]): string[] =>
      [...new Set(slots.flatMap(pick))].map(String).sort();
    const kinds = codes(ours.resources<Slot>('Slot'), ({ meta }) =>
      (meta?.security ?? []).map(({ code }) => code),
    );
    const types = codes(ours.resources<Slot>('Slot'), ({ serviceType }) =>
      (serviceType ?? []).flatMap(({ coding }) => (coding ?? []).map(({ code }) => code)),
    );
    expect(kinds.filter((kind) => kind !== 'CPTS')).toEqual(['PRO', 'PUBLIC', 'SNP']);
    expect(types).toEqual(['AMB', 'HH', 'VR']);
  });
});
