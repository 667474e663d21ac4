// The OpenAPI 3.1 document: the route table says what answers and who may call, the descriptions beside it say what
// with. FHIR's own face is described by /fhir/metadata too, as FHIR wants. docs/decisions/0011-openapi.md.

import { VERSION } from '../../shared/version.ts';
import type { Route } from '../http/route.ts';
import { ACCOUNT_OPERATIONS } from './admin/accounts.ts';
import { ADMIN_OPERATIONS, ADMIN_SCHEMAS } from './admin/admin.ts';
import { CLAIM_OPERATIONS, CLAIM_SCHEMAS } from './admin/claims.ts';
import { ERASURE_OPERATIONS } from './admin/erasures.ts';
import { FRONT_ADMIN_OPERATIONS, FRONT_ADMIN_SCHEMAS } from './admin/front.ts';
import { LRM_OPERATIONS } from './admin/lrm.ts';
import { MAINTENANCE_OPERATIONS, MAINTENANCE_SCHEMAS } from './admin/maintenances.ts';
import { RELAY_REPORT_OPERATIONS } from './admin/relay-reports.ts';
import { STORAGE_OPERATIONS } from './admin/storage.ts';
import { FHIR_ACCOUNT_OPERATIONS } from './fhir/accounts.ts';
import { FHIR_APPOINTMENT_OPERATIONS } from './fhir/appointments.ts';
import { FHIR_SCHEMAS } from './fhir/parts.ts';
import { FHIR_SEARCH_OPERATIONS } from './fhir/search.ts';
import { FRONT_OPERATIONS, FRONT_SCHEMAS } from './front/front.ts';
import { SLOT_SCHEMAS } from './front/slot-schemas.ts';
import { SLOT_OPERATIONS } from './front/slots.ts';
import { bodySchema } from './model/body-schema.ts';
import type {
  ApiDocument,
  DocumentedAnswer,
  DocumentedOperation,
  Media,
  Method,
} from './model/documented.ts';
import {
  type Answer,
  type Content,
  JSON_TYPE,
  type Operation,
  type Operations,
  TAGS,
} from './model/operation.ts';
import { REFUSAL_SCHEMAS, refusalsOf } from './model/refusals.ts';
import { describeOptions } from './options.ts';
import { PAGE_OPERATIONS } from './pages.ts';

/** Every description. */
export const OPERATIONS: Operations = {
  ...FHIR_SEARCH_OPERATIONS,
  ...FHIR_ACCOUNT_OPERATIONS,
  ...FHIR_APPOINTMENT_OPERATIONS,
  ...SLOT_OPERATIONS,
  ...FRONT_OPERATIONS,
  ...PAGE_OPERATIONS,
  ...ADMIN_OPERATIONS,
  ...STORAGE_OPERATIONS,
  ...CLAIM_OPERATIONS,
  ...ACCOUNT_OPERATIONS,
  ...ERASURE_OPERATIONS,
  ...LRM_OPERATIONS,
  ...MAINTENANCE_OPERATIONS,
  ...RELAY_REPORT_OPERATIONS,
  ...FRONT_ADMIN_OPERATIONS,
};

const DESCRIPTION = `Ce que la passerelle sert au SAS en FHIR R4, aux éditeurs, au portail du SAS, aux navigateurs des régulateurs et à ses exploitants.

La face FHIR du guide « Service d’Accès aux Soins » se décrit aussi elle-même : [/fhir/metadata](/fhir/metadata).

Chaque réponse porte un X-Request-Id, que le journal porte aussi ; celui de l’appelant est repris s’il a de 8 à 64 lettres, chiffres ou tirets. Chaque GET répond aussi à HEAD, sans corps ; chaque chemin à OPTIONS, par 204 et Allow. Un nom d’hôte que les réglages ne nomment pas donne 421 sur tout chemin, sondes exceptées ; un autre chemin donne 404, une autre méthode 405 avec Allow. À un navigateur (Accept : text/html), un refus est une page en français, avec le même statut.`;

/** Of the routes that this document is about. Not the console's: they are pages for people, and no contract for programs. */
export function isDescribed({ path }: Pick<Route, 'path'>): boolean {
  return /^\/(aggregator|admin|r|fhir)\//.test(path) || ['/', '/openapi.json', '/docs'].includes(path);
}

