// The configuration that wrangler reads for one environment: that of the release, with the operator's settings, the hosts by
// which the edge is reached, and the identifiers of databases that were found by their names. No I/O but reading the release.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One of `[[d1_databases]]`. */
interface DatabaseEntry {
  readonly binding: string;
  readonly database_name: string;
  readonly database_id: string;
  /** From the release's folder `cloudflare/`. */
  readonly migrations_dir: string;
}

/** One `[env.NAME]` of wrangler.toml with what it takes over from the top. */
export interface Environment {
  /** The Worker's name. */
  readonly name: string;
  readonly vars: Readonly<Record<string, string>>;
  readonly d1_databases: readonly DatabaseEntry[];
  /** Where an operator has routes of a zone in place of custom domains. */
  readonly routes?: unknown;
  readonly [key: string]: unknown;
}

type Raw = Partial<Environment> & { readonly env?: Readonly<Record<string, Partial<Environment>>> };

/** Of `[env.NAME]`, whatever stands at the top: wrangler inherits none of them. */
const NEVER_INHERITED = ['vars', 'd1_databases', 'durable_objects', 'r2_buckets', 'define', 'build', 'env'];

/** @throws Error when the release, or this environment of it, is not there. */
export function readEnvironment(release: string, name: string): Environment {
  const path = join(release, 'cloudflare/wrangler.json');
  const raw = JSON.parse(readFileSync(path, 'utf8')) as Raw;
  const own = raw.env?.[name];
  if (own?.name === undefined || own.vars === undefined || own.d1_databases === undefined) {
    throw new Error(`${path} n'a pas d'environnement ${name}`);
  }
  const top = Object.entries(raw).filter(([key]) => !NEVER_INHERITED.includes(key));
  return { ...Object.fromEntries(top), ...own } as Environment;
}

/** The names by which the edge is reached, once each: a Worker without `workers_dev` answers at no other. */
export function hostsOf(settings: Readonly<Record<string, string>>): readonly string[] {
  const { PUBLIC_URL, EDGE_HOSTS = '', FRONT_BROWSER_HOSTS = '', FRONT_SERVER_HOSTS = '' } = settings;
  const { CONSOLE_HOSTS = '' } = settings;
  const listed = [EDGE_HOSTS, FRONT_BROWSER_HOSTS, FRONT_SERVER_HOSTS, CONSOLE_HOSTS].flatMap((text) =>
    text.split(/[\s,]+/),
  );
  const own = PUBLIC_URL !== undefined && URL.canParse(PUBLIC_URL) ? [new URL(PUBLIC_URL).host] : [];
  const hosts = [...own, ...listed].map((host) => host.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, ''));
  return [...new Set(hosts.filter((host) => host !== ''))];
}

export interface Filling {
  /** Absolute path of the release. */
  readonly release: string;
  /** Settings that are no secrets, over those of the environment. */
  readonly settings: Readonly<Record<string, string>>;
  /** Name of a database → its identifier; one that is absent keeps the zeros of the release, which no account has. */
  readonly ids: ReadonlyMap<string, string>;
}

/** What is written to wrangler's file: one environment, with no other beside it. */
export function fillConfiguration(environment: Environment, { release, settings, ids }: Filling): object {
  const vars = { ...environment.vars, ...settings };
  const custom = hostsOf(vars).map((pattern) => ({ pattern, custom_domain: true }));
  return {
    ...environment,
    main: join(release, 'worker/index.js'),
    // The release is what is deployed, to the byte.
    no_bundle: true,
    // What the Worker loads when it is first asked for lies beside.
    find_additional_modules: true,
    rules: [{ type: 'ESModule', globs: ['*.js'] }],
    minify: false,
    vars,
    ...(environment.routes === undefined && custom.length > 0 && { routes: custom }),
    d1_databases: environment.d1_databases.map((one) => ({
      ...one,
      database_id: ids.get(one.database_name) ?? one.database_id,
      migrations_dir: join(release, 'cloudflare', one.migrations_dir),
    })),
  };
}
