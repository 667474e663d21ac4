// Rules of what is written: appointments (INT_R03) and regulator accounts (INT_R02).
// Pages: "gestion des rendez-vous" (RDV) and "gestion du régulateur" (REG), FAQ.
import { EXTENSION, SYSTEM } from '../../canonical.ts';
import { ORIENTATION_CATEGORIES, ORIENTATION_SYSTEM, ORIENTATIONS } from '../../terms.ts';
import { defineRules } from './rule.ts';

const appointment = defineRules('Appointment', {
  'appointment-operator': `error [RDV] Le rendez-vous porte exactement une extension ${EXTENSION.appointmentOperator}.`,
  'appointment-operator-value':
    'error [profil FrAppointmentSAS] L’opérateur est une valueReference, sans extension imbriquée.',
  'appointment-operator-identifier':
    'error [RDV] L’opérateur a un identifiant : système, type à un seul code, valeur.',
  'appointment-operator-type': `error [RDV] Le type de l’identifiant de l’opérateur est ${SYSTEM.identifierType}#IDNPS ou ${SYSTEM.identifierType}#INTRN.`,
  'appointment-identifier-one': 'error [RDV] Le rendez-vous a exactement un identifiant.',
  'appointment-identifier-complete': 'error [RDV] L’identifiant du rendez-vous a un système et une valeur.',
  'appointment-status': 'error [RDV] Le rendez-vous a un statut.',
  'appointment-status-sas': 'warning [RDV] Le SAS attend booked, fulfilled, noshow, cancelled ou pending.',
  'appointment-start': 'error [profil FrAppointmentSAS] Le rendez-vous a un début.',
  'appointment-end': 'error [profil FrAppointmentSAS] Le rendez-vous a une fin.',
  'appointment-order': 'error [RDV] La fin du rendez-vous ne précède pas son début.',
  'appointment-created': 'warning [profil FrAppointmentSAS] La date de création du rendez-vous est attendue.',
  'appointment-participant': 'error [R4] Le rendez-vous a au moins un participant.',
  'appointment-participant-status': 'error [RDV] Le statut d’un participant est accepted ou needs-action.',
  'appointment-participant-pending': 'warning [KIT] needs-action ne s’emploie qu’avec le statut pending.',
  'appointment-reference': `error [profil FrAppointment] Une référence vise un type de ressource admis : Slot/id dans slot.`,
  'r4-app-1': 'error [R4 app-1] Un participant a un type ou un acteur.',
  'r4-app-2': 'error [R4 app-2] start et end sont présents ensemble ou absents ensemble.',
  'r4-app-3': 'error [R4 app-3] Seul un rendez-vous proposed, cancelled ou waitlist peut être sans horaire.',
  'r4-app-4': 'error [R4 app-4] cancelationReason n’accompagne que le statut cancelled.',
});

const actor = defineRules('Appointment (PS)', {
  'appointment-actor-identifier':
    'error [profil FrAppointmentSAS] L’identifiant d’un acteur a un système, un type et une valeur.',
  'appointment-actor-system':
    'error [profil FrAppointmentSAS] Le système de l’identifiant d’un acteur est urn:oid:1.2.250.1.71.4.2.1.',
  'appointment-actor-type': `error [profil FrAppointmentSAS] Le type de l’identifiant d’un acteur est ${SYSTEM.identifierType}#IDNPS.`,
  'appointment-actor-prefix':
    'error [RDV] Le professionnel est identifié par 8 et son RPPS, ou 0 et son ADELI.',
  'appointment-practitioner':
    'warning [RDV] Le professionnel est attendu parmi les participants, par son identifiant.',
});

const sos = defineRules('Appointment (SOS)', {
  'appointment-sos-extension': `error [profil sas-sos-appointment] L’opérateur (${EXTENSION.appointmentOperator}) est la seule extension admise.`,
});

const privacy = defineRules('Appointment (données de santé)', {
  'appointment-patient': 'error [RDV] Le rendez-vous ne désigne ni patient, ni proche.',
  'appointment-contained': 'error [RDV] Le rendez-vous ne contient pas d’autre ressource.',
  'appointment-free-text':
    'error [RDV] Le rendez-vous ne porte ni commentaire, ni description, ni motif, ni pièce, ni consigne.',
  'orientation-category': `error [profil sas-categorie-orientation] La catégorie d’orientation est ${[...ORIENTATIONS].join(', ')} dans ${ORIENTATION_SYSTEM}, ou ${[...ORIENTATION_CATEGORIES].join(', ')} dans ${SYSTEM.establishment}.`,
});

const regulator = defineRules('PractitionerRegul', {
  'regulator-source': 'error [REG] meta.source est urn:oid:1.2.250.1.213.3.6.',
  'regulator-source-present': `warning [REG] meta.source est toujours envoyé : ${SYSTEM.sas}.`,
  'regulator-identifier': 'error [REG] Le compte a au moins un identifiant.',
  'regulator-identifier-complete': 'error [REG] Chaque identifiant a un système, un type et une valeur.',
  'regulator-identifier-type': `error [REG] Le type suit le système : IDNPS pour ${SYSTEM.idnps}, INTRN pour ${SYSTEM.sas}.`,
  'regulator-identifier-max':
    'error [profil FrPractitionerRegul] Au plus un identifiant national et un technique.',
  'regulator-identifier-one': 'warning [REG] Le compte porte un seul identifiant.',
  'regulator-identifier-format':
    'warning [REG] L’identifiant national est 8 et le RPPS, ou structure/numéro, où la structure commence par 3 ou 5.',
  'regulator-active': 'error [REG] Le compte dit s’il est actif.',
  'regulator-name': 'error [KIT] Le compte a un nom.',
  'regulator-family': 'error [profil FrPractitionerRegul] Le nom a un nom de famille.',
  'regulator-given': 'error [profil FrPractitionerRegul] Le nom a exactement un prénom.',
  'regulator-telecom': 'error [KIT] Le compte a une adresse électronique.',
  'regulator-telecom-email':
    'error [profil FrPractitionerRegul] Tout moyen de contact est une adresse électronique.',
  'regulator-email': 'error [REG] Une adresse électronique contient exactement un @.',
});

export const WRITE_RULES = { ...appointment, ...actor, ...sos, ...privacy, ...regulator } as const;
