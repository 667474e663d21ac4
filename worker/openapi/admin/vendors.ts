// What operators read and decide of one vendor: worker/operators/.

import {
  count,
  flag,
  instant,
  json,
  list,
  type Operations,
  object,
  oneOf,
  pathText,
  ref,
  text,
} from '../model/operation.ts';
import { bodied, OF_HUB, STORED } from '../model/refusals.ts';

const EDITOR = pathText('editor', 'Identifiant de l’éditeur, tel que les relais l’annoncent.', 'agenda-a');
const UNKNOWN_EDITOR = { 'not-found': "Aucun relais n'a annoncé cet éditeur." };
const RULE = {
  rule: text('Identifiant de la règle.'),
  text: text('Ce qu’elle dit.'),
  page: text('Page du guide.'),
};

const AGENDA_A = {
  id: 'agenda-a',
  name: 'Agenda A',
  flows: ['INT_R01', 'INT_R04'],
  lostFlows: [],
  redirectHosts: ['agenda-a.example'],
  certificateNotAfter: '2027-06-30T12:00:00.000Z',
  enabled: true,
  announced: true,
  maintenances: [],
};

/** Each vendor, its switches, and what became of its slots. */
export const VENDOR_OPERATIONS: Operations = {
  'GET /admin/editors': {
    id: 'adminEditors',
    tag: 'admin',
    summary: 'Éditeurs, leurs interrupteurs et leur santé',
    answers: {
      200: json(
        'Dans l’ordre des identifiants.',
        object({
          editors: list(ref('EditeurAnnonce')),
        }),
        {
          editors: [
            {
              ...AGENDA_A,
              health: {
                state: 'failing',
                since: '2026-11-23T09:58:12.000Z',
                lastSuccess: '2026-11-23T09:57:40.000Z',
                lastFailure: { at: '2026-11-23T10:01:03.000Z', reason: 'timeout' },
                breaker: 'closed',
              },
            },
          ],
        },
      ),
    },
    refusals: { ...STORED, ...OF_HUB },
  },
  'PUT /admin/editors/{editor}': {
    id: 'adminSwitchEditor',
    tag: 'admin',
    summary: 'Règle un éditeur',
    description:
      'Ce qui n’est pas donné ne change pas ; null revient au réglage général. Vaut dès la recherche suivante. Tant qu’un éditeur est désactivé, qui n’a pas de créneau est dit « switched-off », jamais « none ». Sorti du registre (takenOut), un éditeur qu’aucun relais ne sert n’est plus attendu ; un relais qui l’annonce l’y remet. Le journal dit quoi, avant, après, et par quel exploitant.',
    parameters: [EDITOR],
    bodies: { exemple: { enabled: true, deadlineMs: 3_000 } },
    answers: {
      200: json('L’éditeur, tel qu’il est désormais.', ref('EditeurAnnonce'), {
        ...AGENDA_A,
        deadlineMs: 3_000,
      }),
    },
    refusals: {
      ...STORED,
      ...bodied(1),
      ...UNKNOWN_EDITOR,
      ...OF_HUB,
      'state-conflict':
        'Un relais connecté sert cet éditeur : l’ôter d’abord de son fichier, ou le couper (enabled).',
      'parameter-invalid':
        'Champs admis : enabled (booléen), deadlineMs (100 à 25000 ou null), cacheTtlS (0 à 3600 ou null), forgetLostFlows (true), takenOut ({"reason":"…"} ou null).',
    },
  },
  'GET /admin/editors/{editor}/rules': {
    id: 'adminEditorRules',
    tag: 'admin',
    summary: 'Ce que sont devenus les créneaux d’un éditeur',
    description:
      'Sur 24 heures : reçus = montrés + écartés, chaque écart et chaque réparation avec sa règle.',
    parameters: [EDITOR],
    answers: {
      200: json(
        'Le compte.',
        object({
          editor: text('Identifiant.'),
          hours: { const: 24 },
          received: count('Reçus.'),
          shown: count('Montrés.'),
          dropped: count('Écartés.'),
          ghosts: count('Encore envoyés alors qu’ils sont pris.'),
          ghostRate: { type: 'number', minimum: 0, maximum: 1, description: 'Leur part des créneaux reçus.' },
          rules: list(
            object({
              kind: oneOf(['dropped', 'repaired'], 'Écart ou réparation.'),
              ...RULE,
              count: count('Combien de fois.'),
              ids: list({ type: 'string' }, 'Quelques identifiants chez l’éditeur.'),
            }),
          ),
        }),
        {
          editor: 'agenda-a',
          hours: 24,
          received: 1200,
          shown: 1199,
          dropped: 1,
          ghosts: 0,
          ghostRate: 0,
          rules: [
            {
              kind: 'dropped',
              rule: 'slot-outside-window',
              text: 'Le créneau est hors de la période demandée.',
              page: 'PS',
              count: 1,
              ids: ['slot-12'],
            },
          ],
        },
      ),
    },
    refusals: { ...STORED, ...OF_HUB, ...UNKNOWN_EDITOR },
  },
  'POST /admin/explain': {
    id: 'adminExplain',
    tag: 'admin',
    summary: 'Pourquoi un créneau n’est-il pas montré ?',
    description:
      'Interroge un éditeur pour un praticien ou une association, douze heures autour d’un instant.',
    bodies: {
      exemple: { editor: 'agenda-a', identifier: '899900000017', at: '2026-11-23T14:00:00+01:00' },
    },
    answers: {
      200: json(
        'Les créneaux reçus, celui qui est cherché d’abord.',
        object(
          {
            editor: text('Identifiant.'),
            flow: oneOf(['INT_R01', 'INT_R04', 'SOS'], 'Flux du guide.'),
            from: instant('Début de la période.'),
            to: instant('Fin de la période.'),
            answered: flag('Faux : l’éditeur n’a pas répondu.'),
            switchedOff: flag('Désactivé par l’exploitant : interrogé pour cette explication seulement.'),
            failure: {
              type: 'object',
              description: 'Pourquoi.',
              properties: { reason: text('Raison (docs/errors.md).'), status: count('Statut HTTP.') },
              required: ['reason'],
            },
            received: count('Créneaux reçus.'),
            shown: count('Créneaux montrés.'),
            slots: list(ref('CreneauExplique')),
          },
          ['failure'],
        ),
        {
          editor: 'agenda-a',
          flow: 'INT_R01',
          from: '2026-11-23T01:00:00.000Z',
          to: '2026-11-24T01:00:00.000Z',
          answered: true,
          switchedOff: false,
          received: 1,
          shown: 1,
          slots: [
            {
              id: 'slot-12',
              schedule: 'Schedule/7',
              start: '2026-11-23T14:00:00.000+01:00',
              end: '2026-11-23T14:15:00.000+01:00',
              matches: true,
              shown: true,
              repaired: [],
              shownAs: 'a1b2c3',
            },
          ],
        },
      ),
    },
    refusals: {
      ...STORED,
      ...bodied(4),
      'parameter-invalid': 'Champs attendus : editor, identifier, at, et flow (INT_R01, INT_R04 ou SOS).',
      'not-found': 'Aucun relais ne sert SOS pour l’éditeur agenda-a.',
      ...OF_HUB,
      'relay-absent': 'Aucun relais n’est connecté.',
      'relay-lost': 'Le relais a été perdu.',
    },
  },
};
