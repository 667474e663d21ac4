// What operators read and decide of vendors, relays and appointments: worker/operators/, worker/appointments/,
// worker/front/operators/.

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
  ref,
  type Schema,
  text,
} from '../model/operation.ts';
import { OF_HUB } from '../model/refusals.ts';
import { METRICS_OPERATIONS } from './metrics.ts';
import { REPORT_OPERATIONS } from './reports.ts';
import { SEARCH_OPERATIONS, SEARCH_SCHEMAS } from './searches.ts';
import { VENDOR_OPERATIONS } from './vendors.ts';

const FLOWS = ['INT_R01', 'INT_R02', 'INT_R03', 'INT_R04', 'SOS'];
const RULE = {
  rule: text('Identifiant de la règle.'),
  text: text('Ce qu’elle dit.'),
  page: text('Page du guide.'),
};

/** By name in components. */
export const ADMIN_SCHEMAS: Readonly<Record<string, Schema>> = {
  ...SEARCH_SCHEMAS,
  EditeurAnnonce: object(
    {
      id: text('Identifiant.'),
      name: text('Nom.'),
      flows: list(oneOf(FLOWS, 'Flux du guide.')),
      lostFlows: list(
        oneOf(['INT_R01', 'INT_R04', 'SOS'], 'Flux de recherche.'),
        'Annoncés naguère et plus maintenant : encore demandés, donc « unknown », jusqu’à forgetLostFlows.',
      ),
      redirectHosts: list({ type: 'string' }, 'Hôtes des pages de réservation.'),
      appointmentSystem: text('Système des identifiants de ses rendez-vous.'),
      certificateNotAfter: text('Fin de validité du certificat client présenté à cet éditeur.'),
      enabled: flag('Faux : désactivé par l’exploitant, l’éditeur n’est plus interrogé.'),
      announced: flag('Faux : plus aucun relais ne l’annonce.'),
      takenOutMs: count('Sorti du registre depuis, millisecondes depuis 1970.'),
      takenOutReason: text('Motif de sa sortie.'),
      deadlineMs: count('Délai propre à cet éditeur.'),
      cacheTtlS: count('Durée de conservation propre à cet éditeur.'),
      maintenances: list(
        object({
          fromMs: count('Début, millisecondes depuis 1970.'),
          toMs: count('Fin, millisecondes depuis 1970.'),
        }),
        'Maintenances déclarées, ni finies ni retirées.',
      ),
      health: ref('SanteEditeur'),
    },
    ['appointmentSystem', 'takenOutMs', 'takenOutReason', 'deadlineMs', 'cacheTtlS', 'health'],
  ),
  SanteEditeur: object(
    {
      state: oneOf(
        ['off', 'absent', 'held-back', 'failing', 'well', 'untried'],
        'off : désactivé ; absent : aucun relais connecté ne le sert ; held-back : son disjoncteur est ouvert ; failing : son dernier appel a échoué ; well : il a réussi ; untried : aucun appel en mémoire.',
      ),
      since: instant('Depuis quand cet état dure, si la passerelle s’en souvient.'),
      lastSuccess: instant('Dernier appel réussi.'),
      lastFailure: object(
        {
          at: instant('Dernier appel en échec.'),
          reason: text('Pourquoi : les raisons de docs/errors.md.'),
          status: { type: 'integer', description: 'Statut HTTP reçu, s’il y en a un.' },
        },
        ['status'],
      ),
      breaker: oneOf(['closed', 'open', 'half-open'], 'Son disjoncteur, observé ou appliqué.'),
    },
    ['since', 'lastSuccess', 'lastFailure', 'breaker'],
    { description: 'D’après les appels de recherche, hors échecs de notre fait.' },
  ),
  Regle: object(RULE),
  CreneauExplique: object(
    {
      id: text('Identifiant chez l’éditeur.'),
      schedule: text('Agenda chez l’éditeur.'),
      start: text('Tel qu’envoyé.'),
      end: text('Tel qu’envoyé.'),
      matches: flag('Couvre l’instant demandé.'),
      shown: flag('Serait montré.'),
      dropped: ref('Regle'),
      repaired: list(ref('Regle')),
      shownAs: text('Identifiant dans la réponse de la passerelle.'),
    },
    ['dropped', 'shownAs'],
  ),
};

const STEP = oneOf(
  [
    'accounts',
    'activity',
    'erasures',
    'sizes',
    'kept-answers',
    'export',
    'appointments',
    'regulators',
    'erasure-proofs',
    'front',
    'lrm',
    'lrm-watch',
    'lrm-strays',
    'lrm-people',
    'routing',
  ],
  'Étape : retraits et comptes, compte de l’activité, oublis.',
);

