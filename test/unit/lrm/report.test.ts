// The message that leaves for an LRM: each element of it, what holds it back, and that nothing else of the appointment is
// in it.
import { is } from 'valibot';
import { expect, test } from 'vitest';
import { SYSTEM } from '../../../shared/sas/canonical.ts';
import { ORIENTATION_EXTENSION, ORIENTATION_SYSTEM } from '../../../shared/sas/terms.ts';
import { buildReport } from '../../../worker/lrm/message/report.ts';
import type { HoldReason, ReportInput } from '../../../worker/lrm/message/report-input.ts';
import { type LrmReport, REPORT } from '../../../worker/lrm/message/schema.ts';
import { apply } from '../../support/samples/edit.ts';
import {
  ADELI,
  appointmentOf,
  NOW_MS,
  RPPS,
  reported,
  reportInput,
} from '../../support/samples/lrm-report.ts';
import { appointment, type Sample, sosAppointment } from '../../support/samples/valid/resources.ts';

function built(edits: Partial<ReportInput> = {}): LrmReport {
  const report = buildReport(reportInput(edits));
  if (!report.ok) throw new Error(report.error.join());
  return JSON.parse(report.value.body) as LrmReport;
}

function messageOf(edits: Partial<ReportInput> = {}) {
  const [content] = built(edits).content;
  if (content === undefined) throw new Error('no content');
  return content.jsonContent.embeddedJsonContent.message;
}

const told = (edits: Partial<ReportInput> = {}) => messageOf(edits).appointment;
const toldOf = (sent: Sample, edits: Partial<ReportInput> = {}) =>
  told({ appointment: reported(sent), ...edits });

function heldFor(edits: Partial<ReportInput>): readonly HoldReason[] {
  const report = buildReport(reportInput(edits));
  return report.ok ? [] : report.error;
}

test('is the envelope, the header and the whole object, and nothing besides', () => {
  const id = 'fr.health.test.ptfsas_6f1c2f0a-3f0e-4a7e-9a55-0d1a2b3c4d5e';
  expect(built()).toEqual({
    distributionID: id,
    senderID: 'fr.health.test.ptfsas',
    dateTimeSent: '2026-03-02T08:00:12+01:00',
    dateTimeExpires: '2026-03-02T09:00:12+01:00',
    distributionStatus: 'Actual',
    distributionKind: 'Report',
    descriptor: {
      language: 'fr-FR',
      explicitAddress: { explicitAddressScheme: 'hubex', explicitAddressValue: 'fr.health.samu990' },
    },
    content: [
      {
        jsonContent: {
          embeddedJsonContent: {
            message: {
              messageId: id,
              sender: { name: 'fr.health.test.ptfsas', URI: 'hubex:fr.health.test.ptfsas' },
              sentAt: '2026-03-02T08:00:12+01:00',
              status: 'Actual',
              kind: 'Report',
              recipient: [{ name: 'fr.health.samu990', URI: 'hubex:fr.health.samu990' }],
              appointment: {
                appointmentId: 'agenda-a-0123456789abcdef0123',
                method: 'CreateAppointment',
                created: '2026-03-02T08:00:00+01:00',
                start: '2026-03-02T09:00:00+01:00',
                end: '2026-03-02T09:20:00+01:00',
                status: 'booked',
                orientationCategory: 'PS',
                practitioner: {
                  rppsId: RPPS,
                  lastName: 'Ferrouil',
                  firstName: 'Solène',
                  specialityCode: 'SM54',
                  specialityUrl: SYSTEM.specialty,
                },
                organization: { organizationId: '1990000128', name: 'Maison médicale du Lavoir' },
                regulator: {
                  regulatorId: '3990000011/REG-77',
                  regulatorName: 'Quentrec',
                  regulatorFirstname: 'Anouk',
                  regulatorEmail: 'anouk.quentrec@samu.example',
                },
              },
            },
          },
        },
      },
    ],
  });
});

test('an update repeats the whole object', () => {
  const update = told({ method: 'UpdateAppointment' });
  expect(update).toEqual({ ...told(), method: 'UpdateAppointment' });
});

