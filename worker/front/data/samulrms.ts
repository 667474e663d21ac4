// GET /v1/samulrms: the SAMU whose dispatch software may open the front's search. An error would show a refusal that
// the front caches for an hour, so this call has no way to fail: D1's rows; without D1, those this isolate read last,
// else a copy that the gate keeps; always over the list of the setting FRONT_SAMULRMS. docs/guide.md G-914.

import * as v from 'valibot';
import type { Env } from '../../base/env.ts';
import { log } from '../../base/log.ts';
import { gateOf } from '../../gate/gate-of.ts';
import { jsonResponse, type RequestContext } from '../../http/http.ts';
import { orAfter, remember } from '../../store/remembered.ts';
import { placeId } from '../slots/place-id.ts';
import { readSamuLrms, type SamuLrm } from '../tables/samulrms.ts';

/** With a copy at hand, D1 is waited for no longer than this, and then the gate, which has it. */
const PATIENCE_MS = 150;
/** Without one, a little longer: a SAMU that only D1 knows would be refused for an hour. */
const LIMITS = { freshMs: 30_000, patienceMs: PATIENCE_MS, firstMs: 1_000 };

const copySchema = v.array(v.object({ authority: v.string(), active: v.boolean() }));

/** What this isolate gave the gate last, as JSON. */
let given = '';

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
  const { env, requestId, waitUntil } = context;
  const reading = rows.read(context, LIMITS).then((value) => {
    waitUntil(keepCopy(env, value));
    return value;
  });
  const known =
    (await orAfter<readonly SamuLrm[] | undefined>(reading, PATIENCE_MS, undefined)) ??
    (await orAfter(readCopy(env), PATIENCE_MS, undefined));
  if (known !== undefined) return known;
  try {
    return await reading;
  } catch {
    log('error', 'samulrms-from-the-setting-only', { requestId });
    return [];
  }
}

async function readCopy(env: Env): Promise<readonly SamuLrm[] | undefined> {
  const kept = await gateOf(env).keptSamuLrms();
  const parsed = v.safeParse(copySchema, kept === undefined ? undefined : JSON.parse(kept));
  return parsed.success ? parsed.output : undefined;
}

async function keepCopy(env: Env, value: readonly SamuLrm[]): Promise<void> {
  const text = JSON.stringify(value);
  if (text === given) return;
  try {
    await gateOf(env).keepSamuLrms(text);
    given = text;
  } catch {
    log('warn', 'gate-unwritten');
  }
}
