// What a vendor sends about an appointment, read: profiles and spellings tolerated, every broken rule named, what
// could carry a patient refused, what is kept.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { individual, operatorExtension, sos } from '../../../bench/appointments/samples.ts';
import { ownerOf } from '../../../shared/sas/appointment-id.ts';
import { PROFILE, SYSTEM } from '../../../shared/sas/canonical.ts';
import { appointmentId, contentHash } from '../../../worker/appointments/model/identity.ts';
import { APPOINTMENT_STATUSES, holdsSlot, rankOf } from '../../../worker/appointments/model/lattice.ts';
import { type AppointmentMessage, readMessage } from '../../../worker/appointments/model/message.ts';

const NOW_MS = Date.parse('2026-12-01T12:00:00Z');
const booked = individual({ value: 'rdv-1' });
type Edit = Readonly<Record<string, unknown>>;

function read(sent: Edit): AppointmentMessage {
  const result = readMessage(sent, NOW_MS);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

function refusals(sent: Edit): string[] {
  const result = readMessage(sent, NOW_MS);
  return result.ok ? [] : result.error.map(({ rule, expression }) => `${rule} ${expression}`);
}

const withActor = (actor: Edit): Edit => ({ ...booked, participant: [{ actor, status: 'accepted' }] });

describe('what is tolerated', () => {
  it.each<[string, Edit, string, string]>([
    ['the package URL', { meta: { profile: [PROFILE.appointment] } }, 'individual', ''],
    [
      'another base',
      { meta: { profile: ['http://interopsante.org/fhir/StructureDefinition/FrAppointmentSAS'] } },
      'individual',
      'profile-canonical',
    ],
    [
      'a versioned URL',
      { meta: { profile: [`${PROFILE.appointment}|1.2.0`] } },
      'individual',
      'profile-canonical',
    ],
    ['no meta', { meta: undefined }, 'individual', 'profile-canonical'],
    ['status in capitals', { status: 'BOOKED' }, 'individual', 'status-spelling'],
    ['blanks around a status', { status: ' booked' }, 'individual', 'status-spelling'],
  ])('%s', (_what, edit, profile, repair) => {
    const message = read({ ...booked, ...edit });
    expect(message.profile).toBe(profile);
    expect(message.repairs).toEqual(repair === '' ? [] : [repair]);
    expect(message.status).toBe('booked');
  });

  it('reads no-show as noshow, in any case', () => {
    expect(read({ ...booked, status: 'No-Show' }).status).toBe('noshow');
  });

  it('takes a message that names nobody and no profile for an SOS appointment', () => {
    expect(read({ ...sos({ value: 's-1' }), meta: undefined }).profile).toBe('sos');
  });

  it('knows the identifier types of other coding systems, and trims identifiers', () => {
    const operator = JSON.parse(
      JSON.stringify(operatorExtension()).replace('/fhir/CodeSystem/fr-', '/CodeSystem/'),
    );
    const identifier = [{ system: 'https://agenda-a.example/rdv', value: ' rdv-1 ' }];
    const message = read({ ...booked, extension: [operator], identifier });
    expect([...message.repairs].sort()).toEqual(['identifier-blanks', 'type-system']);
    expect(message.content).toBe(read(booked).content);
  });
});

describe('what is understood', () => {
  const withSlot = (reference: string, over: Edit = {}): Edit => ({
    ...booked,
    slot: [{ reference }],
    ...over,
  });
  const uuid = '0f6c7f9e-4c3b-4a44-8f0d-0a5f4f1f2a10';

  it.each([
    ['Slot/77', '77'],
    ['Slot/77/_history/2', '77'],
    ['https://agenda.example/fhir/Slot/77', '77'],
    ['https://agenda.example/fhir/Slot/77/_history/2', '77'],
    [`urn:uuid:${uuid}`, uuid],
  ])('as the vendor’s slot: %s', (reference, id) => {
    expect(read(withSlot(reference)).slot).toBe(id);
  });

  it('as the vendor’s slot: one inside, of which its reference alone is kept', () => {
    const inside = { resourceType: 'Slot', id: '77', status: 'busy', schedule: { reference: 'Schedule/1' } };
    const message = read(withSlot('#77', { contained: [inside] }));
    expect([message.slot, message.repairs]).toEqual(['77', ['slot-contained']]);
    expect(message.content).toBe(read(withSlot('Slot/77')).content);
    for (const contained of [
      [{ ...inside, comment: 'x' }],
      [inside, { resourceType: 'Patient', id: 'p' }],
      [{ ...inside, schedule: { reference: 'Patient/1' } }],
      [{ ...inside, id: '78' }],
      inside,
    ]) {
      expect(refusals(withSlot('#77', { contained })).join()).toMatch(/contained/);
    }
  });

  it.each(['Schedule/77', 'https://agenda.example/rdv?id=77', 'Slot/', 'Slot', '', '77'])(
    'but no slot: %j',
    (reference) => {
      expect(refusals(withSlot(reference)).join()).toContain('Appointment.slot[0]');
    },
  );

  it.each([
    { reference: 'Location/1' },
    { reference: 'https://agenda.example/fhir/Location/1/_history/3' },
    { reference: 'PractitionerRole/1/_history/3' },
    { reference: `urn:uuid:${uuid}`, type: 'Location' },
  ])('as a place beside the practitioner: %j', (actor) => {
    const participant = [...(booked.participant as Edit[]), { actor, status: 'accepted' }];
    expect(refusals({ ...booked, participant })).toEqual([]);
  });

  it.each([
    { reference: `urn:uuid:${uuid}` },
    { reference: `urn:uuid:${uuid}`, type: 'Patient' },
    { reference: 'https://agenda.example/fhir/Patient/1/_history/3' },
  ])('but nobody who may be a patient: %j', (actor) => {
    const participant = [...(booked.participant as Edit[]), { actor, status: 'accepted' }];
    expect(refusals({ ...booked, participant })).not.toEqual([]);
  });

  it('as an RPPS or ADELI number without its first digit, of professional and regulator', () => {
    const bare = JSON.parse(JSON.stringify(booked).replace('"899900000017"', '"99900000017"')) as Edit;
    const message = read(bare);
    expect([message.practitioner, message.repairs]).toEqual(['899900000017', ['identifier-prefix']]);
    expect(message.content).toBe(read(booked).content);
    expect(read(individual({ value: 'rdv-1', practitioner: '990000012' })).practitioner).toBe('0990000012');
    for (const practitioner of ['9990000001', '999000000170', '1990000012']) {
      expect(refusals(individual({ value: 'rdv-1', practitioner })).join()).toContain(
        'appointment-actor-prefix',
      );
    }
  });

  it('as an end: the start and a duration, on the clock of the start; without either it is refused', () => {
    const message = read({ ...booked, end: undefined, minutesDuration: 30 });
    expect(message.endMs - message.startMs).toBe(30 * 60_000);
    expect(message.repairs).toEqual(['end-from-duration']);
    expect(message.content).toContain('T09:30:00.000+01:00');
    for (const minutesDuration of [undefined, 0, -5, 1.5, 1441, '30']) {
      expect(refusals({ ...booked, end: undefined, minutesDuration })).toContain(
        'appointment-end Appointment.end',
      );
    }
  });
});

describe('what is refused', () => {
  it.each<[string, Edit]>([
    ['modifierExtension', { modifierExtension: [{ url: 'urn:x', valueBoolean: true }] }],
    [
      'participant[0].modifierExtension',
      {
        participant: [
          { ...(booked.participant as Edit[])[0], modifierExtension: [{ url: 'urn:x', valueBoolean: true }] },
        ],
      },
    ],
    ['implicitRules', { implicitRules: 'urn:x' }],
  ])('what changes the meaning in a way unknown to us: %s', (place, edit) => {
    expect(refusals({ ...booked, ...edit })).toContain(`r4-modifier Appointment.${place}`);
  });

  it('a character that an encoding has destroyed, where it would be kept', () => {
    const identifier = [{ system: 'https://agenda-a.example/rdv', value: 'rdv-\ufffd' }];
    expect(refusals({ ...booked, identifier })).toContain('r4-unicode Appointment');
    const labelled = JSON.parse(
      JSON.stringify(booked).replace('"code":"IDNPS"', '"code":"IDNPS","display":"\ufffd"'),
    );
    expect(refusals(labelled)).toEqual([]);
  });

  it.each<[string, Edit, string]>([
    ['no operator', { extension: undefined }, 'appointment-operator Appointment.extension'],
    ['an unknown status', { status: 'perhaps' }, 'r4-code-list Appointment.status'],
    ['no start', { start: undefined }, 'appointment-start Appointment.start'],
    ['an instant without offset', { start: '2026-12-02T09:00:00' }, 'r4-instant Appointment.start'],
    ['an end before the start', { end: '2026-12-02T08:00:00+01:00' }, 'appointment-order Appointment.end'],
    [
      'two identifiers',
      {
        identifier: [
          { system: 'urn:a', value: '1' },
          { system: 'urn:a', value: '2' },
        ],
      },
      'appointment-identifier-one Appointment.identifier',
    ],
    ['an element of no R4 type', { note: [{ text: 'x' }] }, 'r4-element-unknown Appointment.note'],
  ])('%s', (_what, edit, expected) => {
    expect(refusals({ ...booked, ...edit })).toContain(expected);
  });

  it('names every broken rule, not the first only', () => {
    const broken = { ...booked, status: 'perhaps', end: undefined, participant: [], comment: 'x' };
    expect(refusals(broken).length).toBeGreaterThanOrEqual(4);
  });

  it.each<[string, Edit, string]>([
    [
      'a narrative',
      { ...booked, text: { status: 'generated', div: '<div>Invented Name</div>' } },
      'appointment-narrative',
    ],
    [
      'a contained resource',
      { ...booked, contained: [{ resourceType: 'Patient', id: 'p' }] },
      'appointment-contained',
    ],
    ['a comment', { ...booked, comment: 'x' }, 'appointment-free-text'],
    ['a description', { ...booked, description: 'x' }, 'appointment-free-text'],
    ['an instruction', { ...booked, patientInstruction: 'x' }, 'appointment-free-text'],
    ['a reason', { ...booked, reasonCode: [{ text: 'x' }] }, 'appointment-free-text'],
    [
      'a reason by reference',
      { ...booked, reasonReference: [{ reference: 'Condition/1' }] },
      'appointment-free-text',
    ],
    [
      'further information',
      { ...booked, supportingInformation: [{ reference: 'Basic/1' }] },
      'appointment-free-text',
    ],
    ['a request', { ...booked, basedOn: [{ reference: 'ServiceRequest/1' }] }, 'appointment-based-on'],
    ['a patient as actor', withActor({ reference: 'Patient/1' }), 'appointment-patient'],
    [
      'a relative as actor',
      withActor({ reference: 'https://agenda.example/RelatedPerson/1' }),
      'appointment-patient',
    ],
    ['a patient as slot', { ...booked, slot: [{ reference: 'Patient/1' }] }, 'appointment-patient'],
    ['an actor by name only', withActor({ display: 'Invented Name' }), 'appointment-actor-unnamed'],
    [
      'an unknown extension',
      { ...booked, extension: [operatorExtension(), { url: 'urn:x', valueString: 'x' }] },
      'appointment-extension',
    ],
    [
      'an extension inside',
      {
        ...booked,
        participant: [
          { ...(booked.participant as Edit[])[0], extension: [{ url: 'urn:x', valueString: 'x' }] },
        ],
      },
      'appointment-extension',
    ],
    [
      'an extension of a primitive',
      { ...booked, _start: { extension: [{ url: 'urn:x', valueString: 'x' }] } },
      'appointment-extension',
    ],
    ['a type without code', { ...booked, serviceType: [{ text: 'x' }] }, 'appointment-text'],
  ])('%s, as something that could carry a patient', (_what, sent, rule) => {
    const result = readMessage(sent, NOW_MS);
    const issue = result.ok ? undefined : result.error.find((item) => item.rule === rule);
    expect(issue?.reason).toBe('patient-data');
    expect(issue?.text).toMatch(/patient/);
  });

  it('a patient’s number as an SOS actor, but not a place’s', () => {
    const actor = (code: string): Edit => ({
      ...sos({ value: 's-1' }),
      participant: [
        {
          actor: { identifier: { type: { coding: [{ code }] }, system: 'urn:oid:1.2.3', value: '7' } },
          status: 'accepted',
        },
      ],
    });
    expect(refusals(actor('PI'))).toEqual([
      'appointment-actor-foreign Appointment.participant[0].actor.identifier',
    ]);
    expect(refusals(actor('INTRN'))).toEqual([]);
  });
});

describe('what is kept', () => {
  it('is codes, instants and identifiers: labels stay behind', () => {
    const named = JSON.parse(
      JSON.stringify({
        ...booked,
        specialty: [{ coding: [{ system: SYSTEM.specialty, code: 'SM54', display: 'Nom' }], text: 'Nom' }],
      }).replace('"status":"accepted"', '"status":"accepted","id":"Nom"'),
    ) as Edit;
    const message = read(named);
    expect(message.content).not.toContain('Nom');
    expect(message.content).toContain('SM54');
    expect(message.repairs).toEqual(['display-dropped']);
  });

  it('is the same text whatever the order of elements, id and version sent', () => {
    const turned = Object.fromEntries(
      Object.entries({ ...booked, id: 'x', meta: { versionId: '9' } }).reverse(),
    );
    expect(read(turned).content).toBe(read(booked).content);
  });

  it('holds the facts that searches need', () => {
    const message = read({ ...booked, slot: [{ reference: 'https://agenda.example/fhir/Slot/77' }] });
    expect(message).toMatchObject({
      identifier: { system: 'https://agenda-a.example/rdv', value: 'rdv-1' },
      startMs: Date.parse('2026-12-02T08:00:00Z'),
      endMs: Date.parse('2026-12-02T08:20:00Z'),
      practitioner: '899900000017',
      operator: { system: 'urn:oid:1.2.250.1.71.4.2.1', value: '3990000011/REG-77' },
      slot: '77',
    });
  });

  it('believes the vendor’s time unless it is in the future', () => {
    const stamped = (stamp: string): AppointmentMessage => read(individual({ value: 'rdv-1', stamp }));
    expect(stamped('2026-12-01T12:04:00Z').stampMs).toBe(NOW_MS + 4 * 60_000);
    expect(stamped('2026-12-01T12:06:00Z')).toMatchObject({
      stampMs: undefined,
      repairs: ['time-in-future'],
    });
  });
});

describe('identity', () => {
  it('gives each identifier of each vendor one id, from which the vendor can be read', async () => {
    const ids = await Promise.all([
      appointmentId('agenda-a', 'urn:a', '1'),
      appointmentId('agenda-a', 'urn:a', '2'),
      appointmentId('agenda-b', 'urn:a', '1'),
      appointmentId('agenda-a', 'urn:b', '1'),
    ]);
    expect(new Set(ids).size).toBe(4);
    expect(ids.map(ownerOf)).toEqual(['agenda-a', 'agenda-a', 'agenda-b', 'agenda-a']);
    expect(await appointmentId('a'.repeat(40), 'urn:a', '1')).toHaveLength(61);
    expect(ownerOf('1')).toBeUndefined();
    expect(await contentHash('sos', '{}')).not.toBe(await contentHash('individual', '{}'));
  });

  it('ranks every ending above every beginning, and frees the slot of what was cancelled', () => {
    expect(rankOf('cancelled')).toBeGreaterThan(rankOf('booked'));
    expect(rankOf('fulfilled')).toBeGreaterThan(rankOf('noshow'));
    expect(APPOINTMENT_STATUSES.filter((status) => !holdsSlot(status)).sort()).toEqual(
      ['cancelled', 'entered-in-error', 'noshow', 'proposed', 'waitlist'].sort(),
    );
  });
});

const EXAMPLES = resolve(import.meta.dirname, '../../../../shared/ig/examples');
describe.skipIf(!existsSync(EXAMPLES))('the guide’s own appointments', () => {
  it('are accepted without their generated narrative, refused with it', () => {
    const names = readdirSync(EXAMPLES).filter((name) => name.startsWith('Appointment-'));
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      const { text, ...rest } = JSON.parse(readFileSync(`${EXAMPLES}/${name}`, 'utf8')) as Edit;
      expect(refusals(rest)).toEqual([]);
      expect(refusals({ ...rest, text })).toContain('appointment-narrative Appointment.text');
    }
  });
});
