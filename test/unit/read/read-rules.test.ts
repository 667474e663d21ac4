// Every rule by which the reader drops or repairs: one answer that meets it, beside the same answer without the
// defect, which does not. Keys are the rule in brackets, then what was wrong; scripts/rule-table.ts ties them to the rules.
import { describe, expect, it } from 'vitest';
import { SLOTS_PER_PRACTITIONER_MAX } from '../../../shared/limits.ts';
import type { Flow } from '../../../shared/sas/query.ts';
import { READ_RULES } from '../../../shared/sas/read/elements/rules.ts';
import { readPages } from '../../support/oracles/read-answer.ts';
import {
  answer,
  bundle,
  contained,
  ESTABLISHMENT,
  FROM,
  type Json,
  practitioner,
  RPPS,
  role,
  SERVICE_EXTENSION,
  SIRET,
  schedule,
  slot,
  sosAnswer,
} from '../../support/samples/vendor-bundle.ts';

interface Sample {
  readonly page: Json;
  readonly flow?: Flow;
  readonly nowMs?: number;
  readonly subjects?: readonly string[];
}

const ofSlot = (over: Json): Sample => ({ page: answer([slot(over)]) });
const ofRole = (over: Json): Sample => ({ page: bundle([slot(), schedule(), practitioner(), role(over)]) });
const ofPlace = (over: Json): Sample => ofRole({ contained: [contained(over)] });
const ofPerson = (over: Json): Sample => ({ page: bundle([slot(), schedule(), practitioner(over), role()]) });
const ofBundle = (...more: Json[]): Sample => ({
  page: bundle([slot(), schedule(), practitioner(), role(), ...more]),
});
const sos = (page: Json): Sample => ({ page, flow: 'SOS', subjects: [SIRET] });
const kinds = (...codes: string[]): Json => ({
  meta: { security: codes.map((code) => ({ system: KIND, code })) },
});
const KIND = 'https://mos.esante.gouv.fr/NOS/TRE_R314-TypeCreneau/FHIR/TRE-R314-TypeCreneau';
const ACT = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';

const cptsTie = {
  extension: [{ url: SERVICE_EXTENSION, valueReference: { reference: 'HealthcareService/hs' } }],
  coding: [{ system: ESTABLISHMENT, code: '604' }],
};
const cpts = (over: Json, isWhole = true, service: Json = {}): Sample => ({
  page: bundle([
    slot({ serviceType: [cptsTie], ...over }),
    schedule(),
    practitioner(),
    role(),
    ...(isWhole
      ? [
          {
            resourceType: 'HealthcareService',
            id: 'hs',
            providedBy: { reference: 'Organization/o' },
            ...service,
          },
          {
            resourceType: 'Organization',
            id: 'o',
            name: 'CPTS fictive',
            identifier: [{ value: '1990000009' }],
          },
        ]
      : []),
  ]),
  flow: 'INT_R04',
});
const twice = (second: Json): Sample => ({
  page: bundle([
    slot(),
    slot({
      id: 's2',
      schedule: { reference: 'Schedule/schedule-2' },
      start: '2026-11-24T11:00:00.000+01:00',
      end: '2026-11-24T11:20:00.000+01:00',
    }),
    schedule(),
    schedule({
      id: 'schedule-2',
      actor: [{ reference: `Practitioner/${String(second.id)}` }, { reference: 'PractitionerRole/role-1' }],
    }),
    practitioner(),
    second,
    role(),
  ]),
});

