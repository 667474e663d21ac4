// Appointments: written by vendors at a relay's mTLS port (INT_R03), read by SAS. worker/appointments/;
// docs/appointments.md.

import { type Operation, type Operations, type Parameter, pathText, queryText } from '../model/operation.ts';
import { LATE_BODY, STORED } from '../model/refusals.ts';
import {
  APPOINTMENT_EXAMPLE,
  APPOINTMENT_TOKEN,
  EXAMPLE_PROFESSIONAL,
  KNOWN_APPOINTMENT_EXAMPLE,
  pageOf,
} from './examples.ts';
import { BAD_FORM, BAD_QUERY, fhir, fhirBody, formBody, LONG_QUERY } from './parts.ts';

const ID = pathText('id', 'Celui que la passerelle a donné (Location).', KNOWN_APPOINTMENT_EXAMPLE.id);
const VERSION = pathText('version', 'Numéro de version, dès 1.', '1');
const IDENTIFIER = queryText(
  'identifier',
  'système|valeur ; , | $ et \\ se protègent par \\.',
  APPOINTMENT_TOKEN,
);
const FILTERS: readonly Parameter[] = [
  IDENTIFIER,
  queryText('status', 'Statuts FHIR, séparés par des virgules.', 'booked'),
  queryText('date', 'Début du rendez-vous ; ge, gt, le, lt, deux fois au plus.', 'ge2026-12-02'),
  queryText('practitioner', 'Numéro RPPS ou ADELI.', EXAMPLE_PROFESSIONAL),
  queryText('operator', 'Régulateur : système|valeur.', APPOINTMENT_TOKEN),
  queryText('vendor', 'Éditeurs, séparés par des virgules.', 'agenda-a'),
  queryText('_lastUpdated', 'Comme date, sur le dernier changement.', 'ge2026-12-01'),
  queryText('_sort', 'date ou _lastUpdated, précédé de - pour l’ordre inverse.', '-date'),
  queryText('_count', 'Par page, 200 au plus ; 50 par défaut.', '50'),
  queryText('_cursor', 'Donné par le lien next.', 'x'),
];
const HEADERS = { ETag: 'La version.', 'Last-Modified': 'Le dernier changement.' };
const WRITTEN_HEADERS = {
  ...HEADERS,
  Location: 'Où le relire.',
  'X-Passerelle-Appointment': 'created, changed, same, repeated ou late.',
};
const WRITE_REFUSALS = {
  ...STORED,
  'parameter-invalid': 'Prefer : return attend minimal, representation ou OperationOutcome.',
  'body-malformed': "Le corps n'est pas du JSON.",
  'body-too-large': 'Le corps dépasse 64 Kio.',
  ...LATE_BODY,
  'media-type-not-supported': 'Le corps est attendu en application/fhir+json.',
  'rule-broken': 'Le rendez-vous est refusé.',
  'patient-data': 'Le rendez-vous est refusé.',
  'not-owner': "Ce rendez-vous n'est pas celui de cet éditeur.",
  'editor-not-announced': "Ce relais n'a pas annoncé cet éditeur pour le flux des rendez-vous (INT_R03).",
  'quota-exceeded':
    'Cet éditeur a créé trop de rendez-vous dans l’heure : renvoyer celui-ci après le délai indiqué.',
  'certificate-refused': 'Le certificat client n’est pas accepté.',
  'edge-unavailable': 'La passerelle ne répond pas ; recommencer est sans risque.',
  erased: 'Ce rendez-vous a été effacé par l’exploitant ; il n’est plus enregistré ici, ne plus l’envoyer.',
} as const;
const UPDATE_REFUSALS = {
  ...WRITE_REFUSALS,
  'identifier-mismatch': "L'identifiant de l'adresse n'est pas celui du corps.",
  'version-conflict': "La version 1 n'est plus la version courante, qui est 2.",
  'too-many-versions': 'Ce rendez-vous a changé trop souvent ; ce message est refusé.',
} as const;
const ABSENT = {
  erased: WRITE_REFUSALS.erased,
  'not-found': "Ce rendez-vous, ou cette version, n'existe pas ici.",
};
const BAD_READ = {
  'parameter-unknown': 'Paramètre inconnu : statut.',
  'query-malformed': 'La requête ne peut être décodée.',
};
const WRITE_TEXT =
  'Au port mTLS d’un relais, avec le certificat client de l’éditeur, qui ne touche que ses rendez-vous. Aucune donnée de patient. Sans corps, sauf Prefer : return=representation ou return=OperationOutcome. Accusé de réception : enregistré pour de bon.';
