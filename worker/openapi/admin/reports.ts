// Figures and exports that operators read, by day: worker/appointments/, worker/operators/.

import { APPOINTMENT_PARAMETERS } from '../../appointments/model/filter.ts';
import {
  count,
  instant,
  json,
  list,
  type Operations,
  object,
  oneOf,
  orNull,
  queryText,
  type Schema,
  text,
} from '../model/operation.ts';
import { STORED } from '../model/refusals.ts';

const PERIOD = [
  queryText('from', 'Premier jour (AAAA-MM-JJ, Paris) ; trente jours avant to par défaut.', '2026-11-01'),
  queryText('to', 'Dernier jour ; aujourd’hui par défaut. 366 jours au plus.', '2026-11-30'),
  queryText('vendor', 'Éditeurs, séparés par des virgules ; tous par défaut.', 'agenda-a'),
];
const PERIOD_REFUSALS = {
  ...STORED,
  'window-invalid': "from et to sont des dates (AAAA-MM-JJ), dans l'ordre, sur 366 jours au plus.",
  'parameter-unknown': 'Paramètre inconnu : jour.',
  'query-malformed': 'La requête ne peut être décodée.',
};
const DAY = text('Jour à Paris.', { format: 'date' });

const report = (
  counts: Schema,
  more: Readonly<Record<string, Schema>> = {},
  optional: readonly string[] = [],
): Schema =>
  object(
    { timeZone: { const: 'Europe/Paris' }, from: DAY, to: DAY, ...more, counts: list(counts) },
    optional,
  );

const FILTERS: Readonly<Record<(typeof APPOINTMENT_PARAMETERS)[number], readonly [string, string]>> = {
  identifier: ['système|valeur.', 'https://agenda-a.example/rdv|12'],
  status: ['Statuts, séparés par des virgules.', 'booked'],
  date: ['Début, avec préfixe ge, gt, le ou lt.', 'ge2026-11-23'],
  practitioner: ['Identifiant national.', '899900000017'],
  operator: ['Régulateur, système|valeur.', 'urn:oid:1.2.250.1.213.3.6|b6e39355-8a61-4556-b340-36f7b95fec6a'],
  vendor: ['Éditeurs.', 'agenda-a'],
  _lastUpdated: ['Dernier changement, avec préfixe.', 'ge2026-11-23'],
};

