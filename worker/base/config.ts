// The edge's settings, read once per isolate by one schema. Invalid settings never become a default, an empty
// list or a 401: the edge answers 503 and the log names the fields (never their values).

import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import * as v from 'valibot';
import { GatewayError } from '../../shared/error.ts';
import { type CallerLimitsOf, callerLimits } from './caller-limits.ts';
import { type ClientAddressSettings, clientAddressSettings } from './client-address-settings.ts';
import { type ConsoleSettings, consoleSettings } from './console-settings.ts';
import type { Env } from './env.ts';
import { type FrontSettings, frontSettings } from './front-settings.ts';
import { type Doors, hostOf } from './host-names.ts';
import { fixedKeys, type IssuerKeys, RemoteKeys } from './issuer-keys.ts';
import { type LrmSettings, lrmSettings } from './lrm-settings.ts';
import { describeIssues, settingsSchema } from './settings.ts';

/** Learned routing, settings ROUTING_*; worker/hub/memory/routing/routing.ts uses them. */
export interface RoutingSettings {
  readonly mode: 'off' | 'learned';
  /** Every vendor is asked for each practitioner at least this often. */
  readonly broadcastEveryMs: number;
  /** Of the vendors that a search would leave out, it asks this many. */
  readonly exploreCalls: number;
}

/** The settings as the Worker uses them: checked, with their units, frozen. README "Settings of the edge". */
export interface Config {
  readonly relayKeys: JWTVerifyGetKey;
  readonly callerKeys: IssuerKeys;
  readonly issuer: string;
  readonly audience: string;
  /** How many objects share the vendors: worker/hub/reach/hub-of.ts. */
  readonly hubs: number;
  /** What each caller may have under way. */
  readonly callerLimits: CallerLimitsOf;
  /** A vendor shows slots of practitioners that declare it, and of no other. */
  readonly areClaimsStrict: boolean;
  readonly deadlineMs: number;
  readonly cacheTtlS: number;
  /** What the links to booking pages carry as `origin`. */
  readonly redirectOrigin: string;
  /** Links given to the front: the vendor's own page with `origin`, or our redirect to it. */
  readonly reservationLinks: 'direct' | 'redirect';
  /** Who is asked for whom. */
  readonly routing: RoutingSettings;
  /** What the vendors' circuit breakers may do. */
  readonly breakerMode: 'off' | 'simulate' | 'enforce';
  /** A vendor's answer slower than this counts as a failure for its breaker. */
  readonly breakerSlowMs: number;
  /** An appointment is forgotten so long after its end. */
  readonly appointmentRetentionDays: number;
  /** Limit of each D1 database: alarms are shares of it. */
  readonly databaseBytesMax: number;
  /** What one vendor may store of appointments (worker/appointments/model/quota.ts). */
  readonly appointmentQuota: {
    readonly versions: number;
    readonly bytes: number;
    readonly createdPerHour: number;
  };
  /** Regulators' accounts at vendors, docs/accounts.md § 7. */
  readonly accounts: {
    /** What a login may take before it answers; the rest goes on behind. */
    readonly loginMs: number;
    /** So many withdrawals within the window go out at once; the next ones wait for an operator. */
    readonly waveMax: number;
    readonly waveWindowMs: number;
    /** A withdrawn account open for longer is an alarm. */
    readonly alarmMs: number;
    /** Re-assertions per vendor and hour; 0: none. */
    readonly driftPerHour: number;
    /** After so many drift events within a day, a vendor is no longer re-asserted. */
    readonly driftStop: number;
    /** After a restore, withdrawals of so many days before its state are said again. */
    readonly restoreDays: number;
    /** A regulator without right, closed everywhere, is forgotten after this. */
    readonly retentionDays: number;
  };
  /** Pause between two runs of the schedule. */
  readonly scheduleMs: number;
  /** Which host names are ours, and which door each is. */
  readonly doors: Doors;
  /** Base URL of the public face when a proxy hides it; else taken from each request. */
  readonly publicUrl: string | undefined;
  /** Which relays speak for one operator, and what becomes of a vendor that nobody has claimed. */
  readonly claims: {
    readonly partnersOf: (relay: string) => readonly string[];
    readonly unclaimed: 'accepted' | 'held';
  };
  /** Hosts, with their ports, at which relays reach this edge, besides that of `publicUrl`. */
  readonly edgeHosts: ReadonlySet<string>;
  /** Where regulators came from: the SAS front, for the way back from a page of ours. */
  readonly sasUrl: string | undefined;
  /** Whom people ask, on pages: an address, a number, a page or a few words. */
  readonly supportContact: string | undefined;
  /** Whence a request comes, as far as it can be believed. */
  readonly clientAddress: ClientAddressSettings;
  /** The published SAS front's face. */
  readonly front: FrontSettings;
  /** The operators' console. */
  readonly console: ConsoleSettings;
  /** INT_L02; undefined: it is off. */
  readonly lrm: LrmSettings | undefined;
}

const configs = new WeakMap<Env, Config>();

