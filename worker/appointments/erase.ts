// Erasure of one appointment on an operator's word, and of one regulator from all appointments. The vendor's agenda is the
// vendor's: it is not told, and what it still sends of the appointment is refused. docs/exploitation/effacement.md.

import { GatewayError } from '../../shared/error.ts';
import { ownerOf } from '../../shared/sas/appointment-id.ts';
import type { RegulatorIdentifier } from '../../shared/sas/regulator.ts';
import type { Env } from '../base/env.ts';
import { describeUnexpected, log } from '../base/log.ts';
import { jsonResponse, type RequestContext } from '../http/http.ts';
import { operatorOf, readErasure } from '../http/operator.ts';
import type { Budget } from '../store/budget.ts';
import { foldActivity } from './fold.ts';
import type { AppointmentTimes } from './model/taken-times.ts';
import {
  type ErasedAppointment,
  eraseWhole,
  findErased,
  forgetErased,
  listErased,
  listUntold,
  maskNext,
  noteTold,
} from './tables/erased.ts';
import { tellHub } from './tell-hub.ts';

const LIST_MAX = 500;
const UNTOLD_MAX = 50;
/** What changed is counted before it goes: some thousand changes, within a part of the operator's wait. */
const FOLD = { queries: 70, ms: 3_000 };
const FORGOTTEN_MAX = 5_000;

/** POST /admin/appointments/{id}/erase. Said twice, it is done once. @throws GatewayError not-found, parameter-invalid, body-*, storage-unavailable. */
export async function eraseAppointment(context: RequestContext): Promise<Response> {
  const { env, startedMs, requestId, parameters, caller } = context;
  const word = await readErasure(context);
  const id = parameters.id ?? '';
  if (ownerOf(id) !== undefined) {
    const budget = { queries: FOLD.queries, untilMs: Date.now() + FOLD.ms };
    if ((await foldActivity(env, startedMs, budget)).isBehind) throw notCounted();
  }
  const erased =
    ownerOf(id) === undefined ? null : await eraseWhole(env.APPOINTMENTS, id, { ...word, nowMs: startedMs });
  if (erased === null) {
    throw new GatewayError({ reason: 'not-found', text: 'Aucun rendez-vous n’a cet id.' });
  }
  log('info', 'appointment-erased', { requestId, operator: operatorOf(caller), detail: word.reason });
  const isTold =
    erased.untold === null || (await tell(env, id, JSON.parse(erased.untold) as AppointmentTimes));
  return jsonResponse({ ...describe(erased), left: isTold ? [] : ['hub'] }, context);
}

/** Each try counts some thousand changes more, and the schedule does each minute. */
function notCounted(): GatewayError {
  return new GatewayError({
    reason: 'storage-unavailable',
    text: 'Des changements ne sont pas encore comptés ; rien n’est effacé, redemander dans une minute.',
    headers: { 'Retry-After': '60' },
    detail: 'activity is not counted yet',
  });
}

/** GET /admin/appointments/erasures: the last ones. */
export async function answerErasedAppointments(context: RequestContext): Promise<Response> {
  const erased = await listErased(context.env.APPOINTMENTS, LIST_MAX);
  return jsonResponse(
    { erasures: erased.map((one) => ({ ...describe(one), left: one.untold === null ? [] : ['hub'] })) },
    context,
  );
}

function describe({ id, atMs, by, reason, reference }: ErasedAppointment) {
  return { appointment: id, at: new Date(atMs).toISOString(), by, reason, reference };
}

/** The hub hides the vendor's slot until it is over, and knows no more of whom. False: it is told in a later run. */
async function tell(env: Env, id: string, times: AppointmentTimes): Promise<boolean> {
  try {
    await tellHub(env, times);
    await noteTold(env.APPOINTMENTS, id);
    return true;
  } catch (cause) {
    log('warn', 'hub-not-told-of-erasure', { detail: describeUnexpected(cause) });
    return false;
  }
}

/** @throws GatewayError erased, when that appointment was. */
export async function refuseErased(env: Env, id: string): Promise<void> {
  if ((await findErased(env.APPOINTMENTS, id)) !== null) throw erased();
}

/** For who asks for, or sends, an appointment that was erased. */
export function erased(): GatewayError {
  return new GatewayError({
    reason: 'erased',
    text: 'Ce rendez-vous a été effacé par l’exploitant ; il n’est plus enregistré ici, ne plus l’envoyer.',
  });
}

/** Tells hubs what they could not be told. @returns whether all is told. @throws GatewayError storage-unavailable. */
export async function tellErasures(env: Env): Promise<boolean> {
  const untold = await listUntold(env.APPOINTMENTS, UNTOLD_MAX);
  const told = await Promise.all(untold.map(([id, times]) => tell(env, id, times)));
  return told.every((isTold) => isTold) && untold.length < UNTOLD_MAX;
}

/** Forgets erasures of before. @returns whether all are. @throws GatewayError storage-unavailable. */
export async function forgetErasures(env: Env, beforeMs: number): Promise<boolean> {
  return (await forgetErased(env.APPOINTMENTS, beforeMs, FORGOTTEN_MAX)) < FORGOTTEN_MAX;
}

/** D1 statements of one stretch, but for those of the rows that it changes. */
const STRETCH_QUERIES = 110;

/**
 * Takes a regulator out of the appointments, from version `fromSeq` on, as far as the budget goes; what is not counted yet is
 * counted first. @returns where to go on; undefined: nothing is left. @throws GatewayError storage-unavailable.
 */
export async function maskRegulator(
  env: Env,
  identifiers: readonly RegulatorIdentifier[],
  fromSeq: number,
  budget: Budget,
): Promise<number | undefined> {
  const nowMs = Date.now();
  const rest = budget.rest(FOLD.queries);
  const { isBehind } = await foldActivity(env, nowMs, rest);
  if (isBehind && rest.queries > 0) return fromSeq;
  const db = budget.counted(env.APPOINTMENTS);
  let seq: number | undefined = fromSeq;
  while (seq !== undefined && budget.allows(STRETCH_QUERIES)) {
    seq = await maskNext(db, identifiers, seq, nowMs);
  }
  return seq;
}
