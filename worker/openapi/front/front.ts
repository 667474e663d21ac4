// The other calls of the published SAS front: sign-in, vendors, practitioners, regulators. docs/guide.md G-902, G-910
// to G-914.

import {
  flag,
  json,
  list,
  type Operations,
  object,
  type Parameter,
  pathText,
  queryText,
  ref,
  type Schema,
  text,
} from '../model/operation.ts';
import { bodied, STORED } from '../model/refusals.ts';

const API = '/aggregator/api-sas/v1';

const NATIONAL_ID = pathText(
  'id',
  'RPPS (8 puis 11 chiffres) ou ADELI (0 puis 9 caractères), avec son préfixe.',
  '899900000017',
);
/** What the front sends and nothing here reads. */
const unread = (name: string, example: string) => queryText(name, 'Envoyé par le portail, non lu.', example);
const instantParameter = (name: string, example: string): Parameter => ({
  ...queryText(name, 'Instant avec décalage, encodé.', example),
  required: true,
});

/** By name in components. */
export const FRONT_SCHEMAS: Readonly<Record<string, Schema>> = {
  Editeur: object({
    id: { type: 'integer', minimum: 1, description: 'Le même dans tous les appels.' },
    corporateName: text('Nom.'),
  }),
  Declaration: object({
    id: { type: 'integer', minimum: 1 },
    editor: ref('Editeur'),
  }),
};

const REGULATOR = {
  uuid: 'b6e39355-8a61-4556-b340-36f7b95fec6a',
  lastName: 'D’Angély',
  firstName: 'Zoé',
  email: 'zoe@regulation.example',
  nationalId: '',
  habilitation: true,
  emailBeforeUpdate: null,
  sasTerritories: ['SAS-42 Loire'],
};
const RECORDED = json(
  'Enregistré ; les éditeurs sont prévenus ensuite.',
  object({ accepted: { const: true } }),
  {
    accepted: true,
  },
);
const regulatorRefusals = {
  ...STORED,
  ...bodied(32),
  'parameter-invalid': 'Champ inattendu ou trop long : sasTerritories.',
  'rule-broken': 'Compte incomplet (uuid, nom, prénom, adresse, habilitation) : rien n’est enregistré.',
  duplicate: 'Un autre régulateur, habilité, porte déjà cet identifiant national.',
};
const DECLARED = [{ id: 11, editor: { id: 1, corporateName: 'Agenda A' } }];