/** As OpenAPI writes it: `:id` and `:id+` become `{id}`; the router's own escapes go. */
export function pathOf({ path }: Pick<Route, 'path'>): string {
  return path.replace(/:(\w+)\+?/g, '{$1}').replaceAll('\\', '');
}

/** `baseUrl`: of the edge as callers see it, without a last slash. A route without description is left out. */
export function describeApi(routes: readonly Route[], baseUrl: string): ApiDocument {
  const paths: Record<string, Partial<Record<Method, DocumentedOperation>>> = {};
  for (const route of routes.filter(isDescribed)) {
    const path = pathOf(route);
    const operation = OPERATIONS[`${route.method} ${path}`];
    if (operation === undefined) continue;
    const method = route.method.toLowerCase() as Method;
    const described = describeOperation(route, operation);
    paths[path] = { options: describeOptions(described), ...paths[path], [method]: described };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'API de la passerelle SAS',
      version: VERSION.number,
      summary: 'Agrégateur ouvert du Service d’Accès aux Soins',
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: baseUrl }],
    tags: Object.values(TAGS).map((name) => ({ name })),
    paths,
    components: {
      schemas: {
        ...FHIR_SCHEMAS,
        ...SLOT_SCHEMAS,
        ...FRONT_SCHEMAS,
        ...ADMIN_SCHEMAS,
        ...CLAIM_SCHEMAS,
        ...MAINTENANCE_SCHEMAS,
        ...FRONT_ADMIN_SCHEMAS,
        ...REFUSAL_SCHEMAS,
      },
      securitySchemes: {
        sas: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'Jeton de l’émetteur configuré, avec une portée SMART, system/Slot.s par exemple.',
        },
        editeur: {
          type: 'mutualTLS',
          description: 'Certificat client de l’éditeur, présenté au port mTLS d’un relais.',
        },
        portail: { type: 'http', scheme: 'bearer', description: 'Le jeton de login_check.' },
        exploitant: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'Jeton de l’émetteur configuré, avec la portée admin ; metrics pour /admin/metrics.',
        },
      },
    },
  };
}

function describeOperation(route: Route, operation: Operation): DocumentedOperation {
  const { id, tag, summary, description, parameters = [], answers, refusals } = operation;
  const body = bodyOf(route, operation);
  const responses: Record<string, DocumentedAnswer> = {};
  for (const [status, answer] of Object.entries(answers)) responses[status] = describeAnswer(answer);
  for (const [status, answer] of Object.entries(refusalsOf(route, refusals))) {
    const told = responses[status];
    const refused = describeAnswer(answer);
    // The same status may be a page of ours or a refusal of the router.
    responses[status] =
      told === undefined ? refused : { ...told, content: { ...told.content, ...refused.content } };
  }
  return {
    operationId: id,
    tags: [TAGS[tag]],
    summary,
    ...(description === undefined ? {} : { description }),
    security: securityOf(route),
    ...(parameters.length === 0
      ? {}
      : {
          parameters: parameters.map((one) => ({
            ...one,
            required: one.in === 'path' || one.required === true,
          })),
        }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: describeContent(body) } }),
    responses,
  };
}

function bodyOf(route: Route, { body, bodies }: Operation): Content | undefined {
  if (route.body === undefined || bodies === undefined) return body;
  return { type: JSON_TYPE, schema: bodySchema(route.body), examples: bodies };
}

function securityOf({ needs }: Route): DocumentedOperation['security'] {
  switch (needs) {
    case 'open':
      return [];
    case 'front':
      return [{ portail: [] }];
    case 'relay':
      return [{ editeur: [] }];
    default:
      return needs.map((need) =>
        typeof need === 'string'
          ? { exploitant: [need] }
          : { sas: [`system/${need.resource}.${need.permission}`] },
      );
  }
}

function describeAnswer({ description, content, headers = {} }: Answer): DocumentedAnswer {
  const all = { 'X-Request-Id': 'Référence de la demande.', ...headers };
  return {
    description,
    headers: Object.fromEntries(
      Object.entries(all).map(([name, says]) => [name, { description: says, schema: { type: 'string' } }]),
    ),
    ...(content === undefined
      ? {}
      : { content: Object.assign({}, ...[content].flat().map(describeContent)) }),
  };
}

function describeContent({ type, schema, examples }: Content): Readonly<Record<string, Media>> {
  const shown = Object.entries(examples).map(([name, value]): [string, { value: unknown }] => [
    name,
    { value },
  ]);
  return { [type]: { schema, examples: Object.fromEntries(shown) } };
}
