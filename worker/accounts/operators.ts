// What operators see and decide of the accounts: counts per vendor, who is still open although withdrawn, the waves
// that wait for them, drift. docs/accounts.md §§ 4 to 6. Regulators appear by their id here, never by name.

import { GatewayError } from '../../shared/error.ts';
import { isLongAgo } from '../base/clock.ts';
import { log } from '../base/log.ts';
import { jsonResponse, type RequestContext } from '../http/http.ts';
import { operatorOf } from '../http/operator.ts';
import { listVendors } from '../store/editors.ts';
import { listRestores } from '../store/restores.ts';
import { openEngine } from './engine.ts';
import { listDrift } from './tables/drift.ts';
import { accountsByVendor, exposureByVendor, listOpen } from './tables/exposure.ts';
import { confirmWave, listWaves } from './tables/waves.ts';
import { flushWithdrawals } from './withdraw.ts';

const LIST_MAX = 500;
const DAY_MS = 24 * 3600 * 1000;

const instant = (ms: number): string => new Date(ms).toISOString();

/** What reports need of the request. */
type ReportContext = Pick<RequestContext, 'env' | 'config' | 'startedMs'>;

/** GET /admin/accounts. */
export async function answerAccounts(context: RequestContext): Promise<Response> {
  return jsonResponse(await reportAccounts(context), context);
}

/** Counts of each vendor's accounts. @throws GatewayError storage-unavailable. */
export async function reportAccounts({ env, config, startedMs }: ReportContext) {
  const vendors = await accountsByVendor(env.DB, startedMs - DAY_MS);
  const { driftPerHour, driftStop } = config.accounts;
  return {
    drift: { perHour: driftPerHour, stopAfter: driftStop },
    vendors: vendors.map((vendor) => ({
      ...vendor,
      isDriftStopped: driftPerHour > 0 && vendor.driftEvents >= driftStop,
    })),
  };
}

/** GET /admin/accounts/exposure. */
export async function answerExposure(context: RequestContext): Promise<Response> {
  return jsonResponse(await reportExposure(context), context);
}

/** Who is open although withdrawn: how long, where, and what is tried next. @throws GatewayError storage-unavailable. */
export async function reportExposure({ env, config, startedMs }: ReportContext) {
  const [vendors, accounts, waves, restores] = await Promise.all([
    exposureByVendor(env.DB),
    listOpen(env.DB, LIST_MAX),
    listWaves(env.DB),
    listRestores(env.DB),
  ]);
  const secondsSince = (ms: number): number => Math.max(0, Math.round((startedMs - ms) / 1000));
  const { alarmMs } = config.accounts;
  const oldestMs = Math.min(startedMs, ...vendors.map((vendor) => vendor.oldestMs));
  return {
    at: instant(startedMs),
    alarmAfterSeconds: alarmMs / 1000,
    isAlarm: vendors.some((vendor) => isLongAgo(vendor.oldestMs, startedMs, alarmMs)),
    open: vendors.reduce((sum, { open }) => sum + open, 0),
    oldestSeconds: secondsSince(oldestMs),
    vendors: vendors.map(({ editor, open, held, reasserted, oldestMs: oldest }) => ({
      editor,
      open,
      held,
      reasserted,
      oldestSeconds: secondsSince(oldest),
    })),
    accounts: accounts.map((account) => ({
      regulator: account.regulator,
      editor: account.editor,
      since: instant(account.withdrawnMs),
      seconds: secondsSince(account.withdrawnMs),
      isAlarm: isLongAgo(account.withdrawnMs, startedMs, alarmMs),
      attempts: account.attempts,
      reason: account.reason,
      status: account.status,
      nextTry: account.nextTryMs === null ? null : instant(account.nextTryMs),
      heldBy: account.wave,
      isReasserted: account.isReasserted === 1,
    })),
    waves: waves.map(({ id, kind, openedMs, confirmedMs, regulators }) => ({
      id,
      kind,
      opened: instant(openedMs),
      confirmed: confirmedMs === null ? null : instant(confirmedMs),
      regulators,
    })),
    restores: restores.map(({ atMs, ...state }) => ({ at: instant(atMs), ...state })),
  };
}

/** POST /admin/accounts/waves/{id}/confirm: these withdrawals are meant; they go out now. Saying it twice is once. */
export async function confirmWithdrawals(context: RequestContext): Promise<Response> {
  const wave = context.parameters.wave ?? '';
  const regulators = await releaseWave(context, wave, operatorOf(context.caller));
  return jsonResponse({ wave, regulators }, context);
}

/** How many withdrawals go out; behind the answer they do. @throws GatewayError not-found, storage-unavailable. */
export async function releaseWave(
  {
    env,
    startedMs,
    requestId,
    waitUntil,
  }: Pick<RequestContext, 'env' | 'startedMs' | 'requestId' | 'waitUntil'>,
  wave: string,
  operator: string,
): Promise<number> {
  const count = await confirmWave(env.DB, wave, operator, startedMs);
  if (count === undefined) {
    throw new GatewayError({ reason: 'not-found', text: 'Aucune vague de retraits n’a cet id.' });
  }
  log('info', 'wave-of-withdrawals-confirmed', {
    requestId,
    operator,
    count,
  });
  const engine = openEngine(env, requestId, { startMs: startedMs });
  const deliver = async (): Promise<void> => {
    const vendors = await listVendors(env.DB);
    await Promise.allSettled(vendors.map(({ id }) => flushWithdrawals(engine, id, 'everybody')));
    const { refused } = engine.turns;
    if (refused > 0) log('warn', 'withdrawals-left-to-the-schedule', { requestId, count: refused });
  };
  waitUntil(deliver());
  return count;
}

/** GET /admin/accounts/drift: the last events. */
export async function answerDrift(context: RequestContext): Promise<Response> {
  const events = await listDrift(context.env.DB, LIST_MAX);
  return jsonResponse(
    { events: events.map(({ atMs, ...event }) => ({ ...event, at: instant(atMs) })) },
    context,
  );
}