test('schema 25.11.26 has no regulator, and waits for none; 26.07.29 has one, and waits for him', () => {
  expect(told({ schema: '25.11.26' })).not.toHaveProperty('regulator');
  expect(heldFor({ schema: '25.11.26', regulator: undefined })).toEqual([]);
  expect(told({ schema: '26.07.29' })).toHaveProperty('regulator.regulatorName', 'Quentrec');
  expect(heldFor({ schema: '26.07.29', regulator: undefined })).toEqual(['regulator-unknown']);
});

test.each([
  ['a national identifier', SYSTEM.idnps, '3990000011/REG-77', '3990000011/REG-77'],
  ['SAS’s own identifier', SYSTEM.sas, 'agent-77', undefined],
  ['SAS’s own identifier, a UUID', SYSTEM.sas, '6f1c2f0a-3f0e-4a7e-9a55-0d1a2b3c4d5e', undefined],
  ['a UUID given as a national one', SYSTEM.idnps, '6F1C2F0A-3f0e-4a7e-9a55-0d1a2b3c4d5e', undefined],
])('regulatorId of %s', (_of, system, value, regulatorId) => {
  const { regulator } = reportInput();
  const message = JSON.stringify(told({ regulator: { ...regulator!, identifier: { system, value } } }));
  expect(JSON.parse(message).regulator.regulatorId).toBe(regulatorId);
  if (regulatorId === undefined) expect(message).not.toContain(value);
});

test.each([
  ['decimals', '2026-03-02T09:00:59.999+01:00', '2026-03-02T09:00:59+01:00'],
  ['Z', '2026-03-02T08:00:00Z', '2026-03-02T08:00:00+00:00'],
  ['an offset overseas', '2026-03-02T12:00:00-04:00', '2026-03-02T12:00:00-04:00'],
])('an instant with %s loses what the Hub does not take, and stays the same instant', (_with, sent, out) => {
  const end = '2026-03-02T17:00:00.000Z';
  const appointment = toldOf(appointmentOf(RPPS, { start: sent, created: sent, end }));
  expect(appointment).toMatchObject({ start: out, created: out, end: '2026-03-02T17:00:00+00:00' });
});

test('without a creation that can be read, it was created when it was received', () => {
  const { content, ...rest } = reportInput().appointment;
  const { created: _, ...uncreated } = JSON.parse(content) as Sample;
  const appointment = { ...rest, content: JSON.stringify(uncreated) };
  expect(told({ appointment }).created).toBe('2026-03-02T08:00:09+01:00');
});

test.each([
  ['pending', 'pending'],
  ['booked', 'booked'],
  ['fulfilled', 'fulfilled'],
  ['noshow', 'noshow'],
  ['cancelled', 'cancelled'],
  ['proposed', 'pending'],
  ['waitlist', 'pending'],
  ['arrived', 'booked'],
  ['checked-in', 'booked'],
  ['entered-in-error', 'cancelled'],
])('status %s is told as %s', (status, out) => {
  expect(toldOf(appointmentOf(RPPS, { status })).status).toBe(out);
});

test.each([
  [ORIENTATION_SYSTEM, '001', 'PS'],
  [ORIENTATION_SYSTEM, '002', 'PDM'],
  [ORIENTATION_SYSTEM, '003', 'SOS'],
  [SYSTEM.establishment, '604', 'CPTS'],
  [SYSTEM.establishment, '603', 'MSP'],
  [SYSTEM.establishment, '124', 'CDS'],
])('category of the vendor’s own code %s|%s is %s', (system, code, category) => {
  const sent = appointmentOf(RPPS);
  const orientation = { url: ORIENTATION_EXTENSION, valueCodeableConcept: { coding: [{ system, code }] } };
  sent.extension = [...(sent.extension as Sample[]), orientation];
  expect(
    toldOf(sent, { said: { practitioner: { ...reportInput().said.practitioner, isCpts: true } } }),
  ).toHaveProperty('orientationCategory', category);
});

