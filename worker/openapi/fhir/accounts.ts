// Regulators' accounts as SAS writes and reads them (INT_R02): worker/accounts/fhir/; docs/accounts.md § 2.

import { type Operations, type Parameter, pathText, queryText } from '../model/operation.ts';
import { LATE_BODY, STORED } from '../model/refusals.ts';
import {
  KNOWN_REGULATOR_EXAMPLE,
  LOGIN_EXAMPLE,
  pageOf,
  REGULATOR_EXAMPLE,
  REGULATOR_TOKEN,
} from './examples.ts';
import { BAD_QUERY, fhir, fhirBody, formBody, LONG_QUERY } from './parts.ts';

const ID = pathText('id', 'Celui que la passerelle a donné (Location).', 'r1');
const IDENTIFIER = queryText(
  'identifier',
  'système|valeur ; , | $ et \\ se protègent par \\.',
  REGULATOR_TOKEN,
);
const FILTERS: readonly Parameter[] = [
  IDENTIFIER,
  queryText('active', 'true ou false.', 'true'),
  queryText('_id', 'De 1 à 50, séparés par des virgules.', 'r1'),
  queryText('_count', 'Par page, 50 au plus ; 20 par défaut.', '20'),
  queryText('_cursor', 'Donné par le lien next.', 'r1'),
];
const HEADERS = { Location: 'Où le relire.', ETag: 'Sa version.' };
const BODY_REFUSALS = {
  ...STORED,
  'body-malformed': "Le corps n'est pas du JSON.",
  'body-too-large': 'Le corps dépasse 64 Kio.',
  ...LATE_BODY,
  'media-type-not-supported': 'Le corps est attendu en application/fhir+json.',
  'rule-broken': 'Le régulateur est refusé.',
  duplicate:
    'Un compte porte déjà cet identifiant ; le modifier par PUT Practitioner?identifier=système|valeur.',
} as const;
const UNKNOWN = { 'not-found': 'Aucun régulateur n’a cet id.' };
const FOUND = fhir(
  'Une page ; le lien next mène à la suivante.',
  'Bundle',
  pageOf(KNOWN_REGULATOR_EXAMPLE, 'searchset'),
);

/** /fhir/Practitioner. */
export const FHIR_ACCOUNT_OPERATIONS: Operations = {
  'POST /fhir/Practitioner': {
    id: 'createRegulator',
    tag: 'fhir',
    summary: 'Enregistre un régulateur (INT_R02)',
    description: 'Les éditeurs l’apprennent à sa première connexion ($login).',
    body: fhirBody('Practitioner', REGULATOR_EXAMPLE),
    answers: { 201: fhir('Enregistré.', 'Practitioner', KNOWN_REGULATOR_EXAMPLE, HEADERS) },
    refusals: BODY_REFUSALS,
  },
  'PUT /fhir/Practitioner': {
    id: 'updateRegulator',
    tag: 'fhir',
    summary: 'Dit ce qu’est désormais un régulateur (INT_R02)',
    description:
      'L’adresse dit qui, le corps ce qu’il est. active à false retire son accès partout, aussitôt.',
    parameters: [{ ...IDENTIFIER, required: true }],
    body: fhirBody('Practitioner', REGULATOR_EXAMPLE),
    answers: {
      200: fhir('Changé, ou déjà ainsi.', 'Practitioner', KNOWN_REGULATOR_EXAMPLE, HEADERS),
      201: fhir(
        'Personne ne portait cet identifiant : enregistré.',
        'Practitioner',
        KNOWN_REGULATOR_EXAMPLE,
        HEADERS,
      ),
    },
    refusals: {
      ...BODY_REFUSALS,
      'parameter-missing': 'Le paramètre identifier est obligatoire.',
      'parameter-invalid': 'Identifiant illisible : un seul système|valeur est attendu.',
    },
  },
  'GET /fhir/Practitioner': {
    id: 'searchRegulators',
    tag: 'fhir',
    summary: 'Régulateurs, avec l’état de leurs comptes',
    parameters: FILTERS,
    answers: { 200: FOUND },
    refusals: { ...STORED, ...BAD_QUERY, ...LONG_QUERY },
  },
  'POST /fhir/Practitioner/_search': {
    id: 'searchRegulatorsByForm',
    tag: 'fhir',
    summary: 'Régulateurs, par formulaire',
    body: formBody([{ ...IDENTIFIER, required: true }]),
    answers: { 200: FOUND },
    refusals: { ...STORED, ...BAD_QUERY, 'body-too-large': 'Le corps dépasse 16 Kio.', ...LATE_BODY },
  },
  'GET /fhir/Practitioner/{id}': {
    id: 'readRegulator',
    tag: 'fhir',
    summary: 'Un régulateur, avec l’état de son compte chez chaque éditeur',
    parameters: [ID],
    answers: {
      200: fhir('Tel qu’il est connu.', 'Practitioner', KNOWN_REGULATOR_EXAMPLE, { ETag: 'Sa version.' }),
    },
    refusals: { ...STORED, ...UNKNOWN },
  },
  'POST /fhir/Practitioner/{id}/$login': {
    id: 'loginRegulator',
    tag: 'fhir',
    summary: 'Un régulateur se connecte au SAS',
    description: 'Dit à chaque éditeur ce qu’il ne sait pas encore ; sans corps.',
    parameters: [ID],
    answers: {
      200: fhir('Un paramètre vendor par éditeur qui tient des comptes.', 'Parameters', LOGIN_EXAMPLE),
    },
    refusals: { ...STORED, ...UNKNOWN },
  },
};
