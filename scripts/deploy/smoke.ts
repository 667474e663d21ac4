// Does the version that was just deployed serve? It says which build it is, has a relay, and answers a search, each asked of
// that version alone: https://developers.cloudflare.com/workers/configuration/versions-and-deployments/version-overrides/

import { setTimeout as wait } from 'node:timers/promises';

/** More than a search may take (DEADLINE_MS is 25 s at most). */
const ANSWER_MS = 30_000;
const AGAIN_MS = 2_000;
const HOUR_MS = 3_600_000;

export interface Smoke {
  /** PUBLIC_URL. */
  readonly url: string;
  /** The Worker's name. */
  readonly name: string;
  /** Second line of /healthz of the build that is deployed. */
  readonly says: string;
  /** Of a search; undefined: none is asked. */
  readonly search: { readonly token: string; readonly practitioner: string } | undefined;
  /** How long a version may take to be everywhere: some seconds, as Cloudflare says. */
  readonly patienceMs: number;
}

/** `version`: asked for by its id; undefined: whichever serves. Asks again until it serves. @throws Error with what is wrong. */
export async function expectServing(smoke: Smoke, version: string | undefined): Promise<void> {
  const endMs = Date.now() + smoke.patienceMs;
  for (;;) {
    const problem = await findProblem(smoke, version).catch((cause: unknown) =>
      cause instanceof Error ? cause.message : String(cause),
    );
    if (problem === undefined) return;
    if (Date.now() >= endMs) throw new Error(`${smoke.url} ${problem}`);
    await wait(Math.min(AGAIN_MS, smoke.patienceMs));
  }
}

async function findProblem(smoke: Smoke, version: string | undefined): Promise<string | undefined> {
  const { url, name, says, search } = smoke;
  const pinned = { 'Cloudflare-Workers-Version-Overrides': `${name}="${version}"` };
  const ask = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    fetch(new URL(path, url), {
      headers: { ...headers, ...(version !== undefined && pinned) },
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
  const health = await ask('/healthz');
  const line = (await health.text()).split('\n')[1];
  if (health.status !== 200) return `/healthz : ${health.status}`;
  if (line !== says) return `/healthz dit « ${line} » au lieu de « ${says} »`;
  const ready = await ask('/readyz');
  await ready.body?.cancel();
  if (ready.status !== 200) return `/readyz : ${ready.status} ; aucun relais n'est relié`;
  if (search === undefined) return undefined;
  const found = await ask(`/fhir/Slot?${searchOf(search.practitioner)}`, {
    Authorization: `Bearer ${search.token}`,
  });
  const body = (await found.json().catch(() => ({}))) as { resourceType?: string; type?: string };
  if (found.status !== 200) return `recherche : ${found.status}`;
  if (body.resourceType !== 'Bundle' || body.type !== 'searchset')
    return 'recherche : pas de Bundle searchset';
  return undefined;
}

/** INT_R01 for one practitioner: of a day that begins in an hour. */
function searchOf(practitioner: string): string {
  const day = [1, 25].map((hours) => new Date(Date.now() + hours * HOUR_MS).toISOString().slice(0, 19));
  return new URLSearchParams([
    ['_include', 'Slot:schedule'],
    ['_include:iterate', 'Schedule:actor'],
    ['start', `ge${day[0]}Z`],
    ['start', `le${day[1]}Z`],
    ['status', 'free'],
    ['schedule.actor:Practitioner.identifier', `urn:oid:1.2.250.1.71.4.2.1|${practitioner}`],
  ]).toString();
}
