// What is put right in an appointment before it is judged, element by element, and what of it is kept: each row is one
// spelling, what it becomes, and the repair that is told. docs/appointments.md.
import { describe, expect, it } from 'vitest';
import { EXTENSION, PROFILE, SYSTEM } from '../../../shared/sas/canonical.ts';
import { hasLabels, keepContent } from '../../../worker/appointments/model/content.ts';
import { canonicalOf, namedProfile, tolerate } from '../../../worker/appointments/model/tolerance.ts';

type Json = Readonly<Record<string, unknown>>;
const META = { profile: [PROFILE.appointment] };
const TYPE = { coding: [{ system: SYSTEM.identifierType, code: 'IDNPS' }] };
const OLD_TYPE = { coding: [{ system: 'http://interopsante.org/CodeSystem/v2-0203', code: 'IDNPS' }] };
const START = '2026-12-02T09:00:00+01:00';
const person = (value: string, over: Json = {}): Json => ({
  identifier: { type: TYPE, system: SYSTEM.idnps, value, ...over },
});
const withActor = (actor: unknown): Json => ({ participant: [{ actor, status: 'accepted' }] });

describe('each spelling x what it becomes', () => {
  const RIGHT: [string, Json, Json, string[]][] = [
    ['status in capitals', { status: 'BOOKED' }, { status: 'booked' }, ['status-spelling']],
    ['blanks around a status', { status: ' booked ' }, { status: 'booked' }, ['status-spelling']],
    ['no-show', { status: 'no-show' }, { status: 'noshow' }, ['status-spelling']],
    [
      'blanks around an identifier',
      { identifier: [{ system: ' s', value: 'v ' }] },
      { identifier: [{ system: 's', value: 'v' }] },
      ['identifier-blanks'],
    ],
    [
      "a participant's status",
      { participant: [{ status: 'Accepted' }] },
      { participant: [{ status: 'accepted' }] },
      ['status-spelling'],
    ],
    ...[
      'http://interopsante.org/CodeSystem/v2-0203',
      SYSTEM.identifierTypeHl7Fr,
      SYSTEM.locationIdentifierType,
      'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-location-identifier-type',
    ].map((system): [string, Json, Json, string[]] => [
      `identifier types of ${system}`,
      withActor(person('899900000017', { type: { coding: [{ system, code: 'IDNPS' }] } })),
      withActor(person('899900000017')),
      ['type-system'],
    ]),
    [
      'an RPPS without its prefix',
      withActor(person('99900000017')),
      withActor(person('899900000017')),
      ['identifier-prefix'],
    ],
    [
      'an ADELI without its prefix',
      withActor(person('992A00012')),
      withActor(person('0992A00012')),
      ['identifier-prefix'],
    ],
    [
      "blanks around an actor's number, which then wants its prefix",
      withActor(person(' 99900000017')),
      withActor(person('899900000017')),
      ['identifier-blanks', 'identifier-prefix'],
    ],
    [
      'the operator of an extension',
      {
        extension: [
          { url: EXTENSION.appointmentOperator, valueReference: person('99900000017', { type: OLD_TYPE }) },
        ],
      },
      { extension: [{ url: EXTENSION.appointmentOperator, valueReference: person('899900000017') }] },
      ['type-system', 'identifier-prefix'],
    ],
    [
      'an end that the duration says',
      { start: START, minutesDuration: 20 },
      { start: START, minutesDuration: 20, end: '2026-12-02T09:20:00.000+01:00' },
      ['end-from-duration'],
    ],
    ...[1, 24 * 60].map((minutesDuration): [string, Json, Json, string[]] => [
      `a duration of ${minutesDuration} minutes`,
      { start: START, minutesDuration },
      { end: minutesDuration === 1 ? '2026-12-02T09:01:00.000+01:00' : '2026-12-03T09:00:00.000+01:00' },
      ['end-from-duration'],
    ]),
  ];
  it.each(RIGHT)('%s', (_what, sent, becomes, repairs) => {
    const tolerated = tolerate({ meta: META, ...sent }, 'individual');
    expect(tolerated.resource).toMatchObject(becomes);
    expect([...tolerated.repairs]).toEqual(repairs);
  });

  const LEFT: [string, Json][] = [
    ['what is right', { status: 'booked', start: START, end: START, ...withActor(person('899900000017')) }],
    ['a status that is no text', { status: 7 }],
    ['an identifier that is no list', { identifier: { system: ' s' } }],
    ['an identifier among texts', { identifier: ['x', 7] }],
    ['an identifier whose value is no text', { identifier: [{ system: 's', value: 7 }] }],
    [
      'identifier types of unknown systems',
      withActor(person('899900000017', { type: { coding: [{ system: 'x' }] } })),
    ],
    [
      'an identifier type without system',
      withActor(person('899900000017', { type: { coding: [{ code: 'x' }] } })),
    ],
    ['a number under another system', withActor(person('99900000017', { system: 'other' }))],
    ['a number one digit short', withActor(person('9990000001'))],
    ['a number one digit long', withActor(person('999000000171'))],
    [
      'a number that is no text',
      withActor({ identifier: { type: TYPE, system: SYSTEM.idnps, value: 99900000017 } }),
    ],
    ['a number without type', withActor({ identifier: { system: SYSTEM.idnps, value: '99900000017' } })],
    ['a reference without identifier', withActor({ reference: 'Practitioner/1' })],
    ['another extension', { extension: [{ url: 'x', valueReference: person('99900000017') }] }],
    ['an end that is there', { start: START, end: START, minutesDuration: 20 }],
    ['a duration without start', { minutesDuration: 20 }],
    ['a duration of nothing', { start: START, minutesDuration: 0 }],
    ['a duration of more than a day', { start: START, minutesDuration: 24 * 60 + 1 }],
    ['a duration in pieces', { start: START, minutesDuration: 1.5 }],
    ['a duration as text', { start: START, minutesDuration: '20' }],
    ['a start that is none', { start: '2026-13-02T09:00:00Z', minutesDuration: 20 }],
    ['a start that is no text', { start: 7, minutesDuration: 20 }],
  ];
  it.each(LEFT)('%s stays as it is', (_what, sent) => {
    const tolerated = tolerate({ meta: META, ...sent }, 'individual');
    expect(tolerated).toEqual({ resource: { meta: META, ...sent }, repairs: new Set() });
  });
});

