// What operators read and decide of vendors, relays and appointments: worker/operators/, worker/appointments/,
// worker/front/operators/.

import { APPOINTMENT_PARAMETERS } from '../../appointments/model/filter.ts';
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
  type Parameter,
  ref,
  type Schema,
  text,
} from '../model/operation.ts';
import { bodied, OF_HUB, STORED } from '../model/refusals.ts';

const EDITOR: Parameter = {
  name: 'editor',
  in: 'path',
  description: 'Identifiant de l’éditeur, tel que les relais l’annoncent.',
  schema: { type: 'string' },
  example: 'agenda-a',
};
const query = (name: string, description: string, example: string): Parameter => ({
  name,
  in: 'query',
  description,
  schema: { type: 'string' },
  example,
});
const PERIOD = [
  query('from', 'Premier jour (AAAA-MM-JJ, Paris) ; trente jours avant to par défaut.', '2026-11-01'),
  query('to', 'Dernier jour ; aujourd’hui par défaut. 366 jours au plus.', '2026-11-30'),
  query('vendor', 'Éditeurs, séparés par des virgules ; tous par défaut.', 'agenda-a'),
];
const PERIOD_REFUSALS = {
  ...STORED,
  'window-invalid': "from et to sont des dates (AAAA-MM-JJ), dans l'ordre, sur 366 jours au plus.",
  'parameter-unknown': 'Paramètre inconnu : jour.',
  'query-malformed': 'La requête ne peut être décodée.',
};
const UNKNOWN_EDITOR = { 'not-found': "Aucun relais n'a annoncé cet éditeur." };
const DAY = text('Jour à Paris.', { format: 'date' });
const FLOWS = ['INT_R01', 'INT_R02', 'INT_R03', 'INT_R04', 'SOS'];
const RULE = {
  rule: text('Identifiant de la règle.'),
  text: text('Ce qu’elle dit.'),
  page: text('Page du guide.'),
};

const report = (counts: Schema, more: Readonly<Record<string, Schema>> = {}): Schema =>
  object({ timeZone: { const: 'Europe/Paris' }, from: DAY, to: DAY, ...more, counts: list(counts) });

/** By name in components. */
export const ADMIN_SCHEMAS: Readonly<Record<string, Schema>> = {
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

const AGENDA_A = {
  id: 'agenda-a',
  name: 'Agenda A',
  flows: ['INT_R01', 'INT_R04'],
  lostFlows: [],
  redirectHosts: ['agenda-a.example'],
  certificateNotAfter: '2027-06-30T12:00:00.000Z',
  enabled: true,
  announced: true,
};

const STEP = oneOf(
  [
    'accounts',
    'activity',
    'sizes',
    'kept-answers',
    'export',
    'appointments',
    'regulators',
    'front',
    'routing',
  ],
  'Étape : retraits et comptes, compte de l’activité, oublis.',
);

const EDITOR_OPERATIONS: Operations = {
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
                  load: count('Appels en cours.'),
                  connectedAt: instant('Depuis quand.'),
                },
                ['outOfOrder', 'held', 'hub', 'version'],
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
              load: 2,
              connectedAt: '2026-11-23T08:00:00.000Z',
            },
          ],
          searches: 1,
          calls: 2,
          breakers: { 'agenda-a': 'closed' },
        },
      ),
    },
    refusals: OF_HUB,
  },
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

const FILTERS: Readonly<Record<(typeof APPOINTMENT_PARAMETERS)[number], readonly [string, string]>> = {
  identifier: ['système|valeur.', 'https://agenda-a.example/rdv|12'],
  status: ['Statuts, séparés par des virgules.', 'booked'],
  date: ['Début, avec préfixe ge, gt, le ou lt.', 'ge2026-11-23'],
  practitioner: ['Identifiant national.', '899900000017'],
  operator: ['Régulateur, système|valeur.', 'urn:oid:1.2.250.1.213.3.6|b6e39355-8a61-4556-b340-36f7b95fec6a'],
  vendor: ['Éditeurs.', 'agenda-a'],
  _lastUpdated: ['Dernier changement, avec préfixe.', 'ge2026-11-23'],
};

const REPORT_OPERATIONS: Operations = {
  'GET /admin/activity': {
    id: 'adminActivity',
    tag: 'admin',
    summary: 'Rendez-vous par jour, éditeur et statut',
    parameters: [...PERIOD, query('by', 'territory : aussi par territoire du régulateur.', 'territory')],
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
          },
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
      query('format', 'ndjson (par défaut) ou csv.', 'ndjson'),
      query('cursor', 'Où reprendre.', '2026-11-23T08:00:00.000Z'),
      ...APPOINTMENT_PARAMETERS.map((name) => query(name, ...FILTERS[name])),
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

/** /admin but accounts and the front. */
export const ADMIN_OPERATIONS: Operations = { ...EDITOR_OPERATIONS, ...REPORT_OPERATIONS };
