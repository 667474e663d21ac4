// The operator's own data behind the front's calls: SAMU lists, SOS Médecins, declarations of practitioners. A PUT
// gives the whole new list. docs/front.md § 5.

import * as v from 'valibot';
import { GatewayError } from '../../../shared/error.ts';
import { normaliseSiret, professionalKind } from '../../../shared/sas/identifier.ts';
import { parseInstant } from '../../../shared/time.ts';
import { log } from '../../base/log.ts';
import { readAs } from '../../http/body.ts';
import { jsonResponse, type RequestContext } from '../../http/http.ts';
import { operatorOf } from '../../http/operator.ts';
import { forgetClaims } from '../../memory/claims.ts';
import { guardIdempotent } from '../../store/guard.ts';
import { forgetSamuLrms } from '../data/samulrms.ts';
import {
  listDeclarationChanges,
  listDeclared,
  listNumberedVendors,
  replaceDeclarations,
} from '../tables/declarations.ts';
import { readSamuLrms, saveSamuLrms } from '../tables/samulrms.ts';
import { listSosAssociations, saveSosAssociations } from '../tables/sos.ts';

const BODY_BYTES_MAX = 262_144;
const LIST_MAX = 2_000;
const text = v.pipe(v.string(), v.trim(), v.nonEmpty(), v.maxLength(200));

const announced = v.pipe(
  text,
  v.description('Quand elle a été annoncée au portail ; null : elle ne l’est pas ; absent : inchangé.'),
);

/** The body of PUT /admin/front/samulrms. */
export const SAMUS = v.strictObject({
  samulrms: v.pipe(
    v.array(v.strictObject({ authority: text, active: v.optional(v.boolean(), true) })),
    v.maxLength(LIST_MAX),
  ),
});
/** The body of PUT /admin/front/sos. */
export const ASSOCIATIONS = v.strictObject({
  associations: v.pipe(
    v.array(v.strictObject({ siret: text, name: text, announced: v.optional(v.nullable(announced)) })),
    v.maxLength(LIST_MAX),
  ),
});
/** The body of PUT /admin/front/declarations. */
export const DECLARED = v.strictObject({
  practitioner: text,
  editors: v.pipe(v.array(text), v.maxLength(500)),
});

/** GET /admin/front/samulrms: the operator's rows; the setting's list is under them. */
export async function answerSamus(context: RequestContext): Promise<Response> {
  const samulrms = await guardIdempotent(() => readSamuLrms(context.env.DB));
  return jsonResponse({ setting: context.config.front.samuLrms, samulrms }, context);
}

/** The whole list anew. @throws GatewayError parameter-invalid, body-*, storage-unavailable. */
export async function replaceSamus(context: RequestContext): Promise<Response> {
  const { samulrms } = await readAs(
    context.request,
    SAMUS,
    BODY_BYTES_MAX,
    'Attendu : {"samulrms": [{"authority": "SAMU42", "active": true}]}.',
  );
  await saveSamuLrms(context.env.DB, samulrms);
  forgetSamuLrms();
  log('info', 'samulrms-saved', {
    requestId: context.requestId,
    operator: operatorOf(context.caller),
    count: samulrms.length,
  });
  return answerSamus(context);
}

/** GET /admin/front/sos: with what is known of each: since when a vendor shows its slots, and what the front was told. */
export async function answerSos(context: RequestContext): Promise<Response> {
  const associations = await listSosAssociations(context.env.DB);
  return jsonResponse(
    {
      associations: associations.map(({ siret, name, interfacedMs, announcedMs }) => ({
        siret,
        name,
        interfacedSince: instantOf(interfacedMs),
        announced: instantOf(announcedMs),
      })),
    },
    context,
  );
}

/** The whole list anew. @throws GatewayError parameter-invalid, body-*, storage-unavailable. */
export async function replaceSos(context: RequestContext): Promise<Response> {
  const { associations } = await readAs(
    context.request,
    ASSOCIATIONS,
    BODY_BYTES_MAX,
    'Attendu : {"associations": [{"siret": "14 chiffres", "name": "…"}]}.',
  );
  const known = associations.map(({ siret, name, announced }) => {
    const normal = normaliseSiret(siret);
    if (normal === undefined) throw invalid('Un SIRET est fait de 14 chiffres.');
    return { siret: normal, name, announcedMs: announced == null ? announced : millisOf(announced) };
  });
  await saveSosAssociations(context.env, known);
  log('info', 'associations-saved', {
    requestId: context.requestId,
    operator: operatorOf(context.caller),
    count: known.length,
  });
  return answerSos(context);
}

/** GET /admin/front/declarations: which vendors practitioners say they use. */
export async function answerDeclared(context: RequestContext): Promise<Response> {
  return jsonResponse({ declarations: await listDeclared(context.env.DB, LIST_MAX) }, context);
}

/** PUT /admin/front/declarations: of one practitioner, vendors by the ids that relays announce. */
export async function replaceDeclared(context: RequestContext): Promise<Response> {
  const { env, requestId, startedMs } = context;
  const expected =
    'Attendu : {"practitioner": "8…", "editors": ["agenda-a"]}, éditeurs annoncés par un relais.';
  const { practitioner, editors } = await readAs(context.request, DECLARED, BODY_BYTES_MAX, expected);
  const known = new Set((await listNumberedVendors(env.DB)).map(({ id }) => id));
  if (professionalKind(practitioner) === undefined || !editors.every((id) => known.has(id))) {
    throw invalid(expected);
  }
  await replaceDeclarations(env.DB, { practitioner, editors, nowMs: startedMs, origin: 'admin', requestId });
  forgetClaims(env, practitioner);
  log('info', 'declaration-recorded', {
    requestId,
    operator: operatorOf(context.caller),
    count: editors.length,
  });
  return jsonResponse({ practitioner, editors }, context);
}

/** GET /admin/front/declarations/changes: the last ones, whoever made them. */
export async function answerDeclarationChanges(context: RequestContext): Promise<Response> {
  const changes = await listDeclarationChanges(context.env.DB, LIST_MAX);
  return jsonResponse(
    { changes: changes.map(({ atMs, ...change }) => ({ at: instantOf(atMs), ...change })) },
    context,
  );
}

function invalid(expected: string): GatewayError {
  return new GatewayError({ reason: 'parameter-invalid', text: expected });
}

function millisOf(written: string): number {
  const instant = parseInstant(written);
  if (instant === undefined) throw invalid('announced est un instant, tel que 2026-11-23T09:15:00+01:00.');
  return instant.ms;
}

function instantOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
