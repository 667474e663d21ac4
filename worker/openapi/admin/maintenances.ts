// Vendors' maintenances, as operators declare them: worker/maintenances/.

import {
  instant,
  json,
  list,
  type Operations,
  object,
  oneOf,
  pathText,
  ref,
  type Schema,
  text,
} from '../model/operation.ts';
import { bodied, STORED } from '../model/refusals.ts';

/** By name in components. */
export const MAINTENANCE_SCHEMAS: Readonly<Record<string, Schema>> = {
  Maintenance: object(
    {
      id: text('Identifiant.'),
      editor: text('Éditeur.'),
      state: oneOf(
        ['upcoming', 'current', 'over', 'withdrawn'],
        'upcoming : à venir ; current : en cours ; over : finie, ou retirée en cours ; withdrawn : retirée avant son début.',
      ),
      from: instant('Début.'),
      to: instant('Fin déclarée.'),
      reason: text('Motif.'),
      by: text('Qui l’a déclarée (withheld quand le sujet du jeton peut être celui d’une personne).'),
      declared: instant('Quand.'),
      changed: instant('Dernier changement.'),
      withdrawn: instant('Retirée à ce moment.'),
    },
    ['changed', 'withdrawn'],
    { description: 'Heures de Paris, avec leur décalage.' },
  ),
};

const DECLARED = {
  id: 'm-7b0d6c1e-4c0e-4b53-9f0a-0d9a1c2e3f40',
  editor: 'agenda-a',
  state: 'upcoming',
  from: '2026-12-02T22:00:00.000+01:00',
  to: '2026-12-03T02:00:00.000+01:00',
  reason: 'Changement de base annoncé par l’éditeur.',
  by: 'exploitant-1',
  declared: '2026-12-01T10:00:00.000+01:00',
};
const TIMES = { from: '2026-12-02T22:00', to: '2026-12-03T02:00+01:00', reason: DECLARED.reason };
const MAINTENANCE = pathText('maintenance', 'Identifiant de la maintenance.', DECLARED.id);
const UNKNOWN = { 'not-found': 'Aucune maintenance n’a cet id.' };
const OVER = 'Cette maintenance est finie ; rien n’a été changé.';
const WRONG_TIMES = 'La fin est avant le début, ou au même moment. Rien n’a été changé.';

/** /admin/maintenances. */
export const MAINTENANCE_OPERATIONS: Operations = {
  'GET /admin/maintenances': {
    id: 'adminMaintenances',
    tag: 'admin',
    summary: 'Maintenances déclarées par les éditeurs',
    description: 'Celles qui viennent, durent ou ont fini depuis un an ; la dernière à commencer d’abord.',
    answers: {
      200: json('La liste.', object({ maintenances: list(ref('Maintenance')) }), {
        maintenances: [DECLARED],
      }),
    },
    refusals: STORED,
  },
  'POST /admin/maintenances': {
    id: 'adminDeclareMaintenance',
    tag: 'admin',
    summary: 'Déclare la maintenance d’un éditeur',
    description:
      'Pendant ce temps, ses échecs n’alertent pas et ne comptent pas au budget de la promesse ; il est interrogé quand même, et le bilan des recherches le dit. Les retraits de comptes lui sont dits comme toujours. Une heure écrite sans décalage est de Paris ; celle que l’automne a deux fois est refusée sans décalage.',
    bodies: { exemple: { editor: 'agenda-a', ...TIMES } },
    answers: { 200: json('La maintenance.', ref('Maintenance'), DECLARED) },
    refusals: {
      ...STORED,
      ...bodied(2),
      'not-found': "Aucun relais n'a annoncé cet éditeur.",
      'parameter-invalid': WRONG_TIMES,
      'state-conflict':
        'Une autre maintenance de cet éditeur est déclarée du 02/12/2026 à 22:00 (UTC+1) au 03/12/2026 à 02:00 (UTC+1) : la changer, ou choisir d’autres heures.',
    },
  },
  'PUT /admin/maintenances/{maintenance}': {
    id: 'adminChangeMaintenance',
    tag: 'admin',
    summary: 'Change une maintenance',
    description: 'Une fois commencée, son début ne change plus.',
    parameters: [MAINTENANCE],
    bodies: { exemple: TIMES },
    answers: { 200: json('Telle qu’elle est désormais.', ref('Maintenance'), DECLARED) },
    refusals: {
      ...STORED,
      ...bodied(2),
      ...UNKNOWN,
      'parameter-invalid': WRONG_TIMES,
      'state-conflict': OVER,
    },
  },
  'DELETE /admin/maintenances/{maintenance}': {
    id: 'adminWithdrawMaintenance',
    tag: 'admin',
    summary: 'Retire une maintenance',
    description: 'Le dire deux fois est une fois. D’une maintenance en cours, ce qui a duré reste.',
    parameters: [MAINTENANCE],
    answers: {
      200: json('Retirée.', ref('Maintenance'), {
        ...DECLARED,
        state: 'withdrawn',
        withdrawn: '2026-12-01T11:00:00.000+01:00',
      }),
    },
    refusals: { ...STORED, ...UNKNOWN, 'state-conflict': OVER },
  },
};
