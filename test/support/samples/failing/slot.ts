// One failing sample at least per rule of slots and schedules, and of the elements that profiles share.
import { EXTENSION, PROFILE, SYSTEM } from '../../../../shared/sas/canonical.ts';
import { edit, type FailingSamples } from '../edit.ts';

const reference = [
  { url: EXTENSION.slotService, valueReference: { reference: 'HealthcareService/service-1' } },
];

const shared: FailingSamples = {
  '[meta-profile-one] none': edit('slot', { 'meta.profile': undefined }),
  '[meta-profile-one] two': edit('slot', { 'meta.profile': [PROFILE.slotIndividual, PROFILE.slotCpts] }),
  '[meta-profile-canonical] the profile of another flow': edit('slot', {
    'meta.profile[0]': PROFILE.slotSos,
  }),
  '[reference-relative] an address': edit('slot', {
    'schedule.reference': 'https://agenda.example/fhir/Schedule/schedule-1',
  }),
  '[reference-relative] a version': edit('slot', { 'schedule.reference': 'Schedule/schedule-1/_history/2' }),
  '[reference-target] another type': edit('slot', { 'schedule.reference': 'Location/schedule-1' }),
  '[reference-target] a type whose name starts alike': edit('role', {
    'practitioner.reference': 'PractitionerRole/role-1',
  }),
  '[reference-target] an actor of no listed type': edit('schedule', {
    'actor[2]': { reference: 'Organization/organization-1' },
  }),
  '[reference-target] an SOS actor that is no place': edit('schedule sos', {
    'actor[0].reference': 'Practitioner/practitioner-1',
  }),
  '[specialty-coding] a code without system': edit('slot', { 'specialty[0].coding[0].system': undefined }),
  '[specialty-text] text only': edit('slot', { 'specialty[1]': { text: 'Médecine du sport' } }),
  '[specialty-code-unknown] another system': edit('slot', {
    'specialty[0].coding[0].system': 'https://agenda.example/specialites',
  }),
  '[specialty-code-unknown] not the form of a TRE_R38 code': edit('slot', {
    'specialty[0].coding[0].code': 'generaliste',
  }),
  '[telecom-complete] no value': edit('role', { 'telecom[0].value': undefined }),
  '[telecom-complete] no system': edit('role', { 'telecom[0].system': undefined }, { also: ['r4-cpt-2'] }),
  '[telecom-phone] a national number': edit('role', { 'telecom[0].value': '0199000001' }),
  '[telecom-phone] blanks': edit('location sos', { 'telecom[0].value': '+33 1 99 00 00 01' }),
  '[telecom-phone-french] a neighbour’s number': edit('role', { 'telecom[0].value': '+3220000000' }),
  '[name-prefix-max] two civilities': edit('practitioner', { 'name[0].prefix': ['MME', 'DR'] }),
  '[identifier-coherent] a national system under an internal type': edit('role', {
    'contained[0].identifier[0].system': SYSTEM.idnst,
  }),
  '[identifier-coherent] an operator of SAS under a national type': edit('appointment', {
    'extension[0].valueReference.identifier.system': SYSTEM.sas,
  }),
};

const slot: FailingSamples = {
  '[slot-status-free] a busy slot': edit('slot', { status: 'busy' }),
  '[slot-status-free] no status': edit('slot sos', { status: undefined }),
  '[slot-schedule] none': edit('slot', { schedule: undefined }),
  '[slot-schedule] an identifier instead of a reference': edit('slot', { schedule: { display: 'Agenda 1' } }),
  '[slot-start] none': edit('slot', { start: undefined }),
  '[slot-end] none': edit('slot', { end: undefined }),
  '[slot-instant-format] Z': edit('slot', { start: '2026-03-02T08:00:00.000Z' }),
  '[slot-instant-format] no milliseconds': edit('slot', { end: '2026-03-02T09:20:00+01:00' }),
  '[slot-instant-format] microseconds': edit('slot', { end: '2026-03-02T09:20:00.000000+01:00' }),
  '[slot-order] the end before the start': edit('slot', { end: '2026-03-02T08:59:00.000+01:00' }),
  '[slot-order] no length, in two offsets': edit('slot', { end: '2026-03-02T08:00:00.000+00:00' }),
  '[slot-service-category-max] two': edit('slot', {
    serviceCategory: [{ text: 'Soins' }, { text: 'Visite' }],
  }),
  '[slot-kind] an unknown code': edit('slot', { 'meta.security[0].code': 'PRIVE' }),
  '[slot-kind] an unknown system': edit('slot', {
    'meta.security[0].system': 'https://agenda.example/natures',
  }),
  '[slot-kind-present] none': edit('slot', { 'meta.security': undefined }),
  '[slot-consultation-code] an unknown act': edit('slot', { 'serviceType[0].coding[0].code': 'CABINET' }),
  '[slot-consultation-sas] an act that SAS does not show': edit('slot', {
    'serviceType[0].coding[0].code': 'EMER',
  }),
  '[slot-consultation-coding] a second coding of another system': edit('slot', {
    'serviceType[0].coding[1]': { system: 'https://agenda.example/types', code: 'C' },
  }),
  '[slot-consultation-one] two acts in one entry': edit('slot', {
    'serviceType[0].coding[1]': { system: SYSTEM.actCode, code: 'HH' },
  }),
  '[slot-consultation-present] a reason only': edit('slot', { serviceType: [{ text: 'Suivi' }] }),
  '[slot-appointment-type] another code under CPTS': edit('slot cpts', {
    'appointmentType.coding[0].code': 'CHECKUP',
  }),
  '[slot-appointment-type] another code under SOS': edit('slot sos', {
    'appointmentType.coding[0].code': 'CHECKUP',
  }),
  '[slot-appointment-type-preferred] another code': edit('slot', {
    'appointmentType.coding[0].code': 'CHECKUP',
  }),
  '[slot-appointment-type-preferred] none': edit('slot', { appointmentType: undefined }),
  '[slot-comment-url] a sentence': edit('slot', { comment: 'Appeler le cabinet' }),
  '[slot-comment-url] a script': edit('slot', { comment: 'javascript:alert(1)' }),
  '[slot-comment-url] a password': edit('slot', { comment: 'https://jean:secret@agenda.example/rdv' }),
  '[slot-comment-present] a bookable slot without URL': edit('slot', { comment: undefined }),
  '[slot-comment-origin] already there': edit('slot', {
    comment: 'https://agenda.example/rdv?a=1&origin=sas',
  }),
};

