// What operators erase: worker/accounts/erase.ts, worker/appointments/erase.ts, docs/exploitation/effacement.md.

import { ERASURE_REASONS } from '../../http/operator.ts';
import {
  count,
  instant,
  json,
  list,
  type Operations,
  object,
  oneOf,
  orNull,
  pathText,
  type Schema,
  text,
} from '../model/operation.ts';
import { bodied, STORED } from '../model/refusals.ts';

const REGULATOR = '5f0c7f0a-54a2-4a55-9a0e-2d1f5c0b9e11';
const APPOINTMENT = 'agenda-a-7c4f1d0a9b3e5f60a1b2';
const ERASURE = '0d9a1c2e-7b0d-4c0e-9b53-9f0a6c1e3f40';
const AT = '2026-11-30T09:00:00.000Z';
const WORD = { by: 'exploitant', reason: 'person-request', reference: 'DPO-2026-014' };

const word: Readonly<Record<string, Schema>> = {
  by: text('Qui l’a décidé : le sujet du jeton, ou `withheld` quand il pourrait nommer une personne.'),
  reason: oneOf([...ERASURE_REASONS], 'Pourquoi.'),
  reference: orNull(text('Dossier.')),
};
const left = list(
  object({
    editor: text('Éditeur.'),
    attempts: count('Essais.'),
    reason: orNull(text('Dernier échec.')),
    nextTry: orNull(instant('Prochain essai.')),
  }),
  'Éditeurs qui n’ont pas confirmé le retrait.',
);
const progress = object({
  erasure: text('L’effacement ; ne désigne personne.'),
  state: oneOf(
    ['withdrawing', 'appointments', 'erased', 'void'],
    'withdrawing : des éditeurs doivent encore fermer le compte ; appointments : des rendez-vous sont encore à relire ; erased : fait ; void : le SAS a rendu le droit entre-temps.',
  ),
  left,
  takenOut: list(
    { type: 'string' },
    'Éditeurs mis hors service par l’exploitant, qui n’ont pas confirmé et ne sont pas attendus.',
  ),
});
const erasedAppointment = object({
  appointment: text('Rendez-vous.'),
  at: instant('Quand.'),
  ...word,
  left: list(
    { const: 'hub' },
    'Ce qui l’apprendra sous dix minutes : le concentrateur, s’il n’a pu être joint.',
  ),
});
const APPOINTMENT_DONE = { appointment: APPOINTMENT, at: AT, ...WORD, left: [] };
const pathId = (example: string, description: string) => pathText('id', description, example);
const BODIES = { exemple: { reason: 'person-request', reference: 'DPO-2026-014' } };
const REFUSALS = {
  ...STORED,
  ...bodied(1),
  'parameter-invalid':
    'Attendu : {"reason": "person-request", "reference": "dossier, sans donnée personnelle"}.',
};

/** /admin/…/erase and what was erased. */
export const ERASURE_OPERATIONS: Operations = {
  'POST /admin/regulators/{id}/erase': {
    id: 'adminEraseRegulator',
    tag: 'accounts',
    summary: 'Efface un régulateur',
    description:
      'Son droit est retiré chez chaque éditeur, hors de toute vague ; quand tous ont confirmé, il disparaît des rendez-vous et des tables. Le dire deux fois continue.',
    parameters: [pathId(REGULATOR, 'Identifiant du régulateur ici.')],
    bodies: BODIES,
    answers: {
      200: json('Effacé.', progress, { erasure: ERASURE, state: 'erased', left: [], takenOut: [] }),
      202: json('En cours : la passerelle continue seule.', progress, {
        erasure: ERASURE,
        state: 'withdrawing',
        left: [{ editor: 'agenda-a', attempts: 1, reason: 'connect', nextTry: AT }],
        takenOut: [],
      }),
    },
    refusals: { ...REFUSALS, 'not-found': 'Aucun régulateur n’a cet id.' },
  },
  'GET /admin/regulators/erasures': {
    id: 'adminErasedRegulators',
    tag: 'accounts',
    summary: 'Régulateurs effacés',
    description: 'Ce qui prouve chaque effacement, sans dire de qui.',
    answers: {
      200: json(
        'Les 500 derniers.',
        object({
          erasures: list(
            object({
              erasure: text('L’effacement.'),
              state: oneOf(['under-way', 'erased', 'void'], 'Où il en est.'),
              asked: instant('Demandé.'),
              done: orNull(instant('Fait.')),
              ...word,
            }),
          ),
        }),
        { erasures: [{ erasure: ERASURE, state: 'erased', asked: AT, done: AT, ...WORD }] },
      ),
    },
    refusals: STORED,
  },
  'POST /admin/appointments/{id}/erase': {
    id: 'adminEraseAppointment',
    tag: 'admin',
    summary: 'Efface un rendez-vous',
    description:
      'Toutes ses versions. L’éditeur n’en est pas averti ; ce qu’il en envoie ensuite reçoit 410. Le dire deux fois ne change rien.',
    parameters: [pathId(APPOINTMENT, 'Identifiant FHIR du rendez-vous.')],
    bodies: BODIES,
    answers: {
      200: json('Effacé.', erasedAppointment, APPOINTMENT_DONE),
    },
    refusals: { ...REFUSALS, 'not-found': 'Aucun rendez-vous n’a cet id.' },
  },
  'GET /admin/appointments/erasures': {
    id: 'adminErasedAppointments',
    tag: 'admin',
    summary: 'Rendez-vous effacés',
    answers: {
      200: json('Les 500 derniers.', object({ erasures: list(erasedAppointment) }), {
        erasures: [APPOINTMENT_DONE],
      }),
    },
    refusals: STORED,
  },
};
