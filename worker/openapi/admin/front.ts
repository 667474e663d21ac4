// What operators keep for the SAS front's face: worker/front/operators/, docs/front.md.

import {
  flag,
  instant,
  json,
  list,
  type Operations,
  object,
  oneOf,
  orNull,
  pathText,
  ref,
  type Schema,
  text,
} from '../model/operation.ts';
import { bodied, STORED } from '../model/refusals.ts';

const NAME = pathText('name', 'Lettres sans accent, chiffres, points et tirets, 100 au plus.', 'portail');
const stored = (expected: string) => ({ ...STORED, ...bodied(256), 'parameter-invalid': expected });
const NAME_REFUSALS = {
  ...STORED,
  'parameter-invalid': 'Un nom est fait de lettres sans accent, chiffres, points et tirets (100 au plus).',
  duplicate: 'Cet utilisateur vient du réglage FRONT_USERS, qui l’emporte : le changer là.',
};

/** By name in components. */
export const FRONT_ADMIN_SCHEMAS: Readonly<Record<string, Schema>> = {
  Samus: object({
    setting: list({ type: 'string' }, 'Du réglage FRONT_SAMULRMS.'),
    samulrms: list(
      object({ authority: text('Autorité d’affectation.'), active: flag('Servie au portail.') }),
    ),
  }),
  Associations: object({
    associations: list(
      object({
        siret: text('3 puis 14 chiffres.', { pattern: '^3[0-9]{14}$' }),
        name: text('Nom.'),
        interfacedSince: orNull(instant('Première réponse d’un éditeur avec ses créneaux.')),
        announced: orNull(instant('Annoncée au portail.')),
      }),
    ),
  }),
  Declares: object({
    practitioner: text('Identifiant national, avec son préfixe.'),
    editors: list({ type: 'string' }, 'Éditeurs, par leur identifiant.'),
  }),
};

const ASSOCIATIONS = {
  associations: [
    {
      siret: '399900000100071',
      name: 'SOS Médecins Loire',
      interfacedSince: '2026-11-23T08:00:00.000Z',
      announced: null,
    },
  ],
};
const SAMUS = { setting: [], samulrms: [{ authority: 'SAMU42', active: true }] };
const DECLARED = { practitioner: '899900000017', editors: ['agenda-a'] };

/** /admin/front. */
export const FRONT_ADMIN_OPERATIONS: Operations = {
  'GET /admin/front/users': {
    id: 'adminFrontUsers',
    tag: 'admin',
    summary: 'Qui peut se connecter à login_check',
    answers: {
      200: json(
        'Sans aucun secret.',
        object({
          users: list(
            object(
              {
                name: text('Nom.'),
                from: oneOf(['setting', 'store'], 'Du réglage FRONT_USERS, ou enregistré ici.'),
                updated: instant('Dernier changement.'),
              },
              ['updated'],
            ),
          ),
        }),
        { users: [{ name: 'portail', from: 'store', updated: '2026-11-23T08:00:00.000Z' }] },
      ),
    },
    refusals: STORED,
  },
  'PUT /admin/front/users/{name}': {
    id: 'adminPutFrontUser',
    tag: 'admin',
    summary: 'Enregistre un utilisateur du portail',
    parameters: [NAME],
    bodies: { exemple: { secret: 'un-secret-assez-long' } },
    answers: {
      200: json('Enregistré.', object({ name: text('Nom.'), from: { const: 'store' } }), {
        name: 'portail',
        from: 'store',
      }),
    },
    refusals: { ...NAME_REFUSALS, ...bodied(1) },
  },
  'DELETE /admin/front/users/{name}': {
    id: 'adminRemoveFrontUser',
    tag: 'admin',
    summary: 'Retire un utilisateur du portail',
    description: 'Les jetons déjà donnés valent encore 65 minutes au plus.',
    parameters: [NAME],
    answers: {
      200: json('Retiré.', object({ name: text('Nom.'), removed: { const: true } }), {
        name: 'portail',
        removed: true,
      }),
    },
    refusals: { ...NAME_REFUSALS, 'not-found': 'Aucun utilisateur enregistré n’a ce nom.' },
  },
  'GET /admin/front/samulrms': {
    id: 'adminSamuLrms',
    tag: 'admin',
    summary: 'SAMU servis au portail',
    answers: { 200: json('Réglage et lignes enregistrées, qui l’emportent.', ref('Samus'), SAMUS) },
    refusals: STORED,
  },
  'PUT /admin/front/samulrms': {
    id: 'adminReplaceSamuLrms',
    tag: 'admin',
    summary: 'Remplace la liste des SAMU',
    bodies: { exemple: { samulrms: [{ authority: 'SAMU42', active: true }] } },
    answers: { 200: json('La nouvelle liste.', ref('Samus'), SAMUS) },
    refusals: stored('Attendu : {"samulrms": [{"authority": "SAMU42", "active": true}]}.'),
  },
  'GET /admin/front/sos': {
    id: 'adminSos',
    tag: 'admin',
    summary: 'Associations SOS Médecins',
    answers: { 200: json('Avec ce qui en est connu.', ref('Associations'), ASSOCIATIONS) },
    refusals: STORED,
  },
  'PUT /admin/front/sos': {
    id: 'adminReplaceSos',
    tag: 'admin',
    summary: 'Remplace la liste des associations',
    bodies: { exemple: { associations: [{ siret: '99900000100071', name: 'SOS Médecins Loire' }] } },
    answers: { 200: json('La nouvelle liste.', ref('Associations'), ASSOCIATIONS) },
    refusals: stored('Un SIRET est fait de 14 chiffres.'),
  },
  'GET /admin/front/declarations': {
    id: 'adminDeclared',
    tag: 'admin',
    summary: 'Éditeurs que les praticiens déclarent',
    answers: {
      200: json('Au plus 2 000 praticiens.', object({ declarations: list(ref('Declares')) }), {
        declarations: [DECLARED],
      }),
    },
    refusals: STORED,
  },
  'PUT /admin/front/declarations': {
    id: 'adminDeclare',
    tag: 'admin',
    summary: 'Déclare les éditeurs d’un praticien',
    bodies: { exemple: DECLARED },
    answers: { 200: json('Enregistré.', ref('Declares'), DECLARED) },
    refusals: stored(
      'Attendu : {"practitioner": "8…", "editors": ["agenda-a"]}, éditeurs annoncés par un relais.',
    ),
  },
  'GET /admin/front/declarations/changes': {
    id: 'adminDeclarationChanges',
    tag: 'admin',
    summary: 'Derniers changements de déclarations',
    answers: {
      200: json(
        'Le dernier d’abord.',
        object({
          changes: list(
            object({
              at: instant('Quand.'),
              practitioner: text('Identifiant national.'),
              before: list({ type: 'string' }),
              after: list({ type: 'string' }),
              origin: oneOf(['front', 'admin'], 'Par qui.'),
              requestId: text('Référence de la demande.'),
            }),
          ),
        }),
        {
          changes: [
            {
              at: '2026-11-23T08:00:00.000Z',
              practitioner: '899900000017',
              before: [],
              after: ['agenda-a'],
              origin: 'front',
              requestId: '7b0d6c1e-4c0e-4b53-9f0a-0d9a1c2e3f40',
            },
          ],
        },
      ),
    },
    refusals: STORED,
  },
};
