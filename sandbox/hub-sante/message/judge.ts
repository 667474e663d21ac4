// Whether a text is a message that Hub Santé lets through, by the double's own schemas. Pure.

import { Ajv } from 'ajv';
import type { Envelope } from './edxl.ts';
import { messageSchema, type SchemaVersion } from './schema.ts';

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i;
const PROBLEMS_MAX = 10;

export type Judged =
  | { readonly kind: 'sound'; readonly envelope: Envelope }
  /** `value`: what it is as JSON, when it is JSON. */
  | { readonly kind: 'unsound'; readonly problems: readonly string[]; readonly value: unknown }
  | { readonly kind: 'unreadable' };

/** The judge of one version of the models. */
export function makeJudge(version: SchemaVersion): (text: string) => Judged {
  const ajv = new Ajv({ allErrors: true, strict: false });
  ajv.addFormat('date-time', (text: string) => INSTANT.test(text) && !Number.isNaN(Date.parse(text)));
  const validate = ajv.compile<Envelope>(messageSchema(version));
  return (text) => {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return { kind: 'unreadable' };
    }
    if (validate(value)) return { kind: 'sound', envelope: value };
    const problems = (validate.errors ?? []).map(
      ({ instancePath, message = '', params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    );
    return { kind: 'unsound', problems: problems.slice(0, PROBLEMS_MAX), value };
  };
}
