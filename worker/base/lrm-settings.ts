// The settings of INT_L02 (LRMs, through Hub Santé), part of the one schema in worker/base/config.ts. Without LRM_CLIENT_ID it
// is off: no row of it is ever written. docs/lrm.md.

import * as v from 'valibot';
import { jsonSetting } from './json-setting.ts';

/** The settings of INT_L02, when it is on. */
export interface LrmSettings {
  /** Who sends: `fr.health.ptfsas`, `fr.health.test.ptfsas`. */
  readonly clientId: string;
  /** Version of the Hub's schemas: `26.07.29` names the regulator, `25.11.26` must not. */
  readonly schema: '25.11.26' | '26.07.29';
  /** Territory, as the SAS front gives it to regulators → client id of the SAMU's LRM. */
  readonly recipients: ReadonlyMap<string, string>;
  /** Ids of the relays that may carry messages; undefined: any relay of RELAY_JWKS. */
  readonly relays: ReadonlySet<string> | undefined;
}

const clientId = v.pipe(
  v.string(),
  v.regex(/^fr\.health(?:\.[A-Za-z0-9-]+)+$/, 'is no client id of Hub Santé'),
);

/** The part of the schema. */
export const lrmEntries = {
  LRM_CLIENT_ID: v.optional(clientId),
  LRM_SCHEMA: v.optional(v.picklist(['25.11.26', '26.07.29'], 'is not 25.11.26 or 26.07.29'), '26.07.29'),
  LRM_RECIPIENTS: v.optional(
    v.pipe(
      jsonSetting,
      v.record(v.pipe(v.string(), v.nonEmpty()), clientId, 'is not {"territory":"client id"}'),
    ),
    '{}',
  ),
  LRM_RELAYS: v.optional(
    v.pipe(
      v.string(),
      v.trim(),
      v.regex(/^[\w.-]+(?:[\s,]+[\w.-]+)*$/, 'is not a list of relay ids'),
      v.transform((text) => text.split(/[\s,]+/)),
    ),
  ),
};
const schema = v.object(lrmEntries);

/** From what the schema gave; undefined: INT_L02 is off. */
export function lrmSettings(settings: v.InferOutput<typeof schema>): LrmSettings | undefined {
  const { LRM_CLIENT_ID: own, LRM_RELAYS: relays } = settings;
  if (own === undefined) return undefined;
  return Object.freeze({
    clientId: own,
    schema: settings.LRM_SCHEMA,
    recipients: new Map(Object.entries(settings.LRM_RECIPIENTS)),
    relays: relays && new Set(relays),
  });
}
