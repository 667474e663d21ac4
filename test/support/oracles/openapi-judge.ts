// Holds values against the schemas of the OpenAPI document (JSON Schema 2020-12), by their place in it.

import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ApiDocument } from '../../../worker/openapi/model/documented.ts';

interface MediaObject {
  readonly schema: object;
  readonly examples: Readonly<Record<string, { readonly value: unknown }>>;
}

export interface PlacedMedia {
  /** JSON Pointer of its schema. */
  readonly pointer: string;
  /** `request` or the status. */
  readonly of: string;
  readonly type: string;
  readonly content: MediaObject;
}

/** What is wrong with a value, in words; empty: nothing. */
export type Judge = (pointer: string, value: unknown) => readonly string[];

const ROOT = 'https://openapi.invalid/document';

export function judgeOf(document: ApiDocument): Judge {
  const ajv = new Ajv2020({
    allErrors: true,
    allowUnionTypes: true,
    // `required` beside `allOf`, and `items` without `type`, say what they should.
    strictRequired: false,
    strictTypes: false,
    formats: {
      'date-time': (text) => /T.*(Z|[+-]\d{2}:\d{2})$/.test(text) && !Number.isNaN(Date.parse(text)),
      date: /^\d{4}-\d{2}-\d{2}$/,
    },
  });
  // The document stands around the schemas; its own keys judge nothing.
  ajv.addVocabulary(Object.keys(document));
  ajv.addSchema(JSON.parse(JSON.stringify(document)) as object, ROOT, undefined, false);
  const known = new Map<string, ReturnType<typeof ajv.compile>>();
  return (pointer, value) => {
    const validate = known.get(pointer) ?? ajv.compile({ $ref: `${ROOT}#${pointer}` });
    known.set(pointer, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  };
}

/** The bodies of one operation: asked, then answered. */
export function mediaOf(document: ApiDocument, path: string, method: string): readonly PlacedMedia[] {
  const operation = document.paths[path]?.[method as 'get'];
  const base = `/paths/${pointerPart(path)}/${method}`;
  const asked = Object.entries(operation?.requestBody?.content ?? {}).map(
    ([type, content]): PlacedMedia => ({
      pointer: `${base}/requestBody/content/${pointerPart(type)}/schema`,
      of: 'request',
      type,
      content,
    }),
  );
  const answered = Object.entries(operation?.responses ?? {}).flatMap(([status, answer]) =>
    Object.entries(answer.content ?? {}).map(
      ([type, content]): PlacedMedia => ({
        pointer: `${base}/responses/${status}/content/${pointerPart(type)}/schema`,
        of: status,
        type,
        content,
      }),
    ),
  );
  return [...asked, ...answered];
}

function pointerPart(name: string): string {
  return encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'));
}
