// What one caller may have under way: the setting CALLER_LIMITS. A caller is the subject of a token of the issuer, or a user
// of the SAS front's face. README "Settings of the edge".

import * as v from 'valibot';
import { SUBJECTS_MAX } from '../../shared/limits.ts';
import { jsonSetting } from './json-setting.ts';

/** Each is a whole number. */
export interface CallerLimits {
  /** Searches of the engine at once; a lot of cards makes up to three. */
  readonly searches: number;
  /** Identifiers asked for in a minute, and at once after a minute of rest. */
  readonly identifiersPerMinute: number;
  /** Progressive searches at once, part of `searches`. */
  readonly streams: number;
  /** Of answers that it has not read yet, in one isolate of the Worker. */
  readonly pendingMiB: number;
  /** Its turns in a round of all callers. */
  readonly weight: number;
}

/**
 * One SAS front speaks for all regulators of the nation: 3,000 searches an hour, and bursts of 50 lots of 500 cards, each of
 * which is up to three searches.
 */
const DEFAULTS: CallerLimits = {
  searches: 200,
  identifiersPerMinute: 100_000,
  streams: 100,
  pendingMiB: 72,
  weight: 1,
};

const whole = (min: number, max: number) =>
  v.exactOptional(
    v.pipe(v.number(), v.integer(), v.minValue(min, `is below ${min}`), v.maxValue(max, `is above ${max}`)),
  );

/** `*`, `token:SUBJECT` or `front:NAME` → what differs from the defaults, or from `*`. */
export const callerLimitsSetting = v.optional(
  v.pipe(
    jsonSetting,
    v.record(
      v.pipe(v.string(), v.regex(/^(?:\*|(?:token|front):.*)$/s, 'is not *, token:… or front:…')),
      v.strictObject({
        searches: whole(1, 10_000),
        // A search has 500 at most: less could never be served.
        identifiersPerMinute: whole(SUBJECTS_MAX, 100_000_000),
        streams: whole(1, 10_000),
        pendingMiB: whole(1, 1_024),
        weight: whole(1, 100),
      }),
      'is not {"caller":{limits}}',
    ),
  ),
  '{}',
);

/** By caller's key. */
export type CallerLimitsOf = (key: string) => CallerLimits;

/** From what the schema gave. */
export function callerLimits(setting: v.InferOutput<typeof callerLimitsSetting>): CallerLimitsOf {
  const byKey = new Map(Object.entries(setting));
  const common = { ...DEFAULTS, ...byKey.get('*') };
  return (key) => ({ ...common, ...(key === '*' ? {} : byKey.get(key)) });
}
