// One failing sample at least per rule of appointments and regulator accounts.
import { EXTENSION, SYSTEM } from '../../../../shared/sas/canonical.ts';
import { ORIENTATION_EXTENSION, ORIENTATION_SYSTEM } from '../../../../shared/sas/terms.ts';
import { edit, type FailingSamples } from '../edit.ts';

const OTHER = 'https://agenda.example/ids';
const OPERATOR = 'extension[0].valueReference.identifier';
const ACTOR = 'participant[0].actor.identifier';

const appointment: FailingSamples = {
  '[appointment-operator] none': edit('appointment', { extension: undefined }),
  '[appointment-operator] another extension': edit('appointment', { 'extension[0].url': OTHER }),
  '[appointment-operator-value] a text': edit('appointment', {
    'extension[0]': { url: EXTENSION.appointmentOperator, valueString: 'REG-77' },
  }),
  '[appointment-operator-identifier] no value': edit('appointment', { [`${OPERATOR}.value`]: undefined }),
  '[appointment-operator-identifier] none': edit('appointment sos', {
    'extension[0].valueReference': { display: 'Anouk' },
  }),
  '[appointment-operator-type] a structure': edit('appointment', {
    [`${OPERATOR}.type.coding[0].code`]: 'IDNST',
  }),
  '[appointment-identifier-one] none': edit('appointment', { identifier: undefined }),
  '[appointment-identifier-one] two': edit('appointment', {
    'identifier[1]': { system: OTHER, value: 'rdv-2' },
  }),
  '[appointment-identifier-complete] no system': edit('appointment', { 'identifier[0].system': undefined }),
  '[appointment-status] none': edit('appointment', { status: undefined }),
  '[appointment-status-sas] arrived': edit('appointment', { status: 'arrived' }),
  '[appointment-start] none': edit('appointment', { start: undefined }, { also: ['r4-app-2'] }),
  '[appointment-end] none': edit('appointment', { end: undefined }, { also: ['r4-app-2'] }),
  '[appointment-order] the end before the start': edit('appointment', { end: '2026-03-02T08:59:59+01:00' }),
  '[appointment-created] none': edit('appointment', { created: undefined }),
  '[appointment-participant] none': edit('appointment', { participant: undefined }),
  '[appointment-participant-status] declined': edit('appointment', { 'participant[0].status': 'declined' }),
  '[appointment-participant-status] none': edit('appointment sos', { 'participant[0].status': undefined }),
  '[appointment-participant-pending] needs-action once booked': edit('appointment', {
    'participant[0].status': 'needs-action',
  }),
  '[appointment-reference] a schedule for a slot': edit('appointment', {
    slot: [{ reference: 'Schedule/1' }],
  }),
  '[r4-app-1] neither type nor actor': edit('appointment', { 'participant[0].actor': undefined }),
  '[r4-app-2] a start without end': edit('appointment', { end: undefined }, { also: ['appointment-end'] }),
  '[r4-app-3] booked at no time': edit(
    'appointment',
    { start: undefined, end: undefined },
    { also: ['appointment-start', 'appointment-end'] },
  ),
  '[r4-app-4] a reason on a booked appointment': edit('appointment', {
    cancelationReason: { text: 'Absence' },
  }),
  '[r4-app-4] a reason on a missed appointment': edit('appointment', {
    status: 'noshow',
    cancelationReason: { text: 'Absence' },
  }),
};

const actor: FailingSamples = {
  '[appointment-actor-identifier] no value': edit('appointment', { [`${ACTOR}.value`]: undefined }),
  '[appointment-actor-system] another system': edit('appointment', { [`${ACTOR}.system`]: OTHER }),
  '[appointment-actor-type] another code': edit('appointment', { [`${ACTOR}.type.coding[0].code`]: 'INTRN' }),
  '[appointment-actor-prefix] no prefix': edit('appointment', { [`${ACTOR}.value`]: '99900000001' }),
  '[appointment-practitioner] nobody named': edit('appointment', {
    'participant[0]': { type: [{ text: 'Accueil' }], status: 'accepted' },
  }),
  '[appointment-sos-extension] a second extension': edit('appointment sos', {
    'extension[1]': { url: OTHER, valueBoolean: true },
  }),
};

