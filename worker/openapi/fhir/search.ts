// GET /fhir/metadata and the searches of slots: INT_R01, INT_R04, SOS Médecins. worker/fhir/.

import { SYSTEM } from '../../../shared/sas/canonical.ts';
import {
  type Answer,
  type Operation,
  type Operations,
  type Parameter,
  queryText,
  text,
} from '../model/operation.ts';
import { OF_HUB, STORED } from '../model/refusals.ts';
import {
  EXAMPLE_ASSOCIATION,
  EXAMPLE_FROM,
  EXAMPLE_PROFESSIONAL,
  EXAMPLE_TO,
  FHIR_EXAMPLE_BASE,
  SCHEDULES_EXAMPLE,
  SLOTS_EXAMPLE,
} from './examples.ts';
import { BAD_FORM, BAD_QUERY, fhir, formBody, LONG_QUERY } from './parts.ts';

const one = (name: string, description: string, example: string, required = true): Parameter => ({
  ...queryText(name, description, example),
  ...(required && { required }),
});
const several = (name: string, description: string, example: readonly string[]): Parameter => ({
  name,
  in: 'query',
  description,
  schema: { type: 'array', items: { type: 'string' } },
  example,
  required: true,
});
const WINDOW = 'Deux bornes, ge et le, chacune une fois ; 31 jours au plus. Le + d’un décalage s’écrit %2B.';

const SLOT_PARAMETERS: readonly Parameter[] = [
  several('start', WINDOW, [`ge${EXAMPLE_FROM}`, `le${EXAMPLE_TO}`]),
  one('status', 'Toujours free.', 'free'),
  one(
    'schedule.actor:Practitioner.identifier',
    'De 1 à 500 professionnels, séparés par des virgules : système|numéro, avec son préfixe (8 : RPPS, 0 : ADELI).',
    `${SYSTEM.idnps}|${EXAMPLE_PROFESSIONAL}`,
  ),
  one('_include', 'Slot:schedule ; avec Slot:service-type-reference, INT_R04.', 'Slot:schedule', false),
  one(
    '_include:iterate',
    'Schedule:actor ; en INT_R04, HealthcareService:organization.',
    'Schedule:actor',
    false,
  ),
];

const SCHEDULE_PARAMETERS: readonly Parameter[] = [
  several('_has:Slot:schedule:start', WINDOW, [`ge${EXAMPLE_FROM}`, `le${EXAMPLE_TO}`]),
  one('_has:Slot:schedule:status', 'Toujours free.', 'free'),
  one(
    'actor:Location.organization.identifier',
    'De 1 à 500 associations : système|3 et SIRET, séparées par des virgules.',
    `${SYSTEM.idnst}|${EXAMPLE_ASSOCIATION}`,
  ),
  one('_revinclude', 'Slot:schedule.', 'Slot:schedule', false),
  one('_include', 'Schedule:actor:Location.', 'Schedule:actor:Location', false),
  one('_include:iterate', 'Location:organization.', 'Location:organization', false),
];

const DESCRIPTION = `Chaque éditeur qui sert le flux est interrogé ; la réponse part dans le délai, avec ce qui est venu. Ce qu’on sait de chaque identifiant demandé (slots, none, unknown, switched-off, not-interfaced) est dans X-Passerelle-Ledger et dans une entrée de mode outcome.

Prefer : return=minimal ôte cette entrée, return=OperationOutcome y ajoute les règles rencontrées, handling=lenient passe sur un paramètre inconnu. Cache-Control : no-cache interroge de nouveau chaque éditeur. Accept : text/event-stream donne chaque part dès qu’elle arrive (docs/progressive.md). Une réponse de 16 Kio et plus est comprimée pour qui envoie Accept-Encoding : gzip.

Une adresse porte 15 Kio, 300 professionnels environ : au-delà (414), POST …/_search prend les mêmes paramètres, 500 identifiants au plus.`;

