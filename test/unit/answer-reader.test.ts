import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AnswerReader, type Question } from '../../shared/sas/read/answer-reader.ts';
import {
  answer,
  bundle,
  contained,
  ESTABLISHMENT,
  FROM,
  type Json,
  NOW,
  practitioner,
  RPPS,
  role,
  SERVICE_EXTENSION,
  SIRET,
  schedule,
  slot,
  sosAnswer,
  TO,
} from '../support/vendor-bundle.ts';

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 20);

function read(pages: Json | Json[], over: Partial<Question> = {}) {
  const reader = new AnswerReader({
    editor: 'agenda-a',
    flow: 'INT_R01',
    subjects: [RPPS],
    fromMs: FROM,
    toMs: TO,
    nowMs: NOW,
    hash,
    ...over,
  });
  for (const page of [pages].flat()) expect(reader.add(page).ok).toBe(true);
  const result = reader.finish();
  const dropped = Object.fromEntries(result.dropped.map(({ rule, count }) => [rule, count]));
  const repaired = Object.fromEntries(result.repaired.map(({ rule, count }) => [rule, count]));
  expect(result.received).toBe(result.shown + Object.values(dropped).reduce((sum, n) => sum + n, 0));
  return { ...result, dropped, repaired };
}

/** The first slot as it would leave, and its parsed surroundings. */
function first(result: ReturnType<typeof read>) {
  const place = result.subjects[0]!.places[0]!;
  const row = place.slots[0]!;
  return {
    row,
    place,
    shape: JSON.parse(`{${result.shapes[row[0]]!.text}}`) as Json,
    site: JSON.parse(place.site.text) as Json & { contained: Json[] },
    schedule: JSON.parse(place.schedule.text) as Json,
    holder: JSON.parse(result.subjects[0]!.holder.text) as Json,
  };
}

describe('a conformant answer', () => {
  it('is shown whole, without repair', () => {
    const result = read(answer([slot()]));
    expect(result).toMatchObject({ received: 1, shown: 1, dropped: {}, repaired: {} });
    const { row, place, schedule: agenda, holder, site } = first(result);
    expect(row.slice(2)).toEqual(['2026-11-24T10:00:00.000+01:00', '2026-11-24T10:20:00.000+01:00']);
    expect(place.comment).toBe('https://agenda.example/rdv/1');
    expect(agenda.actor).toEqual([
      { reference: `Practitioner/${holder.id}` },
      { reference: `PractitionerRole/${site.id}` },
    ]);
    expect(site.practitioner).toEqual({ reference: `Practitioner/${holder.id}` });
    expect(site.location).toEqual([{ reference: '#lieu-1' }]);
  });

  it('gives the same ids at every search and other ids to other vendors, but one to the practitioner', () => {
    const a = first(read(answer([slot()])));
    const again = first(read(answer([slot()])));
    const b = first(read(answer([slot()]), { editor: 'agenda-b' }));
    expect(again.row[1]).toBe(a.row[1]);
    expect(b.row[1]).not.toBe(a.row[1]);
    expect(b.site.id).not.toBe(a.site.id);
    expect(b.holder.id).toBe(a.holder.id);
    for (const id of [a.row[1], a.site.id, a.schedule.id, a.holder.id]) {
      expect(id).toMatch(/^[A-Za-z0-9.-]{1,64}$/);
    }
  });

  it('keeps no personal data that the flow does not need', () => {
    const person = practitioner({
      birthDate: '1970-01-01',
      address: [{ city: 'Albi' }],
      telecom: [{ system: 'email', value: 'ada@example.org' }],
    });
    const { holder } = first(read(bundle([slot(), schedule(), person, role()])));
    expect(Object.keys(holder).sort()).toEqual(['id', 'identifier', 'meta', 'name', 'resourceType']);
  });
});

