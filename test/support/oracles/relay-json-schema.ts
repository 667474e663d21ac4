// Just enough of JSON Schema (2020-12) to hold relay/config.schema.json against samples; an unknown keyword
// throws, so that the schema cannot come to say more than this checks.

type Schema = Readonly<Record<string, unknown>>;

const ANNOTATIONS = new Set(['$schema', '$defs', 'title', 'description', 'default']);

export function accepts(root: Schema, value: unknown): boolean {
  return matches(root, root, value);
}

function matches(root: Schema, schema: Schema, value: unknown): boolean {
  return Object.entries(schema).every(([keyword, wanted]) => {
    if (ANNOTATIONS.has(keyword)) return true;
    const check = KEYWORDS[keyword];
    if (check === undefined) throw new Error(`keyword ${keyword}`);
    return check(wanted as never, value, root, schema);
  });
}

type Check = (wanted: never, value: unknown, root: Schema, schema: Schema) => boolean;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const KEYWORDS: Readonly<Record<string, Check>> = {
  $ref: (wanted: string, value, root) => {
    const [, , name = ''] = wanted.split('/');
    return matches(root, (root.$defs as Record<string, Schema>)[name] as Schema, value);
  },
  type: (wanted: string, value) => {
    if (wanted === 'array') return Array.isArray(value);
    if (wanted === 'object') return isObject(value);
    if (wanted === 'integer') return Number.isInteger(value);
    return typeof value === wanted;
  },
  enum: (wanted: readonly unknown[], value) => wanted.includes(value),
  pattern: (wanted: string, value) => typeof value !== 'string' || new RegExp(wanted, 'u').test(value),
  minLength: (wanted: number, value) => typeof value !== 'string' || value.length >= wanted,
  maxLength: (wanted: number, value) => typeof value !== 'string' || value.length <= wanted,
  minimum: (wanted: number, value) => typeof value !== 'number' || value >= wanted,
  maximum: (wanted: number, value) => typeof value !== 'number' || value <= wanted,
  minItems: (wanted: number, value) => !Array.isArray(value) || value.length >= wanted,
  maxItems: (wanted: number, value) => !Array.isArray(value) || value.length <= wanted,
  uniqueItems: (_wanted, value) => !Array.isArray(value) || new Set(value).size === value.length,
  items: (wanted: Schema, value, root) =>
    !Array.isArray(value) || value.every((item) => matches(root, wanted, item)),
  required: (wanted: readonly string[], value) =>
    !isObject(value) || wanted.every((name) => Object.hasOwn(value, name)),
  properties: (wanted: Readonly<Record<string, Schema>>, value, root) =>
    !isObject(value) ||
    Object.entries(wanted).every(
      ([name, schema]) => !Object.hasOwn(value, name) || matches(root, schema, value[name]),
    ),
  additionalProperties: (_wanted, value, _root, schema) =>
    !isObject(value) || Object.keys(value).every((name) => Object.hasOwn(schema.properties as object, name)),
};
