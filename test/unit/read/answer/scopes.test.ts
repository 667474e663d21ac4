// An id holds where it was written: never an hour of one practitioner under another's name or at another's address.

import { describe, expect, it } from 'vitest';
import { ReaderMemory } from '../../../../shared/sas/read/reader-memory.ts';
import { readCounted } from '../../../support/oracles/read-answer.ts';
import {
  bundle,
  contained,
  ESTABLISHMENT,
  type Json,
  practitioner,
  RPPS,
  role,
  SERVICE_EXTENSION,
  SIRET,
  schedule,
  slot,
  sosAnswer,
} from '../../../support/samples/vendor-bundle.ts';

const OTHER = '899900000025';
const subjects = [RPPS, OTHER];
const AT_TEN = '2026-11-24T10:00:00.000+01:00';
const AT_ELEVEN = '2026-11-24T11:00:00.000+01:00';
const atEleven = { start: AT_ELEVEN, end: '2026-11-24T11:20:00.000+01:00' };

const person = (value: string): Json => practitioner({ identifier: [{ value }] });
const roleIn = (city: string, over: Json = {}): Json =>
  role({
    contained: [contained({ address: { line: ['1 rue Imaginaire'], city, postalCode: '81000' } })],
    ...over,
  });

/** Two practices that count from 1 alike. */
const practiceA = [slot(), schedule(), person(RPPS), roleIn('Albi')];
const practiceB = [slot(atEleven), schedule(), person(OTHER), roleIn('Castres')];

const entriesAt = (base: string, resources: readonly Json[]): Json[] =>
  resources.map((resource) => ({
    fullUrl: `${base}/${String(resource.resourceType)}/${String(resource.id)}`,
    resource,
  }));
const page = (entry: readonly Json[]): Json => ({ resourceType: 'Bundle', type: 'searchset', entry });
const bare = (resources: readonly Json[]): Json => page(resources.map((resource) => ({ resource })));

/** Who has which hour where. */
function shownOf({ subjects: found }: ReturnType<typeof readCounted>): string[] {
  return found.flatMap(({ subject, places }) =>
    places.flatMap(({ site, slots }) => {
      const { contained: [location] = [] } = JSON.parse(site.text) as { contained?: Json[] };
      const { city } = (location as { address: { city: string } }).address;
      return slots.map(([, , start]) => `${subject} ${city} ${start}`);
    }),
  );
}
const BOTH = [`${RPPS} Albi ${AT_TEN}`, `${OTHER} Castres ${AT_ELEVEN}`];