test('of several codes of the category the first that is known counts; one of another list is none', () => {
  const categoryOf = (...coding: object[]): unknown => {
    const sent = JSON.parse(reportInput().appointment.content) as Sample;
    sent.extension = [{ url: ORIENTATION_EXTENSION, valueCodeableConcept: { coding } }];
    const appointment = { ...reportInput().appointment, content: JSON.stringify(sent) };
    return told({ appointment }).orientationCategory;
  };
  const [unknown, msp] = ['999', '603'].map((code) => ({ system: SYSTEM.establishment, code }));
  expect(categoryOf(unknown!, msp!)).toBe('MSP');
  expect(categoryOf({ ...msp!, system: 'urn:x' })).toBe('PS');
  expect(categoryOf({ ...msp!, system: ORIENTATION_SYSTEM })).toBe('PS');
});

test('category without such a code: SOS by the profile, CPTS by the slots, else PS', () => {
  const { practitioner } = reportInput().said;
  expect(toldOf(sosAppointment(), { said: {} }).orientationCategory).toBe('SOS');
  expect(told({ said: { practitioner: { ...practitioner, isCpts: true } } }).orientationCategory).toBe(
    'CPTS',
  );
  expect(told().orientationCategory).toBe('PS');
});

test('the specialty is the appointment’s own, else the one of the last search, else absent', () => {
  const { specialty: _, ...unspecialised } = reportInput().said.practitioner ?? {};
  const other = { system: 'urn:x', code: 'X1' };
  const own = { specialty: [{ coding: [other, { system: SYSTEM.specialty, code: 'SM40' }] }] };
  expect(toldOf(appointmentOf(RPPS, own)).practitioner?.specialityCode).toBe('SM40');
  expect(told().practitioner?.specialityCode).toBe('SM54');
  expect(told({ said: { practitioner: unspecialised } }).practitioner).toEqual({
    rppsId: RPPS,
    lastName: 'Ferrouil',
    firstName: 'Solène',
  });
});

test.each([
  ['an ADELI number', ADELI],
  ['an RPPS number that the LRM’s schema does not take', '899900000012'],
  ['an RPPS number that is too long', '8100999000123'],
  ['an RPPS number behind something', '0810099900012'],
])(
  '%s is not told: the structure stands for the practitioner, and nothing waits for a name',
  (_of, practitioner) => {
    const appointment = { ...reportInput().appointment, practitioner };
    const out = told({ appointment });
    expect(out).not.toHaveProperty('practitioner');
    expect(out.organization?.organizationId).toBe('1990000128');
    expect(JSON.stringify(out)).not.toContain(practitioner);
    const name = { lastName: 'Ferrouil', firstName: 'Solène' };
    expect(told({ appointment, said: { practitioner: { name } } })).not.toHaveProperty('practitioner');
    expect(heldFor({ appointment, said: {} })).toEqual([]);
  },
);

test('without names the structure is told alone; without either the message waits', () => {
  const { structure } = reportInput().said.practitioner ?? {};
  const out = told({ said: { practitioner: { structure: structure! } } });
  expect(out).not.toHaveProperty('practitioner');
  expect(out.organization?.name).toBe('Maison médicale du Lavoir');
  expect(heldFor({ said: {} })).toEqual(['nobody-told']);
  expect(
    heldFor({ said: { practitioner: { name: { lastName: 'Ferrouil', firstName: 'Solène' } } } }),
  ).toEqual([]);
});

test('an SOS appointment is told before anybody is named, then with its association, then with its practitioner', () => {
  const association = { structure: { id: '399000000000012', name: 'SOS Médecins Vaubrun' } };
  const early = toldOf(sosAppointment(), { said: {} });
  expect(early).not.toHaveProperty('practitioner');
  expect(early).not.toHaveProperty('organization');
  expect(toldOf(sosAppointment(), { said: { association } }).organization).toEqual({
    organizationId: '399000000000012',
    name: 'SOS Médecins Vaubrun',
  });
  const identified = { ...sosAppointment(), status: 'booked', participant: appointmentOf(RPPS).participant };
  const late = toldOf(identified, { said: { association, ...reportInput().said } });
  expect(late.practitioner?.rppsId).toBe(RPPS);
  expect(late.organization?.organizationId).toBe('399000000000012');
});