/** Figures and exports. */
export const REPORT_OPERATIONS: Operations = {
  'GET /admin/activity': {
    id: 'adminActivity',
    tag: 'admin',
    summary: 'Rendez-vous par jour, éditeur et statut',
    parameters: [...PERIOD, queryText('by', 'territory : aussi par territoire du régulateur.', 'territory')],
    answers: {
      200: json(
        'Les jours sans rendez-vous sont absents.',
        report(
          object(
            {
              day: DAY,
              vendor: text('Éditeur.'),
              status: text('Statut FHIR.'),
              territory: orNull(text('Avec by=territory ; null quand il n’est pas connu.')),
              count: count('Combien.'),
            },
            ['territory'],
          ),
          {
            countedUpTo: text(
              'Instant jusqu’auquel tout changement est compté ; une minute de retard est normale.',
            ),
            lrm: list(
              object({
                day: DAY,
                state: oneOf(
                  ['acked', 'errored', 'expired', 'superseded', 'doubted'],
                  'doubted : envois dont nul ne sait s’ils sont arrivés.',
                ),
                count: count('Combien.'),
              }),
              'Avec LRM_CLIENT_ID : ce que sont devenus chez les LRM les changements de chaque jour, tous éditeurs ensemble.',
            ),
          },
          ['lrm'],
        ),
        {
          timeZone: 'Europe/Paris',
          from: '2026-11-01',
          to: '2026-11-30',
          countedUpTo: '2026-11-30T12:00:00.000Z',
          counts: [{ day: '2026-11-23', vendor: 'agenda-a', status: 'booked', count: 12 }],
        },
      ),
    },
    refusals: PERIOD_REFUSALS,
  },
  'GET /admin/practitioner-claims': {
    id: 'adminPractitionerClaims',
    tag: 'admin',
    summary: 'Professionnels et associations qu’un éditeur est seul à présenter',
    description:
      'Ceux dont il a montré des créneaux pour la première fois dans la période, qu’aucun autre éditeur ne connaît et qui ne le déclarent pas. Les 2 000 dernières premières fois sont regardées.',
    parameters: PERIOD,
    answers: {
      200: json(
        'Le dernier d’abord ; d’une personne, le seul identifiant national.',
        report(object({ editor: text('Éditeur.'), count: count('Combien.') }), {
          isWhole: { type: 'boolean', description: 'Faux : la période en a davantage, plus anciens.' },
          claims: list(
            object({
              subject: text('Identifiant national préfixé.'),
              editor: text('Éditeur.'),
              first: instant('Premiers créneaux montrés.'),
              last: instant('Derniers, au jour près.'),
              declaredElsewhere: { type: 'boolean', description: 'Un autre éditeur est déclaré pour lui.' },
            }),
          ),
        }),
        {
          timeZone: 'Europe/Paris',
          from: '2026-11-01',
          to: '2026-11-30',
          isWhole: true,
          counts: [{ editor: 'agenda-a', count: 1 }],
          claims: [
            {
              subject: '899900000017',
              editor: 'agenda-a',
              first: '2026-11-23T08:00:00.000Z',
              last: '2026-11-30T08:00:00.000Z',
              declaredElsewhere: false,
            },
          ],
        },
      ),
    },
    refusals: PERIOD_REFUSALS,
  },
  'GET /admin/redirects': {
    id: 'adminRedirects',
    tag: 'admin',
    summary: 'Ouvertures de pages de réservation par jour et éditeur',
    description: 'Sans aucune donnée de qui a ouvert. Gardé 400 jours.',
    parameters: PERIOD,
    answers: {
      200: json(
        'Les jours sans ouverture sont absents.',
        report(
          object({
            day: DAY,
            editor: text('Éditeur.'),
            outcome: oneOf(
              ['opened', 'expired', 'refused'],
              'Ouverte ; créneau déjà commencé ; hôte que l’éditeur n’a pas déclaré.',
            ),
            count: count('Combien.'),
          }),
        ),
        {
          timeZone: 'Europe/Paris',
          from: '2026-11-01',
          to: '2026-11-30',
          counts: [{ day: '2026-11-23', editor: 'agenda-a', outcome: 'opened', count: 41 }],
        },
      ),
    },
    refusals: PERIOD_REFUSALS,
  },
  'GET /admin/export/appointments': {
    id: 'adminExportAppointments',
    tag: 'admin',
    summary: 'Tous les rendez-vous qu’un filtre laisse passer',
    description:
      'Dans l’ordre de leur dernier changement. Un export qui se termine est entier ; une coupure, aussi quand il est trop long pour une réponse, se reprend avec cursor, le lastUpdated de la dernière ligne entière.',
    parameters: [
      queryText('format', 'ndjson (par défaut) ou csv.', 'ndjson'),
      queryText('cursor', 'Où reprendre.', '2026-11-23T08:00:00.000Z'),
      ...APPOINTMENT_PARAMETERS.map((name) => queryText(name, ...FILTERS[name])),
    ],
    answers: {
      200: {
        description: 'Une ligne par rendez-vous ; text/csv quand format=csv.',
        content: [
          {
            type: 'application/fhir+ndjson',
            schema: text('Un Appointment par ligne.'),
            examples: { exemple: '{"resourceType":"Appointment","id":"7","status":"booked"}\n' },
          },
          {
            type: 'text/csv',
            schema: text('Une ligne de titres, puis une par rendez-vous.'),
            examples: { exemple: 'last_updated,id,vendor\r\n2026-11-23T08:00:00.000Z,7,agenda-a\r\n' },
          },
        ],
      },
    },
    refusals: {
      'parameter-invalid': 'format attend ndjson ou csv.',
      'parameter-repeated': 'status se donne une fois, ses valeurs séparées par des virgules.',
      'parameter-unknown': 'Paramètre inconnu : jour.',
      'too-many-subjects': 'Plus de 500 valeurs.',
      'query-malformed': 'La requête ne peut être décodée.',
    },
  },
};
