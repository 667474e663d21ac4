// What each fault of content looks like from the calling side, compared with the sound answer to the same search.

import type { Bundle, FhirResource, Slot } from 'fhir/r4';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { FAULT_KINDS, FAULTS, type FaultKind } from '../../../sandbox/vendors/faults/fault-kinds.ts';
import { startVendor, type Vendor } from '../../../sandbox/vendors/vendor.ts';
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
const TO = '2026-06-03T00:00:00.000Z';
const tested = new Set<FaultKind>();

let scene: SandboxScene;
let vendor: Vendor;
let slotUrl: string;
let sosUrl: string;
let sound: Bundle<FhirResource>;
let asked: readonly string[];

beforeAll(async () => {
  scene = await openScene();
  vendor = await startVendor({ seed: 1, tls: scene.tls, settings: { now: NOW } });
  const { directory } = vendor.practice;
  asked = freePractitioners(directory)
    .slice(0, 6)
    .map(({ person }) => person.identifier);
  slotUrl = `${vendor.url}/Slot?${slotQuery({ identifiers: asked, from: NOW, to: TO, cpts: true })}`;
  const [association] = directory.associations;
  sosUrl = `${vendor.url}/Schedule?${scheduleQuery([association!.association.siret], NOW, TO)}`;
  sound = await search(slotUrl);
});

afterAll(async () => {
  await vendor.close();
  await scene.close();
});

afterEach(() => vendor.reset());

async function search(url: string): Promise<Bundle<FhirResource>> {
  return readBundle((await get(url, scene.agent)).text);
}

async function searchWith(kind: FaultKind, parameters: Record<string, number | string> = {}, url = slotUrl) {
  tested.add(kind);
  vendor.setFaults({ kind, ...parameters });
  return search(url);
}

function added(bundle: Bundle<FhirResource>): Slot[] {
  const before = new Set(slots(sound).map(({ id }) => id));
  return slots(bundle).filter(({ id }) => !before.has(id));
}

function isInside({ start }: Slot): boolean {
  return Date.parse(start) >= Date.parse(NOW) && Date.parse(start) <= Date.parse(TO);
}

function practitionersOf(bundle: Bundle<FhirResource>): string[] {
  return resources(bundle).flatMap((resource) =>
    resource.resourceType === 'Practitioner' ? (resource.identifier?.[0]?.value ?? []) : [],
  );
}

describe('a fault that adds slots', () => {
  test('outside-window: some start before and some after', async () => {
    const more = added(await searchWith('outside-window'));
    expect(more.some(({ start }) => Date.parse(start) < Date.parse(NOW))).toBe(true);
    expect(more.some(({ start }) => Date.parse(start) > Date.parse(TO))).toBe(true);
    expect(more.some(isInside)).toBe(false);
  });

  test('started: some began before now', async () => {
    const more = added(await searchWith('started'));
    expect(more.length).toBeGreaterThan(0);
    for (const { start, end } of more) {
      expect(Date.parse(start)).toBeLessThan(Date.parse(NOW));
      expect(Date.parse(end)).toBeGreaterThan(Date.parse(NOW));
    }
  });

  test('someone-else: of a practitioner nobody asked for, with its own resources', async () => {
    const bundle = await searchWith('someone-else');
    const strangers = practitionersOf(bundle).filter((identifier) => !asked.includes(identifier));
    expect(strangers).toHaveLength(1);
    expect(added(bundle).length).toBeGreaterThan(0);
    expect(added(bundle).every(isInside)).toBe(true);
    expect(danglingReferences(JSON.stringify(bundle))).toEqual([]);
  });

  test('someone-else: of an association nobody asked for', async () => {
    const bundle = await searchWith('someone-else', {}, sosUrl);
    const organizations = resources(bundle).filter(({ resourceType }) => resourceType === 'Organization');
    expect(organizations).toHaveLength(2);
  });

  test.each(['slot', 'sos'])('busy: of the agenda, inside the window, not free (%s)', async (flow) => {
    const bundle = await searchWith('busy', {}, flow === 'slot' ? slotUrl : sosUrl);
    const busy = slots(bundle).filter(({ status }) => status !== 'free');
    expect(new Set(busy.map(({ status }) => status)).size).toBeGreaterThan(1);
    expect(busy.every(isInside)).toBe(true);
    expect(danglingReferences(JSON.stringify(bundle))).toEqual([]);
  });

  test('duplicate-slots: some exactly, some under another id', async () => {
    const bundle = await searchWith('duplicate-slots');
    const ids = slots(bundle).map(({ id }) => id);
    expect(ids.length - new Set(ids).size).toBe(2);
    const renamed = added(bundle);
    expect(renamed).toHaveLength(2);
    for (const { id, ...content } of renamed) {
      const original = slots(sound).find((slot) => `${slot.id}-bis` === id)!;
      expect({ ...original, id: undefined }).toEqual({ ...content, id: undefined });
    }
    expect(bundle.total).toBe((sound.total ?? 0) + 4);
  });
});