function found(example: unknown): Answer {
  const whole = fhir(
    'Un searchset ; sans entry quand tous ont répondu et que personne n’a de créneau.',
    'Bundle',
    example,
    {
      'X-Passerelle-Ledger': 'slots=1, none=0, unknown=0, not-interfaced=0.',
      'Server-Timing': 'Durée et issue chez chaque éditeur.',
    },
  );
  return {
    ...whole,
    content: [
      ...[whole.content ?? []].flat(),
      {
        type: 'text/event-stream',
        schema: text('Événements part, puis end ou error ; chaque data est une ligne de JSON.'),
        examples: {
          progressif: 'event: part\ndata: {"resourceType":"Bundle",…}\n\nevent: end\ndata: {…}\n\n',
        },
      },
    ],
  };
}

const REFUSALS = {
  ...STORED,
  ...BAD_QUERY,
  ...LONG_QUERY,
  'parameter-missing': 'Le paramètre status=free est obligatoire.',
  'parameter-repeated': 'Une seule borne ge et une seule borne le sont admises pour start.',
  'too-many-subjects': 'Plus de 500 professionnels demandés.',
  'window-invalid': 'La fenêtre de recherche dépasse 31 jours.',
  ...OF_HUB,
  'relay-absent': "Aucun relais n'est connecté : aucun éditeur n'a pu être interrogé.",
  'relay-lost': "La liaison avec le relais s'est rompue avant toute réponse.",
};

interface Search {
  readonly id: string;
  readonly summary: string;
  readonly parameters: readonly Parameter[];
  readonly example: unknown;
}

const byQuery = ({ id, summary, parameters, example }: Search): Operation => ({
  id,
  tag: 'fhir',
  summary,
  description: DESCRIPTION,
  parameters,
  answers: { 200: found(example) },
  refusals: REFUSALS,
});
const byForm = ({ id, summary, parameters, example }: Search): Operation => ({
  id: `${id}ByForm`,
  tag: 'fhir',
  summary: `${summary}, par formulaire`,
  description: 'La même recherche, quand l’adresse serait trop longue.',
  body: formBody(parameters),
  answers: { 200: found(example) },
  refusals: { ...REFUSALS, ...BAD_FORM },
});

const SLOTS: Search = {
  id: 'searchSlots',
  summary: 'Créneaux de professionnels (INT_R01, INT_R04)',
  parameters: SLOT_PARAMETERS,
  example: SLOTS_EXAMPLE,
};
const SCHEDULES: Search = {
  id: 'searchSchedules',
  summary: 'Créneaux d’associations SOS Médecins',
  parameters: SCHEDULE_PARAMETERS,
  example: SCHEDULES_EXAMPLE,
};

/** /fhir/Slot, /fhir/Schedule, /fhir/metadata. */
export const FHIR_SEARCH_OPERATIONS: Operations = {
  'GET /fhir/metadata': {
    id: 'fhirMetadata',
    tag: 'fhir',
    summary: 'Ce que la face FHIR sait faire',
    answers: {
      200: fhir('Fait des routes qui existent.', 'CapabilityStatement', {
        resourceType: 'CapabilityStatement',
        status: 'active',
        kind: 'instance',
        fhirVersion: '4.0.1',
        format: ['application/fhir+json'],
        implementation: {
          description: 'Agrégateur de créneaux du Service d’Accès aux Soins',
          url: FHIR_EXAMPLE_BASE,
        },
        rest: [{ mode: 'server', resource: [{ type: 'Slot', interaction: [{ code: 'search-type' }] }] }],
      }),
    },
  },
  'GET /fhir/Slot': byQuery(SLOTS),
  'POST /fhir/Slot/_search': byForm(SLOTS),
  'GET /fhir/Schedule': byQuery(SCHEDULES),
  'POST /fhir/Schedule/_search': byForm(SCHEDULES),
};
