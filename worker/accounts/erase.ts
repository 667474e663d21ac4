// Erasure of one regulator on an operator's word: his right ends everywhere first, as vendors need his name to close his
// account; once all have confirmed he is taken out of the appointments, then out of the tables. What is not done at once the
// schedule does. docs/exploitation/effacement.md.

import { within } from '../../shared/deadline.ts';
import { GatewayError } from '../../shared/error.ts';
import { forgetErasures as forgetAppointments, maskRegulator, tellErasures } from '../appointments/erase.ts';
import { readConfig } from '../base/config.ts';
import type { Env } from '../base/env.ts';
import { log } from '../base/log.ts';
import { jsonResponse, type RequestContext } from '../http/http.ts';
import { operatorOf, readErasure } from '../http/operator.ts';
import { Budget } from '../store/budget.ts';
import { type Engine, openEngine } from './engine.ts';
import { saveWanted } from './save.ts';
import { loadPairs } from './tables/accounts.ts';
import {
  beginErasure,
  type Erasure,
  finishErasure,
  forgetErasures,
  type LeftAccount,
  listErasures,
  listOpenErasures,
  noteWalked,
  readRemains,
  releaseForErasure,
  voidErasure,
} from './tables/erasures.ts';
import { withdrawEverywhere } from './withdraw.ts';

const LIST_MAX = 500;
/** Of an operator's request, behind the withdrawals. */
const WORK_MS = 10_000;
/** The proof that it was done: five years, and never shorter than what it keeps from coming back. */
const KEPT_DAYS = 5 * 365;
const DAY_MS = 24 * 3600 * 1000;

/**
 * How far an erasure is. `withdrawing`: vendors of `left` have not confirmed. `appointments`: some may name him yet.
 * `takenOut`: vendors that have not confirmed either, and are not waited for.
 */
interface Progress {
  readonly state: 'withdrawing' | 'appointments' | 'erased' | 'void';
  readonly left?: readonly LeftAccount[];
  readonly takenOut?: readonly string[];
}

/** POST /admin/regulators/{id}/erase. Said twice, it goes on. @throws GatewayError not-found, parameter-invalid, body-*, storage-unavailable. */
export async function eraseRegulator(context: RequestContext): Promise<Response> {
  const { env, startedMs, requestId, parameters, caller, config } = context;
  const word = await readErasure(context);
  const budget = new Budget(WORK_MS);
  const engine = openEngine(env, requestId, {
    startMs: startedMs,
    caller: `admin ${caller?.subject ?? ''}`,
    budget,
  });
  const regulator = parameters.id ?? '';
  const asked = { ...word, id: crypto.randomUUID(), regulator, askedMs: startedMs };
  const erasure = await beginErasure(engine.db, asked);
  if (erasure === null) throw new GatewayError({ reason: 'not-found', text: 'Aucun régulateur n’a cet id.' });
  log('info', 'regulator-erasure-asked', { requestId, operator: operatorOf(caller), detail: word.reason });
  await endRight(engine, regulator);
  const told = withdrawEverywhere(engine, regulator);
  context.waitUntil(told);
  await within(told, config.accounts.loginMs, () => undefined);
  const progress = await carryOn(engine, env, erasure, budget);
  const status = progress.state === 'erased' ? 200 : 202;
  return jsonResponse({ erasure: erasure.id, ...describeProgress(progress) }, context, status);
}

function describeProgress({ state, left = [], takenOut = [] }: Progress) {
  return {
    state,
    takenOut,
    left: left.map(({ editor, attempts, reason, nextTryMs }) => ({
      editor,
      attempts,
      reason,
      nextTry: nextTryMs === null ? null : new Date(nextTryMs).toISOString(),
    })),
  };
}

/** GET /admin/regulators/erasures: the last ones. */
export async function answerErasures(context: RequestContext): Promise<Response> {
  const instant = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
  const erasures = await listErasures(context.env.DB, LIST_MAX);
  return jsonResponse(
    {
      erasures: erasures.map((one) => ({
        erasure: one.id,
        state: one.doneMs !== null ? 'erased' : one.voidMs !== null ? 'void' : 'under-way',
        asked: instant(one.askedMs),
        done: instant(one.doneMs),
        by: one.by,
        reason: one.reason,
        reference: one.reference,
      })),
    },
    context,
  );
}

/** The right ends, whatever wave would hold it. */
async function endRight(engine: Engine, id: string): Promise<void> {
  const loaded = await loadPairs(engine.db, id);
  if (loaded === undefined) return;
  const { identifier, family, given, email } = loaded.regulator;
  if (loaded.regulator.active && identifier !== undefined) {
    const content = { identifier, active: false, family, given, email };
    await saveWanted(
      engine,
      { by: 'identifier', identifier },
      {
        content,
        over: (known) => (known?.id === id && known.active ? { content, isDecided: true } : undefined),
      },
    );
  }
  await releaseForErasure(engine.db, id);
}

async function carryOn(engine: Engine, env: Env, erasure: Erasure, budget: Budget): Promise<Progress> {
  const { id, regulator } = erasure;
  const remains = await readRemains(engine.db, regulator ?? '');
  if (remains?.isActive === true) {
    await voidErasure(engine.db, id, engine.nowMs());
    log('warn', 'regulator-erasure-void', {
      requestId: engine.requestId,
      detail: 'the right was given back',
    });
    return { state: 'void' };
  }
  if (remains !== undefined) {
    if (remains.left.length > 0) return { state: 'withdrawing', ...remains };
    const seq = await maskRegulator(env, remains.identifiers, erasure.walkedSeq, budget);
    if (seq !== undefined) {
      await noteWalked(engine.db, id, seq);
      return { state: 'appointments', takenOut: remains.takenOut };
    }
  }
  await finishErasure(engine.db, erasure, engine.nowMs());
  const after = await readRemains(engine.db, regulator ?? '');
  if (after !== undefined) return { state: 'withdrawing', ...after };
  const takenOut = remains?.takenOut ?? [];
  log('info', 'regulator-erased', {
    requestId: engine.requestId,
    ...(takenOut.length > 0 && { detail: `taken out, not confirmed: ${takenOut.join(' ')}` }),
  });
  return { state: 'erased', takenOut };
}

/**
 * Goes on with what is under way, of regulators and of appointments. @returns how many are left.
 * @throws GatewayError storage-unavailable.
 */
export async function runErasures(env: Env, nowMs: number, budget: Budget): Promise<number> {
  const engine = openEngine(env, crypto.randomUUID(), { startMs: nowMs, budget });
  const isTold = await tellErasures(env);
  const open = await listOpenErasures(engine.db);
  let left = isTold ? 0 : 1;
  for (const erasure of open) {
    const { state } = await carryOn(engine, env, erasure, budget);
    if (state === 'appointments') left += 1;
    if (state === 'withdrawing') {
      log('warn', 'regulator-erasure-waits', { durationMs: Math.max(0, nowMs - erasure.askedMs) });
    }
  }
  return left;
}

/** Forgets the proofs of before. @returns whether all are. @throws GatewayError storage-unavailable. */
export async function purgeErasures(env: Env, nowMs: number): Promise<boolean> {
  const { appointmentRetentionDays, accounts } = readConfig(env);
  const days = Math.max(KEPT_DAYS, appointmentRetentionDays, accounts.retentionDays);
  await forgetErasures(env.DB, nowMs - days * DAY_MS);
  return forgetAppointments(env, nowMs - days * DAY_MS);
}