describe('a fault in the slots', () => {
  test.each([
    ['no-offset', /T\d\d:\d\d:\d\d\.\d{3}$/],
    ['z', /\.\d{3}Z$/],
    ['no-millis', /T\d\d:\d\d:\d\d[+-]\d\d:\d\d$/],
    ['micros', /\.\d{6}[+-]\d\d:\d\d$/],
    ['minutes', /T\d\d:\d\d[+-]\d\d:\d\d$/],
    ['garbage', /^demain/],
  ])('bad-dates: form %s', async (form, shape) => {
    for (const slot of slots(await searchWith('bad-dates', { form }))) {
      expect(slot.start).toMatch(shape);
      expect(slot.end).toMatch(shape);
    }
  });

  test('bad-dates: all forms in turn', async () => {
    const shapes = slots(await searchWith('bad-dates')).map(({ start }) =>
      start.replace(/\d/g, '9').replace(/-(?=99:)/, '+'),
    );
    expect(new Set(shapes).size).toBe(6);
  });

  test('status-uppercase', async () => {
    expect(new Set(slots(await searchWith('status-uppercase')).map(({ status }) => status))).toEqual(
      new Set(['FREE']),
    );
  });

  test('sos-pro: on SOS slots, sometimes alone, and nowhere else', async () => {
    const kinds = slots(await searchWith('sos-pro', {}, sosUrl)).map(({ meta }) =>
      meta?.security?.map(({ code }) => code),
    );
    expect(kinds.every((codes) => codes?.includes('PRO'))).toBe(true);
    expect(new Set(kinds.map((codes) => codes?.length === 1))).toEqual(new Set([true, false]));
    expect(await search(slotUrl)).toEqual(sound);
  });

  test('non-http-comment', async () => {
    const comments = new Set(slots(await searchWith('non-http-comment')).map(({ comment }) => comment));
    expect(comments).toContain('javascript:alert(1)');
    expect([...comments].some((comment) => comment?.startsWith('http'))).toBe(false);
  });
});

