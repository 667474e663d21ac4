// The accounts' part of a scheduled run: withdrawals first, over all vendors, then whatever has waited for its next try,
// then the drift repair; what does not fit the run's budget is due in the next one. It owes nothing to memory: what is due
// is what D1 says, so a restart or a deploy loses nothing. `now` is the engine's, so that tests run through days.
// docs/accounts.md § 5.

import { isLongAgo } from '../base/clock.ts';
import { log } from '../base/log.ts';
import { deliverOne } from './deliver.ts';
import { assertSome } from './drift.ts';
import type { Engine } from './engine.ts';
import { isAway } from './model/verdict.ts';
import { countDue, type DueAccount, forgetNextTry, listDue, listWithdrawals } from './tables/due.ts';
import { exposureByVendor } from './tables/exposure.ts';
import { runWaves } from './waves.ts';
import { sayWithdrawals, WITHDRAWALS_MAX } from './withdraw.ts';

/** Of one run: no budget is enough for more. */
const OTHERS_MAX = 200;

/**
 * Tells each vendor what is due now. A vendor that fails is logged and stops no other.
 * @returns how many accounts are due and had to be left for want of queries or time; the next run says them.
 */
export async function runDue(engine: Engine): Promise<number> {
  await runWaves(engine);
  const { withdrawing, others } = await listDue(engine.db, engine.nowMs(), OTHERS_MAX);
  const vendors = [...new Set([...withdrawing, ...others.map(({ editor }) => editor)])];
  const withdrawals = await listWithdrawals(engine.db, vendors, engine.nowMs(), WITHDRAWALS_MAX);
  engine.turns.expect(withdrawals.length);
  const of = (vendor: string) => (account: DueAccount) => account.editor === vendor;
  const outcomes = await Promise.allSettled(
    vendors.map((editor) =>
      runVendor(engine, editor, withdrawals.filter(of(editor)), others.filter(of(editor))),
    ),
  );
  const failed = outcomes.filter(({ status }) => status === 'rejected').length;
  if (failed > 0) log('error', 'accounts-not-brought-up-to-date', { requestId: engine.requestId, failed });
  await tellExposure(engine);
  await assertSome(engine);
  if (engine.turns.refused === 0) return 0;
  const count = await countDue(engine.db, engine.nowMs());
  log('warn', 'accounts-left-to-the-next-run', { requestId: engine.requestId, count });
  return count;
}

async function runVendor(
  engine: Engine,
  vendor: string,
  withdrawals: readonly DueAccount[],
  others: readonly DueAccount[],
): Promise<void> {
  const isThere = await sayWithdrawals(engine, vendor, withdrawals);
  if (!isThere) return;
  for (const { regulator, sinceMs } of others) {
    const delivery = await engine.turns.other(sinceMs, () => deliverOne(engine, regulator, vendor, 'retry'));
    if (delivery === undefined) return;
    if (delivery.kind === 'unchanged') await forgetNextTry(engine.db, regulator, vendor, engine.nowMs());
    // A vendor that is not there is not asked for the next one: each keeps its own time.
    if (delivery.kind === 'failed' && isAway(delivery.verdict)) return;
  }
}

/** The metric, as one line per vendor; an error once the oldest has been open for longer than the threshold. */
async function tellExposure(engine: Engine): Promise<void> {
  const nowMs = engine.nowMs();
  for (const { editor, open, held, reasserted, oldestMs } of await exposureByVendor(engine.db)) {
    const durationMs = Math.max(0, nowMs - oldestMs);
    const counts = Object.entries({ held, reasserted }).filter(([, count]) => count > 0);
    const said = counts.map(([name, count]) => `${name}=${count}`).join(' ');
    const level = isLongAgo(oldestMs, nowMs, engine.settings.alarmMs) ? 'error' : 'warn';
    log(level, 'accounts-exposed', {
      requestId: engine.requestId,
      editor,
      count: open,
      durationMs,
      ...(said === '' ? {} : { detail: said }),
    });
  }
}
