import { describe, expect, it } from 'vitest';
import { firstSlot, readCounted } from '../../../support/oracles/read-answer.ts';
import {
  answer,
  bundle,
  contained,
  type Json,
  practitioner,
  RPPS,
  role,
  schedule,
  slot,
} from '../../../support/samples/vendor-bundle.ts';

describe('a conformant answer', () => {
  it('is shown whole, without repair', () => {
    const result = readCounted(answer([slot()]));
    expect(result).toMatchObject({ received: 1, shown: 1, dropped: {}, repaired: {} });
    const { row, place, schedule: agenda, holder, site } = firstSlot(result);
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
    const a = firstSlot(readCounted(answer([slot()])));
    const again = firstSlot(readCounted(answer([slot()])));
    const b = firstSlot(readCounted(answer([slot()]), { editor: 'agenda-b' }));
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
    const { holder } = firstSlot(readCounted(bundle([slot(), schedule(), person, role()])));
    expect(Object.keys(holder).sort()).toEqual(['id', 'identifier', 'meta', 'name', 'resourceType']);
  });
});

describe('a slot is dropped', () => {
  it.each<[string, Json]>([
    ['slot-not-free', { status: 'busy' }],
    ['slot-not-free', { status: 'BUSY-tentative' }],
    ['slot-not-free', { status: 'entered-in-error' }],
    ['slot-status-unknown', { status: undefined }],
    ['slot-status-unknown', { status: 'libre' }],
    ['slot-dates-unreadable', { start: 'demain' }],
    ['slot-dates-unreadable', { start: '2026-11-24' }],
    ['slot-dates-unreadable', { end: undefined }],
    ['slot-dates-unreadable', { start: 1_790_000_000 }],
    ['slot-end-not-after-start', { end: '2026-11-24T10:00:00.000+01:00' }],
    ['slot-outside-window', { start: '2026-11-27T10:00:00.000+01:00', end: '2026-11-27T11:00:00.000+01:00' }],
    ['slot-schedule-unresolved', { schedule: { reference: 'Schedule/none' } }],
    ['slot-schedule-unresolved', { schedule: undefined }],
    ['slot-kind-unknown', { meta: { security: [{ code: 'PRIVE' }] } }],
  ])('for %s', (rule, over) => {
    expect(readCounted(answer([slot(over)]))).toMatchObject({ shown: 0, dropped: { [rule]: 1 } });
  });

  it('for slot-started when it begins before now though inside the window', () => {
    expect(readCounted(answer([slot()]), { nowMs: Date.parse('2026-11-24T09:00:00.001Z') }).dropped).toEqual({
      'slot-started': 1,
    });
    expect(readCounted(answer([slot()]), { nowMs: Date.parse('2026-11-24T09:00:00.000Z') }).shown).toBe(1);
  });

  it('for slot-of-someone-else when its practitioner was not asked', () => {
    expect(readCounted(answer([slot()]), { subjects: ['899900000025'] }).dropped).toEqual({
      'slot-of-someone-else': 1,
    });
  });

  it('for slot-duplicate when the same place shows the same twice, under two ids', () => {
    expect(readCounted(answer([slot(), slot({ id: 'slot-2' })]))).toMatchObject({
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
    expect(readCounted(bundle(resources))).toMatchObject({ shown: 0, dropped: { [rule]: 1 } });
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
    expect(firstSlot(readCounted(answer([slot(over)]))).row[2]).toBe(expected);
  });

  it('keeps the offset of an overseas place', () => {
    const over = { start: '2026-11-24T16:00:00.000+04:00', end: '2026-11-24T16:20:00.000+04:00' };
    expect(firstSlot(readCounted(answer([slot(over)]))).row[2]).toBe('2026-11-24T16:00:00.000+04:00');
  });

  it('when codes are written otherwise', () => {
    const result = readCounted(
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
    const { shape } = firstSlot(result);
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
    const { shape } = firstSlot(
      readCounted(answer([slot({ specialty: [...(slot().specialty as Json[]), { text: 'Acupuncture' }] })])),
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
    const result = readCounted(answer([slot({ comment })]));
    expect(firstSlot(result).place.comment).toBeUndefined();
    expect(result).toMatchObject({ shown: 1, repaired: { 'comment-not-a-link': 1 } });
  });
});

describe('a place is repaired', () => {
  it('with prefixes, phones and one address line', () => {
    const result = readCounted(
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
    const { site, holder } = firstSlot(result);
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

  it('with a structure number of the vendor’s own: not shown, but told for the SAS front’s matching', () => {
    const owned = role({ organization: { identifier: { value: ' 9000000101 ' } } });
    const { place, site } = firstSlot(readCounted(bundle([slot(), schedule(), practitioner(), owned])));
    expect(place.vendorStructure).toBe('9000000101');
    expect(site).not.toHaveProperty('organization');
    expect(firstSlot(readCounted(answer([slot()]))).place).not.toHaveProperty('vendorStructure');
  });

  it('when its Location stands beside the role instead of inside', () => {
    const resources = [
      slot(),
      schedule(),
      practitioner(),
      role({ contained: [], location: [{ reference: 'Location/l9' }] }),
      contained({ id: 'l9' }),
    ];
    const result = readCounted(bundle(resources));
    expect(firstSlot(result).site.location).toEqual([{ reference: '#l9' }]);
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
    const result = readCounted(bundle(resources));
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
      role({
        id: 'role-2',
        practitioner: { reference: 'Practitioner/ps-2' },
        contained: [
          contained({ address: { line: ['9 rue Imaginaire'], city: 'Albi', postalCode: '81000' } }),
        ],
      }),
    ];
    const result = readCounted(bundle(resources));
    expect(result.subjects).toHaveLength(1);
    expect(result.subjects[0]!.places).toHaveLength(2);
    expect(firstSlot(result).holder.name).toBeDefined();
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
    expect(readCounted(bundle(resources)).shown).toBe(1);
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
    expect(readCounted(page).shown).toBe(1);
  });

  it('are followed from one page to another', () => {
    expect(readCounted([bundle([slot()]), bundle([schedule(), practitioner(), role()])]).shown).toBe(1);
  });
});
