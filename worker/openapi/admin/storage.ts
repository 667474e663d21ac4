// What operators read of the databases: worker/operators/storage.ts.

import {
  count,
  instant,
  json,
  list,
  type Operations,
  object,
  oneOf,
  pathText,
  text,
} from '../model/operation.ts';
import { bodied, STORED } from '../model/refusals.ts';

const ILL = [...['emptied', 'replaced', 'rolled-back'], ...['full', 'read-only', 'damaged', 'unreachable']];

const STORAGE = object({
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
        identity: text('De la base dont les écritures ont été acquittées, au hasard.'),
        writes: count('Le plus grand nombre d’écritures jamais acquittées.'),
        ill: object({
          what: oneOf(
            ILL,
            'emptied, replaced, rolled-back : ce qui a été acquitté n’y est plus, rien n’y est lu ni écrit ; les autres : elle ne s’écrit pas.',
          ),
          since: instant('Depuis quand.'),
        }),
        accepted: object({
          at: instant('Quand un exploitant l’a prise telle qu’elle était.'),
          operator: text('Qui, sujet de son jeton.'),
          reason: text('Pourquoi.'),
        }),
      },
      ['bytes', 'share', 'identity', 'writes', 'ill', 'accepted'],
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
          createdThisHour: count('Rendez-vous créés dans l’heure en cours.'),
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
});

const IDENTITY = '5f0c7a9e31d24b8890ab6c1d2e3f4051';
const EXAMPLE = {
  limitBytes: 10_000_000_000,
  databases: [
    { name: 'core', state: 'well', bytes: 8_000_000, share: 0.0008, identity: IDENTITY, writes: 4_210 },
    {
      name: 'appointments',
      state: 'filling',
      bytes: 6_100_000_000,
      share: 0.61,
      identity: '0a1b2c3d4e5f60718293a4b5c6d7e8f9',
      writes: 5_310_000,
      ill: { what: 'rolled-back', since: '2026-11-30T08:12:00.000Z' },
    },
    { name: 'cache', state: 'unreachable' },
  ],
  quota: { versions: 1_000_000, bytes: 1_000_000_000, createdPerHour: 50_000 },
  vendors: [
    {
      vendor: 'agenda-a',
      state: 'near',
      versions: 310_000,
      bytes: 820_000_000,
      createdThisHour: 120,
      share: 0.82,
    },
  ],
  export: {
    state: 'well',
    target: 'r2',
    upTo: '2026-11-30T01:58:07.412Z',
    lastDone: '2026-11-30T02:23:09.000Z',
    waiting: 0,
  },
};

/** /admin/storage. */
export const STORAGE_OPERATIONS: Operations = {
  'GET /admin/storage': {
    id: 'adminStorage',
    tag: 'admin',
    summary: 'Bases de données : leur taille, ce qu’elles ont perdu, et l’export des rendez-vous',
    description:
      'Ce que D1 dit au moment de l’appel ; au-delà de sa limite, une base n’accepte plus d’écriture. ill : ce qui a été vu en dernier, chaque minute au moins.',
    answers: {
      200: json('Les trois bases, et jusqu’où les changements sont exportés.', STORAGE, EXAMPLE),
    },
  },
  'POST /admin/storage/{database}/accept': {
    id: 'adminAcceptStorage',
    tag: 'admin',
    summary: 'Prend une base telle qu’elle est',
    description:
      'Après une restauration voulue : ce qui avait été acquitté et n’y est plus est perdu. Le journal dit par quel exploitant.',
    parameters: [pathText('database', 'core, appointments ou cache.', 'appointments')],
    bodies: { exemple: { reason: 'Restauration au 12 novembre, 8 h.' } },
    answers: { 200: json('Les bases, telles qu’elles sont désormais.', STORAGE, EXAMPLE) },
    refusals: {
      ...STORED,
      ...bodied(2),
      'parameter-invalid': 'reason, de 3 à 300 caractères.',
    },
  },
};