test('every reason that holds it back is told at once', () => {
  expect(heldFor({ recipient: undefined })).toEqual(['recipient-unknown']);
  expect(heldFor({ recipient: undefined, regulator: undefined, said: {} })).toEqual([
    'nobody-told',
    'regulator-unknown',
    'recipient-unknown',
  ]);
});

test.each<[string, Partial<ReportInput>]>([
  ['a status that nobody knows', { appointment: { ...reportInput().appointment, status: 'moved' } }],
  ['a start that is none', { appointment: { ...reportInput().appointment, content: '{"start":"soon"}' } }],
  ['a regulator without e-mail', { regulator: { ...reportInput().regulator!, email: '' } }],
  ['a recipient that is no client of the Hub', { recipient: 'samu990' }],
  [
    'a structure without prefix',
    { said: { practitioner: { structure: { id: '990000128', name: 'Maison médicale du Lavoir' } } } },
  ],
])('%s never leaves', (_of, edits) => {
  expect(heldFor(edits)).toEqual(['message-not-valid']);
});

test('no field with a form takes one character more at either end', () => {
  const report = built();
  const refuses = (path: string, value: string): boolean => {
    const edited = structuredClone(report) as unknown as Sample;
    apply(edited, path, value);
    return !is(REPORT['26.07.29'], edited);
  };
  const message = 'content[0].jsonContent.embeddedJsonContent.message';
  for (const [path, value] of [
    ['distributionID', 'fr.health.test.ptfsas_1'],
    ['senderID', 'fr.health.test.ptfsas'],
    ['dateTimeSent', '2026-03-02T08:00:12+01:00'],
    [`${message}.sender.URI`, 'hubex:fr.health.test.ptfsas'],
    [`${message}.appointment.practitioner.rppsId`, RPPS],
    [`${message}.appointment.organization.organizationId`, '1990000128'],
    [`${message}.appointment.organization.organizationId`, '399000000000012'],
  ] as const) {
    expect(refuses(path, value), path).toBe(false);
    expect(refuses(path, `1${value}`), path).toBe(true);
    expect(refuses(path, `${value} `), path).toBe(true);
  }
});

test('lives a day at most, and says in whole seconds when it ends', () => {
  const day = 24 * 3_600_000;
  const wanted = buildReport(reportInput({ expiresMs: NOW_MS + day }));
  const longer = buildReport(reportInput({ expiresMs: NOW_MS + day + 60_000 }));
  expect(longer).toEqual(wanted);
  expect(wanted).toMatchObject({ value: { expiresMs: Date.parse('2026-03-03T08:00:12+01:00') } });
  expect(built({ expiresMs: NOW_MS + 1_000 }).dateTimeExpires).toBe('2026-03-02T08:00:13+01:00');
});

test('a distributionID of another sender is our mistake', () => {
  expect(() => buildReport(reportInput({ distributionId: 'fr.health.ptfsas_1' }))).toThrow(TypeError);
});

test('nothing of the appointment leaves but what is named: neither a patient nor the vendor’s own identifiers', () => {
  const kept = JSON.parse(reported(appointment()).content) as Sample;
  // What the edge refuses or leaves behind, put back as if a release before had kept it.
  const content = JSON.stringify({
    ...kept,
    comment: 'CANARI-comment',
    description: 'CANARI-description',
    patientInstruction: 'CANARI-instruction',
    reasonCode: [{ text: 'CANARI-reason' }],
    contained: [{ resourceType: 'Patient', id: 'p', name: [{ family: 'CANARI-patient' }] }],
    participant: [
      { actor: { reference: 'Patient/CANARI-1', display: 'CANARI-display' }, status: 'accepted' },
      ...(kept.participant as Sample[]),
    ],
    identifier: [{ system: 'https://agenda.example/rdv', value: 'CANARI-identifier' }],
    slot: [{ reference: 'Slot/CANARI-slot' }],
    patient: { name: 'CANARI-element' },
  });
  const report = buildReport(reportInput({ appointment: { ...reportInput().appointment, content } }));
  expect(report.ok).toBe(true);
  expect(JSON.stringify(report)).not.toMatch(/CANARI|patient/i);
});