const SAMPLES: Readonly<Record<string, Sample>> = {
  '[slot-not-free] a busy slot': ofSlot({ status: 'busy' }),
  '[slot-dates-unreadable] a start without a time': ofSlot({ start: '2026-11-24' }),
  '[slot-end-not-after-start] an end at the start': ofSlot({ end: '2026-11-24T10:00:00.000+01:00' }),
  '[slot-outside-window] a start past the window': ofSlot({
    start: '2026-12-24T10:00:00.000+01:00',
    end: '2026-12-24T11:00:00.000+01:00',
  }),
  '[slot-started] a start before now': { ...ofSlot({}), nowMs: Date.parse('2026-11-24T09:30:00Z') },
  '[slot-duplicate] the same slot under two ids': { page: answer([slot(), slot({ id: 'other' })]) },
  '[slot-of-someone-else] a practitioner nobody asked': { ...ofSlot({}), subjects: ['899900000025'] },
  '[slot-schedule-unresolved] a schedule that is not there': ofSlot({
    schedule: { reference: 'Schedule/none' },
  }),
  '[slot-holder-unresolved] a practitioner without identifier': ofPerson({ identifier: [] }),
  '[slot-site-unresolved] a role without place': ofRole({ contained: [], location: [] }),
  '[site-address-incomplete] a place without town': ofPlace({
    address: { line: ['1 rue Imaginaire'], postalCode: '81000' },
  }),
  '[slot-kind-not-shown] PRO at SOS Médecins': sos(sosAnswer([slot(kinds('PRO'))])),
  '[slot-cpts-unresolved] open to a CPTS that is not there': cpts(kinds('CPTS'), false),
  '[slot-not-conformant] a specialty system that is no URI': ofSlot({
    specialty: [{ coding: [{ system: 'liste des spécialités', code: 'X1' }] }],
  }),
  '[slot-over-limit] more slots of one practitioner than a month has quarters of an hour': {
    page: answer(
      Array.from({ length: SLOTS_PER_PRACTITIONER_MAX + 1 }, (_, n) =>
        slot({
          id: `s${n}`,
          start: new Date(FROM + n * 60_000).toISOString(),
          end: new Date(FROM + n * 60_000 + 1).toISOString(),
        }),
      ),
    ),
  },
  '[slot-status-unknown] a status of their own': ofSlot({ status: 'libre' }),
  '[slot-modifier-unknown] a modifier of their own': ofSlot({ modifierExtension: [{ url: 'urn:x' }] }),
  '[slot-kind-unknown] a kind of their own': ofSlot(kinds('PRIVE')),
  '[slot-reference-ambiguous] two roles of one id': ofBundle(role({ telecom: [] })),
  '[slot-holder-ambiguous] two practitioners': ofBundle(
    schedule({ id: 's2', actor: ['ps-1', 'ps-2'].map((id) => ({ reference: `Practitioner/${id}` })) }),
    slot({ id: 'slot-2', schedule: { reference: 'Schedule/s2' } }),
    practitioner({ id: 'ps-2', identifier: [{ value: '899900000025' }] }),
  ),
  '[schedule-out-of-use] an agenda that is closed': {
    page: bundle([slot(), schedule({ active: false }), practitioner(), role()]),
  },
  '[practitioner-out-of-use] a practitioner who has retired': ofPerson({ active: false }),
  '[role-out-of-use] a role that has ended': ofRole({ active: false }),
  '[location-out-of-use] a place that is closed': ofPlace({ status: 'inactive' }),
  '[organization-out-of-use] an association that is no more': sos(
    sosAnswer([slot()], { organization: { active: false } }),
  ),
  '[slot-cpts-out-of-use] open to a CPTS that is no more': cpts(kinds('CPTS'), true, { active: false }),
  '[cpts-out-of-use] open also to a CPTS that is no more': cpts(kinds('CPTS', 'PUBLIC'), true, {
    active: false,
  }),
  '[answer-incomplete] total 40, four came': { page: { ...answer([slot()]), total: 40 } },
  '[answer-not-understood] a resource of no type of R4': ofBundle({ resourceType: 'Creneau', id: 'c' }),
  '[status-spelling] FREE': ofSlot({ status: 'FREE' }),
  '[instant-form] Z': ofSlot({ start: '2026-11-24T09:00:00Z' }),
  '[instant-without-offset] a bare local time': ofSlot({ start: '2026-11-24T10:00:00' }),
  '[kind-unknown] a kind of their own beside PUBLIC': ofSlot(kinds('PUBLIC', 'PRIVE')),
  '[kind-cpts-added] a tie to a CPTS without the kind': cpts(kinds('PUBLIC')),
  '[consultation-unknown] a code outside AMB, HH, VR': ofSlot({
    serviceType: [{ coding: [{ system: ACT, code: 'EMER' }] }],
  }),
  '[service-type-split] two codes in one': ofSlot({
    serviceType: [
      {
        coding: [
          { system: ACT, code: 'AMB' },
          { system: ACT, code: 'VR' },
        ],
      },
    ],
  }),
  '[cpts-unresolved] a CPTS that is not there': cpts(kinds('PUBLIC', 'CPTS'), false),
  '[appointment-type-unknown] CHECKUP': ofSlot({ appointmentType: { coding: [{ code: 'CHECKUP' }] } }),
  '[specialty-unknown] nothing in it': ofSlot({ specialty: [{}] }),
  '[code-spelling] a code in lower case': ofSlot({ appointmentType: { coding: [{ code: 'routine' }] } }),
  '[comment-not-a-link] javascript': ofSlot({ comment: 'javascript:alert(1)' }),
  '[identifier-prefix] an RPPS without its 8': ofPerson({ identifier: [{ value: RPPS.slice(1) }] }),
  '[identifier-pruned] a second identifier': ofPerson({
    identifier: [{ value: RPPS }, { system: 'https://agenda.example', value: 'p1' }],
  }),
  '[structure-id-unknown] a structure number of their own': ofRole({
    organization: { identifier: { value: 'CAB-12' } },
  }),
  '[phone-form] blanks and trunk zero': ofRole({ telecom: [{ system: 'phone', value: '05 61 00 00 01' }] }),
  '[phone-unusable] a short number': ofRole({ telecom: [{ system: 'phone', value: '116117' }] }),
  '[phone-premium] a number that costs more than a call': ofRole({
    telecom: [{ system: 'phone', value: '0 899 12 34 56' }],
  }),
  '[phone-premium] in the name of a place': ofPlace({ name: 'Cabinet, 08 99 12 34 56' }),
  '[phone-premium] in a street': ofPlace({
    address: { line: ['1 rue Imaginaire, appelez le +33 899 123 456'], city: 'Albi', postalCode: '81000' },
  }),
  '[phone-premium] in the name of a practitioner': ofPerson({
    name: [{ family: '0899123456 Fictive', given: ['Ada'] }],
  }),
  '[phone-premium] in a reason': ofSlot({ serviceType: [{ text: 'Rappel au 0 892 12 34 56' }] }),
  '[phone-premium] in a specialty': ofSlot({ specialty: [{ text: '0892123456' }] }),
  '[location-contained] a Location beside the role': {
    page: bundle([
      slot(),
      schedule(),
      practitioner(),
      role({ contained: [], location: [{ reference: 'Location/lieu-1' }] }),
      contained(),
    ]),
  },
  '[location-identifier-made] a place without identifier': ofPlace({ identifier: [] }),
  '[location-name-made] an SOS place without name': sos(sosAnswer([slot()], { location: { name: '' } })),
  '[address-line-joined] two address lines': ofPlace({
    address: { line: ['Bât. A', '1 rue Imaginaire'], city: 'Albi', postalCode: '81000' },
  }),
  '[postal-code-form] F-81000': ofPlace({
    address: { line: ['1 rue Imaginaire'], city: 'Albi', postalCode: 'F-81000' },
  }),
  '[practitioner-merged] one RPPS under two ids': twice(practitioner({ id: 'ps-2' })),
  '[schedule-merged] two Schedules of one role': twice({ resourceType: 'Basic', id: 'ps-1' }),
  '[opening-hours-form] MON and 08:00': sos(sosAnswer([slot()])),
};