const RUNNING_OPERATIONS: Operations = {
  'GET /admin/schedule': {
    id: 'adminSchedule',
    tag: 'admin',
    summary: 'Travaux de chaque minute',
    answers: {
      200: json(
        'Le dernier passage, ce qu’il a dû laisser, le prochain.',
        object({
          next: orNull(instant('Prochain passage ; null : aucun n’est prévu.')),
          last: orNull(
            object({
              at: instant('Début du dernier passage.'),
              durationMs: count('Sa durée.'),
              queries: count('Instructions D1 et appels au concentrateur ; 900 au plus.'),
              done: list(STEP),
              left: {
                type: 'object',
                description:
                  'Par étape, combien de choses attendent le passage suivant, pour autant qu’on le sache.',
                additionalProperties: { type: 'integer' },
              },
              failed: list(STEP),
            }),
          ),
          steps: {
            type: 'object',
            description: 'Par étape, quand elle a été finie pour la dernière fois.',
            additionalProperties: instant('Quand.'),
          },
        }),
        {
          next: '2026-11-23T08:02:00.000Z',
          last: {
            at: '2026-11-23T08:01:00.000Z',
            durationMs: 840,
            queries: 31,
            done: ['accounts', 'activity'],
            left: {},
            failed: [],
          },
          steps: { accounts: '2026-11-23T08:01:00.000Z', activity: '2026-11-23T08:01:00.000Z' },
        },
      ),
    },
  },
  'GET /admin/relays': {
    id: 'adminRelays',
    tag: 'admin',
    summary: 'Relais connectés',
    answers: {
      200: json(
        'Relais, recherches en cours, disjoncteurs.',
        object(
          {
            relays: list(
              object(
                {
                  id: text('Identifiant.'),
                  state: oneOf(
                    ['connected', 'serving', 'draining', 'lost'],
                    'serving : peut être sollicité.',
                  ),
                  editors: list({ type: 'string' }),
                  outOfOrder: list({ type: 'string' }),
                  held: list({ type: 'string' }, 'Annoncés, et en attente d’une décision : /admin/claims.'),
                  hub: {
                    type: 'integer',
                    description: 'Lequel des concentrateurs le dit, quand il y en a plusieurs (HUBS).',
                  },
                  version: text('Version du relais.'),
                  build: {
                    ...object(
                      {
                        commit: text(
                          'Le commit dont il est construit, avec -dirty s’il s’y ajoutait des changements.',
                        ),
                        time: instant('De ce commit, ou de la construction.'),
                      },
                      ['commit'],
                    ),
                    description: 'Quelle construction ; absent d’un relais lancé depuis ses sources.',
                  },
                  load: count('Appels en cours.'),
                  connectedAt: instant('Depuis quand.'),
                },
                ['outOfOrder', 'held', 'hub', 'version', 'build'],
              ),
            ),
            searches: count('Recherches en cours.'),
            calls: count('Appels d’éditeurs attendus.'),
            breakers: {
              type: 'object',
              description: 'État du disjoncteur de chaque éditeur déjà appelé.',
              additionalProperties: oneOf(
                ['closed', 'open', 'half-open'],
                'open : l’éditeur n’est plus appelé.',
              ),
            },
            callers: list(
              object({
                caller: text('Sa clé dans CALLER_LIMITS : token: et le sujet du jeton, ou front: et le nom.'),
                limit: oneOf(['searches', 'streams', 'identifiersPerMinute'], 'La limite la plus proche.'),
                percent: count('Ce qui en a été pris au plus ; 100 : tout.'),
                refused: count('Recherches refusées (429).'),
                last: instant('La dernière fois qu’il en était si près.'),
              }),
              'Appelants à 80 % d’une limite ou plus, depuis dix minutes ; les 50 premiers de chaque concentrateur.',
            ),
            unsaved: {
              ...object({
                relays: list({ type: 'string' }),
                failed: count('Essais manqués depuis la dernière réussite.'),
              }),
              description: 'Annonces qui servent déjà et que D1 n’a pas encore ; absent quand il a tout.',
            },
          },
          ['unsaved'],
        ),
        {
          relays: [
            {
              id: 'relay-a',
              state: 'serving',
              editors: ['agenda-a'],
              version: '0.1.0',
              build: { commit: '0123456789abcdef0123456789abcdef01234567', time: '2026-11-20T10:00:00Z' },
              load: 2,
              connectedAt: '2026-11-23T08:00:00.000Z',
            },
          ],
          searches: 1,
          calls: 2,
          breakers: { 'agenda-a': 'closed' },
          callers: [
            {
              caller: 'token:regulation',
              limit: 'identifiersPerMinute',
              percent: 92,
              refused: 0,
              last: '2026-11-23T08:01:12.000Z',
            },
          ],
        },
      ),
    },
    refusals: OF_HUB,
  },
};

/** /admin but accounts and the front. */
export const ADMIN_OPERATIONS: Operations = {
  ...RUNNING_OPERATIONS,
  ...VENDOR_OPERATIONS,
  ...REPORT_OPERATIONS,
  ...SEARCH_OPERATIONS,
  ...METRICS_OPERATIONS,
};
