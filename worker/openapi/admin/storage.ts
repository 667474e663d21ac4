// What operators read of the databases: worker/operators/storage.ts.

import { count, instant, json, list, type Operations, object, oneOf, text } from '../model/operation.ts';

/** /admin/storage. */
export const STORAGE_OPERATIONS: Operations = {
  'GET /admin/storage': {
    id: 'adminStorage',
    tag: 'admin',
    summary: 'Bases de données : leur taille, et l’export des rendez-vous',
    description:
      'Ce que D1 dit au moment de l’appel ; au-delà de sa limite, une base n’accepte plus d’écriture.',
    answers: {
      200: json(
        'Les trois bases, et jusqu’où les changements sont exportés.',
        object({
          limitBytes: count('Limite de chacune, en octets (DATABASE_MB_MAX).'),
          databases: list(
            object(
              {
                name: oneOf(['core', 'appointments', 'cache'], 'Base.'),
                state: oneOf(
                  ['well', 'filling', 'nearly-full', 'unreachable'],
                  'filling : à partir de 60 % de la limite ; nearly-full : de 80 % ; unreachable : elle ne répond pas.',
                ),
                bytes: count('Taille, en octets.'),
                share: { type: 'number', minimum: 0, description: 'Part de la limite.' },
              },
              ['bytes', 'share'],
            ),
          ),
          export: object(
            {
              state: oneOf(
                ['off', 'well', 'failing', 'unreadable'],
                'off : aucun export n’est configuré ; failing : le dernier passage a échoué, et rien n’est oublié qui ne soit exporté.',
              ),
              target: oneOf(['r2', 'folder'], 'Où.'),
              upTo: instant('lastUpdated de la dernière version exportée.'),
              lastDone: instant('Dernière écriture, ou dernier passage qui n’avait rien à écrire.'),
              waiting: count('Versions qui attendent le prochain passage.'),
              failure: object({
                since: instant('Depuis quand les passages échouent.'),
                why: text('Pourquoi.'),
              }),
            },
            ['target', 'upTo', 'lastDone', 'waiting', 'failure'],
          ),
        }),
        {
          limitBytes: 10_000_000_000,
          databases: [
            { name: 'core', state: 'well', bytes: 8_000_000, share: 0.0008 },
            { name: 'appointments', state: 'filling', bytes: 6_100_000_000, share: 0.61 },
            { name: 'cache', state: 'unreachable' },
          ],
          export: {
            state: 'well',
            target: 'r2',
            upTo: '2026-11-30T01:58:07.412Z',
            lastDone: '2026-11-30T02:23:09.000Z',
            waiting: 0,
          },
        },
      ),
    },
  },
};