describe('two practices with the same ids', () => {
  it('in one Bundle are told apart by the base of their fullUrl', () => {
    const both = page([
      ...entriesAt('https://a.example/fhir', practiceA),
      ...entriesAt('https://b.example/fhir', practiceB),
    ]);
    const read = readCounted(both, { subjects });
    expect(shownOf(read)).toEqual(BOTH);
    expect(read).toMatchObject({ received: 2, shown: 2, dropped: {}, doubts: [] });
  });

  it('on two pages are told apart by their page', () => {
    expect(shownOf(readCounted([bare(practiceA), bare(practiceB)], { subjects }))).toEqual(BOTH);
    const pages = [bundle(practiceA), bundle(practiceB)];
    expect(shownOf(readCounted(pages, { subjects }))).toEqual(BOTH);
  });

  it('are told apart where the same objects stand on both pages', () => {
    const agenda = schedule();
    const hour = slot();
    const pages = [
      bare([hour, agenda, person(RPPS), roleIn('Albi')]),
      bare([hour, agenda, person(OTHER), roleIn('Castres')]),
    ];
    // As the relay gives entries that it knows, with what they were read as on the other page.
    const memory = new ReaderMemory();
    for (const over of [{ subjects }, { subjects, memory }, { subjects, memory }])
      expect(shownOf(readCounted(pages, over))).toEqual([BOTH[0], `${OTHER} Castres ${AT_TEN}`]);
  });

  it('in Bundles within the Bundle are told apart by these', () => {
    const nested = page([{ resource: bare(practiceA) }, { resource: bare(practiceB) }]);
    expect(shownOf(readCounted(nested, { subjects }))).toEqual(BOTH);
  });

  it('of one practitioner stay two places', () => {
    const both = page([
      ...entriesAt('https://a.example/fhir', practiceA),
      ...entriesAt('https://b.example/fhir', [slot(atEleven), schedule(), person(RPPS), roleIn('Castres')]),
    ]);
    expect(shownOf(readCounted(both))).toEqual([BOTH[0], `${RPPS} Castres ${AT_ELEVEN}`]);
  });

  it('of which one lacks its agenda do not borrow the other’s', () => {
    const [, ...withoutSlot] = practiceA;
    const [orphan] = practiceB as [Json];
    for (const reference of [
      'Schedule/schedule-1',
      'https://b.example/fhir/Schedule/schedule-1/_history/2',
    ]) {
      const both = page([
        ...entriesAt('https://a.example/fhir', withoutSlot),
        ...entriesAt('https://b.example/fhir', [{ ...orphan, schedule: { reference } }]),
      ]);
      expect(readCounted(both, { subjects })).toMatchObject({
        shown: 0,
        dropped: { 'slot-schedule-unresolved': 1 },
        doubts: [{ rule: 'slot-schedule-unresolved' }],
      });
    }
  });

  it('have each their CPTS', () => {
    const hour = (over: Json = {}): Json =>
      slot({
        meta: { security: [{ code: 'CPTS' }] },
        serviceType: [
          {
            coding: [{ system: ESTABLISHMENT, code: '604' }],
            extension: [{ url: SERVICE_EXTENSION, valueReference: { reference: 'HealthcareService/1' } }],
          },
        ],
        ...over,
      });
    const cpts = (value: string): Json[] => [
      { resourceType: 'HealthcareService', id: '1', providedBy: { reference: 'Organization/1' } },
      { resourceType: 'Organization', id: '1', name: `CPTS ${value}`, identifier: [{ value }] },
    ];
    const both = page([
      ...entriesAt('https://a.example', [hour(), ...practiceA.slice(1), ...cpts('1990000009')]),
      ...entriesAt('https://b.example', [hour(atEleven), ...practiceB.slice(1), ...cpts('1990000017')]),
    ]);
    const read = readCounted(both, { subjects, flow: 'INT_R04' });
    const names = read.subjects.map(({ places: [place] }) => {
      const [service = -1] = read.shapes[place!.slots[0]![0]]!.services;
      return (JSON.parse(read.services[service]!.organization.text) as Json).name;
    });
    expect(names).toEqual(['CPTS 1990000009', 'CPTS 1990000017']);
  });

  it('have each their association', () => {
    const other = '399900000100089';
    const sos = (base: string, value: string, over: Json): Json[] => {
      const entries = sosAnswer([slot(over)], { organization: { identifier: [{ value }] } }).entry as Json[];
      return entriesAt(
        base,
        entries.map(({ resource }) => resource as Json),
      );
    };
    const both = page([...sos('https://a.example', SIRET, {}), ...sos('https://b.example', other, atEleven)]);
    const read = readCounted(both, { flow: 'SOS', subjects: [SIRET, other] });
    const starts = read.subjects.map(({ subject, places }) => [subject, places[0]!.slots[0]![2]]);
    expect(starts).toEqual([
      [SIRET, AT_TEN],
      [other, AT_ELEVEN],
    ]);
  });
});

