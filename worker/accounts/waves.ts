// Waves of withdrawals in a scheduled run: the Worker releases what an operator confirmed and did not fit his request,
// and slowly what no operator decides: held for ever, a right that ended would stay open for ever. docs/accounts.md § 4.

import { log } from '../base/log.ts';
import type { Engine } from './engine.ts';
import { isReleased } from './model/wave.ts';
import { forgetCallers, forgetWave, listWaiting, mendTimes, releaseSome } from './tables/waves.ts';

/** @throws GatewayError storage-unavailable. */
export async function runWaves({ db, nowMs, settings, requestId }: Engine): Promise<void> {
  const { waveMax, waveWindowMs } = settings;
  // Within the window the next ones of the same caller belong to it.
  await forgetCallers(db, nowMs() - waveWindowMs);
  const waiting = await listWaiting(db);
  if (waiting.length === 0) return;
  await mendTimes(db, nowMs());
  for (const wave of waiting) {
    if (wave.isConfirmed) {
      await releaseSome(db, wave.id, Number.MAX_SAFE_INTEGER, nowMs());
    } else if (wave.isEmpty) {
      // Kept for a window: the next one of the same mistake belongs to it.
      if (nowMs() - wave.openedMs >= waveWindowMs) await forgetWave(db, wave.id);
    } else if (isReleased(wave, nowMs(), waveWindowMs)) {
      await releaseSome(db, wave.id, waveMax, nowMs());
      log('warn', 'withdrawals-released-undecided', { requestId, count: waveMax, detail: wave.kind });
    }
  }
}
