// What is said of each path, and the few JSON Schemas it is said with (2020-12, as OpenAPI 3.1 has it). Data only;
// worker/openapi/document.ts makes the OpenAPI document of it.

import type { Reason } from '../../../shared/error.ts';

/** JSON Schema 2020-12. */
export type Schema = Readonly<Record<string, unknown>>;

/** A parameter of the path or of the query. */
export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  /** In French, as all that people read. */
  readonly description: string;
  readonly schema: Schema;
  /** Several: the parameter is given so often. */
  readonly example: string | readonly string[];
  /** Those of the path always are. */
  readonly required?: true;
}

const inPlace =
  (place: Parameter['in']) =>
  (name: string, description: string, example: string): Parameter => ({
    name,
    in: place,
    description,
    schema: { type: 'string' },
    example,
  });
/** A text in the path. */
export const pathText = inPlace('path');
/** A text in the query, that may be left out. */
export const queryText = inPlace('query');

/** A body: of a request or of an answer. */
export interface Content {
  readonly type: string;
  readonly schema: Schema;
  /** By name; the first is the usual one. */
  readonly examples: Readonly<Record<string, unknown>>;
}

/** What one status says. */
export interface Answer {
  readonly description: string;
  /** None: no body. Several: as the caller chose. */
  readonly content?: Content | readonly Content[];
  /** Name → what it says. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What is said of one route. */
export interface Operation {
  readonly id: string;
  readonly tag: Tag;
  readonly summary: string;
  /** Paragraphs apart by empty lines. */
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly body?: Content;
  /** Of the JSON body whose schema the route has, by name; the first is the usual one. */
  readonly bodies?: Content['examples'];
  /** By status: what is no refusal, and refusals that are pages. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Each with the sentence of its example; those of every path, and those of tokens, are not repeated here. */
  readonly refusals?: Partial<Readonly<Record<Reason, string>>>;
}

/** By method and path, `GET /admin/editors/{editor}/rules`. */
export type Operations = Readonly<Record<string, Operation>>;

/** The chapters of /docs, in order. */
export const TAGS = {
  fhir: 'Face FHIR',
  front: 'Portail du SAS',
  redirect: 'Liens de réservation',
  admin: 'Exploitation',
  accounts: 'Comptes des régulateurs',
  description: 'Description de l’API',
} as const;
type Tag = keyof typeof TAGS;

export const JSON_TYPE = 'application/json';
export const HTML_TYPE = 'text/html';

export const text = (description: string, more: Schema = {}): Schema => ({
  type: 'string',
  description,
  ...more,
});
export const count = (description: string): Schema => ({ type: 'integer', minimum: 0, description });
export const flag = (description: string): Schema => ({ type: 'boolean', description });
export const instant = (description: string): Schema => text(description, { format: 'date-time' });
export const oneOf = (values: readonly string[], description: string): Schema => ({
  type: 'string',
  enum: values,
  description,
});
export const list = (items: Schema, description = '', more: Schema = {}): Schema => ({
  type: 'array',
  items,
  ...(description === '' ? {} : { description }),
  ...more,
});
export const orNull = (schema: Schema): Schema => ({ ...schema, type: [schema.type, 'null'] });
export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** Closed: nothing but these, all of them but the optional ones. */
export function object(
  properties: Readonly<Record<string, Schema>>,
  optional: readonly string[] = [],
  more: Schema = {},
): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return {
    type: 'object',
    properties,
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
    ...more,
  };
}

/** A successful answer in JSON. */
export function json(
  description: string,
  schema: Schema,
  example: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { description, headers, content: { type: JSON_TYPE, schema, examples: { exemple: example } } };
}
