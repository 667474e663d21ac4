// The two searches of slots, as the published SAS front asks and reads them; their bodies: slot-schemas.ts.

import { JSON_TYPE, json, list, type Operations, ref } from '../model/operation.ts';
import { bodied } from '../model/refusals.ts';

const API = '/aggregator/api-sas/v1';

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
