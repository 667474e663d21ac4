// What operators read of the databases: worker/operators/storage.ts.

import { count, json, list, type Operations, object, oneOf } from '../model/operation.ts';

/** /admin/storage. */
export const STORAGE_OPERATIONS: Operations = {
  'GET /admin/storage': {
    id: 'adminStorage',
    tag: 'admin',
    summary: 'Bases de données : leur taille',
    description:
      'Ce que D1 dit au moment de l’appel ; au-delà de sa limite, une base n’accepte plus d’écriture.',
    answers: {
      200: json(
        'Les trois bases.',
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
        }),
        {
          limitBytes: 10_000_000_000,
          databases: [
            { name: 'core', state: 'well', bytes: 8_000_000, share: 0.0008 },
            { name: 'appointments', state: 'filling', bytes: 6_100_000_000, share: 0.61 },
            { name: 'cache', state: 'unreachable' },
          ],
        },
      ),
    },
  },
};
