// What browsers open without a token: reservation links (docs/redirect.md), this description and its page.

import {
  type Answer,
  HTML_TYPE,
  JSON_TYPE,
  type Operation,
  type Operations,
  object,
  pathText,
  text,
} from './model/operation.ts';

const page = (description: string, title: string): Answer => ({
  description,
  content: {
    type: HTML_TYPE,
    schema: text('Une page en français.'),
    examples: { exemple: `<!doctype html><html lang="fr">…<h1>${title}</h1>…</html>` },
  },
});

const SLOT = pathText(
  'slot',
  'Éditeur, page de réservation et début du créneau, en base64url ; donné dans slot_reservation_link.',
  'MS50OHdyMDAuYWdlbmRhLWEuaHR0cHM6Ly9hZ2VuZGEtYS5leGFtcGxlL3Jkdi8xMg',
);

const redirect = (id: string, summary: string): Operation => ({
  id,
  tag: 'redirect',
  summary,
  description:
    'Sans jeton. Seulement vers un hôte que l’éditeur a déclaré, avec un seul paramètre origin et sans referrer. Compté par éditeur et par jour, sans rien de qui ouvre.',
  parameters: [SLOT],
  answers: {
    302: {
      description: 'Vers la page de l’éditeur.',
      headers: { Location: 'La page, avec origin.', 'Referrer-Policy': 'no-referrer.' },
    },
    403: page('L’hôte n’est pas de ceux que l’éditeur a déclarés.', 'Ce lien n’a pas été ouvert'),
    404: page('Le lien est incomplet.', 'Ce lien n’est pas complet'),
    410: page('Le créneau a commencé.', 'Ce créneau n’est plus réservable'),
    503: {
      ...page('Les hôtes déclarés ne peuvent être lus.', 'Ce lien ne peut pas être ouvert pour l’instant'),
      headers: { 'Retry-After': 'Secondes à attendre avant de recommencer.' },
    },
  },
});

/** What browsers open. */
export const PAGE_OPERATIONS: Operations = {
  'GET /r/{slot}': redirect('openSlot', 'Ouvre la page de réservation d’un créneau'),
  'GET /aggregator/r/{slot}': redirect(
    'openSlotBehindFront',
    'La même, sous le chemin que le portail confie à la passerelle',
  ),
  'GET /': {
    id: 'welcome',
    tag: 'description',
    summary: 'Ce qu’est ce service, et où aller',
    description: 'Une page pour un navigateur (Accept : text/html), du JSON pour un programme.',
    answers: {
      200: {
        description: 'Selon Accept.',
        headers: { Vary: 'Accept.' },
        content: [
          {
            type: JSON_TYPE,
            schema: object({
              name: text('Nom.'),
              version: text('Version.'),
              description: text('Ce que c’est.'),
              links: object({
                docs: text('Cette description, en une page.'),
                openapi: text('Cette description, en OpenAPI.'),
                fhir: text('Base de la face FHIR.'),
                metadata: text('Son CapabilityStatement.'),
                health: text('En vie.'),
                ready: text('Prêt à chercher.'),
              }),
            }),
            examples: {
              exemple: {
                name: 'Passerelle SAS',
                version: '0.1.0',
                description: 'Agrégateur ouvert du Service d’accès aux soins',
                links: {
                  docs: 'https://passerelle.example/docs',
                  openapi: 'https://passerelle.example/openapi.json',
                  fhir: 'https://passerelle.example/fhir',
                  metadata: 'https://passerelle.example/fhir/metadata',
                  health: 'https://passerelle.example/healthz',
                  ready: 'https://passerelle.example/readyz',
                },
              },
            },
          },
          {
            type: HTML_TYPE,
            schema: text('Une page en français.'),
            examples: { page: '<!doctype html><html lang="fr">…<h1>Passerelle SAS</h1>…</html>' },
          },
        ],
      },
    },
  },
  'GET /openapi.json': {
    id: 'openApi',
    tag: 'description',
    summary: 'Cette description, en OpenAPI 3.1',
    answers: {
      200: {
        description: 'Le document.',
        content: {
          type: JSON_TYPE,
          schema: {
            type: 'object',
            required: ['openapi', 'info', 'paths'],
            properties: { openapi: { const: '3.1.1' } },
          },
          examples: { exemple: { openapi: '3.1.1', info: {}, paths: {} } },
        },
      },
    },
  },
  'GET /docs': {
    id: 'docs',
    tag: 'description',
    summary: 'Cette description, en une page à lire',
    answers: { 200: page('La page, sans script ni rien d’ailleurs.', 'API de la passerelle SAS') },
  },
};