/** The front's API but slots. */
export const FRONT_OPERATIONS: Operations = {
  [`POST ${API}/login_check`]: {
    id: 'loginCheck',
    tag: 'front',
    summary: 'Jeton contre nom et secret',
    description:
      'Le jeton vaut 65 minutes pour tous les appels du portail. Quand un secret Basic est configuré, il est demandé en plus ; sinon un en-tête Basic est ignoré.',
    bodies: { exemple: { username: 'read', password: 'secret' } },
    answers: {
      200: json('Le jeton.', object({ token: text('JWT.', { minLength: 1, maxLength: 3900 }) }), {
        token: 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJyZWFkIn0.c2ln',
      }),
    },
    refusals: {
      // Of a user whom the settings do not name.
      ...STORED,
      ...bodied(4),
      'parameter-invalid': 'Le corps attendu est {"username": "…", "password": "…"}.',
      'credentials-invalid': 'Nom ou mot de passe incorrect.',
      'too-many-requests': 'Trop d’essais manqués ; recommencer dans quelques secondes.',
    },
  },
  [`GET ${API}/editors`]: {
    id: 'frontEditors',
    tag: 'front',
    summary: 'Éditeurs actifs',
    parameters: [unread('group', 'id-name'), unread('is_active', '1')],
    answers: {
      200: json('Toujours une liste.', list(ref('Editeur')), [{ id: 1, corporateName: 'Agenda A' }]),
    },
    refusals: STORED,
  },
  [`GET ${API}/practitioners/national-id/{id}`]: {
    id: 'frontDeclarations',
    tag: 'front',
    summary: 'Éditeurs qu’un praticien déclare',
    description: 'Une liste vide quand le praticien n’est pas connu, ou que l’identifiant n’en est pas un.',
    parameters: [NATIONAL_ID],
    answers: { 200: json('Tels que déclarés.', list(ref('Declaration')), DECLARED) },
    refusals: STORED,
  },
  [`PUT ${API}/practitioner-editors/{id}/bulk`]: {
    id: 'frontDeclare',
    tag: 'front',
    summary: 'Remplace les éditeurs qu’un praticien déclare',
    description:
      'Sert à l’index des praticiens interfacés et à l’ordre des appels ; n’écarte aucun éditeur d’une recherche. Les identifiants inconnus sont ignorés.',
    parameters: [NATIONAL_ID],
    bodies: { exemple: { editorIds: [1] }, aucun: { editorIds: [] } },
    answers: { 200: json('La nouvelle liste.', list(ref('Declaration')), DECLARED) },
    refusals: {
      ...STORED,
      ...bodied(16),
      'parameter-invalid': 'Attendu : un identifiant national avec son préfixe, et {"editorIds": [1, 2]}.',
      'too-many-requests': 'Trop de changements de suite ; recommencer dans quelques secondes.',
    },
  },
  [`GET ${API}/practitioner/{id}/exist`]: {
    id: 'frontExist',
    tag: 'front',
    summary: 'Un éditeur connaît-il ce praticien ?',
    description: 'Jamais 404 : ce qui n’est pas un identifiant n’est pas connu.',
    parameters: [NATIONAL_ID],
    answers: {
      200: json('Un vrai booléen.', object({ exist_in_directory: flag('Connu.') }), {
        exist_in_directory: true,
      }),
    },
    refusals: STORED,
  },
  [`PUT ${API}/regulators`]: {
    id: 'frontRegulators',
    tag: 'front',
    summary: 'Enregistre un régulateur',
    description: 'Accepté aussitôt. Un retrait (habilitation false) part chez les éditeurs sans attendre.',
    bodies: { exemple: REGULATOR },
    answers: { 200: RECORDED },
    refusals: regulatorRefusals,
  },
  [`PUT ${API}/regulators/login`]: {
    id: 'frontRegulatorLogin',
    tag: 'front',
    summary: 'Un régulateur se connecte',
    description: 'Comme regulators ; ce qui reste à dire aux éditeurs part ensuite.',
    bodies: { exemple: REGULATOR },
    answers: { 200: RECORDED },
    refusals: regulatorRefusals,
  },
  [`GET ${API}/index/pro-id-by-date-range`]: {
    id: 'frontIndex',
    tag: 'front',
    summary: 'Qui est devenu interfacé dans l’intervalle',
    parameters: [
      instantParameter('start', '2026-11-23T09:15:00+01:00'),
      instantParameter('end', '2026-11-23T09:20:00+01:00'),
    ],
    answers: {
      200: json(
        'Avec préfixe, aucun deux fois.',
        object({
          rpps: list(text('RPPS.', { pattern: '^8' }), '', { uniqueItems: true }),
          adeli: list(text('ADELI, annoncé une seule fois.', { pattern: '^0' }), '', { uniqueItems: true }),
        }),
        { rpps: ['899900000017'], adeli: ['0990000012'] },
      ),
    },
    refusals: {
      ...STORED,
      'parameter-invalid': 'start est un instant, tel que 2026-11-23T09:15:00+01:00.',
    },
  },
  [`GET ${API}/samulrms`]: {
    id: 'frontSamuLrms',
    tag: 'front',
    summary: 'SAMU dont le logiciel de régulation peut ouvrir la recherche',
    description: 'Répond aussi quand rien d’autre ne répond.',
    parameters: [unread('group', 'get'), unread('is_active', '1')],
    answers: {
      200: json(
        'Les autorités d’affectation.',
        list(
          object({
            id: { type: 'integer', minimum: 1 },
            affectation_authority: text('Comparée telle quelle à origin.'),
          }),
        ),
        [{ id: 1, affectation_authority: 'SAMU42' }],
      ),
    },
  },
  'GET /aggregator/marketplace/api/v1/editors': {
    id: 'marketplaceEditors',
    tag: 'front',
    summary: 'Liste attendue par la page de recherche',
    description: 'Toujours vide : le portail l’attend et ne la lit pas.',
    parameters: [unread('enabled', '1'), unread('format', 'marketplace_short_description')],
    answers: { 200: json('Vide.', list({}, '', { maxItems: 0 }), []) },
  },
};
