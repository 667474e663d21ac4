// The scheduled run, each minute: withdrawals first, whatever has waited for its next try after them, then the drift
// repair. It owes nothing to memory: what is due is what D1 says, so a restart or a deploy loses nothing. `now` is the
// engine's, so that tests run through days. docs/accounts.md § 5.

import { log } from '../base/log.ts';
import { deliverOne } from './deliver.ts';
import { assertSome } from './drift.ts';
import type { Engine } from './engine.ts';
import { isAway } from './model/verdict.ts';
import { type DueAccount, forgetNextTry, listDue } from './tables/due.ts';
import { exposureByVendor } from './tables/exposure.ts';
import { flushWithdrawals } from './withdraw.ts';

/** Of one run: a Worker may ask D1 a thousand times, and each takes about six. */
const OTHERS_MAX = 60;

/** Tells each vendor what is due now. A vendor that fails is logged and stops no other. */
export async function runDue(engine: Engine): Promise<void> {
  const { withdrawing, others } = await listDue(engine.db, engine.nowMs(), OTHERS_MAX);
  const byVendor = new Map<string, DueAccount[]>(withdrawing.map((editor) => [editor, []]));
  for (const due of others) byVendor.set(due.editor, [...(byVendor.get(due.editor) ?? []), due]);
  const outcomes = await Promise.allSettled(
    [...byVendor].map(([editor, dues]) => runVendor(engine, editor, dues)),
  );
  const failed = outcomes.filter(({ status }) => status === 'rejected').length;
  if (failed > 0) log('error', 'accounts-not-brought-up-to-date', { requestId: engine.requestId, failed });
  await tellExposure(engine);
  await assertSome(engine);
}

async function runVendor(engine: Engine, editor: string, dues: readonly DueAccount[]): Promise<void> {
  const isThere = await flushWithdrawals(engine, editor);
  if (!isThere) return;
  for (const { regulator } of dues) {
    const delivery = await deliverOne(engine, regulator, editor, 'retry');
    if (delivery.kind === 'unchanged') await forgetNextTry(engine.db, regulator, editor, engine.nowMs());
    // A vendor that is not there is not asked for the next one: each keeps its own time.
    if (delivery.kind === 'failed' && isAway(delivery.verdict)) return;
  }
}

/** The metric, as one line per vendor; an error once the oldest has been open for longer than the threshold. */
async function tellExposure(engine: Engine): Promise<void> {
  const nowMs = engine.nowMs();
  for (const { editor, open, held, oldestMs } of await exposureByVendor(engine.db)) {
    const durationMs = nowMs - oldestMs;
    const level = durationMs > engine.settings.alarmMs ? 'error' : 'warn';
    log(level, 'accounts-exposed', {
      requestId: engine.requestId,
      editor,
      count: open,
      durationMs,
      ...(held === 0 ? {} : { detail: `held=${held}` }),
    });
  }
}
