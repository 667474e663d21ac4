// GET /v1/samulrms: the SAMU whose dispatch software may open the front's search. An error would show a refusal that
// the front caches for an hour, so this call has no way to fail: D1's rows; without D1, those this isolate read last,
// else a copy in the platform's cache; always over the list of the setting FRONT_SAMULRMS. front-api.md § 2.11.

import * as v from 'valibot';
import { jsonResponse, type RequestContext } from '../http.ts';
import { log } from '../log.ts';
import { readSamuLrms, type SamuLrm } from '../store/front-samulrms.ts';
import { orAfter, remember } from './remembered.ts';

const FRESH_MS = 30_000;
/** With a copy at hand, D1 is waited for no longer than this; without one, as long as it takes. */
const PATIENCE_MS = 150;
/** No address of ours: the key of the copy in the cache of the data centre. */
const COPY_KEY = 'https://copy.passerelle.invalid/samulrms';
const COPY_AGE_S = 30 * 24 * 3_600;

const copySchema = v.array(v.object({ authority: v.string(), active: v.boolean() }));

const rows = remember<readonly SamuLrm[]>({ freshMs: FRESH_MS, patienceMs: PATIENCE_MS, load: readSamuLrms });

export async function answerSamuLrms(context: RequestContext): Promise<Response> {
  const known = new Map(context.config.front.samuLrms.map((authority) => [authority, true]));
  for (const { authority, active } of await readRows(context)) known.set(authority, active);
  const active = [...known].filter(([, isActive]) => isActive).map(([authority]) => authority);
  return jsonResponse(
    active.sort().map((authority) => ({ id: numberOf(authority), affectation_authority: authority })),
    context,
  );
}

/** The operator has changed the rows. */
export function forgetSamuLrms(): void {
  rows.forget();
}

async function readRows(context: RequestContext): Promise<readonly SamuLrm[]> {
  const { env, startedMs, requestId } = context;
  const reading = rows.read(env.DB, startedMs).then((value) => {
    context.waitUntil(keepCopy(value));
    return value;
  });
  const copy = await readCopy();
  if (copy !== undefined) return orAfter(reading, PATIENCE_MS, copy);
  try {
    return await reading;
  } catch {
    log('error', 'samulrms from the setting only', { requestId });
    return [];
  }
}

async function readCopy(): Promise<readonly SamuLrm[] | undefined> {
  try {
    const response = await caches.default.match(COPY_KEY);
    const parsed = v.safeParse(copySchema, await response?.json());
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

async function keepCopy(value: readonly SamuLrm[]): Promise<void> {
  const headers = { 'Content-Type': 'application/json', 'Cache-Control': `max-age=${COPY_AGE_S}` };
  await caches.default.put(COPY_KEY, new Response(JSON.stringify(value), { headers })).catch(() => undefined);
}

/** FNV-1a over UTF-16 units, 31 bits, never 0: the same whichever list the authority comes from. */
function numberOf(authority: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < authority.length; i += 1) {
    hash = Math.imul(hash ^ authority.charCodeAt(i), 0x01000193);
  }
  return hash & 0x7fffffff || 1;
}