describe('a fault of shape', () => {
  test.each(['slot', 'sos'])('missing-includes: slots alone (%s)', async (flow) => {
    const bundle = await searchWith('missing-includes', {}, flow === 'slot' ? slotUrl : sosUrl);
    expect(new Set(resources(bundle).map(({ resourceType }) => resourceType))).toEqual(new Set(['Slot']));
  });

  test('unprefixed: national numbers lose their first digit, internal ones do not', async () => {
    const bundle = await searchWith('unprefixed');
    expect(practitionersOf(bundle).sort()).toEqual(asked.map((value) => value.slice(1)).sort());
    const role = resources(bundle).find((resource) => resource.resourceType === 'PractitionerRole')!;
    expect(role.organization?.identifier?.value).toMatch(/^(\d{9}|\d{14})$/);
    expect(JSON.stringify(bundle)).toContain('"value":"lieu-');
  });

  test('french-phones: no international number without its oddity', async () => {
    const text = JSON.stringify(await searchWith('french-phones'));
    const phones = [...text.matchAll(/"system":"phone","value":"([^"]+)"/g)].map((match) => match[1]);
    expect(phones.length).toBeGreaterThan(3);
    for (const phone of phones) expect(phone).not.toMatch(/^\+\d+$/);
    expect(phones.some((phone) => /^0\d( \d\d){4}$/.test(phone ?? ''))).toBe(true);
  });

  test('no-profile: no profile left, kinds of slots kept', async () => {
    const bundle = await searchWith('no-profile');
    expect(JSON.stringify(bundle)).not.toContain('"profile"');
    expect(slots(bundle)[0]?.meta?.security?.length).toBeGreaterThan(0);
  });

  test('old-canonicals: the other base, the same last segment', async () => {
    const bundle = await searchWith('old-canonicals');
    expect(bundle.meta?.profile).toEqual([
      'http://sas.fr/fhir/StructureDefinition/sas-cpts-bundle-aggregator',
    ]);
    const schedule = resources(bundle).find(({ resourceType }) => resourceType === 'Schedule');
    expect(schedule?.meta?.profile?.[0]).toBe(
      'https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/FrScheduleAgregateur',
    );
  });

  test('empty-elements: empty text, list, object and null', async () => {
    const text = JSON.stringify(await searchWith('empty-elements'));
    for (const empty of ['""', '[]', '{}', 'null']) expect(text).toContain(`:${empty}`);
  });

  test('narrative: text, versionId and lastUpdated everywhere, profiles kept', async () => {
    for (const resource of resources(await searchWith('narrative'))) {
      expect(resource).toMatchObject({
        text: { status: 'generated' },
        meta: { versionId: '7', profile: [expect.any(String)] },
      });
    }
  });

  test('unsorted: the same entries, in an order of their own that stays the same', async () => {
    const urls = (bundle: Bundle<FhirResource>) => bundle.entry?.map(({ fullUrl }) => fullUrl) ?? [];
    const first = urls(await searchWith('unsorted'));
    expect(first).not.toEqual(urls(sound));
    expect([...first].sort()).toEqual([...urls(sound)].sort());
    expect(urls(await search(slotUrl))).toEqual(first);
  });

  test('no-total', async () => {
    const { total: _total, ...rest } = sound;
    expect(await searchWith('no-total')).toEqual(rest);
  });
});