const cpts: FailingSamples = {
  '[slot-cpts-kind] an entry without the kind': edit('slot cpts', { 'meta.security[1]': undefined }),
  '[slot-cpts-kind] a kind without the entry': edit('slot cpts', { 'serviceType[1]': undefined }),
  '[slot-cpts-plain] neither kind nor entry': edit('slot cpts', {
    'meta.security[1]': undefined,
    'serviceType[1]': undefined,
  }),
  '[slot-cpts-data] the kind on a plain slot': edit('slot', { 'meta.security[1].code': 'CPTS' }),
  '[slot-cpts-data] the entry on a plain slot': edit('slot', {
    'serviceType[2]': { extension: reference, text: 'CPTS' },
  }),
  '[slot-cpts-profile] a CPTS slot under the plain profile': edit('bundle cpts', {
    'entry[1].resource.meta.security[0].code': 'CPTS',
  }),
  '[slot-cpts-reference] none': edit('slot cpts', { 'serviceType[1].extension': undefined }),
  '[slot-cpts-reference] two': edit('slot cpts', {
    'serviceType[1].extension': [...reference, ...reference],
  }),
  '[slot-cpts-reference] a text': edit('slot cpts', {
    'serviceType[1].extension': [{ url: EXTENSION.slotService, valueString: 'service-1' }],
  }),
  '[slot-cpts-reference-misplaced] on a consultation type': edit('slot cpts', {
    'serviceType[0].extension': reference,
  }),
  '[slot-cpts-category-system] the short spelling': edit('slot cpts', {
    'serviceType[1].coding[0].system': 'https://mos.esante.gouv.fr/NOS/TRE_R66-CategorieEtablissement',
  }),
};

const sos: FailingSamples = {
  '[slot-sos-kind] PRO': edit('slot sos', { 'meta.security[0].code': 'PRO' }),
  '[slot-sos-service-type] another act': edit('slot sos', { 'serviceType[0].coding[0].code': 'EMER' }),
  '[slot-sos-service-type] another system': edit('slot sos', {
    'serviceType[1]': { coding: [{ system: SYSTEM.establishment, code: '604' }] },
  }),
};

const schedule: FailingSamples = {
  '[schedule-service-type] present': edit('schedule', { serviceType: [{ text: 'Soins' }] }),
  '[schedule-service-category-max] two': edit('schedule sos', {
    serviceCategory: [{ text: 'Soins' }, { text: 'Visite' }],
  }),
  '[schedule-actor] none': edit('schedule', { actor: undefined }),
  '[schedule-actor] a name instead of a reference': edit('schedule sos', { actor: [{ display: 'Centre' }] }),
  '[schedule-actor-practitioner] the role alone': edit('schedule', { 'actor[0]': undefined }),
  '[schedule-actor-practitioner] two practitioners': edit('schedule', {
    'actor[2]': { reference: 'Practitioner/practitioner-2' },
  }),
  '[schedule-actor-role] the practitioner alone': edit('schedule', { 'actor[1]': undefined }),
  '[schedule-sos-actor-one] two places': edit('schedule sos', {
    'actor[1]': { reference: 'Location/location-2' },
  }),
};

export const FAILING_SLOT: FailingSamples = { ...shared, ...slot, ...cpts, ...sos, ...schedule };
