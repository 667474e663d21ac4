// What operators read and decide of regulators' accounts: worker/accounts/operators.ts, docs/accounts.md.

import {
  count,
  flag,
  instant,
  json,
  list,
  type Operations,
  object,
  oneOf,
  orNull,
  pathText,
  text,
} from '../model/operation.ts';
import { STORED } from '../model/refusals.ts';

const EDITOR = text('Éditeur.');
const REGULATOR = text('Identifiant du régulateur ici ; jamais son nom.');
const SINCE = '2026-11-23T08:00:00.000Z';
const WAVE = '0d9a1c2e-7b0d-4c0e-9b53-9f0a6c1e3f40';

/** /admin/accounts. */
export const ACCOUNT_OPERATIONS: Operations = {
  'GET /admin/accounts': {
    id: 'adminAccounts',
    tag: 'accounts',
    summary: 'Comptes par éditeur',
    answers: {
      200: json(
        'Le compte par éditeur.',
        object({
          drift: object({
            perHour: count('Vérifications par heure et éditeur.'),
            stopAfter: count('Écarts par jour avant arrêt.'),
          }),
          vendors: list(
            object({
              editor: EDITOR,
              accounts: count('Comptes.'),
              confirmed: count('Confirmés par l’éditeur.'),
              differing: count('Qui diffèrent de ce qui est voulu.'),
              open: count('Encore ouverts malgré un retrait.'),
              failing: count('Dont le dernier message a échoué.'),
              drift: oneOf(['observable', 'not-observable', 'unknown'], 'Un compte disparu se verrait-il ?'),
              driftEvents: count('Écarts sur un jour.'),
              isDriftStopped: flag('Vérification arrêtée.'),
            }),
          ),
        }),
        {
          drift: { perHour: 0, stopAfter: 10 },
          vendors: [
            {
              editor: 'agenda-a',
              accounts: 120,
              confirmed: 120,
              differing: 0,
              open: 0,
              failing: 0,
              drift: 'observable',
              driftEvents: 0,
              isDriftStopped: false,
            },
          ],
        },
      ),
    },
    refusals: STORED,
  },
  'GET /admin/accounts/exposure': {
    id: 'adminExposure',
    tag: 'accounts',
    summary: 'Accès encore ouverts malgré un retrait',
    description: 'Depuis quand, chez qui, et ce qui sera tenté.',
    answers: {
      200: json(
        'Au plus 500 comptes, le plus ancien d’abord.',
        object({
          at: instant('Maintenant.'),
          alarmAfterSeconds: { type: 'number', description: 'Au-delà, c’est une alarme.' },
          isAlarm: flag('Un accès est ouvert depuis trop longtemps.'),
          open: count('Accès ouverts.'),
          oldestSeconds: count('Âge du plus ancien.'),
          vendors: list(
            object({
              editor: EDITOR,
              open: count('Ouverts.'),
              held: count('Dont en attente d’un opérateur.'),
              reasserted: count('Dont redits parce que la base est revenue en arrière.'),
              oldestSeconds: count('Âge du plus ancien.'),
            }),
          ),
          accounts: list(
            object({
              regulator: REGULATOR,
              editor: EDITOR,
              since: instant('Du retrait.'),
              seconds: count('Âge.'),
              isAlarm: flag('Trop long.'),
              attempts: count('Essais.'),
              reason: orNull(text('Dernier échec.')),
              status: { type: ['integer', 'null'], description: 'Son statut HTTP.' },
              nextTry: orNull(instant('Prochain essai.')),
              heldBy: orNull(text('Vague qui attend un opérateur.')),
              isReasserted: flag('Redit parce que la base est revenue en arrière.'),
            }),
          ),
          waves: list(
            object({
              id: text('Vague.'),
              kind: oneOf(
                ['account', 'recent', 'unknown'],
                'Comptes que des éditeurs ont ; de droits donnés depuis moins que la fenêtre ; noms que jamais aucun éditeur n’a eus.',
              ),
              opened: instant('Ouverte.'),
              confirmed: orNull(instant('Confirmée.')),
              regulators: count('Régulateurs.'),
            }),
          ),
          restores: list(
            object({
              at: instant('Quand la base a été remise à un état antérieur.'),
              days: count('Retraits redits, de tant de jours avant cet état.'),
              accounts: count('Retraits redits ou à redire.'),
              open: count('Dont pas encore confirmés.'),
            }),
          ),
        }),
        {
          at: '2026-11-23T08:01:40.000Z',
          alarmAfterSeconds: 900,
          isAlarm: false,
          open: 1,
          oldestSeconds: 100,
          vendors: [{ editor: 'agenda-a', open: 1, held: 0, reasserted: 0, oldestSeconds: 100 }],
          accounts: [
            {
              regulator: 'r-7',
              editor: 'agenda-a',
              since: SINCE,
              seconds: 100,
              isAlarm: false,
              attempts: 3,
              reason: 'timeout',
              status: null,
              nextTry: '2026-11-23T08:02:00.000Z',
              heldBy: null,
              isReasserted: false,
            },
          ],
          waves: [],
          restores: [],
        },
      ),
    },
    refusals: STORED,
  },
  'GET /admin/accounts/drift': {
    id: 'adminDrift',
    tag: 'accounts',
    summary: 'Comptes qu’un éditeur avait perdus',
    answers: {
      200: json(
        'Les 500 derniers.',
        object({
          events: list(
            object({
              regulator: REGULATOR,
              editor: EDITOR,
              kind: oneOf(['created', 'missing', 'refused'], 'Recréé par la vérification, absent, refusé.'),
              status: count('Statut HTTP.'),
              mended: flag('Réparé.'),
              at: instant('Quand.'),
            }),
          ),
        }),
        {
          events: [
            { regulator: 'r-7', editor: 'agenda-a', kind: 'missing', status: 404, mended: true, at: SINCE },
          ],
        },
      ),
    },
    refusals: STORED,
  },
  'POST /admin/accounts/waves/{wave}/confirm': {
    id: 'adminConfirmWave',
    tag: 'accounts',
    summary: 'Confirme une vague de retraits',
    description: 'Ces retraits sont voulus : ils partent. Le dire deux fois ne change rien.',
    parameters: [pathText('wave', 'Vague.', WAVE)],
    answers: {
      200: json('La vague.', object({ wave: text('Vague.'), regulators: count('Régulateurs.') }), {
        wave: WAVE,
        regulators: 21,
      }),
    },
    refusals: { ...STORED, 'not-found': 'Aucune vague de retraits n’a cet id.' },
  },
};
