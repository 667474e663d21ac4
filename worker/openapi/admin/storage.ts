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
          quota: object({
            versions: count('Versions qu’un éditeur peut avoir ici (VENDOR_VERSIONS_MAX).'),
            bytes: count('Octets qu’elles peuvent prendre (VENDOR_MB_MAX).'),
            createdPerHour: count('Rendez-vous qu’il peut créer en une heure (VENDOR_CREATED_PER_HOUR_MAX).'),
          }),
          vendors: {
            description: 'Ce que chaque éditeur a enregistré ; unreachable : la base ne répond pas.',
            oneOf: [
              list(
                object({
                  vendor: text('Éditeur.'),
                  state: oneOf(
                    ['well', 'near', 'full'],
                    'near : à partir de 80 % de son quota ; full : rien de nouveau n’est pris de lui.',
                  ),
                  versions: count('Versions de ses rendez-vous.'),
                  bytes: count('Octets, index compris à peu près.'),
                  share: { type: 'number', minimum: 0, description: 'Part de son quota le plus proche.' },
                }),
              ),
              { type: 'string', enum: ['unreachable'] },
            ],
          },
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
          quota: { versions: 1_000_000, bytes: 1_000_000_000, createdPerHour: 50_000 },
          vendors: [
            { vendor: 'agenda-a', state: 'near', versions: 310_000, bytes: 820_000_000, share: 0.82 },
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
