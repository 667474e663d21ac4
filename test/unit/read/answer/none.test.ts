// "None needs proof": whatever of an answer is not understood leaves unknown whom it may be about; what is understood and
// rightly not shown does not.

import { describe, expect, it } from 'vitest';
import { readCounted } from '../../../support/oracles/read-answer.ts';
import {
  answer,
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
const read = (page: Json) => readCounted(page, { subjects });
const entriesOf = (page: Json): Json[] => page.entry as Json[];
const withEntry = (entry: unknown, over: Json = {}): Json => ({ ...bundle([]), entry, ...over });
const outcome = (issue: unknown): Json => ({ resourceType: 'OperationOutcome', id: 'oo', issue });
const answerWith = (...more: Json[]): Json => bundle([slot(), schedule(), practitioner(), role(), ...more]);

describe('entries are read in whatever form of list they come', () => {
  const entries = entriesOf(answer([slot()]));
  it.each<[string, unknown]>([
    ['an object with numbers for keys', { ...entries }],
    [
      'an object with numbers that begin at one and have holes',
      { 1: entries[0], 7: entries[1], 8: entries[2], 9: entries[3] },
    ],
    ['lists in the list', [entries.slice(0, 2), [entries.slice(2)]]],
    ['resources without their entry', entries.map(({ resource }) => resource)],
    ['a Bundle in the Bundle', [{ resource: answer([slot()]) }]],
    ['one entry without its list', { resource: answer([slot()]) }],
  ])('%s', (_form, entry) => {
    expect(read(withEntry(entry))).toMatchObject({ received: 1, shown: 1, dropped: {}, doubts: [] });
  });
});

describe('[answer-not-understood] nobody is "none"', () => {
  it.each<[string, Json]>([
    ['an entry list that is no list', withEntry('')],
    ['an empty object for a list', withEntry({})],
    ['an entry that is null', withEntry([null])],
    ['an entry that is an empty list', withEntry([[]])],
    ['an entry without a resource', withEntry([{ fullUrl: 'https://vendor.example/fhir/Slot/1' }])],
    ['a resource that is a list', withEntry([{ resource: [slot()] }])],
    ['a resource without its type', bundle([slot({ resourceType: undefined })])],
    ['a type that R4 does not know', bundle([slot({ resourceType: 'Creneau' })])],
    ['a type written otherwise', bundle([slot({ resourceType: 'slot' })])],
    ['a slot within another resource', bundle([schedule({ contained: [slot()] })])],
    [
      'a resource that carries others',
      bundle([{ resourceType: 'Parameters', parameter: [{ resource: slot() }] }]),
    ],
    ['entries by another name', { ...bundle([]), entry: undefined, entries: [{ resource: slot() }] }],
    ['an outcome that says nothing', bundle([outcome([])])],
    ['a total that is no number', { ...bundle([]), total: 'deux' }],
    ['a link that is no link', { ...bundle([]), link: ['next'] }],
    ['rules of its own', { ...bundle([]), implicitRules: 'https://vendor.example/rules' }],
    [
      'a modifier of an entry',
      withEntry([{ ...entriesOf(answer([slot()]))[0], modifierExtension: [{ url: 'urn:x' }] }]),
    ],
    [
      'a Bundle of another type in the Bundle',
      bundle([{ ...answer([slot()]), type: 'history' }, outcome([])]),
    ],
  ])('after %s', (_what, page) => {
    const { shown, doubts, repaired } = readCounted(page, { subjects, flow: 'INT_R04' });
    expect(doubts).toContainEqual({ rule: 'answer-not-understood' });
    expect(repaired).toMatchObject({ 'answer-not-understood': 1 });
    expect(shown).toBeLessThan(2);
  });
});

describe('[answer-incomplete] nobody is "none"', () => {
  it.each<[string, Json]>([
    ['an outcome with an error', answerWith(outcome([{ severity: 'error', code: 'processing' }]))],
    ['an outcome that is fatal', answerWith(outcome([{ severity: 'FATAL', code: 'exception' }]))],
    ['an outcome not in a list', answerWith(outcome({ severity: 'error' }))],
    ['an outcome without severity', answerWith(outcome([{ code: 'processing' }]))],
    ['a warning that part is missing', answerWith(outcome([{ severity: 'warning', code: 'incomplete' }]))],
    ['more results counted than came', { ...answerWith(), total: 40 }],
    ['one result more than came, beside all that is included', { ...answerWith(), total: 2 }],
    ['results counted and no entry', { ...bundle([]), entry: undefined, total: '2' }],
    ['a second way on', { ...answerWith(), link: ['a', 'b'].map((url) => ({ relation: 'next', url })) }],
    [
      'a Bundle in the Bundle that goes on elsewhere',
      answerWith({ ...bundle([]), link: [{ relation: 'next', url: '?2' }] }),
    ],
  ])('after %s', (_what, page) => {
    const { doubts, repaired } = read(page);
    expect(doubts).toEqual([{ rule: 'answer-incomplete' }]);
    expect(repaired).toMatchObject({ 'answer-incomplete': 1 });
  });
});

it.each<[string, Json]>([
  ['no entry', { ...bundle([]), entry: undefined }],
  ['null for its entries', { ...bundle([]), entry: null, total: 0 }],
  ['an empty list', { ...bundle([]), total: 0, link: { relation: 'self', url: 'https://vendor.example/' } }],
  ['more counted than slots, what it includes too', { ...answerWith(), total: 4 }],
  ['a resource of another kind', answerWith({ resourceType: 'Endpoint', id: 'e' })],
  ['an outcome that informs or warns', answerWith(outcome([{ severity: 'warning', code: 'not-supported' }]))],
])('an answer with %s is understood', (_what, page) => {
  expect(read(page).doubts).toEqual([]);
});

describe('a slot that is not understood leaves its practitioner unknown, nobody else', () => {
  it.each<[string, Json]>([
    ['[slot-status-unknown] without a status', { status: undefined }],
    ['[slot-status-unknown] with a status of its own', { status: 'disponible' }],
    ['[slot-modifier-unknown] with a modifier of its own', { modifierExtension: [{ url: 'urn:x-annule' }] }],
    ['[slot-modifier-unknown] with rules of its own', { implicitRules: 'https://vendor.example/rules' }],
    [
      '[slot-kind-unknown] of a kind that the guide does not know',
      { meta: { security: [{ code: 'PRIVE' }] } },
    ],
    ['[slot-kind-unknown] with a kind in words', { meta: { security: ['PUBLIC'] } }],
    ['[slot-kind-unknown] with a meta that is none', { meta: 'PUBLIC' }],
    ['[slot-dates-unreadable] without a start', { start: undefined }],
    ['[slot-end-not-after-start] that ends before it begins', { end: '2026-11-24T09:00:00.000+01:00' }],
  ])('%s', (title, over) => {
    const rule = /^\[(.*)\]/.exec(title)![1]!;
    const result = read(answer([slot(over)]));
    expect(result).toMatchObject({ shown: 0, dropped: { [rule]: 1 }, doubts: [{ rule, subjects: [RPPS] }] });
    // Where its practitioner cannot be told, it may be anybody's; where he was not asked, it is nobody's.
    expect(read(bundle([slot(over)])).doubts).toEqual([{ rule: expect.stringMatching(/^slot-/) }]);
    expect(readCounted(answer([slot(over)]), { subjects: [OTHER] }).doubts).toEqual([]);
  });

  it.each<[string, Json[]]>([
    ['slot-site-unresolved', [practitioner(), role({ contained: [] })]],
    ['slot-site-unresolved', [practitioner()]],
    ['site-address-incomplete', [practitioner(), role({ contained: [contained({ address: 'Albi' })] })]],
    [
      'site-address-incomplete',
      [
        practitioner(),
        role({ contained: [contained({ address: { ...(contained().address as Json), use: 'old' } })] }),
      ],
    ],
  ])('for want of its place: %s', (rule, resources) => {
    expect(read(bundle([slot(), schedule(), ...resources])).doubts).toEqual([{ rule, subjects: [RPPS] }]);
  });

  it.each<[string, Json[]]>([
    ['slot-schedule-unresolved', []],
    ['slot-schedule-unresolved', [practitioner(), role()]],
    ['slot-holder-unresolved', [schedule(), role()]],
    ['slot-holder-unresolved', [schedule(), practitioner({ identifier: [{ value: 'RPPS 17' }] }), role()]],
    [
      'slot-holder-unresolved',
      [
        schedule({ actor: [{ reference: 'Practitioner/ps-9' }, { reference: 'PractitionerRole/role-1' }] }),
        practitioner(),
        role(),
      ],
    ],
  ])('or everybody, when it may be anybody’s: %s', (rule, resources) => {
    expect(read(bundle([slot(), ...resources])).doubts).toEqual([{ rule }]);
  });
});

describe('[slot-holder-ambiguous] an agenda of two', () => {
  const two = schedule({
    actor: [...(schedule().actor as Json[]), { reference: 'Practitioner/ps-2' }],
  });
  const second = (value: string): Json => practitioner({ id: 'ps-2', identifier: [{ value }] });

  it('is shown under none of them, and those who were asked are unknown', () => {
    const page = bundle([slot(), two, practitioner(), second(OTHER), role()]);
    const rule = 'slot-holder-ambiguous';
    expect(read(page)).toMatchObject({ shown: 0, doubts: [{ rule, subjects: [RPPS, OTHER] }] });
    expect(readCounted(page)).toMatchObject({ shown: 0, doubts: [{ rule, subjects: [RPPS] }] });
    expect(readCounted(page, { subjects: ['899900000033'] }).doubts).toEqual([]);
  });

  it('is his whose role it is not either', () => {
    const page = bundle([
      slot(),
      schedule(),
      practitioner(),
      second(OTHER),
      role({ practitioner: { reference: 'Practitioner/ps-2' } }),
    ]);
    expect(read(page).doubts).toEqual([{ rule: 'slot-holder-ambiguous', subjects: [RPPS, OTHER] }]);
  });

  it('is one person who is sent twice', () => {
    expect(read(bundle([slot(), two, practitioner(), second(RPPS), role()])).shown).toBe(1);
  });

  it('leaves unknown the other number under which the same person was asked', () => {
    const adeli = '0759900017';
    const both = practitioner({ identifier: [{ value: RPPS }, { value: adeli }] });
    const result = readCounted(bundle([slot(), schedule(), both, role()]), { subjects: [adeli, RPPS] });
    expect(result.subjects.map(({ subject }) => subject)).toEqual([RPPS]);
    expect(result.doubts).toEqual([{ rule: 'slot-holder-ambiguous', subjects: [adeli] }]);
  });

  it('leaves unknown whom a number of another kind does not rule out', () => {
    const adeli = practitioner({ identifier: [{ value: '0759900017' }] });
    expect(read(bundle([slot(), schedule(), adeli, role()])).doubts).toEqual([
      { rule: 'slot-of-someone-else', subjects },
    ]);
  });
});

describe('what is understood and rightly not shown leaves nobody unknown', () => {
  it.each<[string, Json]>([
    ['a busy slot', { status: 'busy' }],
    ['a slot entered in error', { status: 'entered-in-error' }],
    [
      'a slot outside the window',
      { start: '2026-12-24T10:00:00.000+01:00', end: '2026-12-24T10:20:00.000+01:00' },
    ],
  ])('%s', (_what, over) => {
    expect(read(answer([slot(over)]))).toMatchObject({ received: 1, shown: 0, doubts: [] });
  });

  it('a slot of another flow’s kind', () => {
    const meta = { security: [{ code: 'PRO' }] };
    const result = readCounted(sosAnswer([slot({ meta })]), { flow: 'SOS', subjects: [SIRET] });
    expect(result).toMatchObject({ shown: 0, dropped: { 'slot-kind-not-shown': 1 }, doubts: [] });
  });

  it('somebody else’s slot', () => {
    expect(readCounted(answer([slot()]), { subjects: [OTHER] }).doubts).toEqual([]);
  });

  it('a label of another system, which is no kind of slot: the slot is shown', () => {
    const label = { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'N' };
    const result = read(answer([slot({ meta: { security: [label] } })]));
    expect(result).toMatchObject({ shown: 1, doubts: [] });
    expect(JSON.parse(`{${result.shapes[0]!.text}}`)).not.toHaveProperty('meta.security');
  });
});

describe('what is out of use is not shown, and that is understood', () => {
  it.each<[string, Json]>([
    [
      '[schedule-out-of-use] an agenda',
      bundle([slot(), schedule({ active: false }), practitioner(), role()]),
    ],
    [
      '[practitioner-out-of-use] a practitioner',
      bundle([slot(), schedule(), practitioner({ active: false }), role()]),
    ],
    ['[role-out-of-use] a role', bundle([slot(), schedule(), practitioner(), role({ active: false })])],
    [
      '[location-out-of-use] a place',
      bundle([slot(), schedule(), practitioner(), role({ contained: [contained({ status: 'suspended' })] })]),
    ],
    [
      '[location-out-of-use] though it could not be read',
      bundle([
        slot(),
        schedule(),
        practitioner(),
        role({ contained: [contained({ status: 'inactive', address: {} })] }),
      ]),
    ],
    [
      '[organization-out-of-use] a structure',
      bundle([
        slot(),
        schedule(),
        practitioner(),
        role({ organization: { reference: 'Organization/o' } }),
        { resourceType: 'Organization', id: 'o', active: false },
      ]),
    ],
    [
      '[schedule-out-of-use] though its slot could not be read',
      bundle([slot({ start: 'demain' }), schedule({ active: false })]),
    ],
  ])('%s', (title, page) => {
    const result = read(page);
    expect(result).toMatchObject({ received: 1, shown: 0, doubts: [] });
    if (!title.includes('slot')) expect(result.dropped).toEqual({ [/^\[(.*)\]/.exec(title)![1]!]: 1 });
  });

  it.each<[string, Parameters<typeof sosAnswer>[1]]>([
    ['location-out-of-use', { location: { status: 'inactive' } }],
    ['organization-out-of-use', { organization: { active: false } }],
  ])('for an association: %s', (rule, over) => {
    const result = readCounted(sosAnswer([slot()], over), { flow: 'SOS', subjects: [SIRET] });
    expect(result).toMatchObject({ shown: 0, dropped: { [rule]: 1 }, doubts: [] });
  });

  it.each<[string, Json]>([
    ['an agenda', schedule({ modifierExtension: [{ url: 'urn:x' }] })],
    ['an agenda neither in use nor out of it', schedule({ active: 'false' })],
    ['a practitioner', practitioner({ modifierExtension: [{ url: 'urn:x' }] })],
    ['a role', role({ implicitRules: 'urn:x' })],
    ['a place', role({ contained: [contained({ modifierExtension: [{ url: 'urn:x' }] })] })],
    ['a place in a state of its own', role({ contained: [contained({ status: 'closed' })] })],
  ])('unless a modifier is not known: of %s', (_whose, resource) => {
    const { resourceType } = resource;
    const others = [schedule(), practitioner(), role()].filter((one) => one.resourceType !== resourceType);
    const result = read(bundle([slot(), resource, ...others]));
    expect(result).toMatchObject({ shown: 0, doubts: [{ rule: 'slot-modifier-unknown', subjects: [RPPS] }] });
  });

  describe('[cpts-out-of-use] a CPTS is taken from the slot', () => {
    const cpts = (kinds: string[], service: Json, owner: Json = {}): Json =>
      bundle([
        slot({
          meta: { security: kinds.map((code) => ({ code })) },
          serviceType: [
            {
              coding: [{ system: ESTABLISHMENT, code: '604' }],
              extension: [{ url: SERVICE_EXTENSION, valueReference: { reference: 'HealthcareService/1' } }],
            },
          ],
        }),
        schedule(),
        practitioner(),
        role(),
        {
          resourceType: 'HealthcareService',
          id: '1',
          providedBy: { reference: 'Organization/1' },
          ...service,
        },
        { resourceType: 'Organization', id: '1', identifier: [{ value: '1990000009' }], ...owner },
      ]);
    const ask = (page: Json) => readCounted(page, { flow: 'INT_R04' });

    it('which is shown without it', () => {
      expect(ask(cpts(['PUBLIC', 'CPTS'], { active: false }))).toMatchObject({
        shown: 1,
        repaired: { 'cpts-out-of-use': 1 },
        services: [],
      });
    });

    it('[slot-cpts-out-of-use] which is not shown when it was of that CPTS alone', () => {
      for (const page of [cpts(['CPTS'], { active: false }), cpts(['CPTS'], {}, { active: false })])
        expect(ask(page)).toMatchObject({ shown: 0, dropped: { 'slot-cpts-out-of-use': 1 }, doubts: [] });
    });

    it('which is unknown when the CPTS carries a modifier that is not known', () => {
      const modified = ask(cpts(['CPTS'], { modifierExtension: [{ url: 'urn:x' }] }));
      expect(modified.doubts).toEqual([{ rule: 'slot-cpts-unresolved', subjects: [RPPS] }]);
    });
  });
});
