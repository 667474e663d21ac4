// A schema as people read it: one line per field, with its type, its bounds and what it says. A named schema is
// written out once, under the schemas; elsewhere its name leads there.

import { type Html, html, join } from '../../../shared/html.ts';
import type { Schema } from '../model/operation.ts';

const TYPES: Readonly<Record<string, string>> = {
  string: 'texte',
  integer: 'entier',
  number: 'nombre',
  boolean: 'booléen',
  array: 'liste',
  object: 'objet',
  null: 'null',
};

/** The fields of a schema, as a table. */
export function writeSchema(schema: Schema): Html {
  const alternatives = (schema.oneOf ?? schema.anyOf) as readonly Schema[] | undefined;
  if (alternatives !== undefined) return writeAlternatives(alternatives);
  const parts = [writeProperties(schema), writeItems(schema), writeRest(schema)];
  return html`${join([...((schema.allOf ?? []) as readonly Schema[]).map(writeNamed), ...parts])}`;
}

function writeNamed(schema: Schema): Html {
  return html`<p class="muted">Les champs de ${describeType(schema)}, et :</p>`;
}

function writeAlternatives(schemas: readonly Schema[]): Html {
  const items = schemas.map(
    (one) => html`<li>${describeType(one)}${says(one)}${isDeep(one) ? writeSchema(one) : html``}</li>`,
  );
  return html`<p class="muted">L’un de :</p><ul class="fields">${join(items)}</ul>`;
}

function writeProperties({ properties, required }: Schema): Html {
  const fields = Object.entries((properties ?? {}) as Readonly<Record<string, Schema>>);
  if (fields.length === 0) return html``;
  const needed = new Set((required ?? []) as readonly string[]);
  const items = fields.map(([name, field]) => writeField(name, field, needed.has(name)));
  return html`<ul class="fields">${join(items)}</ul>`;
}

function writeField(name: string, schema: Schema, isRequired: boolean): Html {
  return html`<li><code>${name}</code> <span class="muted">${describeType(schema)}${isRequired ? '' : ', facultatif'}</span>${says(schema)}${isDeep(schema) ? writeSchema(schema) : html``}</li>`;
}

/** Of a list: its items, when they are not told by a word. */
function writeItems({ items }: Schema): Html {
  const schema = items as Schema | undefined;
  return schema === undefined || !isDeep(schema) ? html`` : writeSchema(schema);
}

/** What an object holds under names that are not fixed. */
function writeRest({ patternProperties = {}, additionalProperties }: Schema): Html {
  const named = Object.entries(patternProperties as Readonly<Record<string, Schema>>).map(
    ([pattern, schema]): [Html, Schema] => [html`clé de forme <code>${pattern}</code>`, schema],
  );
  const other: [Html, Schema][] =
    typeof additionalProperties === 'object' ? [[html`toute autre clé`, additionalProperties as Schema]] : [];
  const items = [...named, ...other].map(
    ([key, schema]) =>
      html`<li>${key} <span class="muted">${describeType(schema)}</span>${says(schema)}${isDeep(schema) ? writeSchema(schema) : html``}</li>`,
  );
  return items.length === 0 ? html`` : html`<ul class="fields">${join(items)}</ul>`;
}

function isDeep(schema: Schema): boolean {
  const { items } = schema;
  return (
    ['properties', 'oneOf', 'anyOf', 'allOf'].some((keyword) => keyword in schema) ||
    typeof schema.additionalProperties === 'object' ||
    (items !== undefined && isDeep(items as Schema))
  );
}

function says({ description }: Schema): Html {
  return typeof description === 'string' && description !== '' ? html` — ${description}` : html``;
}

/** The type of a schema in a few words. */
export function describeType(schema: Schema): Html {
  const { $ref, items, type } = schema;
  if (typeof $ref === 'string') return link($ref.split('/').pop() ?? '');
  if (schema.enum !== undefined) return html`${(schema.enum as readonly string[]).join(' | ')}`;
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (items !== undefined) {
    return html`liste${schema.maxItems === 0 ? ' vide' : html` de ${describeType(items as Schema)}`}${bounds(schema)}`;
  }
  if (schema.oneOf !== undefined || schema.anyOf !== undefined) return html`au choix`;
  const types = (
    Array.isArray(type) ? type : [type ?? (schema.allOf === undefined ? '' : 'object')]
  ) as readonly string[];
  const words = types.map((name) => TYPES[name] ?? 'valeur').join(' ou ');
  return html`${words}${bounds(schema)}`;
}

function bounds({ minimum, maximum, minLength, maxLength, maxItems, format }: Schema): string {
  const said: string[] = [];
  if (format === 'date-time') said.push('date et heure');
  if (format === 'date') said.push('date');
  if (typeof minimum === 'number' && minimum > 0) said.push(`au moins ${minimum}`);
  if (typeof maximum === 'number') said.push(`au plus ${maximum}`);
  if (typeof minLength === 'number' && minLength > 1) said.push(`${minLength} caractères au moins`);
  if (typeof maxLength === 'number') said.push(`${maxLength} caractères au plus`);
  if (typeof maxItems === 'number' && maxItems > 0) said.push(`${maxItems} au plus`);
  return said.length === 0 ? '' : ` (${said.join(', ')})`;
}

function link(name: string): Html {
  return html`<a href="#schema-${name}">${name}</a>`;
}
