// The three searches of a simulated vendor, over real mutual TLS.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startVendor, type Vendor } from '../../../sandbox/vendors/vendor.ts';
import type { KnownPractitioner } from '../../../sandbox/vendors/world/directory.ts';
import {
  danglingReferences,
  freePractitioners,
  get,
  openScene,
  readBundle,
  resources,
  type SandboxScene,
  scheduleQuery,
  slotQuery,
  slots,
} from '../../support/doubles/sandbox-caller.ts';

const NOW = '2026-06-01T08:00:00.000Z';
const FROM = '2026-06-01T10:00:00.000+02:00';
const TO = '2026-06-03T23:59:59.999+02:00';
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d$/;

let scene: SandboxScene;
let vendor: Vendor;

beforeAll(async () => {
  scene = await openScene();
  vendor = await startVendor({ seed: 1, id: 'agenda-test', tls: scene.tls, settings: { now: NOW } });
});

afterAll(async () => {
  await vendor.close();
  await scene.close();
});

afterEach(() => vendor.reset());

function known(): readonly KnownPractitioner[] {
  return vendor.practice.directory.practitioners;
}

function free(): KnownPractitioner[] {
  return freePractitioners(vendor.practice.directory);
}

function idOf({ person }: KnownPractitioner): string {
  return person.identifier;
}

function searchSlots(
  identifiers: readonly string[],
  more: { from?: string; to?: string; cpts?: boolean } = {},
) {
  const query = slotQuery({ identifiers, from: FROM, to: TO, ...more });
  return get(`${vendor.url}/Slot?${query}`, scene.agent);
}