describe('the profile', () => {
  const BASE = 'http://else.example/StructureDefinition/';
  it.each<[string, unknown, 'individual' | 'sos' | undefined]>([
    ['ours', [PROFILE.appointment], 'individual'],
    ['ours of SOS', [PROFILE.appointmentSos], 'sos'],
    ['on another base', [`${BASE}FrAppointmentSAS`], 'individual'],
    ['with a version', [`${PROFILE.appointmentSos}|1.2.0`], 'sos'],
    ['with blanks', [` ${PROFILE.appointment} `], 'individual'],
    ['the second of two', ['http://x/Y', PROFILE.appointmentSos], 'sos'],
    ['unknown', ['http://x/Y'], undefined],
    ['of an object', ['http://x/toString'], undefined],
    ['no text', [7], undefined],
    ['none', [], undefined],
    ['no list', undefined, undefined],
  ])('named: %s', (_what, profile, expected) => {
    expect(namedProfile({ meta: { profile } })).toBe(expected);
  });

  it.each<[string, unknown, unknown, boolean]>([
    ['the one', META, META, false],
    ['none', undefined, META, true],
    ['an empty meta', {}, META, true],
    ['on another base', { profile: [`${BASE}FrAppointmentSAS`] }, META, true],
    ['two', { profile: [PROFILE.appointment, 'x'] }, META, true],
    ['what else is in it stays', { lastUpdated: 't' }, { lastUpdated: 't', ...META }, true],
    ['a meta that is no object', 'x', 'x', false],
    ['a profile that is no list', { profile: 'x' }, { profile: 'x' }, false],
    [
      'a profile that is no text',
      { profile: [PROFILE.appointment, 7] },
      { profile: [PROFILE.appointment, 7] },
      false,
    ],
  ])('written: %s', (_what, meta, expected, isRepaired) => {
    const { resource, repairs } = tolerate({ ...(meta !== undefined && { meta }) }, 'individual');
    expect(resource.meta).toEqual(expected);
    expect(repairs.has('profile-canonical')).toBe(isRepaired);
  });

  it.each([
    ['individual', PROFILE.appointment],
    ['sos', PROFILE.appointmentSos],
  ] as const)('of %s is %s', (profile, canonical) => {
    expect(canonicalOf(profile)).toBe(canonical);
    expect(tolerate({}, profile).resource.meta).toEqual({ profile: [canonical] });
  });
});

