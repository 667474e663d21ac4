// What operators read of messages to LRMs (INT_L02), and have leave again: worker/lrm/operators.ts.

import { UNDELIVERED_STATES } from '../../lrm/operators.ts';
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
  queryText,
  text,
} from '../model/operation.ts';
import { STORED } from '../model/refusals.ts';

const STATES = [...UNDELIVERED_STATES, 'acked', 'superseded'];
const RECIPIENT = orNull(text('Identifiant de client du LRM ; null : pas encore connu.'));

const MESSAGE = {
  appointment: text('Rendez-vous.'),
  turn: count('Rang du message parmi ceux du rendez-vous.'),
  version: count('Version du rendez-vous qu’il dit.'),
  merged: count('Versions plus anciennes dont il a pris la place avant de partir.'),
  state: oneOf(STATES, 'Son état : docs/lrm.md. Seul acked est remis.'),
  reason: orNull(text('De held : ce qui manque ; sinon le code de la dernière erreur, ou not-acknowledged.')),
  recipient: RECIPIENT,
  made: instant('Quand la version a été enregistrée.'),
  changed: instant('Depuis quand il est dans cet état.'),
  due: instant('Quand il part, ou est repris.'),
  tries: count('Combien de fois un relais l’a reçu.'),
};

const ATTEMPT = object({
  distributionId: text('Celui de cet envoi seul.'),
  method: oneOf(['CreateAppointment', 'UpdateAppointment'], 'Méthode.'),
  recipient: text('LRM.'),
  relay: text('Relais qui l’a reçu.'),
  leased: instant('Quand.'),
  expires: instant('Fin de validité annoncée.'),
  outcome: oneOf(
    ['leased', 'confirmed', 'nacked', 'unsent', 'unknown'],
    'confirmed : le Hub l’a pris ; unknown : nul ne sait s’il est parti.',
  ),
  settled: orNull(instant('Quand on l’a su.')),
  reply: orNull(oneOf(['ack', 'error'], 'Réponse revenue.')),
  replied: orNull(instant('Quand.')),
  code: { type: ['integer', 'null'], description: 'Code d’erreur.' },
  errorSender: orNull(text('Qui l’a dit : le Hub ou le LRM.')),
  cause: orNull(text('Les mots du Hub, sans adresses ni longs nombres.')),
  step: orNull(text('Étape que dit le LRM.')),
  replies: count('Combien de réponses sont revenues.'),
});

const EXAMPLE = {
  appointment: 'agenda-a-0123456789abcdef0123',
  turn: 1,
  version: 1,
  merged: 0,
  state: 'errored',
  reason: '300',
  recipient: 'fr.health.samu420',
  made: '2026-11-30T08:00:00.000Z',
  changed: '2026-11-30T08:00:01.000Z',
  due: '2026-11-30T08:00:01.000Z',
  tries: 1,
};

const ID = pathText('id', 'Rendez-vous.', EXAMPLE.appointment);