describe('a slot search', () => {
  test('answers the free slots of those asked, inside the window, with all they refer to', async () => {
    const asked = free().slice(0, 10);
    const answer = await searchSlots(asked.map(idOf));
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^application\/fhir\+json/);
    const bundle = readBundle(answer.text);
    const found = slots(bundle);
    expect(bundle.total).toBe(found.length);
    expect(found.length).toBeGreaterThan(asked.length);
    for (const slot of found) {
      expect(slot.status).toBe('free');
      expect(slot.start).toMatch(INSTANT);
      expect(Date.parse(slot.start)).toBeGreaterThanOrEqual(Date.parse(FROM));
      expect(Date.parse(slot.start)).toBeLessThanOrEqual(Date.parse(TO));
      expect(slot.meta?.security?.length).toBeGreaterThan(0);
      expect(slot.comment ?? vendor.url).toContain(new URL(vendor.url).host);
    }
    expect(danglingReferences(answer.text)).toEqual([]);
    const names = resources(bundle).flatMap((resource) =>
      resource.resourceType === 'Practitioner' ? resource.identifier?.[0]?.value : [],
    );
    expect(new Set(names)).toEqual(new Set(asked.map(idOf)));
  });

  test('gives each resource once, with the guide’s profile and search mode', async () => {
    const bundle = readBundle((await searchSlots(free().slice(0, 10).map(idOf))).text);
    const urls = bundle.entry?.map(({ fullUrl }) => fullUrl) ?? [];
    expect(new Set(urls).size).toBe(urls.length);
    for (const entry of bundle.entry ?? []) {
      expect(entry.resource?.meta?.profile).toHaveLength(1);
      expect(entry.search?.mode).toBe(entry.resource?.resourceType === 'Slot' ? 'match' : 'include');
      expect(entry.fullUrl).toBe(`${vendor.url}/${entry.resource?.resourceType}/${entry.resource?.id}`);
    }
    expect(bundle.meta?.profile).toEqual(['http://sas.fr/fhir/StructureDefinition/BundleAgregateur']);
  });

  test('gives every place of a practitioner its own schedule, and overseas places their own offset', async () => {
    const several = free().find(({ roles }) => new Set(roles.map(({ place }) => place.town.zone)).size > 1)!;
    const bundle = readBundle((await searchSlots([idOf(several)])).text);
    expect(resources(bundle).filter(({ resourceType }) => resourceType === 'Schedule')).toHaveLength(
      several.roles.length,
    );
    expect(new Set(slots(bundle).map(({ start }) => start.slice(-6))).size).toBeGreaterThan(1);
  });

  test('includes only what is asked', async () => {
    const query = slotQuery({ identifiers: free().slice(0, 3).map(idOf), from: FROM, to: TO });
    const bare = query.replace(/_include[^&]*&/g, '');
    const types = async (raw: string) =>
      new Set(
        resources(readBundle((await get(`${vendor.url}/Slot?${raw}`, scene.agent)).text)).map(
          ({ resourceType }) => resourceType,
        ),
      );
    expect(await types(bare)).toEqual(new Set(['Slot']));
    expect(await types(`_include=Slot:schedule&${bare}`)).toEqual(new Set(['Slot', 'Schedule']));
  });

  test('answers an empty Bundle without entries when nobody is known or nothing is free', async () => {
    const full = known().find(({ roles }) => roles.every((role) => role.full))!;
    for (const identifiers of [['899912345674'], [idOf(full)]]) {
      const answer = await searchSlots(identifiers);
      expect(answer.status).toBe(200);
      const bundle = readBundle(answer.text);
      expect(bundle).toMatchObject({ type: 'searchset', total: 0 });
      expect(bundle).not.toHaveProperty('entry');
      expect(bundle.link?.[0]?.relation).toBe('self');
    }
  });

  test('repeats the request in its self link, with bars encoded', async () => {
    const raw = slotQuery({ identifiers: [idOf(free()[0]!)], from: FROM, to: TO }).replaceAll('%7C', '|');
    const bundle = readBundle((await get(`${vendor.url}/Slot?${raw}`, scene.agent)).text);
    expect(bundle.link?.[0]?.url).toBe(`${vendor.url}/Slot?${raw.replaceAll('|', '%7C')}`);
  });

  test('takes unprefixed numbers, raw plus signs and bars, blanks after commas, and doubles', async () => {
    const [one, two] = free().filter((owner) => idOf(owner).startsWith('8'));
    const wanted = readBundle((await searchSlots([idOf(one!), idOf(two!)])).text);
    const tokens = `urn:oid:1.2.250.1.71.4.2.1|${idOf(one!).slice(1)},%20${idOf(two!)},|${idOf(one!)}`;
    const raw = `start=ge${FROM}&start=le${TO}&status=free&_include=Slot:schedule&_include%3Aiterate=Schedule%3Aactor`;
    const answer = await get(
      `${vendor.url}/Slot/?${raw}&schedule.actor:Practitioner.identifier=${tokens}`,
      scene.agent,
    );
    expect(slots(readBundle(answer.text)).map(({ id }) => id)).toEqual(slots(wanted).map(({ id }) => id));
  });

  test('never shows a slot that has started', async () => {
    const bundle = readBundle(
      (await searchSlots(free().slice(0, 20).map(idOf), { from: '2026-05-31T00:00:00Z' })).text,
    );
    expect(slots(bundle).length).toBeGreaterThan(0);
    for (const { start } of slots(bundle)) expect(Date.parse(start)).toBeGreaterThanOrEqual(Date.parse(NOW));
  });

  test.each([
    ['no status', (raw: string) => raw.replace('&status=free', '')],
    ['another status', (raw: string) => raw.replace('status=free', 'status=busy')],
    ['one bound only', (raw: string) => raw.replace(/&start=le[^&]*/, '')],
    ['an unreadable date', (raw: string) => raw.replace(/start=ge[^&]*/, 'start=gedemain')],
    ['nobody asked', (raw: string) => raw.replace(/&schedule.actor[^&]*/, '')],
    ['an unreadable identifier', (raw: string) => `${raw},12`],
    ['a lost percent sign', (raw: string) => raw.replace('%7C', '.27C')],
    ['an unknown parameter', (raw: string) => `${raw}&name=x`],
    ['a broken escape', (raw: string) => `${raw}%E9`],
  ])('refuses %s with 400 and an OperationOutcome', async (_title, spoil) => {
    const raw = spoil(slotQuery({ identifiers: [idOf(free()[0]!)], from: FROM, to: TO }));
    const answer = await get(`${vendor.url}/Slot?${raw}`, scene.agent);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toMatchObject({
      resourceType: 'OperationOutcome',
      issue: [{ severity: 'error' }],
    });
  });

  test('takes twenty-five practitioners and refuses twenty-six', async () => {
    const identifiers = Array.from({ length: 26 }, (_, rank) => `8999${String(10_000_000 + rank)}`);
    expect((await searchSlots(identifiers.slice(1))).status).toBe(200);
    expect((await searchSlots(identifiers)).status).toBe(400);
  });
});