/** @throws GatewayError `misconfigured`, with the faulty fields in its detail. */
export function readConfig(env: Env): Config {
  const known = configs.get(env);
  if (known !== undefined) return known;
  const parsed = v.safeParse(settingsSchema, env);
  if (!parsed.success) {
    throw new GatewayError({
      reason: 'misconfigured',
      text: 'La passerelle est mal configurée ; son exploitant est prévenu.',
      detail: describeIssues(parsed.issues).join('; '),
    });
  }
  const config = freeze(parsed.output);
  configs.set(env, config);
  return config;
}

function freeze(settings: v.InferOutput<typeof settingsSchema>): Config {
  const callerKeys =
    settings.AUTH_JWKS === undefined
      ? new RemoteKeys(settings.AUTH_JWKS_URL ?? '', settings.AUTH_JWKS_OUTAGE_S * 1_000)
      : fixedKeys(settings.AUTH_JWKS as JSONWebKeySet);
  return Object.freeze({
    relayKeys: createLocalJWKSet(settings.RELAY_JWKS as JSONWebKeySet),
    callerKeys,
    issuer: settings.AUTH_ISSUER,
    audience: settings.AUTH_AUDIENCE,
    hubs: settings.HUBS,
    areClaimsStrict: settings.PRACTITIONER_CLAIMS === 'strict',
    callerLimits: callerLimits(settings.CALLER_LIMITS),
    deadlineMs: settings.DEADLINE_MS,
    cacheTtlS: settings.CACHE_TTL_S,
    redirectOrigin: settings.REDIRECT_ORIGIN,
    reservationLinks: settings.RESERVATION_LINKS,
    routing: Object.freeze({
      mode: settings.ROUTING_MODE,
      broadcastEveryMs: settings.ROUTING_BROADCAST_S * 1000,
      exploreCalls: settings.ROUTING_EXPLORE_CALLS,
    }),
    breakerMode: settings.BREAKER_MODE,
    breakerSlowMs: settings.BREAKER_SLOW_MS,
    appointmentRetentionDays: settings.APPOINTMENT_RETENTION_DAYS,
    databaseBytesMax: settings.DATABASE_MB_MAX * 1_000_000,
    appointmentQuota: Object.freeze({
      versions: settings.VENDOR_VERSIONS_MAX,
      bytes: settings.VENDOR_MB_MAX * 1_000_000,
      createdPerHour: settings.VENDOR_CREATED_PER_HOUR_MAX,
    }),
    accounts: Object.freeze({
      loginMs: settings.ACCOUNT_LOGIN_MS,
      waveMax: settings.ACCOUNT_WAVE_MAX,
      waveWindowMs: settings.ACCOUNT_WAVE_WINDOW_S * 1000,
      alarmMs: settings.ACCOUNT_ALARM_S * 1000,
      driftPerHour: settings.ACCOUNT_DRIFT_PER_HOUR,
      driftStop: settings.ACCOUNT_DRIFT_STOP,
      restoreDays: settings.ACCOUNT_RESTORE_DAYS,
      retentionDays: settings.ACCOUNT_RETENTION_DAYS,
    }),
    scheduleMs: settings.SCHEDULE_S * 1000,
    doors: doorsOf(settings),
    publicUrl: settings.PUBLIC_URL?.replace(/\/$/, ''),
    claims: Object.freeze({
      partnersOf: partnersIn(settings.RELAY_JWKS.keys as readonly RelayKey[]),
      unclaimed: settings.NEW_VENDORS === 'accept' ? 'accepted' : 'held',
    }),
    edgeHosts: new Set(settings.EDGE_HOSTS),
    sasUrl: settings.SAS_URL,
    supportContact: settings.SUPPORT_CONTACT,
    clientAddress: clientAddressSettings(settings),
    front: frontSettings(settings),
    console: consoleSettings(settings),
    lrm: lrmSettings(settings),
  });
}

/** One of the setting RELAY_JWKS; `operator` is ours, and stands for several keys of one operator. */
type RelayKey = Readonly<Partial<Record<'kid' | 'x' | 'y' | 'n' | 'operator', unknown>>>;

/** Relays that have a key, or a named operator, in common. */
function partnersIn(keys: readonly RelayKey[]): (relay: string) => readonly string[] {
  const marksOf = ({ x, y, n, operator }: RelayKey): readonly string[] => [
    JSON.stringify([x, y, n]),
    ...(typeof operator === 'string' ? [operator] : []),
  ];
  return (relay) => {
    const marks = new Set(keys.filter(({ kid }) => kid === relay).flatMap(marksOf));
    const partners = keys.filter((key) => key.kid !== relay && marksOf(key).some((mark) => marks.has(mark)));
    return partners.flatMap(({ kid }) => (typeof kid === 'string' ? [kid] : []));
  };
}

function doorsOf(settings: v.InferOutput<typeof settingsSchema>): Doors {
  const { PUBLIC_URL: publicUrl, EDGE_HOSTS: others, LOCAL_HOSTS: local } = settings;
  const own = [...others.map((host) => `http://${host}`), ...(publicUrl === undefined ? [] : [publicUrl])];
  return Object.freeze({
    browserHosts: new Set(settings.FRONT_BROWSER_HOSTS),
    serverHosts: new Set(settings.FRONT_SERVER_HOSTS),
    consoleHosts: new Set(settings.CONSOLE_HOSTS),
    edgeHosts: new Set([
      ...local,
      ...own.flatMap((url) => (URL.canParse(url) ? [hostOf(new URL(url))] : [])),
    ]),
  });
}
