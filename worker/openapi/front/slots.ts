// The two searches of slots, as the published SAS front asks and reads them: docs/guide.md G-905, G-906, G-908, G-909.
// What the schemas forbid (null, other keys) is what breaks that client.

import {
  flag,
  instant,
  JSON_TYPE,
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
import { bodied } from '../model/refusals.ts';

const API = '/aggregator/api-sas/v1';

const TYPES = list(
  oneOf(['AMB', 'HH', 'VR'], 'En cabinet, à domicile, à distance.'),
  'Sans doublon, peut être vide.',
);
const LINK = text('Adresse absolue de la page de réservation, avec un seul origin, ou "".', {
  pattern: '^(https?://.+[?&]origin=[^&#]+.*|https?://.+/aggregator/r/[A-Za-z0-9_-]+|)$',
});

/** Empty objects reach us from PHP as empty lists. */
const NOTHING: Schema = { type: 'array', maxItems: 0 };

/** By name in components. */
export const SLOT_SCHEMAS: Readonly<Record<string, Schema>> = {
  Fiche: {
    type: 'object',
    description:
      'Un lieu de l’annuaire. Identifiants sans préfixe ; "" quand ils ne sont pas connus. Tout est facultatif.',
    properties: {
      rpps: text('11 chiffres.'),
      adeli: text('9 caractères. Sert quand il n’y a pas de RPPS.'),
      siret: text('14 chiffres : celui d’une association SOS Médecins quand il n’y a ni RPPS ni ADELI.'),
      finess: text('Sert à reconnaître le lieu.'),
      rpps_rang: text('Sert à reconnaître le lieu.'),
      cp: text('Code postal.'),
      address: text('La voie, ou l’adresse entière.'),
      phone: list({ type: 'string' }, 'Numéros de l’annuaire.'),
      latitude: { type: ['string', 'number', 'null'] },
      longitude: { type: ['string', 'number', 'null'] },
    },
  },
  Lot: {
    type: 'array',
    description: 'Au plus 500 fiches, en un ou plusieurs objets ; les champs inconnus sont ignorés.',
    items: {
      anyOf: [
        {
          type: 'object',
          properties: {
            search_parameter: {
              type: 'object',
              properties: {
                search_zone: text('Département de la recherche, ou "".'),
                county_ids: list({ type: 'string' }, 'Départements.'),
                'search-type': text('filtered ou not filtered : ne change pas la réponse.'),
              },
            },
          },
          additionalProperties: ref('Fiche'),
        },
        NOTHING,
      ],
    },
  },
  Creneau: object({
    slot_status: { const: 'free' },
    start: instant('Avec son décalage.'),
    end: instant('Avec son décalage.'),
    consultation_type: TYPES,
    slot_reservation_link: LINK,
  }),
  Creneaux: {
    type: 'object',
    description: 'Par jour JJ-MM (UTC) ; chaque jour est une liste, jamais null.',
    propertyNames: { pattern: '^[0-3][0-9]-[01][0-9]$' },
    additionalProperties: list(ref('Creneau')),
  },
  Adresse: object(
    {
      line: text('Voie.'),
      cp: text('Code postal.'),
      city: text('Commune.'),
      country: text('Pays.'),
      latitude: { type: 'number' },
      longitude: { type: 'number' },
    },
    ['country', 'latitude', 'longitude'],
  ),
  Lieu: {
    type: 'object',
    properties: {
      id: { type: 'integer', minimum: 1, description: 'Le même d’un appel à l’autre.' },
      id_structure: object({
        rpps: text('Avec son préfixe.'),
        adeli: text('Avec son préfixe.'),
        finess: text('Avec son préfixe.'),
        siret: text('Avec son préfixe.'),
        rpps_rang: text('Avec son préfixe.'),
      }),
      address: ref('Adresse'),
      practitioner: object({
        profession: text('Vide.'),
        lastname: text('Nom ; "" pour une association.'),
        firstname: text('Prénoms ; "" pour une association.'),
        phone: text('Remplace le numéro de la fiche, y compris par "".'),
        specialities: list({ type: 'string' }),
      }),
      slot: ref('Creneaux'),
    },
    required: ['id', 'id_structure', 'address', 'practitioner', 'slot'],
  },
  Actions: {
    type: 'object',
    description:
      'Rien d’autre que des actions. Sans action, une fiche garde ce que la plateforme SAS en sait.',
    patternProperties: {
      '^c-': {
        description:
          'Un lieu que l’annuaire n’a pas. La clé n’est jamais un nombre ; nid est la fiche d’où il est tiré.',
        allOf: [ref('Lieu')],
        properties: { action: { const: 'create' }, nid: { type: ['string', 'integer'] } },
        required: ['action', 'nid'],
        unevaluatedProperties: false,
      },
    },
    additionalProperties: {
      oneOf: [
        {
          description: 'Le lieu est connu : ses créneaux. La clé est l’identifiant de la fiche.',
          allOf: [ref('Lieu')],
          properties: { action: { const: 'update' } },
          required: ['action'],
          unevaluatedProperties: false,
        },
        object(
          {
            action: { const: 'delete' },
            id: { type: 'integer', minimum: 1 },
            practitioner: object({ phone: text('Celui de la fiche.') }),
            slot: object({}),
          },
          [],
          { description: 'La fiche est remplacée par ce qui est créé.' },
        ),
      ],
    },
  },
  Tableau: object(
    {
      searchZone: { type: ['string', 'null'] },
      searchCounties: list({ type: 'string' }),
      searchType: { type: ['string', 'null'] },
      practitionerCards: list({
        type: 'object',
        description: 'Une adresse du praticien ; tout est facultatif.',
        properties: {
          nid: { type: ['string', 'integer'] },
          line: text('Voie.'),
          zipcode: text('Code postal.'),
          phone: list({ type: 'string' }),
          latitude: { type: ['string', 'number', 'null'] },
          longitude: { type: ['string', 'number', 'null'] },
          siret: text('Sans préfixe.'),
          finess: text('Sans préfixe.'),
          rppsRang: text('Sans préfixe.'),
          rpps: text('Sans préfixe.'),
          adeli: text('Le portail l’envoie toujours vide.'),
        },
      }),
    },
    ['searchZone', 'searchCounties', 'searchType'],
    { additionalProperties: true },
  ),
  Praticien: object({
    nationalId: text('Avec son préfixe.'),
    firstname: text('Prénoms.'),
    lastname: text('Nom.'),
    isRegistered: flag('Toujours vrai.'),
    locations: list(
      object({
        rppsRang: orNull(text('null, sauf s’il est celui d’une adresse de la demande.')),
        siret: orNull(text('De même.')),
        finess: orNull(text('De même.')),
        line: text('Voie.'),
        zipCode: text('Code postal.'),
        city: text('Commune.'),
        country: text('Pays.'),
        latitude: { type: ['number', 'null'] },
        longitude: { type: ['number', 'null'] },
        phones: list({ type: 'string' }),
        schedule: object({
          days: list(
            object({
              day: text('JJ/MM/AAAA.', { pattern: '^[0-9]{2}/[0-9]{2}/[0-9]{4}$' }),
              slots: list(
                object({
                  slotStatus: { const: 'free' },
                  start: instant('Avec son décalage.'),
                  end: instant('Avec son décalage.'),
                  consultationType: TYPES,
                  consultationTypes: TYPES,
                  specialties: list({ type: 'string' }),
                  reservationLink: LINK,
                }),
              ),
            }),
          ),
        }),
      }),
      'Un agenda d’éditeur par lieu.',
    ),
  }),
};

const UPDATE = {
  action: 'update',
  id: 184020211,
  id_structure: { rpps: '899900000017', adeli: '', finess: '', siret: '', rpps_rang: '' },
  address: { line: '2 place du Marché', cp: '42000', city: 'Saint-Étienne', country: 'FRA' },
  practitioner: {
    profession: '',
    lastname: 'Inconnu',
    firstname: 'Camille',
    phone: '+33477000001',
    specialities: ['Qualifié en médecine générale'],
  },
  slot: {
    '23-11': [
      {
        slot_status: 'free',
        start: '2026-11-23T14:00:00.000+00:00',
        end: '2026-11-23T14:15:00.000+00:00',
        consultation_type: ['AMB', 'VR'],
        slot_reservation_link: 'https://agenda.example/rdv/12?origin=sas',
      },
    ],
  },
};
const CARD = {
  rpps: '99900000017',
  adeli: '',
  finess: '',
  siret: '',
  rpps_rang: '9000000101',
  cp: '42000',
  address: '2 Place du Marché',
  phone: ['04 77 00 00 01'],
  latitude: '45.439695',
  longitude: '4.387178',
};

const LEDGER = {
  'X-Passerelle-Ledger':
    'Combien de praticiens et d’associations ont des créneaux, n’en ont pas, ou ne sont pas connus, et quels éditeurs ont failli.',
};
const TOO_MANY = { 'too-many-subjects': 'Plus de 500 fiches demandées.' };

/** The front's searches of slots. */
export const SLOT_OPERATIONS: Operations = {
  [`POST ${API}/PractitionerSlots`]: {
    id: 'practitionerSlots',
    tag: 'front',
    summary: 'Créneaux des fiches d’un lot',
    description:
      'Deux formes de demande, lues de la même façon : dans les objets de la liste, search_parameter est la recherche, toute autre clé une fiche.\n\nLe portail ne supporte pas d’erreur ici : un éditeur absent, en panne ou en retard laisse ses fiches sans action, avec un statut 200.',
    body: {
      type: JSON_TYPE,
      schema: ref('Lot'),
      examples: {
        navigateur: [
          { search_parameter: { search_zone: '42', county_ids: [], 'search-type': 'filtered' } },
          { '810001': CARD },
        ],
        serveur: [
          { '810001': CARD, '810003': { ...CARD, cp: '42300', address: '70 Rue Jean Jaurès, 42300 Roanne' } },
        ],
        vide: [[]],
      },
    },
    answers: {
      200: json(
        'Une action par fiche dont un éditeur donne des créneaux.',
        ref('Actions'),
        {
          '810001': UPDATE,
          'c-810001-7f3a': { ...UPDATE, action: 'create', nid: 810001, id: 184020212 },
        },
        LEDGER,
      ),
    },
    refusals: { ...bodied(1024), ...TOO_MANY },
  },
  [`POST ${API}/dashboard/getSlots`]: {
    id: 'dashboardGetSlots',
    tag: 'front',
    summary: 'Créneaux d’un praticien, pour son tableau de bord',
    body: {
      type: JSON_TYPE,
      schema: ref('Tableau'),
      examples: {
        exemple: {
          searchZone: '',
          searchCounties: [],
          searchType: 'filtered',
          practitionerCards: [
            {
              nid: '810001',
              line: '2 Place du Marché',
              zipcode: '42000',
              phone: ['04 77 00 00 01'],
              latitude: 45.439695,
              longitude: 4.387178,
              siret: '',
              finess: '',
              rppsRang: '9000000101',
              rpps: '99900000017',
              adeli: '',
            },
          ],
        },
      },
    },
    answers: {
      200: json(
        'Les praticiens demandés, celui des fiches en premier ; [] quand aucun éditeur n’en sait rien.',
        list(ref('Praticien')),
        [
          {
            nationalId: '899900000017',
            firstname: 'Camille',
            lastname: 'Inconnu',
            isRegistered: true,
            locations: [
              {
                rppsRang: null,
                siret: null,
                finess: null,
                line: '2 place du Marché',
                zipCode: '42000',
                city: 'Saint-Étienne',
                country: 'FRA',
                latitude: null,
                longitude: null,
                phones: ['+33477000001'],
                schedule: {
                  days: [
                    {
                      day: '23/11/2026',
                      slots: [
                        {
                          slotStatus: 'free',
                          start: '2026-11-23T14:00:00.000+00:00',
                          end: '2026-11-23T14:15:00.000+00:00',
                          consultationType: ['AMB'],
                          consultationTypes: ['AMB'],
                          specialties: [],
                          reservationLink: 'https://agenda.example/rdv/12?origin=sas',
                        },
                      ],
                    },
                  ],
                },
              },
            ],
          },
        ],
      ),
    },
    refusals: { ...bodied(1024), ...TOO_MANY, 'parameter-invalid': 'practitionerCards attend une liste.' },
  },
};
