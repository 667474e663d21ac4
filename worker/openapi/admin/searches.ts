// The last searches, as operators read them: worker/operators/searches.ts.

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
  queryText,
  ref,
  type Schema,
  text,
} from '../model/operation.ts';
import { OF_HUB } from '../model/refusals.ts';

const FLOW = oneOf(['INT_R01', 'INT_R04', 'SOS'], 'Flux.');
const COUNTS = object({
  slots: count('Avec au moins un créneau.'),
  none: count('Sans créneau.'),
  unknown: count('Inconnus.'),
  switchedOff: count('D’éditeurs coupés.'),
  notInterfaced: count('Non interfacés.'),
});
const TIMING = object(
  {
    queue: count('Dans notre file, et la pause avant un second essai.'),
    connection: count('Connexion.'),
    firstByte: count('De la question au premier octet.'),
    body: count('Corps.'),
    reading: count('Lecture au relais.'),
    retry: oneOf(
      ['answered', 'failed', 'no-budget', 'no-time', 'no-place'],
      'Ce qu’est devenu un second essai ; absent : aucun n’était souhaité.',
    ),
  },
  ['retry'],
);

/** By name in components. */
export const SEARCH_SCHEMAS: Readonly<Record<string, Schema>> = {
  RechercheGardee: object({
    requestId: text('Référence de la requête (X-Request-Id).'),
    at: instant('Quand elle est venue.'),
    durationMs: count('Sa durée, millisecondes.'),
    flow: FLOW,
    subjects: count('Identifiants demandés.'),
    counts: COUNTS,
    slots: count('Créneaux affichés.'),
    calls: list(
      object(
        {
          vendor: text('Éditeur.'),
          kind: oneOf(
            ['asked', 'joined', 'kept'],
            'asked : appelé pour elle ; joined : l’appel d’une autre recherche ; kept : réponse gardée.',
          ),
          subjects: count('Identifiants de l’appel.'),
          reason: text('Pourquoi la réponse manque ou n’est pas entière.'),
          status: count('Statut HTTP de l’éditeur.'),
          ageMs: count('Âge de la réponse gardée.'),
          endMs: count('Quand elle est arrivée, depuis le début de la recherche.'),
          durationMs: { type: 'number', description: 'Durée de l’appel, millisecondes.' },
          timing: {
            ...TIMING,
            description: 'Absent : le relais ne le dit pas, ou l’appel est d’une autre recherche.',
          },
          received: count('Créneaux reçus.'),
          shown: count('Créneaux valables.'),
        },
        ['reason', 'status', 'ageMs', 'endMs', 'durationMs', 'timing'],
      ),
    ),
  }),
};

const EXAMPLE = {
  requestId: 'b7c1f2a0-5d5e-4c6e-9b1a-2f60c3a1d9e4',
  at: '2026-12-01T02:14:07.120Z',
  durationMs: 412,
  flow: 'INT_R01',
  subjects: 12,
  counts: { slots: 9, none: 3, unknown: 0, switchedOff: 0, notInterfaced: 0 },
  slots: 84,
  calls: [
    {
      vendor: 'agenda-a',
      kind: 'asked',
      subjects: 12,
      endMs: 396,
      durationMs: 371.4,
      timing: { queue: 0, connection: 41, firstByte: 302, body: 6, reading: 22 },
      received: 90,
      shown: 84,
    },
  ],
};

/** The last searches. */
export const SEARCH_OPERATIONS: Operations = {
  'GET /admin/searches': {
    id: 'adminSearches',
    tag: 'admin',
    summary: 'Dernières recherches, en comptes et durées',
    parameters: [
      queryText('unknown', 'true : avec une réponse inconnue.', 'true'),
      queryText('slow', 'true : de plus de trois secondes.', 'true'),
      queryText('vendor', 'Éditeur.', 'agenda-a'),
      queryText('flow', 'Flux.', 'INT_R01'),
      queryText('before', 'Avant cet instant.', '2026-12-01T03:00:00Z'),
    ],
    answers: {
      200: json(
        'Cinquante au plus, la plus récente d’abord ; de la mémoire des concentrateurs.',
        object({ searches: list(ref('RechercheGardee')), hasMore: flag('De plus anciennes passent aussi.') }),
        { searches: [EXAMPLE], hasMore: false },
      ),
    },
    refusals: {
      ...OF_HUB,
      'parameter-invalid': 'Un filtre n’est pas admis.',
      'query-malformed': 'La requête ne peut être décodée.',
    },
  },
  'GET /admin/searches/{id}': {
    id: 'adminSearch',
    tag: 'admin',
    summary: 'Une recherche, appel par appel',
    parameters: [pathText('id', 'Référence de la requête.', 'b7c1f2a0-5d5e-4c6e-9b1a-2f60c3a1d9e4')],
    answers: { 200: json('La recherche.', ref('RechercheGardee'), EXAMPLE) },
    refusals: { ...OF_HUB, 'not-found': 'Aucun concentrateur ne s’en souvient.' },
  },
};