describe('[slot-reference-ambiguous] an id with two contents in one scope', () => {
  it.each<[string, Json[]]>([
    [
      'agendas',
      [schedule(), schedule({ actor: [{ reference: 'Practitioner/ps-2' }] }), person(RPPS), role()],
    ],
    ['practitioners', [schedule(), person(RPPS), person(OTHER), role()]],
  ])('leaves everybody unknown for two %s', (_what, resources) => {
    const expected = {
      shown: 0,
      dropped: { 'slot-reference-ambiguous': 1 },
      doubts: [{ rule: 'slot-reference-ambiguous' }],
    };
    expect(readCounted(bundle([slot(), ...resources]), { subjects })).toMatchObject(expected);
    expect(readCounted(bare([slot(), ...resources]), { subjects })).toMatchObject(expected);
  });

  it('leaves the practitioner unknown whose role or place has two', () => {
    const roles = bundle([slot(), schedule(), person(RPPS), roleIn('Albi'), roleIn('Castres')]);
    expect(readCounted(roles, { subjects }).doubts).toEqual([{ rule: 'slot-reference-ambiguous' }]);
    const places = roleIn('Albi', { contained: [], location: [{ reference: 'Location/lieu-1' }] });
    const address = { line: ['2 rue Imaginaire'], city: 'Albi', postalCode: '81000' };
    const two = [contained(), contained({ address })];
    expect(
      readCounted(bundle([slot(), schedule(), person(RPPS), places, ...two]), { subjects }).doubts,
    ).toEqual([{ rule: 'slot-reference-ambiguous', subjects: [RPPS] }]);
    const inside = role({ contained: two });
    expect(readCounted(bundle([slot(), schedule(), person(RPPS), inside]), { subjects }).doubts).toEqual([
      { rule: 'slot-reference-ambiguous', subjects: [RPPS] },
    ]);
  });

  it('is one content when only its version differs', () => {
    const again = schedule({ meta: { lastUpdated: '2026-11-24T08:00:00Z' } });
    expect(readCounted(bundle([slot(), schedule(), again, person(RPPS), role()])).shown).toBe(1);
  });

  it('leads nowhere from another page, where ids hold for one page only', () => {
    const pages = [bare(practiceA), bare(practiceB), bare([slot({ id: 'slot-3' })])];
    const read = readCounted(pages, { subjects });
    expect(shownOf(read)).toEqual(BOTH);
    expect(read.doubts).toEqual([{ rule: 'slot-reference-ambiguous' }]);
  });
});

describe('contained resources', () => {
  it('hold within what contains them', () => {
    const agenda = (value: string): Json => ({
      schedule: { reference: '#agenda' },
      contained: [
        schedule({ id: 'agenda', actor: [{ reference: '#ps' }, { reference: '#role' }] }),
        practitioner({ id: 'ps', identifier: [{ value }] }),
        role({
          id: 'role',
          contained: undefined,
          practitioner: { reference: '#ps' },
          location: [{ reference: '#lieu-1' }],
        }),
        contained(),
      ],
    });
    const read = readCounted(bundle([slot(agenda(RPPS)), slot({ ...agenda(OTHER), ...atEleven })]), {
      subjects,
    });
    expect(shownOf(read)).toEqual([BOTH[0], `${OTHER} Albi ${AT_ELEVEN}`]);
  });

  it('are no resources of the Bundle', () => {
    const read = readCounted(
      bundle([slot({ schedule: { reference: '#schedule-1' } }), ...practiceA.slice(1)]),
    );
    expect(read.dropped).toEqual({ 'slot-schedule-unresolved': 1 });
  });
});

describe('a reference', () => {
  it.each([
    'https://vendor.example/fhir/Schedule/schedule-1',
    'HTTP://Vendor.example:80//fhir/Schedule/schedule-1/_history/7',
    'Schedule/schedule-1/_history/2',
    '/Schedule/schedule-1',
  ])('is followed as %s', (reference) => {
    expect(readCounted(bundle([slot({ schedule: { reference } }), ...practiceA.slice(1)])).shown).toBe(1);
  });

  it.each(['https://elsewhere.example/fhir/Schedule/schedule-1', 'schedule-1', 'Schedule?identifier=1'])(
    'is not followed as %s',
    (reference) => {
      const read = readCounted(bundle([slot({ schedule: { reference } }), ...practiceA.slice(1)]));
      expect(read.doubts).toEqual([{ rule: 'slot-schedule-unresolved' }]);
    },
  );
});

describe('a place', () => {
  it('is one whose technical ids are new with each slot', () => {
    const each = [1, 2, 3].flatMap((n) => [
      slot({
        id: `s${n}`,
        start: `2026-11-24T1${n}:00:00.000+01:00`,
        end: `2026-11-24T1${n}:20:00.000+01:00`,
        schedule: { reference: `Schedule/a${n}` },
      }),
      schedule({
        id: `a${n}`,
        actor: [{ reference: 'Practitioner/ps-1' }, { reference: `PractitionerRole/r${n}` }],
      }),
      role({ id: `r${n}`, contained: [contained({ id: `l${n}` })], location: [{ reference: `#l${n}` }] }),
    ]);
    const read = readCounted(bundle([...each, practitioner()]));
    expect(read.subjects[0]!.places).toHaveLength(1);
    expect(read.subjects[0]!.places[0]!.slots).toHaveLength(3);
    const renamed = readCounted(bundle([...each.slice(3), practitioner()]));
    expect(renamed.subjects[0]!.places[0]!.site.id).toBe(read.subjects[0]!.places[0]!.site.id);
  });
});
