// Vendors let nobody read their accounts: a slow re-assertion says again, a few an hour, what they have confirmed, and
// takes an answer that does not fit (201, 404, a refusal) as news of an account that was lost or changed behind our
// back. Off by default; stops for a vendor that has too many such answers. docs/accounts.md § 6.

import { log } from '../base/log.ts';
import { type Delivery, deliverOne } from './deliver.ts';
import type { Engine } from './engine.ts';
import { type DriftEvent, driftBudgets, nextToAssert, recordCheck } from './tables/drift.ts';
import type { NamedAccount } from './tables/due.ts';

const RUNS_PER_HOUR = 60;

/** Says known accounts again to vendors, within the settings ACCOUNT_DRIFT_*, so that an account lost at a vendor shows. */
export async function assertSome(engine: Engine): Promise<void> {
  const { driftPerHour, driftStop } = engine.settings;
  if (driftPerHour === 0) return;
  const perRun = Math.ceil(driftPerHour / RUNS_PER_HOUR);
  for (const { editor, checked, events } of await driftBudgets(engine.db, engine.nowMs())) {
    if (events >= driftStop) {
      log('error', 'drift-repair-stopped', { requestId: engine.requestId, editor, count: events });
      continue;
    }
    const max = Math.min(perRun, driftPerHour - checked, driftStop - events);
    if (max <= 0) continue;
    for (const due of await nextToAssert(engine.db, editor, engine.nowMs(), max)) {
      if (!(await assertOne(engine, due))) break;
    }
  }
}

/** False when the vendor is not there, or the run is at its end: the others keep their turn. */
async function assertOne(engine: Engine, due: NamedAccount): Promise<boolean> {
  const delivery = await engine.turns.other(engine.nowMs(), () =>
    deliverOne(engine, due.regulator, due.editor, 'assertion'),
  );
  if (delivery === undefined) return false;
  if (delivery.kind === 'failed' && delivery.verdict.kind === 'unreachable') return false;
  const event = eventOf(due, delivery, engine.nowMs());
  await recordCheck(engine.db, due, event, engine.nowMs());
  if (event !== undefined) {
    log('warn', 'account-drifted', {
      requestId: engine.requestId,
      editor: due.editor,
      status: event.status,
      detail: event.kind,
    });
  }
  return true;
}

function eventOf(due: NamedAccount, delivery: Delivery, atMs: number): DriftEvent | undefined {
  if (delivery.kind === 'failed' && delivery.verdict.status !== undefined) {
    const kind = delivery.verdict.kind === 'unconfirmed' ? 'unconfirmed' : 'refused';
    return { ...due, kind, status: delivery.verdict.status, mended: false, atMs };
  }
  if (delivery.kind !== 'done' || delivery.verdict.surprise === undefined) return undefined;
  const { surprise, status } = delivery.verdict;
  return { ...due, kind: surprise, status, mended: true, atMs };
}