describe('a slot is dropped', () => {
  it.each<[string, Json]>([
    ['slot-not-free', { status: 'busy' }],
    ['slot-not-free', { status: undefined }],
    ['slot-dates-unreadable', { start: 'demain' }],
    ['slot-dates-unreadable', { start: '2026-11-24' }],
    ['slot-dates-unreadable', { end: undefined }],
    ['slot-dates-unreadable', { start: 1_790_000_000 }],
    ['slot-end-not-after-start', { end: '2026-11-24T10:00:00.000+01:00' }],
    ['slot-outside-window', { start: '2026-11-27T10:00:00.000+01:00', end: '2026-11-27T11:00:00.000+01:00' }],
    ['slot-schedule-unresolved', { schedule: { reference: 'Schedule/none' } }],
    ['slot-schedule-unresolved', { schedule: undefined }],
    ['slot-kind-not-shown', { meta: { security: [{ code: 'PRIVE' }] } }],
  ])('for %s', (rule, over) => {
    expect(read(answer([slot(over)]))).toMatchObject({ shown: 0, dropped: { [rule]: 1 } });
  });

  it('for slot-started when it begins before now though inside the window', () => {
    expect(read(answer([slot()]), { nowMs: Date.parse('2026-11-24T09:00:00.001Z') }).dropped).toEqual({
      'slot-started': 1,
    });
    expect(read(answer([slot()]), { nowMs: Date.parse('2026-11-24T09:00:00.000Z') }).shown).toBe(1);
  });

  it('for slot-of-someone-else when its practitioner was not asked', () => {
    expect(read(answer([slot()]), { subjects: ['899900000025'] }).dropped).toEqual({
      'slot-of-someone-else': 1,
    });
  });

  it('for slot-duplicate when the same place shows the same twice, under two ids', () => {
    expect(read(answer([slot(), slot({ id: 'slot-2' })]))).toMatchObject({
      shown: 1,
      dropped: { 'slot-duplicate': 1 },
    });
  });

  it.each<[string, Json[]]>([
    ['slot-holder-unresolved', [slot(), schedule(), role()]],
    ['slot-holder-unresolved', [slot(), schedule(), practitioner({ identifier: [{ value: 'x' }] }), role()]],
    ['slot-site-unresolved', [slot(), schedule(), practitioner()]],
    ['slot-site-unresolved', [slot(), schedule(), practitioner(), role({ contained: [] })]],
    [
      'site-address-incomplete',
      [slot(), schedule(), practitioner(), role({ contained: [contained({ address: { city: 'Albi' } })] })],
    ],
    [
      'site-address-incomplete',
      [
        slot(),
        schedule(),
        practitioner(),
        role({ contained: [contained({ address: { line: ['1 rue'], city: 'Albi', postalCode: '810' } })] }),
      ],
    ],
  ])('for %s when what it leads to is missing or unusable', (rule, resources) => {
    expect(read(bundle(resources))).toMatchObject({ shown: 0, dropped: { [rule]: 1 } });
  });
});

describe('a slot is repaired', () => {
  it.each<[string, Json, string]>([
    ['Z instead of an offset', { start: '2026-11-24T09:00:00.000Z' }, '2026-11-24T09:00:00.000+00:00'],
    ['no milliseconds', { start: '2026-11-24T10:00:00+01:00' }, '2026-11-24T10:00:00.000+01:00'],
    ['microseconds', { start: '2026-11-24T10:00:00.123456+01:00' }, '2026-11-24T10:00:00.123+01:00'],
    ['minutes only', { start: '2026-11-24T10:00+01:00' }, '2026-11-24T10:00:00.000+01:00'],
    ['no offset', { start: '2026-11-24T10:00:00' }, '2026-11-24T10:00:00.000+01:00'],
  ])('when its start has %s', (_, over, expected) => {
    expect(first(read(answer([slot(over)]))).row[2]).toBe(expected);
  });

  it('keeps the offset of an overseas place', () => {
    const over = { start: '2026-11-24T16:00:00.000+04:00', end: '2026-11-24T16:20:00.000+04:00' };
    expect(first(read(answer([slot(over)]))).row[2]).toBe('2026-11-24T16:00:00.000+04:00');
  });

  it('when codes are written otherwise', () => {
    const result = read(
      answer([
        slot({
          status: 'FREE',
          meta: { security: [{ code: 'public' }, { code: 'SNP' }, { code: 'autre' }] },
          serviceType: [
            { coding: [{ code: 'amb' }, { code: 'VR' }, { code: 'ZZZ', display: 'Suivi' }], text: 'Suivi' },
          ],
          appointmentType: { coding: [{ code: 'walkin' }] },
        }),
      ]),
    );
    const { shape } = first(result);
    expect((shape.meta as Json).security).toEqual([
      { system: expect.stringContaining('R314'), code: 'PUBLIC' },
      { system: expect.stringContaining('R314'), code: 'SNP' },
    ]);
    expect(shape.serviceType).toEqual([
      { coding: [{ system: expect.stringContaining('v3-ActCode'), code: 'AMB' }], text: 'Suivi' },
      { coding: [{ system: expect.stringContaining('v3-ActCode'), code: 'VR' }] },
    ]);
    expect(result.repaired).toMatchObject({
      'status-spelling': 1,
      'kind-unknown': 1,
      'service-type-split': 1,
      'consultation-unknown': 1,
    });
  });

  it('puts a specialty without code first', () => {
    const { shape } = first(
      read(answer([slot({ specialty: [...(slot().specialty as Json[]), { text: 'Acupuncture' }] })])),
    );
    expect(shape.specialty).toEqual([
      { text: 'Acupuncture' },
      { coding: [expect.objectContaining({ code: 'SM54' })] },
    ]);
  });

  it.each([
    'javascript:alert(1)',
    'agenda.example/rdv',
    'ftp://agenda.example',
    'https://user:secret@agenda.example/',
  ])('loses a booking page that is no plain web link: %s', (comment) => {
    const result = read(answer([slot({ comment })]));
    expect(first(result).place.comment).toBeUndefined();
    expect(result).toMatchObject({ shown: 1, repaired: { 'comment-not-a-link': 1 } });
  });
});

