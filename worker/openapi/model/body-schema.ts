// A request's body as its route reads it, in the words of JSON Schema: no description can say otherwise. Runs when the
// Worker is built, never in it.

import { toJsonSchema } from '@valibot/to-json-schema';
import type { GenericSchema } from 'valibot';
import { asObject } from '../../../shared/fhir/json.ts';
import type { Schema } from './operation.ts';

/** What is accepted; what code makes of it afterwards is left out. */
export function bodySchema(body: GenericSchema): Schema {
  const { $schema: _, ...schema } = toJsonSchema(body, {
    target: 'draft-2020-12',
    typeMode: 'input',
    ignoreActions: ['transform', 'trim'],
  });
  return plain(schema) as Schema;
}

/** "Texte ou null" in one line rather than as a choice of two schemas; empty descriptions go. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  const object = asObject(value);
  if (object === undefined) return value;
  const entries = Object.entries(object).map(([key, child]) => [key, plain(child)] as const);
  const { anyOf, ...rest } = Object.fromEntries(entries.filter(([, child]) => child !== '')) as Record<
    string,
    unknown
  >;
  if (!Array.isArray(anyOf)) return rest;
  const choices = anyOf as readonly Schema[];
  return { ...rest, ...Object.assign({}, ...choices), type: choices.map(({ type }) => type) };
}