describe('a fault of names and references', () => {
  test('long-ids: longer than FHIR allows, still resolving', async () => {
    const bundle = await searchWith('long-ids');
    for (const { id } of resources(bundle)) expect(id).toHaveLength(128);
    expect(new Set(bundle.entry?.map(({ fullUrl }) => fullUrl)).size).toBe(bundle.entry?.length);
    expect(danglingReferences(JSON.stringify(bundle))).toEqual([]);
  });

  test('absolute-refs: the address of an entry', async () => {
    const bundle = await searchWith('absolute-refs');
    const urls = bundle.entry?.map(({ fullUrl }) => fullUrl);
    for (const slot of slots(bundle)) expect(urls).toContain(slot.schedule.reference);
    expect(JSON.stringify(bundle)).toContain('"reference":"#lieu-');
  });

  test('urn-refs: names of entries, each one once', async () => {
    const bundle = await searchWith('urn-refs');
    const urls = bundle.entry?.map(({ fullUrl }) => fullUrl) ?? [];
    for (const name of urls) expect(name).toMatch(/^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(new Set(urls).size).toBe(urls.length);
    for (const slot of slots(bundle)) expect(urls).toContain(slot.schedule.reference);
  });

  test('schedule-per-day: a schedule for each day of a role', async () => {
    const bundle = await searchWith('schedule-per-day');
    const days = new Map<string, Set<string>>();
    for (const { schedule, start } of slots(bundle)) {
      const name = schedule.reference ?? '';
      days.set(name, (days.get(name) ?? new Set()).add(start.slice(0, 10)));
    }
    expect([...days.values()].every((dates) => dates.size === 1)).toBe(true);
    const count = (one: Bundle<FhirResource>, type: string) =>
      resources(one).filter(({ resourceType }) => resourceType === type).length;
    expect(count(bundle, 'Schedule')).toBeGreaterThan(count(bundle, 'PractitionerRole'));
    expect(danglingReferences(JSON.stringify(bundle))).toEqual([]);
  });

  test('duplicate-practitioner: the same numbers twice, slots shared between twins', async () => {
    const bundle = await searchWith('duplicate-practitioner');
    expect(practitionersOf(bundle).sort()).toEqual([...asked, ...asked].sort());
    const schedules = new Set(slots(bundle).map(({ schedule }) => schedule.reference));
    expect([...schedules].some((name) => name?.endsWith('-bis'))).toBe(true);
    expect([...schedules].some((name) => !name?.endsWith('-bis'))).toBe(true);
    expect(danglingReferences(JSON.stringify(bundle))).toEqual([]);
  });
});

describe('a fault of paging', () => {
  const nextOf = (bundle: Bundle<FhirResource>) =>
    bundle.link?.find(({ relation }) => relation === 'next')?.url;

  test.each(['slot', 'sos'])('paging: all slots over pages that each resolve (%s)', async (flow) => {
    const url = flow === 'slot' ? slotUrl : sosUrl;
    const whole = slots(await search(url)).map(({ id }) => id);
    let page = await searchWith('paging', { pageSize: 7 }, url);
    const found: (string | undefined)[] = [];
    for (let count = 1; ; count += 1) {
      expect(slots(page).length).toBeLessThanOrEqual(7);
      expect(danglingReferences(JSON.stringify(page))).toEqual([]);
      found.push(...slots(page).map(({ id }) => id));
      const next = nextOf(page);
      if (next === undefined) {
        expect(count).toBe(Math.ceil(whole.length / 7));
        break;
      }
      expect(next.startsWith(`${vendor.url}?`)).toBe(true);
      page = await search(next);
    }
    expect(found).toEqual(whole);
  });

  test('paging-loop: a next page that is its own next', async () => {
    const next = nextOf(await searchWith('paging-loop'))!;
    expect(nextOf(await search(next))).toBe(next);
  });

  test('paging-foreign: a next page at another host', async () => {
    const next = nextOf(
      await searchWith('paging-foreign', { location: 'https://voleur.sandbox.test/fhir?p=2' }),
    );
    expect(next).toBe('https://voleur.sandbox.test/fhir?p=2');
  });

  test('an unknown page is gone', async () => {
    expect((await get(`${vendor.url}?_getpages=999&_getpagesoffset=1`, scene.agent)).status).toBe(410);
  });
});

describe('a fault seen in the field', () => {
  const raw = async (kind: FaultKind, parameters = {}) =>
    (await searchWith(kind, parameters)) as unknown as { total: number; entry: object };

  test('entry-shape: every form, and the same entries in it', async () => {
    const entries = sound.entry ?? [];
    expect(Object.values((await raw('entry-shape')).entry)).toEqual(entries);
    expect((await raw('entry-shape', { form: 'single' })).entry).toEqual(entries[0]);
    expect((await raw('entry-shape', { form: 'nested' })).entry).toEqual([entries]);
    expect((await raw('entry-shape', { form: 'bundles' })).entry).toMatchObject([
      { resource: { resourceType: 'Bundle', entry: entries } },
    ]);
    const absent = await raw('entry-shape', { form: 'absent' });
    expect(absent).toMatchObject({ total: sound.total });
    expect(absent).not.toHaveProperty('entry');
  });

  test.each(['own', 'same'])(
    'mixed-bases: ids that stand for several contents, fullUrls %s',
    async (fullUrls) => {
      const bundle = await searchWith('mixed-bases', { fullUrls });
      const schedules = bundle.entry?.filter(({ resource }) => resource?.resourceType === 'Schedule') ?? [];
      expect(schedules.length).toBeGreaterThan(2);
      expect(new Set(schedules.map(({ resource }) => resource?.id))).toEqual(new Set(['1']));
      expect(new Set(schedules.map(({ fullUrl }) => fullUrl)).size).toBe(
        fullUrls === 'own' ? schedules.length : 1,
      );
      expect(slots(bundle)).toHaveLength(slots(sound).length);
      expect(new Set(practitionersOf(bundle))).toEqual(new Set(asked));
      expect(danglingReferences(JSON.stringify(bundle))).toEqual([]);
    },
  );

  test.each([
    ['schedule', 'Schedule', { active: false }],
    ['role', 'PractitionerRole', { active: false }],
    ['modifier', 'Slot', { modifierExtension: [{}] }],
    ['location', 'PractitionerRole', { contained: [{ status: 'suspended' }] }],
  ])('out-of-use: %s', async (what, type, mark) => {
    const marked = resources(await searchWith('out-of-use', { what })).filter(
      ({ resourceType }) => resourceType === type,
    );
    expect(marked.length).toBeGreaterThan(0);
    for (const one of marked) expect(one).toMatchObject(mark);
  });

  test('outcome-incomplete: half of the slots, and an error in the Bundle', async () => {
    const bundle = await searchWith('outcome-incomplete');
    expect(slots(bundle)).toHaveLength(Math.ceil(slots(sound).length / 2));
    expect(bundle.total).toBe(slots(bundle).length);
    expect(resources(bundle).at(-1)).toMatchObject({
      resourceType: 'OperationOutcome',
      issue: [{ severity: 'error', code: 'incomplete' }],
    });
  });

  test('cut-short: half of the slots under the whole total, and no next', async () => {
    const bundle = await searchWith('cut-short');
    expect(slots(bundle)).toHaveLength(Math.ceil(slots(sound).length / 2));
    expect(bundle.total).toBe(sound.total);
    expect(bundle.link).toEqual(sound.link);
  });

  test.each([1, 2])('shared-schedule: two practitioners on each Schedule, of %i asked', async (count) => {
    const url = `${vendor.url}/Slot?${slotQuery({ identifiers: asked.slice(0, count), from: NOW, to: TO })}`;
    const bundle = await searchWith('shared-schedule', {}, url);
    expect(new Set(practitionersOf(bundle)).size).toBe(2);
    for (const one of resources(bundle)) {
      if (one.resourceType !== 'Schedule') continue;
      const named = one.actor.filter(({ reference }) => reference?.startsWith('Practitioner/'));
      expect(named).toHaveLength(2);
    }
    expect(danglingReferences(JSON.stringify(bundle))).toEqual([]);
  });

  test('foreign-labels: no slot has a kind', async () => {
    for (const { meta } of slots(await searchWith('foreign-labels')))
      expect(meta?.security).toMatchObject([{ system: expect.stringContaining('v3-Confidentiality') }]);
  });

  test('versioned-refs: every reference but those to contained resources', async () => {
    for (const { schedule } of slots(await searchWith('versioned-refs')))
      expect(schedule.reference).toMatch(/^Schedule\/[^/]+\/_history\/1$/);
  });
});

test('a mix applies each in order', async () => {
  vendor.setFaults(['someone-else', 'unprefixed', 'no-total', 'no-profile']);
  const bundle = await search(slotUrl);
  expect(practitionersOf(bundle).length).toBe(asked.length + 1);
  for (const value of practitionersOf(bundle)) expect(value).toMatch(/^(\d{11}|\d{9})$/);
  expect(bundle).not.toHaveProperty('total');
  expect(bundle).not.toHaveProperty('meta');
});

test('a fault leaves the next sound answer untouched', async () => {
  await searchWith('unprefixed');
  vendor.setFaults([]);
  expect(await search(slotUrl)).toEqual(sound);
});

test('every fault of content has been seen here', () => {
  expect(FAULT_KINDS.filter((kind) => FAULTS[kind].stage === 'content' && !tested.has(kind))).toEqual([]);
});