describe('a place is repaired', () => {
  it('with prefixes, phones and one address line', () => {
    const result = read(
      bundle([
        slot(),
        schedule(),
        practitioner({ identifier: [{ value: '99900000017' }] }),
        role({
          organization: { identifier: { value: '990000999' } },
          telecom: [
            { system: 'phone', value: '05 61 00 00 01' },
            { system: 'phone', value: '15' },
          ],
          contained: [
            contained({
              address: { line: ['Bât. A', '1 rue Imaginaire'], city: 'Albi', postalCode: 'F-81000' },
            }),
          ],
        }),
      ]),
    );
    const { site, holder } = first(result);
    expect(holder.identifier).toMatchObject([{ value: RPPS, system: 'urn:oid:1.2.250.1.71.4.2.1' }]);
    expect(site.organization).toMatchObject({ identifier: { value: '1990000999' } });
    expect(site.telecom).toEqual([{ system: 'phone', value: '+33561000001' }]);
    expect(site.contained[0]!.address).toEqual({
      line: ['Bât. A, 1 rue Imaginaire'],
      city: 'Albi',
      postalCode: '81000',
    });
    expect(result.repaired).toMatchObject({
      'identifier-prefix': 2,
      'phone-form': 1,
      'phone-unusable': 1,
      'address-line-joined': 1,
      'postal-code-form': 1,
    });
  });

  it('when its Location stands beside the role instead of inside', () => {
    const resources = [
      slot(),
      schedule(),
      practitioner(),
      role({ contained: [], location: [{ reference: 'Location/l9' }] }),
      contained({ id: 'l9' }),
    ];
    const result = read(bundle(resources));
    expect(first(result).site.location).toEqual([{ reference: '#l9' }]);
    expect(result.repaired).toEqual({ 'location-contained': 1 });
  });

  it('when one place has several Schedules: they become one', () => {
    const resources = [
      slot(),
      slot({
        id: 'slot-2',
        schedule: { reference: 'Schedule/schedule-2' },
        start: '2026-11-25T10:00:00.000+01:00',
        end: '2026-11-25T10:20:00.000+01:00',
      }),
      schedule(),
      schedule({ id: 'schedule-2' }),
      practitioner(),
      role(),
    ];
    const result = read(bundle(resources));
    expect(result.subjects[0]!.places).toHaveLength(1);
    expect(result.subjects[0]!.places[0]!.slots).toHaveLength(2);
    expect(result.repaired).toEqual({ 'schedule-merged': 1 });
  });

  it('when one practitioner is sent under two ids: he is shown once, the fuller way', () => {
    const resources = [
      slot(),
      slot({ id: 'slot-2', schedule: { reference: 'Schedule/schedule-2' } }),
      schedule(),
      schedule({
        id: 'schedule-2',
        actor: [{ reference: 'Practitioner/ps-2' }, { reference: 'PractitionerRole/role-2' }],
      }),
      practitioner({ name: undefined }),
      practitioner({ id: 'ps-2' }),
      role(),
      role({ id: 'role-2', practitioner: { reference: 'Practitioner/ps-2' } }),
    ];
    const result = read(bundle(resources));
    expect(result.subjects).toHaveLength(1);
    expect(result.subjects[0]!.places).toHaveLength(2);
    expect(first(result).holder.name).toBeDefined();
  });
});

