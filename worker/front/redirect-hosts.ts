// Which vendors there are and where each lets regulators book: read from the registry, known to the isolate for a
// short while, so that a click costs no read and an outage of D1 stops no booking that was possible a moment ago.

import type { Env } from '../config.ts';
import { listEditors } from '../store/editors.ts';
import { guardStore } from '../store/guard.ts';

export interface BookingSite {
  readonly name: string;
  readonly hosts: readonly string[];
}

const MAX_AGE_MS = 15_000;

interface Known {
  readonly sites: ReadonlyMap<string, BookingSite>;
  readonly readMs: number;
}
const known = new WeakMap<Env, Known>();

/** Per vendor's id. @throws GatewayError storage-unavailable, when nothing was ever read. */
export async function bookingSites(env: Env, nowMs: number): Promise<ReadonlyMap<string, BookingSite>> {
  const last = known.get(env);
  if (last !== undefined && nowMs - last.readMs < MAX_AGE_MS) return last.sites;
  try {
    const editors = await guardStore(() => listEditors(env.DB));
    const sites = new Map(editors.map(({ id, name, redirectHosts }) => [id, { name, hosts: redirectHosts }]));
    known.set(env, { sites, readMs: nowMs });
    return sites;
  } catch (cause) {
    if (last === undefined) throw cause;
    return last.sites;
  }
}

/** A declared host is a name or an address, with or without a port. */
export function isDeclared({ hosts }: BookingSite, page: URL): boolean {
  const bare = page.hostname.replace(/^\[|\]$/g, '');
  return hosts.some((host) => [page.host, page.hostname, bare].includes(host.toLowerCase()));
}