const privacy: FailingSamples = {
  '[appointment-patient] a participant': edit('appointment', {
    'participant[1]': { actor: { reference: 'Patient/1' }, status: 'accepted' },
  }),
  '[appointment-patient] an address elsewhere': edit('appointment', {
    slot: [
      { reference: 'Slot/1', identifier: { assigner: { reference: 'https://x.example/RelatedPerson/1' } } },
    ],
  }),
  '[appointment-patient] a declared type': edit('appointment sos', {
    'participant[1]': { actor: { type: 'Patient', display: 'A. B.' }, status: 'accepted' },
  }),
  '[appointment-patient] a health identifier': edit('appointment sos', {
    'participant[1]': {
      actor: { identifier: { system: 'urn:oid:1.2.250.1.213.1.4.8', value: '000' } },
      status: 'accepted',
    },
  }),
  '[appointment-contained] a resource inside': edit('appointment', {
    contained: [{ resourceType: 'ServiceRequest', id: 'demande', status: 'active' }],
    basedOn: [{ reference: '#demande' }],
  }),
  '[appointment-free-text] a comment': edit('appointment', { comment: 'Fièvre depuis deux jours' }),
  '[appointment-free-text] a reason': edit('appointment', { reasonCode: [{ text: 'Fièvre' }] }),
  '[orientation-category] an unknown code': edit('appointment', {
    'extension[1]': {
      url: ORIENTATION_EXTENSION,
      valueCodeableConcept: { coding: [{ system: ORIENTATION_SYSTEM, code: '999' }] },
    },
  }),
};

const IDENTIFIER = 'identifier[0]';

const regulator: FailingSamples = {
  '[regulator-source] another source': edit('regulator', { 'meta.source': SYSTEM.idnps }),
  '[regulator-source-present] none': edit('regulator', { 'meta.source': undefined }),
  '[regulator-identifier] none': edit('regulator', { identifier: undefined }),
  '[regulator-identifier-complete] no value': edit('regulator', { [`${IDENTIFIER}.value`]: undefined }),
  '[regulator-identifier-type] an internal type for a national system': edit('regulator', {
    [`${IDENTIFIER}.type.coding[0].code`]: 'INTRN',
  }),
  '[regulator-identifier-type] a national type for the system of SAS': edit('regulator', {
    [`${IDENTIFIER}.system`]: SYSTEM.sas,
  }),
  '[regulator-identifier-max] two national ones': edit('regulator', {
    'identifier[1]': {
      type: { coding: [{ system: SYSTEM.identifierType, code: 'IDNPS' }] },
      system: SYSTEM.idnps,
      value: '899900000002',
    },
  }),
  '[regulator-identifier-one] a second one of another system': edit('regulator', {
    'identifier[1]': { type: { text: 'Badge' }, system: OTHER, value: 'B-1' },
  }),
  '[regulator-identifier-format] no structure': edit('regulator', { [`${IDENTIFIER}.value`]: 'REG-77' }),
  '[regulator-active] unsaid': edit('regulator', { active: undefined }),
  '[regulator-name] none': edit('regulator', { name: undefined }),
  '[regulator-family] none': edit('regulator', { 'name[0].family': undefined }),
  '[regulator-given] none': edit('regulator', { 'name[0].given': undefined }),
  '[regulator-given] two': edit('regulator', { 'name[0].given': ['Anouk', 'Lise'] }),
  '[regulator-telecom] none': edit('regulator', { telecom: undefined }),
  '[regulator-telecom-email] a phone': edit('regulator', {
    'telecom[0]': { system: 'phone', value: '+33199000004' },
  }),
  '[regulator-email] no at sign': edit('regulator', { 'telecom[0].value': 'anouk.quentrec' }),
};

export const FAILING_WRITE: FailingSamples = { ...appointment, ...actor, ...privacy, ...regulator };
