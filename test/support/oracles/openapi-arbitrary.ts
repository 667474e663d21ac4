// What fast-check makes of the description's schemas: values that follow them, values that nearly do, and bodies that
// are no JSON at all.

import fc from 'fast-check';
import type { ApiDocument } from '../../../worker/openapi/model/documented.ts';

type Schema = Readonly<Record<string, unknown>>;

/** Texts that parsers, databases and pages trip over. */
export const HOSTILE_TEXTS: readonly string[] = [
  '',
  ' ',
  'null',
  '\u0000',
  '\ud800',
  '\u202e',
  'é'.normalize('NFD'),
  '😀'.repeat(50),
  "' OR 1=1 --",
  '<script>alert(1)</script>',
  '../../admin/editors',
  '%2e%2e%2f',
  '%00',
  '{{7*7}}',
  '\r\nX-Injected: 1',
  'x'.repeat(5_000),
  '9'.repeat(400),
  '-1',
  '1e999',
  '2026-02-30T25:61:61+99:99',
  '__proto__',
  'constructor',
];

const hostile = fc.oneof(
  fc.constantFrom(...HOSTILE_TEXTS),
  fc.jsonValue({ maxDepth: 4 }),
  fc.constantFrom<unknown>(
    null,
    true,
    -0,
    2 ** 53,
    -1.5,
    [],
    {},
    [[[[[]]]]],
    JSON.parse('{"__proto__":{"admin":true}}'),
    JSON.parse('{"toString":1,"hasOwnProperty":null,"length":-1}'),
  ),
);

export interface ArbitraryOptions {
  readonly document: ApiDocument;
  /** Texts that mean something to the edge: known identifiers, vendors, dates. */
  readonly words: readonly string[];
}

/** Mostly as the schema says; now and then, at any depth, anything else. */
export function arbitraryOf(schema: Schema, options: ArbitraryOptions): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 12, arbitrary: followed(schema, options) }, { weight: 1, arbitrary: hostile });
}

function followed(schema: Schema, options: ArbitraryOptions): fc.Arbitrary<unknown> {
  const { $ref, anyOf, oneOf, items, type } = schema;
  if (typeof $ref === 'string') return arbitraryOf(resolve($ref, options.document), options);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (Array.isArray(schema.enum)) return fc.constantFrom<unknown>(...(schema.enum as unknown[]));
  const alternatives = (anyOf ?? oneOf) as readonly Schema[] | undefined;
  if (alternatives !== undefined) return fc.oneof(...alternatives.map((one) => arbitraryOf(one, options)));
  if (Array.isArray(type))
    return fc.oneof(...type.map((one) => followed({ ...schema, type: one as string }, options)));
  switch (type) {
    case 'object':
      return anObject(schema, options);
    case 'array':
      return schema.maxItems === 0
        ? fc.constant([])
        : fc.array(arbitraryOf((items ?? {}) as Schema, options), { maxLength: 6 });
    case 'integer':
      return fc.oneof(fc.integer({ min: 0, max: 20_000 }), fc.integer());
    case 'number':
      return fc.double();
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return fc.oneof(
        fc.constantFrom(...options.words),
        fc.string({ maxLength: 40 }),
        fc.constantFrom(...HOSTILE_TEXTS),
      );
  }
}

function anObject(schema: Schema, options: ArbitraryOptions): fc.Arbitrary<unknown> {
  const fields = Object.entries((schema.properties ?? {}) as Readonly<Record<string, Schema>>);
  const known = fc.record(
    Object.fromEntries(fields.map(([name, field]) => [name, arbitraryOf(field, options)])),
    {
      requiredKeys: (schema.required ?? []) as never[],
    },
  );
  const rest = schema.additionalProperties;
  if (typeof rest !== 'object' || rest === null) return known;
  const others = fc.dictionary(
    fc.oneof(fc.nat(999_999).map(String), fc.string({ maxLength: 12 })),
    arbitraryOf(rest as Schema, options),
    { maxKeys: 5 },
  );
  return fc.tuple(known, others).map(([own, more]) => ({ ...more, ...own }));
}

function resolve(pointer: string, document: ApiDocument): Schema {
  return (document.components.schemas?.[pointer.split('/').pop() ?? ''] ?? {}) as Schema;
}

/** Bodies that are no JSON, or more of it than anybody wants. */
export const HOSTILE_BODIES: readonly (string | Buffer)[] = [
  '',
  'null',
  '[]',
  '{}',
  '"texte"',
  '1e999',
  'NaN',
  '{"a":1,"a":2}',
  '['.repeat(50_000),
  `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
  `["${'x'.repeat(900_000)}"]`,
  `[{${Array.from({ length: 3_000 }, (_, rank) => `"${rank}":{}`).join(',')}}]`,
  Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28]),
  Buffer.alloc(70_000, 0x20),
];

/** The JSON of a value, spoiled. Bytes, for those that are no text. */
export function spoiled(text: fc.Arbitrary<string>): fc.Arbitrary<string | Buffer> {
  return fc.oneof(
    text.chain((whole) => fc.nat(whole.length).map((length) => whole.slice(0, length))),
    text.map((whole) => Buffer.from(whole, 'utf16le')),
    text.map((whole) => `\ufeff${whole}`),
    text.map((whole) => whole + whole),
    fc.constantFrom(...HOSTILE_BODIES),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  );
}