describe('references', () => {
  const absolute = 'https://vendor.example/fhir';

  it('are followed when absolute and when versioned', () => {
    const resources = [
      slot({ schedule: { reference: `${absolute}/Schedule/schedule-1/_history/3` } }),
      schedule({
        actor: [
          { reference: `${absolute}/Practitioner/ps-1` },
          { reference: `${absolute}/PractitionerRole/role-1` },
        ],
      }),
      practitioner(),
      role(),
    ];
    expect(read(bundle(resources)).shown).toBe(1);
  });

  it('are followed when they are urn:uuid of entries without ids', () => {
    const named = (url: string, resource: Json): Json => ({
      fullUrl: url,
      resource: { ...resource, id: undefined },
    });
    const page = {
      resourceType: 'Bundle',
      type: 'searchset',
      entry: [
        named('urn:uuid:1', slot({ schedule: { reference: 'urn:uuid:2' } })),
        named('urn:uuid:2', schedule({ actor: [{ reference: 'urn:uuid:3' }, { reference: 'urn:uuid:4' }] })),
        named('urn:uuid:3', practitioner()),
        named('urn:uuid:4', role({ practitioner: { reference: 'urn:uuid:3' } })),
      ],
    };
    expect(read(page).shown).toBe(1);
  });

  it('are followed from one page to another', () => {
    expect(read([bundle([slot()]), bundle([schedule(), practitioner(), role()])]).shown).toBe(1);
  });
});