/** What is right in every flow, to show that the rule is silent without its defect. */
const CLEAN: Readonly<Record<Flow, Sample>> = {
  INT_R01: { page: answer([slot()]) },
  INT_R04: cpts(kinds('PUBLIC', 'CPTS')),
  SOS: sos(
    sosAnswer([slot(kinds('PUBLIC'))], {
      location: {
        telecom: [],
        hoursOfOperation: [{ daysOfWeek: ['mon'], openingTime: '08:00:00', closingTime: '20:00:00' }],
      },
    }),
  ),
};

function rulesMet({ page, ...over }: Sample): string[] {
  const { dropped, repaired } = readPages([page], over);
  return [...dropped, ...repaired].map(({ rule }) => rule);
}

const idOf = (key: string): string => /^\[([a-z0-9-]+)\]/.exec(key)?.[1] ?? '';

describe.each(Object.entries(SAMPLES))('%s', (key, sample) => {
  it('meets its rule, and the sound answer does not', () => {
    expect(rulesMet(sample)).toContain(idOf(key));
    expect(rulesMet(CLEAN[sample.flow ?? 'INT_R01'])).not.toContain(idOf(key));
  });
});

/** Decided at the edge, where appointments and SAS's own window are known: test/unit/search/selection.test.ts. */
const AT_THE_EDGE = [
  'slot-booked',
  'slot-not-asked',
  'slot-undeclared',
  'slot-declarations-unread',
  'editor-switched-off',
];

it('has a sample for every rule of the reader', () => {
  const rules = Object.keys(READ_RULES).filter((rule) => !AT_THE_EDGE.includes(rule));
  expect([...new Set(Object.keys(SAMPLES).map(idOf))].sort()).toEqual(rules.sort());
});
