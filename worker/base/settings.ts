// The one schema of the edge's settings (vars and secrets of the Worker; README "Settings of the edge" tells each).
// Read by config.ts in the Worker, and by the local launcher, which says what is wrong before it starts anything.
// No I/O, no type of the platform.

import * as v from 'valibot';
import { HUBS_MAX } from '../../shared/limits.ts';
import { callerLimitsSetting } from './caller-limits.ts';
import { clientAddressEntries } from './client-address-settings.ts';
import { CONSOLE_AUDIENCE, consoleEntries } from './console-settings.ts';
import { frontEntries } from './front-settings.ts';
import { hostList, hostNames } from './host-names.ts';
import { jsonSetting } from './json-setting.ts';
import { lrmEntries } from './lrm-settings.ts';

const jwks = v.pipe(
  jsonSetting,
  v.object({ keys: v.array(v.looseObject({ kty: v.string() })) }, 'is not a JWKS'),
);
const integer = (fallback: string, min: number, max: number) =>
  v.pipe(
    v.optional(v.string(), fallback),
    v.regex(/^\d+$/, 'is not a whole number'),
    v.transform(Number),
    v.minValue(min, `is below ${min}`),
    v.maxValue(max, `is above ${max}`),
  );

const entries = {
  RELAY_JWKS: jwks,
  AUTH_ISSUER: v.pipe(v.string('is missing'), v.nonEmpty('is empty')),
  AUTH_AUDIENCE: v.pipe(
    v.string('is missing'),
    v.nonEmpty('is empty'),
    v.notValue(CONSOLE_AUDIENCE, 'is the audience of links into the console'),
  ),
  AUTH_JWKS: v.optional(jwks),
  AUTH_JWKS_URL: v.optional(v.pipe(v.string(), v.url('is not a URL'))),
  AUTH_JWKS_OUTAGE_S: integer('86400', 60, 604_800),
  HUBS: integer('1', 1, HUBS_MAX),
  CALLER_LIMITS: callerLimitsSetting,
  DEADLINE_MS: integer('7000', 500, 25_000),
  CACHE_TTL_S: integer('30', 0, 3_600),
  REDIRECT_ORIGIN: v.optional(
    v.pipe(v.string(), v.regex(/^[\w.-]+$/, 'has other than letters, digits, . _ -')),
    'sas',
  ),
  RESERVATION_LINKS: v.optional(v.picklist(['direct', 'redirect'], 'is not direct or redirect'), 'direct'),
  APPOINTMENT_RETENTION_DAYS: integer('730', 1, 3_650),
  DATABASE_MB_MAX: integer('10000', 1, 1_000_000),
  VENDOR_MB_MAX: integer('5000', 1, 1_000_000),
  VENDOR_VERSIONS_MAX: integer('10000000', 1, 100_000_000),
  VENDOR_CREATED_PER_HOUR_MAX: integer('50000', 1, 10_000_000),
  BREAKER_MODE: v.optional(
    v.picklist(['off', 'simulate', 'enforce'], 'is not off, simulate or enforce'),
    'simulate',
  ),
  PRACTITIONER_CLAIMS: v.optional(v.picklist(['open', 'strict'], 'is not open or strict'), 'open'),
  ROUTING_MODE: v.optional(v.picklist(['off', 'learned'], 'is not off or learned'), 'off'),
  ROUTING_BROADCAST_S: integer('3600', 1, 604_800),
  ROUTING_EXPLORE_CALLS: integer('1', 0, 100),
  BREAKER_SLOW_MS: integer('5000', 100, 25_000),
  ACCOUNT_LOGIN_MS: integer('3000', 100, 25_000),
  ACCOUNT_WAVE_MAX: integer('20', 1, 100_000),
  ACCOUNT_WAVE_WINDOW_S: integer('3600', 1, 86_400),
  ACCOUNT_ALARM_S: integer('900', 1, 604_800),
  ACCOUNT_DRIFT_PER_HOUR: integer('0', 0, 3_600),
  ACCOUNT_DRIFT_STOP: integer('10', 1, 10_000),
  ACCOUNT_RETENTION_DAYS: integer('365', 1, 3_650),
  ACCOUNT_RESTORE_DAYS: integer('7', 0, 365),
  SCHEDULE_S: integer('60', 1, 3_600),
  JURISDICTION: v.optional(v.picklist(['', 'eu'], 'is not eu')),
  PUBLIC_URL: v.optional(
    v.pipe(v.string(), v.url('is not a URL'), v.regex(/^https?:/i, 'is not an http(s) URL')),
  ),
  NEW_VENDORS: v.optional(v.picklist(['accept', 'hold'], 'is not accept or hold'), 'accept'),
  EDGE_HOSTS: hostList(/^[a-z0-9.:[\]-]+$/),
  LOCAL_HOSTS: hostNames,
  SAS_URL: v.optional(
    v.pipe(v.string(), v.url('is not a URL'), v.regex(/^https?:/i, 'is not an http(s) URL')),
  ),
  SUPPORT_CONTACT: v.optional(
    v.pipe(v.string(), v.trim(), v.nonEmpty('is empty'), v.maxLength(200, 'is over 200 characters')),
  ),
  ...clientAddressEntries,
  ...consoleEntries,
  ...frontEntries,
  ...lrmEntries,
};

/** The whole schema; unknown names pass. */
export const settingsSchema = v.pipe(
  v.object(entries, 'is missing'),
  v.partialCheck(
    [['AUTH_JWKS'], ['AUTH_JWKS_URL']],
    (env) => (env.AUTH_JWKS === undefined) !== (env.AUTH_JWKS_URL === undefined),
    'exactly one of AUTH_JWKS and AUTH_JWKS_URL is needed',
  ),
  v.forward(
    v.partialCheck(
      [['CONSOLE_LINKS'], ['AUTH_JWKS']],
      (env) => env.CONSOLE_LINKS !== 'local' || env.AUTH_JWKS !== undefined,
      'local needs the key of a local issuer (AUTH_JWKS)',
    ),
    ['CONSOLE_LINKS'],
  ),
);

/** Every name the edge reads, as README lists them. */
export const SETTING_NAMES: readonly string[] = Object.keys(entries);

/** What is wrong, by name and never by value; empty when the edge would serve. */
export function findSettingProblems(settings: Readonly<Record<string, string>>): readonly string[] {
  const parsed = v.safeParse(settingsSchema, settings);
  return parsed.success ? [] : describeIssues(parsed.issues);
}

/** Each as "NAME what is wrong". */
export function describeIssues(issues: readonly v.InferIssue<typeof settingsSchema>[]): readonly string[] {
  return issues.map((issue) => `${v.getDotPath(issue) ?? 'settings'} ${issue.message}`);
}
