// GET /v1/practitioners/national-id/{id} and PUT /v1/practitioner-editors/{id}/bulk: which vendors a practitioner
// declares, and the whole new set. Whoever has the front's token may write (docs/guide.md G-935): hence the brake and
// the record of every change. docs/guide.md G-910.

import * as v from 'valibot';
import { GatewayError } from '../../../shared/error.ts';
import { professionalKind } from '../../../shared/sas/identifier.ts';
import { createAllowance } from '../../base/allowance.ts';
import { log } from '../../base/log.ts';
import { readAs } from '../../http/body.ts';
import { jsonResponse, type RequestContext } from '../../http/http.ts';
import { forgetClaims } from '../../memory/claims.ts';
import { listNumberedVendors, readDeclarations, replaceDeclarations } from '../tables/declarations.ts';

const BODY_BYTES_MAX = 16_384;
const EXPECTED = 'Attendu : un identifiant national avec son préfixe, et {"editorIds": [1, 2]}.';
/** The body: the front sends back what call 4 gave, be it as text. */
export const DECLARED_EDITORS = v.object({
  editorIds: v.pipe(v.array(v.union([v.number(), v.string()])), v.maxLength(500)),
});

const perPractitioner = createAllowance({ max: 10, everyMs: 10_000 });
const inAll = createAllowance({ max: 100, everyMs: 500 });

/** An empty list for what is no national identifier. @throws GatewayError storage-unavailable. */
export async function answerDeclarations(context: RequestContext): Promise<Response> {
  const practitioner = context.parameters.id ?? '';
  if (professionalKind(practitioner) === undefined) return jsonResponse([], context);
  return answerThoseOf(context, practitioner);
}

/** @throws GatewayError parameter-invalid, too-many-requests, body-*, storage-unavailable. */
export async function replaceBulk(context: RequestContext): Promise<Response> {
  const { env, request, requestId, startedMs } = context;
  const practitioner = context.parameters.id ?? '';
  const { editorIds } = await readAs(request, DECLARED_EDITORS, BODY_BYTES_MAX, EXPECTED);
  if (professionalKind(practitioner) === undefined) {
    throw new GatewayError({ reason: 'parameter-invalid', text: EXPECTED });
  }
  brake(practitioner, startedMs);
  const numbers = new Set(editorIds.map(Number));
  const vendors = (await listNumberedVendors(env.DB))
    .filter(({ number }) => numbers.has(number))
    .map(({ id }) => id);
  await replaceDeclarations(env.DB, {
    practitioner,
    editors: vendors,
    nowMs: startedMs,
    origin: 'front',
    requestId,
  });
  forgetClaims(env, practitioner);
  log('info', 'declaration-recorded', { requestId, count: vendors.length });
  return answerThoseOf(context, practitioner);
}

async function answerThoseOf(context: RequestContext, practitioner: string): Promise<Response> {
  const declarations = await readDeclarations(context.env.DB, practitioner);
  return jsonResponse(
    declarations.map(({ id, number, name }) => ({ id, editor: { id: number, corporateName: name } })),
    context,
  );
}

function brake(practitioner: string, nowMs: number): void {
  if (perPractitioner.spend(practitioner, nowMs)) {
    if (inAll.spend('', nowMs)) return;
    perPractitioner.giveBack(practitioner);
  }
  throw new GatewayError({
    reason: 'too-many-requests',
    text: 'Trop de changements de suite ; recommencer dans quelques secondes.',
  });
}