/** /admin/lrm. */
export const LRM_OPERATIONS: Operations = {
  'GET /admin/lrm': {
    id: 'adminLrm',
    tag: 'admin',
    summary: 'Rendez-vous que les LRM n’ont pas acquittés',
    answers: {
      200: json(
        'Par LRM, ce qui n’est pas remis et depuis quand ; ce qui est revenu sans être d’aucun message.',
        object(
          {
            state: oneOf(['on', 'off'], 'off : sans LRM_CLIENT_ID, rien ne part.'),
            clientId: text('Qui envoie.'),
            schema: text('Version des schémas du Hub.'),
            undelivered: count('Messages non acquittés.'),
            isAtLeast: flag('Il y en a au moins autant : tous n’ont pas été comptés.'),
            recipients: list(
              object({
                recipient: RECIPIENT,
                undelivered: count('Messages non acquittés.'),
                oldest: instant('Le plus ancien.'),
                oldestSeconds: count('Son âge.'),
                states: {
                  type: 'object',
                  description: 'Combien par état.',
                  additionalProperties: { type: 'integer' },
                },
              }),
            ),
            strays: list(
              object({
                queue: oneOf(['ack', 'info'], 'File.'),
                kind: oneOf(
                  ['unreadable', 'uncorrelated', 'unknown'],
                  'Illisible ; une erreur qui ne nomme aucun message ; un message que l’accès n’a pas envoyé.',
                ),
                code: { type: ['integer', 'null'], description: 'Code d’erreur.' },
                reference: orNull(text('distributionID nommé.')),
                bytes: count('Longueur.'),
                first: instant('Première fois.'),
                last: instant('Dernière fois.'),
                count: count('Combien de fois.'),
              }),
              'Les 50 derniers.',
            ),
          },
          ['clientId', 'schema'],
        ),
        {
          state: 'on',
          clientId: 'fr.health.ptfsas',
          schema: '26.07.29',
          undelivered: 3,
          isAtLeast: false,
          recipients: [
            {
              recipient: 'fr.health.samu420',
              undelivered: 3,
              oldest: '2026-11-30T08:00:00.000Z',
              oldestSeconds: 420,
              states: { confirmed: 2, errored: 1 },
            },
          ],
          strays: [
            {
              queue: 'info',
              kind: 'uncorrelated',
              code: 301,
              reference: null,
              bytes: 812,
              first: '2026-11-30T08:00:02.000Z',
              last: '2026-11-30T08:00:02.000Z',
              count: 1,
            },
          ],
        },
      ),
    },
    refusals: STORED,
  },
  'GET /admin/lrm/messages': {
    id: 'adminLrmMessages',
    tag: 'admin',
    summary: 'Messages non acquittés, ou ceux d’un rendez-vous',
    description:
      'Dans l’ordre de state puis de due ; une page peut être plus courte que _count, même vide, tant que next est là.',
    parameters: [
      queryText('state', 'Un état ; acked et superseded, avec appointment seulement.', 'errored'),
      queryText('recipient', 'Identifiant de client d’un LRM.', 'fr.health.samu420'),
      queryText('appointment', 'Un rendez-vous : tous ses messages.', EXAMPLE.appointment),
      queryText('_count', 'De 1 à 200 ; 50.', '50'),
      queryText(
        '_cursor',
        'next de la page d’avant.',
        'errored~1764489601000~agenda-a-0123456789abcdef0123~1',
      ),
    ],
    answers: {
      200: json(
        'Une page.',
        object({ messages: list(object(MESSAGE)), next: text('Pour la page suivante.') }, ['next']),
        { messages: [EXAMPLE], next: 'errored~1764489601000~agenda-a-0123456789abcdef0123~1' },
      ),
    },
    refusals: {
      ...STORED,
      'parameter-invalid': 'Un nombre de 1 à 200.',
      'parameter-unknown': 'Paramètre inconnu : statut.',
      'parameter-repeated': 'Une seule valeur est admise.',
    },
  },
  'GET /admin/lrm/appointments/{id}': {
    id: 'adminLrmAppointment',
    tag: 'admin',
    summary: 'Ce qui a été dit d’un rendez-vous à son LRM, et ce qui en est revenu',
    parameters: [ID],
    answers: {
      200: json(
        'Ses messages, chacun avec ses envois.',
        object({
          appointment: text('Rendez-vous.'),
          messages: list(object({ ...MESSAGE, attempts: list(ATTEMPT) })),
        }),
        {
          appointment: EXAMPLE.appointment,
          messages: [
            {
              ...EXAMPLE,
              attempts: [
                {
                  distributionId: 'fr.health.ptfsas_7b0d6c1e-4c0e-4b53-9f0a-0d9a1c2e3f40',
                  method: 'CreateAppointment',
                  recipient: 'fr.health.samu420',
                  relay: 'relay-a',
                  leased: '2026-11-30T08:00:00.100Z',
                  expires: '2026-12-01T08:00:00.000Z',
                  outcome: 'confirmed',
                  settled: '2026-11-30T08:00:00.200Z',
                  reply: 'error',
                  replied: '2026-11-30T08:00:01.000Z',
                  code: 300,
                  errorSender: 'fr.health.hub',
                  cause: '$.appointment.end: is missing',
                  step: null,
                  replies: 1,
                },
              ],
            },
          ],
        },
      ),
    },
    refusals: { ...STORED, 'not-found': 'Aucun message n’a été fait de ce rendez-vous.' },
  },
  'POST /admin/lrm/{id}/resend': {
    id: 'adminLrmResend',
    tag: 'admin',
    summary: 'Renvoie le dernier message d’un rendez-vous',
    description:
      'S’il est held, errored ou expired : il dit le rendez-vous tel qu’il est, sous un distributionID neuf. Le dire deux fois ne change rien.',
    parameters: [ID],
    answers: {
      200: json('Le message, qui attend de partir.', object(MESSAGE), {
        ...EXAMPLE,
        state: 'pending',
        reason: null,
      }),
    },
    refusals: {
      ...STORED,
      'not-found': 'Aucun message n’a été fait de ce rendez-vous.',
      'state-conflict':
        'Le dernier message de ce rendez-vous est acked : seul un message held, errored ou expired repart.',
    },
  },
};
