// The bodies of the front's two searches of slots: docs/guide.md G-905, G-906, G-908, G-909. What the schemas forbid (null,
// other keys) is what breaks that client.

import { flag, instant, list, object, oneOf, orNull, ref, type Schema, text } from '../model/operation.ts';

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