describe('a slot sent inside', () => {
  const slot = { resourceType: 'Slot', id: 's1', start: START };
  it('becomes a reference, told as a repair', () => {
    const sent = { meta: META, contained: [slot], slot: [{ reference: '#s1' }] };
    const { resource, repairs } = tolerate(sent, 'individual');
    expect(resource).toEqual({ meta: META, slot: [{ reference: 'Slot/s1' }] });
    expect([...repairs]).toEqual(['slot-contained']);
  });
});

describe('what is kept', () => {
  const coding = { system: 's', version: '1', code: 'c' };
  const concept = { coding: [coding] };
  const period = { start: 'a', end: 'b' };
  const identifier = { use: 'official', type: concept, system: 's', value: 'v', period };
  const KEPT: Json = {
    extension: [
      { url: EXTENSION.appointmentOperator, valueReference: { type: 'Practitioner', identifier } },
      { url: 'other', valueCodeableConcept: concept },
    ],
    identifier: [identifier],
    status: 'booked',
    cancelationReason: concept,
    serviceCategory: [concept],
    serviceType: [concept],
    specialty: [concept],
    appointmentType: concept,
    priority: 1,
    start: 'a',
    end: 'b',
    minutesDuration: 20,
    slot: [
      { reference: 'Slot/1', type: 'Slot' },
      { type: 'Slot', identifier },
    ],
    created: 'c',
    participant: [
      {
        type: [concept],
        actor: { reference: 'Practitioner/1', type: 'Practitioner' },
        required: 'required',
        status: 'accepted',
        period,
      },
      { actor: { type: 'Practitioner', identifier }, status: 'accepted' },
    ],
    requestedPeriod: [period],
  };
  /** The same with a label, an extension or an unknown element at every object. */
  const labelled = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(labelled);
    if (typeof value !== 'object' || value === null) return value;
    const all = Object.fromEntries(Object.entries(value).map(([name, item]) => [name, labelled(item)]));
    return { display: 'Mme X', text: 'X', assigner: { display: 'X' }, userSelected: true, ...all };
  };

  it('is each element by name, and nothing beside them at any depth', () => {
    expect(keepContent(KEPT)).toEqual(KEPT);
    const whole = labelled({ ...KEPT, description: 'x', comment: 'x', note: [{ text: 'x' }], meta: META });
    expect(keepContent(whole as Json)).toEqual(KEPT);
  });

  it('has one order, so that equal content is equal text', () => {
    const turned = Object.fromEntries(Object.entries(KEPT).reverse());
    expect(JSON.stringify(keepContent(turned))).toBe(JSON.stringify(keepContent(KEPT)));
  });

  it.each<[string, Json, Json]>([
    ['nothing of nothing', {}, {}],
    ['no empty list', { identifier: [] }, {}],
    ['no object without what is kept', { specialty: [{ text: 'x' }], appointmentType: {} }, {}],
    ['no text where an object is meant', { identifier: ['x'], cancelationReason: 'x' }, {}],
    [
      'an identifier before a reference',
      withActor({ reference: 'Practitioner/1', identifier: { system: 's', value: 'v' } }),
      withActor({ identifier: { system: 's', value: 'v' } }),
    ],
    [
      'a reference of a slot before its identifier',
      { slot: [{ reference: 'Slot/1', identifier: { value: 'v' } }] },
      { slot: [{ reference: 'Slot/1' }] },
    ],
  ])('%s', (_what, sent, kept) => {
    expect(keepContent(sent)).toEqual(kept);
  });

  it.each<[unknown, boolean]>([
    [KEPT, false],
    [{ display: 'x' }, true],
    [{ text: 'x' }, true],
    [{ display: 7, text: {} }, false],
    [{ a: { b: [{ display: 'x' }] } }, true],
    [[{ code: 'x' }, { text: 'x' }], true],
    ['display', false],
    [null, false],
    [{ a: null }, false],
  ])('labels in %j: %s', (value, expected) => {
    expect(hasLabels(value)).toBe(expected);
  });
});
