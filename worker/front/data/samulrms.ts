// GET /v1/samulrms: the SAMU whose dispatch software may open the front's search. An error would show a refusal that
// the front caches for an hour, so this call has no way to fail: D1's rows; without D1, those this isolate read last,
// else a copy in the platform's cache; always over the list of the setting FRONT_SAMULRMS. docs/guide.md G-914.

import * as v from 'valibot';
import { log } from '../../base/log.ts';
import { jsonResponse, type RequestContext } from '../../http/http.ts';
import { orAfter, remember } from '../../store/remembered.ts';
import { placeId } from '../slots/place-id.ts';
import { readSamuLrms, type SamuLrm } from '../tables/samulrms.ts';

/** With a copy at hand, D1 is waited for no longer than this. */
const PATIENCE_MS = 150;
/** Without one, a little longer: a SAMU that only D1 knows would be refused for an hour. */
const LIMITS = { freshMs: 30_000, patienceMs: PATIENCE_MS, firstMs: 1_000 };
/** No address of ours: the key of the copy in the cache of the data centre. */
const COPY_KEY = 'https://copy.passerelle.invalid/samulrms';
const COPY_AGE_S = 30 * 24 * 3_600;

const copySchema = v.array(v.object({ authority: v.string(), active: v.boolean() }));

const rows = remember<readonly SamuLrm[]>(({ DB }) => readSamuLrms(DB));

/** GET /v1/samulrms. docs/front.md. */
export async function answerSamuLrms(context: RequestContext): Promise<Response> {
  const known = new Map(context.config.front.samuLrms.map((authority) => [authority, true]));
  for (const { authority, active } of await readRows(context)) known.set(authority, active);
  const active = [...known].filter(([, isActive]) => isActive).map(([authority]) => authority);
  return jsonResponse(
    active.sort().map((authority) => ({ id: placeId(authority), affectation_authority: authority })),
    context,
  );
}

/** The operator has changed the rows. */
export function forgetSamuLrms(): void {
  rows.forget();
}

async function readRows(context: RequestContext): Promise<readonly SamuLrm[]> {
  const reading = rows.read(context, LIMITS).then((value) => {
    context.waitUntil(keepCopy(value));
    return value;
  });
  const copy = await readCopy();
  if (copy !== undefined) return orAfter(reading, PATIENCE_MS, copy);
  try {
    return await reading;
  } catch {
    log('error', 'samulrms-from-the-setting-only', { requestId: context.requestId });
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