const known = (description: string) =>
  fhir(description, 'Appointment', KNOWN_APPOINTMENT_EXAMPLE, WRITTEN_HEADERS);

const update = (
  told: Pick<Operation, 'id' | 'summary' | 'parameters'>,
  more: Pick<Operation, 'answers' | 'refusals'>,
): Operation => ({
  ...told,
  tag: 'fhir',
  description: `${WRITE_TEXT} If-Match : la version que l’on croit courante.`,
  body: fhirBody('Appointment', APPOINTMENT_EXAMPLE),
  answers: { 200: known('Enregistré, ou déjà ainsi.'), ...more.answers },
  refusals: { ...UPDATE_REFUSALS, ...more.refusals },
});

/** /fhir/Appointment. */
export const FHIR_APPOINTMENT_OPERATIONS: Operations = {
  'POST /fhir/Appointment': {
    id: 'createAppointment',
    tag: 'fhir',
    summary: 'Un éditeur déclare un rendez-vous (INT_R03)',
    description: WRITE_TEXT,
    body: fhirBody('Appointment', APPOINTMENT_EXAMPLE),
    answers: { 201: known('Enregistré.') },
    refusals: {
      ...WRITE_REFUSALS,
      duplicate: `Ce rendez-vous existe avec un autre contenu ; le modifier par PUT Appointment?identifier=${APPOINTMENT_TOKEN}.`,
    },
  },
  'PUT /fhir/Appointment': update(
    {
      id: 'updateAppointment',
      summary: 'Un éditeur dit ce qu’est désormais un rendez-vous',
      parameters: [{ ...IDENTIFIER, required: true }],
    },
    { answers: { 201: known('Il n’existait pas : enregistré.') } },
  ),
  'PUT /fhir/Appointment/{id}': update(
    {
      id: 'updateAppointmentById',
      summary: 'Un éditeur dit de même, par l’id de la passerelle',
      parameters: [ID],
    },
    { answers: {}, refusals: ABSENT },
  ),
  'GET /fhir/Appointment': {
    id: 'searchAppointments',
    tag: 'fhir',
    summary: 'Rendez-vous, par page',
    parameters: FILTERS,
    answers: {
      200: fhir(
        'Une page, de moins de _count rendez-vous parfois, même vide : tant qu’il y a un lien next, il y a une suite.',
        'Bundle',
        pageOf(KNOWN_APPOINTMENT_EXAMPLE, 'searchset'),
      ),
    },
    refusals: { ...STORED, ...BAD_QUERY, ...LONG_QUERY },
  },
  'POST /fhir/Appointment/_search': {
    id: 'searchAppointmentsByForm',
    tag: 'fhir',
    summary: 'Rendez-vous, par formulaire',
    body: formBody([{ ...IDENTIFIER, required: true }]),
    answers: { 200: fhir('Une page.', 'Bundle', pageOf(KNOWN_APPOINTMENT_EXAMPLE, 'searchset')) },
    refusals: { ...STORED, ...BAD_QUERY, ...LONG_QUERY, ...BAD_FORM },
  },
  'GET /fhir/Appointment/{id}': {
    id: 'readAppointment',
    tag: 'fhir',
    summary: 'Un rendez-vous',
    parameters: [ID],
    answers: { 200: fhir('Son état.', 'Appointment', KNOWN_APPOINTMENT_EXAMPLE, HEADERS) },
    refusals: { ...STORED, ...BAD_READ, ...ABSENT },
  },
  'GET /fhir/Appointment/{id}/_history': {
    id: 'readAppointmentHistory',
    tag: 'fhir',
    summary: 'Versions d’un rendez-vous, la plus récente d’abord',
    parameters: [
      ID,
      queryText('_count', 'Par page, 100 au plus ; 50 par défaut.', '50'),
      queryText('_cursor', 'Donné par le lien next.', '2'),
    ],
    answers: { 200: fhir('Une page.', 'Bundle', pageOf(KNOWN_APPOINTMENT_EXAMPLE, 'history')) },
    refusals: { ...STORED, ...BAD_READ, ...ABSENT },
  },
  'GET /fhir/Appointment/{id}/_history/{version}': {
    id: 'readAppointmentVersion',
    tag: 'fhir',
    summary: 'Une version d’un rendez-vous',
    parameters: [ID, VERSION],
    answers: { 200: fhir('Cette version.', 'Appointment', KNOWN_APPOINTMENT_EXAMPLE, HEADERS) },
    refusals: { ...STORED, ...BAD_READ, ...ABSENT },
  },
};