describe('INT_R04', () => {
  const service = (n: number): Json[] => [
    { resourceType: 'HealthcareService', id: `hs-${n}`, providedBy: { reference: `Organization/cpts-${n}` } },
    {
      resourceType: 'Organization',
      id: `cpts-${n}`,
      name: `CPTS ${n}`,
      identifier: [{ value: `199000000${n}` }],
    },
  ];
  const shownTo = (...numbers: number[]): Json[] => [
    { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' }] },
    ...numbers.map((n) => ({
      coding: [{ system: ESTABLISHMENT.replace('FHIR/TRE-R66', 'TRE_R66'), code: '604' }],
      extension: [{ url: SERVICE_EXTENSION, valueReference: { reference: `HealthcareService/hs-${n}` } }],
    })),
  ];
  const page = bundle([
    slot({ serviceType: shownTo(1, 2) }),
    schedule(),
    practitioner(),
    role(),
    ...service(1),
    ...service(2),
  ]);

  it('ties a slot to each of its CPTS, one service and one organization each', () => {
    const result = read(page, { flow: 'INT_R04' });
    expect(result.services.map(({ service: { id }, organization }) => [id, organization.id])).toEqual([
      [result.services[0]!.service.id, result.services[0]!.service.id],
      [result.services[1]!.service.id, result.services[1]!.service.id],
    ]);
    expect(result.shapes[0]!.services).toEqual([0, 1]);
    const { shape } = first(result);
    expect((shape.meta as Json).profile).toEqual([expect.stringContaining('sas-cpts-slot-aggregator')]);
    expect((shape.serviceType as Json[])[1]).toEqual({
      extension: [
        {
          url: SERVICE_EXTENSION,
          valueReference: { reference: `HealthcareService/${result.services[0]!.service.id}` },
        },
      ],
      coding: [{ system: ESTABLISHMENT, code: '604' }],
    });
  });

  it('leaves a slot without CPTS in its INT_R01 shape', () => {
    const result = read(answer([slot()]), { flow: 'INT_R04' });
    expect((first(result).shape.meta as Json).profile).toEqual([expect.stringContaining('FrSlotAgregateur')]);
    expect(result.services).toEqual([]);
  });

  it('takes the CPTS away when its resources are missing, and keeps the slot', () => {
    const result = read(bundle([slot({ serviceType: shownTo(1) }), schedule(), practitioner(), role()]), {
      flow: 'INT_R04',
    });
    expect(result).toMatchObject({ shown: 1, repaired: { 'cpts-unresolved': 1 }, services: [] });
  });

  it('takes the kind CPTS away with it, and drops a slot that was open to that CPTS only', () => {
    const kinds = (...codes: string[]): Json => ({ security: codes.map((code) => ({ code })) });
    const both = read(answer([slot({ meta: kinds('PUBLIC', 'CPTS') })]), { flow: 'INT_R04' });
    expect((first(both).shape.meta as Json).security).toEqual([expect.objectContaining({ code: 'PUBLIC' })]);
    expect(both.repaired).toMatchObject({ 'cpts-unresolved': 1 });
    const only = read(answer([slot({ meta: kinds('CPTS') })]), { flow: 'INT_R04' });
    expect(only).toMatchObject({ shown: 0, dropped: { 'slot-cpts-unresolved': 1 } });
  });

  it('sends no CPTS resource when INT_R01 asked', () => {
    expect(read(page).services).toEqual([]);
  });
});

describe('SOS Médecins', () => {
  it('gives the place, its hours and its association', () => {
    const result = read(sosAnswer([slot()]), { flow: 'SOS', subjects: [SIRET] });
    expect(result.shown).toBe(1);
    const { site, schedule: agenda, holder } = first(result);
    expect(agenda.actor).toEqual([{ reference: `Location/${site.id}` }]);
    expect(site).toMatchObject({
      telecom: [{ system: 'phone', value: '+33561000002' }],
      managingOrganization: { reference: `Organization/${holder.id}` },
      hoursOfOperation: [{ daysOfWeek: ['mon', 'tue'], openingTime: '08:00:00', closingTime: '20:00:00' }],
    });
  });

  it('shows PUBLIC and SNP only', () => {
    const kinds = (...codes: string[]): Json => ({ meta: { security: codes.map((code) => ({ code })) } });
    expect(read(sosAnswer([slot(kinds('PRO'))]), { flow: 'SOS', subjects: [SIRET] }).dropped).toEqual({
      'slot-kind-not-shown': 1,
    });
    const both = first(read(sosAnswer([slot(kinds('PRO', 'SNP'))]), { flow: 'SOS', subjects: [SIRET] }));
    expect((both.shape.meta as Json).security).toEqual([expect.objectContaining({ code: 'SNP' })]);
  });

  it('drops the slots of an association that was not asked', () => {
    const result = read(sosAnswer([slot()]), { flow: 'SOS', subjects: ['399900000100089'] });
    expect(result.dropped).toEqual({ 'slot-of-someone-else': 1 });
  });

  it('gives a nameless place the name of its association', () => {
    const result = read(sosAnswer([slot()], { location: { name: undefined } }), {
      flow: 'SOS',
      subjects: [SIRET],
    });
    expect(first(result).site.name).toBe('SOS Fictifs');
  });
});

describe('pages', () => {
  it('that are no searchset Bundle are refused', () => {
    const reader = () =>
      new AnswerReader({
        editor: 'a',
        flow: 'INT_R01',
        subjects: [RPPS],
        fromMs: FROM,
        toMs: TO,
        nowMs: NOW,
        hash,
      });
    for (const page of [
      null,
      3,
      'x',
      [],
      {},
      { resourceType: 'OperationOutcome' },
      { resourceType: 'Bundle', type: 'transaction' },
    ]) {
      expect(reader().add(page)).toEqual({ ok: false, error: 'not-bundle' });
    }
  });

  it('give the next link as written', () => {
    const reader = new AnswerReader({
      editor: 'a',
      flow: 'INT_R01',
      subjects: [RPPS],
      fromMs: FROM,
      toMs: TO,
      nowMs: NOW,
      hash,
    });
    const page = bundle([slot()], {
      link: [
        { relation: 'self', url: 'a' },
        { relation: 'next', url: '?page=2' },
      ],
    });
    expect(reader.add(page)).toEqual({ ok: true, value: { entries: 1, next: '?page=2' } });
  });
});