describe('a slot search with communities', () => {
  test('shows shared slots with one reference, service and organisation per community', async () => {
    const shared = free().filter(({ communities }) => communities.length === 2);
    const answer = await searchSlots(shared.map(idOf), { cpts: true });
    const bundle = readBundle(answer.text);
    expect(bundle.meta?.profile?.[0]).toMatch(/sas-cpts-bundle-aggregator$/);
    const theirs = slots(bundle).filter(({ meta }) =>
      meta?.profile?.[0]?.endsWith('sas-cpts-slot-aggregator'),
    );
    expect(theirs.length).toBeGreaterThan(0);
    for (const slot of theirs) {
      expect(slot.meta?.security?.map(({ code }) => code)).toContain('CPTS');
      const references = slot.serviceType?.flatMap(
        ({ extension }) => extension?.[0]?.valueReference?.reference ?? [],
      );
      expect(references).toHaveLength(2);
    }
    expect(danglingReferences(answer.text)).toEqual([]);
    const types = resources(bundle).map(({ resourceType }) => resourceType);
    expect(types).toContain('HealthcareService');
    expect(types).toContain('Organization');
  });

  test('leaves plain slots plain, and plain searches without any trace of a community', async () => {
    const shared = free()
      .filter(({ communities }) => communities.length > 0)
      .slice(0, 20)
      .map(idOf);
    const mixed = slots(readBundle((await searchSlots(shared, { cpts: true })).text));
    const plain = mixed.filter(({ meta }) => meta?.profile?.[0]?.endsWith('FrSlotAgregateur'));
    expect(plain.length).toBeGreaterThan(0);
    expect(JSON.stringify(plain)).not.toMatch(/604|CPTS/);
    const individual = await searchSlots(shared);
    expect(individual.text).not.toMatch(/604|"CPTS"|HealthcareService|cpts/);
    expect(slots(readBundle(individual.text)).length).toBeLessThan(mixed.length);
  });
});

describe('an SOS Médecins search', () => {
  const searchSchedules = (sirets: readonly string[]) =>
    get(`${vendor.url}/Schedule?${scheduleQuery(sirets, FROM, TO)}`, scene.agent);
  const sirets = () => vendor.practice.directory.associations.map(({ association }) => association.siret);

  test('answers calendars as matches, with slots, places and associations', async () => {
    const answer = await searchSchedules(sirets());
    const bundle = readBundle(answer.text);
    expect(answer.status).toBe(200);
    expect(bundle.meta?.profile?.[0]).toMatch(/sas-sos-bundle-aggregator$/);
    expect(bundle.total).toBe(slots(bundle).length);
    expect(slots(bundle).length).toBeGreaterThan(10);
    for (const { resource, search } of bundle.entry ?? []) {
      expect(search?.mode).toBe(resource?.resourceType === 'Schedule' ? 'match' : 'include');
    }
    const types = new Set(resources(bundle).map(({ resourceType }) => resourceType));
    expect(types).toEqual(new Set(['Schedule', 'Slot', 'Location', 'Organization']));
    expect(danglingReferences(answer.text)).toEqual([]);
    for (const slot of slots(bundle)) {
      const kinds = slot.meta?.security?.map(({ code }) => code) ?? [];
      expect(kinds.length).toBeGreaterThan(0);
      expect(['PUBLIC', 'SNP']).toEqual(expect.arrayContaining(kinds));
    }
  });

  test('gives every consultation point of an association its own schedule', async () => {
    const several = vendor.practice.directory.associations.find(({ points }) => points.length > 1)!;
    const bundle = readBundle((await searchSchedules([several.association.siret])).text);
    const locations = resources(bundle).filter(({ resourceType }) => resourceType === 'Location');
    expect(locations).toHaveLength(several.points.length);
  });

  test('answers an empty Bundle for associations it does not know', async () => {
    const bundle = readBundle((await searchSchedules(['312345678901234'])).text);
    expect(bundle).toMatchObject({ total: 0, type: 'searchset' });
    expect(bundle).not.toHaveProperty('entry');
  });

  test('takes ten associations and refuses eleven', async () => {
    const many = Array.from({ length: 11 }, (_, rank) => `3${String(10_000_000_000_000 + rank)}`);
    expect((await searchSchedules(many.slice(1))).status).toBe(200);
    expect((await searchSchedules(many)).status).toBe(400);
  });
});

describe('other addresses', () => {
  test('metadata names the three searches', async () => {
    const answer = await get(`${vendor.url}/metadata`, scene.agent);
    const capability = JSON.parse(answer.text);
    expect(capability).toMatchObject({ resourceType: 'CapabilityStatement', fhirVersion: '4.0.1' });
    expect(capability.rest[0].resource.map(({ type }: { type: string }) => type)).toEqual([
      'Slot',
      'Schedule',
    ]);
  });

  test.each([
    ['GET', '/Patient', 404],
    ['POST', '/Slot', 405],
    ['GET', `/Slot?${'a'.repeat(8_001)}`, 414],
  ])('%s %.12s is answered %i with an OperationOutcome', async (method, path, status) => {
    const answer = await get(`${vendor.url}${path}`, scene.agent, method);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text).resourceType).toBe('OperationOutcome');
  });

  test('an agenda page opens without certificate and says where the reader comes from', async () => {
    const page = vendor.url.replace('/fhir', '/agenda/praticien/ps-1?lieu=0');
    const answer = await get(`${page}&origin=sas`, scene.agentOf(undefined));
    expect(answer).toMatchObject({ status: 200, text: expect.stringContaining('depuis sas') });
    expect((await get(page, scene.agentOf(undefined))).text).toContain('sans passer par le SAS');
  });
});
