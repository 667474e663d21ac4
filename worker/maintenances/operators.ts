// /admin/maintenances: what vendors have declared, for programs of the operator's. The console has a screen for it.

import * as v from 'valibot';
import { formatInstant, parisOffsetMinutes } from '../../shared/time.ts';
import { readAs } from '../http/body.ts';
import { jsonResponse, type RequestContext } from '../http/http.ts';
import { NO_PERSONS_NUMBER, operatorOf } from '../http/operator.ts';
import { lastedOf, type Maintenance, readMaintenances } from '../store/maintenances.ts';
import { changeMaintenance, declareMaintenance, endMaintenance } from './acts.ts';
import { readTime } from './times.ts';

const BODY_BYTES_MAX = 2_048;
const TIMES = {
  from: v.pipe(v.string(), v.description('Début : heure de Paris, ou avec son décalage (+01:00).')),
  to: v.pipe(v.string(), v.description('Fin, de même ; 30 jours après le début au plus.')),
  reason: v.pipe(
    v.string(),
    v.trim(),
    v.minLength(3),
    v.maxLength(200),
    v.regex(NO_PERSONS_NUMBER),
    v.description('Motif, sans nom ni numéro de personne.'),
  ),
};

/** The body of a declaration. */
export const DECLARED = v.strictObject({
  editor: v.pipe(v.string(), v.nonEmpty(), v.description('Identifiant de l’éditeur.')),
  ...TIMES,
});
/** The body of a change. */
export const CHANGED = v.strictObject(TIMES);
const EXPECTED =
  'from et to (2026-12-01T14:00, heure de Paris, ou avec un décalage), reason (3 à 200 caractères, sans nom ni numéro de personne).';

/** Where a maintenance is in its life. */
export type MaintenanceState = 'upcoming' | 'current' | 'over' | 'withdrawn';

/** At that moment. One that was withdrawn while it lasted is over. */
export function stateOfMaintenance(one: Maintenance, nowMs: number): MaintenanceState {
  const lasted = lastedOf(one);
  if (lasted === undefined) return 'withdrawn';
  if (one.withdrawnMs !== null || lasted.toMs <= nowMs) return 'over';
  return lasted.fromMs <= nowMs ? 'current' : 'upcoming';
}

const instant = (ms: number): string => formatInstant(ms, parisOffsetMinutes(ms));

/** As the API tells it: times on the clock of Paris, with their offset. */
function describe(one: Maintenance, nowMs: number): object {
  const { id, editor, fromMs, toMs, reason, by, declaredMs, changedMs, withdrawnMs } = one;
  return {
    id,
    editor,
    state: stateOfMaintenance(one, nowMs),
    from: instant(fromMs),
    to: instant(toMs),
    reason,
    by,
    declared: instant(declaredMs),
    ...(changedMs !== null && { changed: instant(changedMs) }),
    ...(withdrawnMs !== null && { withdrawn: instant(withdrawnMs) }),
  };
}

/** GET /admin/maintenances: those of a year, last to begin first. @throws GatewayError storage-unavailable. */
export async function answerMaintenances(context: RequestContext): Promise<Response> {
  const all = await readMaintenances(context.env.DB, 0);
  return jsonResponse({ maintenances: all.map((one) => describe(one, Date.now())) }, context);
}

/** POST /admin/maintenances. @throws GatewayError parameter-invalid, not-found, state-conflict, body-*, storage-unavailable. */
export async function answerDeclared(context: RequestContext): Promise<Response> {
  const { editor, from, to, reason } = await readAs(
    context.request,
    DECLARED,
    BODY_BYTES_MAX,
    `Attendus : editor, ${EXPECTED}`,
  );
  const nowMs = Date.now();
  const times = { fromMs: readTime(from, 'Le début'), toMs: readTime(to, 'La fin') };
  const by = operatorOf(context.caller);
  const id = `m-${crypto.randomUUID()}`;
  const declared = await declareMaintenance(context, { id, editor, ...times, reason, by }, nowMs);
  return jsonResponse(describe(declared, nowMs), context);
}

/** PUT /admin/maintenances/{maintenance}. @throws as above. */
export async function answerChanged(context: RequestContext): Promise<Response> {
  const { from, to, reason } = await readAs(
    context.request,
    CHANGED,
    BODY_BYTES_MAX,
    `Attendus : ${EXPECTED}`,
  );
  const nowMs = Date.now();
  const times = { fromMs: readTime(from, 'Le début'), toMs: readTime(to, 'La fin'), reason };
  const changed = await changeMaintenance(context, context.parameters.maintenance ?? '', times, nowMs);
  return jsonResponse(describe(changed, nowMs), context);
}

/** DELETE /admin/maintenances/{maintenance}. @throws GatewayError not-found, state-conflict, storage-unavailable. */
export async function answerWithdrawn(context: RequestContext): Promise<Response> {
  const nowMs = Date.now();
  const withdrawn = await endMaintenance(context, context.parameters.maintenance ?? '', nowMs);
  return jsonResponse(describe(withdrawn, nowMs), context);
}
