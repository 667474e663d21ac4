// What the descriptions of the FHIR face share: media types, open schemas (a resource is judged by its profile, not
// here), the forms of POST _search, and the refusals of a search.

import type { Reason } from '../../../shared/error.ts';
import { type Answer, type Content, type Parameter, ref, type Schema, text } from '../model/operation.ts';
import { LATE_BODY } from '../model/refusals.ts';

const FHIR_TYPE = 'application/fhir+json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

/** Open: what the profile adds is the profile's. */
const resource = (
  type: string,
  description: string,
  more: Readonly<Record<string, Schema>> = {},
): Schema => ({
  type: 'object',
  description,
  required: ['resourceType'],
  properties: { resourceType: { const: type }, ...more },
  additionalProperties: true,
});

/** By name in components. Open: a resource is judged by its profile. */
export const FHIR_SCHEMAS: Readonly<Record<string, Schema>> = {
  Bundle: {
    ...resource('Bundle', 'Bundle de FHIR R4, selon les profils du guide.', {
      id: text('Référence de la demande.'),
      type: { enum: ['searchset', 'history'] },
      total: { type: 'integer', minimum: 0, description: 'Nombre de créneaux, sans les autres ressources.' },
      link: { type: 'array', items: { type: 'object', required: ['relation', 'url'] } },
      entry: {
        type: 'array',
        minItems: 1,
        items: {
          type: 'object',
          required: ['fullUrl', 'resource'],
          properties: {
            fullUrl: { type: 'string' },
            resource: { type: 'object', required: ['resourceType'] },
            search: {
              type: 'object',
              description: 'mode outcome : l’OperationOutcome qui dit l’état de chacun (docs/ledger.md).',
              properties: { mode: { enum: ['match', 'include', 'outcome'] } },
            },
          },
        },
      },
    }),
    required: ['resourceType', 'type', 'link'],
  },
  Practitioner: resource('Practitioner', 'Régulateur, selon FrPractitionerRegul.'),
  Parameters: resource('Parameters', 'Parameters de FHIR R4.'),
  Appointment: resource('Appointment', 'Rendez-vous, selon FrAppointmentSAS ou sas-sos-appointment.'),
  CapabilityStatement: resource('CapabilityStatement', 'CapabilityStatement de FHIR R4.'),
};

/** A successful answer in FHIR JSON. `schema`: its name in components. */
export function fhir(
  description: string,
  schema: string,
  example: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    description,
    headers,
    content: { type: FHIR_TYPE, schema: ref(schema), examples: { exemple: example } },
  };
}

/** A request's body in FHIR JSON. */
export function fhirBody(schema: string, example: unknown): Content {
  return { type: FHIR_TYPE, schema: ref(schema), examples: { exemple: example } };
}

/** The same parameters as in the query: each a text, or a list where it is given several times. */
export function formBody(parameters: readonly Parameter[]): Content {
  const given = parameters.filter(({ required }) => required === true);
  return {
    type: FORM_TYPE,
    schema: {
      type: 'object',
      description: 'Les mêmes paramètres qu’en GET, dans le corps ; ils s’ajoutent à ceux de l’adresse.',
      additionalProperties: true,
    },
    examples: { exemple: Object.fromEntries(given.map(({ name, example }) => [name, example])) },
  };
}

export const BAD_QUERY: Partial<Record<Reason, string>> = {
  'parameter-invalid': 'status : seul le statut « free » peut être recherché.',
  'parameter-unknown': 'Paramètre inconnu : statut.',
  'query-malformed': 'La requête ne peut être décodée.',
};
export const BAD_FORM: Partial<Record<Reason, string>> = {
  'media-type-not-supported': 'Le corps de _search est attendu en application/x-www-form-urlencoded.',
  'body-too-large': 'Le corps dépasse 256 Kio.',
  ...LATE_BODY,
};
export const LONG_QUERY: Partial<Record<Reason, string>> = {
  'uri-too-long':
    'L’adresse dépasse 15 Kio : donner les paramètres dans le corps de POST /fhir/Slot/_search.',
};
