// Which relay's key is which vendor, as operators read and decide it: worker/operators/vendors/claims.ts.

import {
  flag,
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

const FACTS = {
  name: text('Nom de l’éditeur.'),
  redirectHosts: list({ type: 'string' }, 'Hôtes de ses pages de réservation.'),
  appointmentSystem: text('Système des identifiants de ses rendez-vous.'),
};

/** By name in components. */
export const CLAIM_SCHEMAS: Readonly<Record<string, Schema>> = {
  PretentionEditeur: object(
    {
      relay: text('Relais.'),
      editor: text('Éditeur.'),
      state: oneOf(
        ['accepted', 'held', 'refused'],
        'accepted : ce relais peut l’annoncer et écrire pour lui ; held : un autre l’a déjà, à décider ; refused : non.',
      ),
      since: instant('Depuis quand.'),
      accepted: object(FACTS, ['appointmentSystem']),
      proposal: object(
        { ...FACTS, since: instant('Annoncé depuis.'), refused: flag('L’exploitant a dit non.') },
        ['appointmentSystem'],
      ),
    },
    ['accepted', 'proposal'],
    { description: 'accepted : ce qui vaut ; proposal : ce que ce relais annonce autrement.' },
  ),
};

const SINCE = '2026-11-30T09:58:12.000Z';
const HELD = {
  relay: 'relay-b',
  editor: 'agenda-a',
  state: 'held',
  since: SINCE,
  accepted: { name: 'Agenda A', redirectHosts: ['agenda-a.example'] },
  proposal: { name: 'Agenda A', redirectHosts: ['ailleurs.example'], since: SINCE, refused: false },
};

/** /admin/claims. */
export const CLAIM_OPERATIONS: Operations = {
  'GET /admin/claims': {
    id: 'adminClaims',
    tag: 'admin',
    summary: 'Quel relais peut être quel éditeur, et ce qui attend une décision',
    description:
      'Le premier relais qui annonce un éditeur l’a. Un second, et ce que l’un d’eux annonce autrement (nom, hôtes, système des rendez-vous), attendent ici ; l’éditeur continue avec ce qui est accepté.',
    answers: {
      200: json('Par éditeur, puis par relais.', object({ claims: list(ref('PretentionEditeur')) }), {
        claims: [HELD],
      }),
    },
    refusals: STORED,
  },
  'PUT /admin/claims/{relay}/{editor}': {
    id: 'adminDecideClaim',
    tag: 'admin',
    summary: 'Accepte ou refuse un relais pour un éditeur, ou ce qu’il annonce autrement',
    description:
      'Vaut dès la recherche suivante. Une décision sur une annonce nomme celle que la liste a donnée (since) : si elle a changé depuis, 409. Le journal dit qui a décidé.',
    parameters: [pathText('relay', 'Relais.', 'relay-b'), pathText('editor', 'Éditeur.', 'agenda-a')],
    bodies: {
      exemple: { state: 'accepted' },
      annonce: { proposal: { since: SINCE, decision: 'accepted' } },
    },
    answers: {
      200: json('La prétention, telle qu’elle est désormais.', ref('PretentionEditeur'), {
        ...HELD,
        state: 'accepted',
      }),
    },
    refusals: {
      ...STORED,
      ...bodied(1),
      'not-found': "Ce relais n'a jamais annoncé cet éditeur.",
      'state-conflict': 'Ce que ce relais annonce a changé depuis : relire la liste, puis décider.',
      'parameter-invalid':
        'Champs admis : state (accepted ou refused), proposal ({"since":"…","decision":"accepted" ou "refused"}).',
    },
  },
};
