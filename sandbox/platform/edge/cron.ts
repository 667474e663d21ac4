// The clock of a local edge: outside the platform that hosts it nothing fires the cron trigger of wrangler.toml, and
// withdrawals would wait for ever. Used by `npm start` and `npm run edge`; tests run the schedule when they want it.

import type { EdgeProcess } from './edge-process.ts';

const MINUTE_MS = 60_000;
/** As in wrangler.toml; at night, everything. */
const EACH_MINUTE = '* * * * *';

/** Until the process ends; a run that is still going on is not doubled. */
export function runEachMinute(edge: EdgeProcess): void {
  let isRunning = false;
  const run = async (): Promise<void> => {
    if (isRunning) return;
    isRunning = true;
    // The edge logs what fails in it; one that is closing answers nothing.
    const now = new Date();
    const isNight = now.getUTCHours() === 2 && now.getUTCMinutes() === 23;
    await edge.runSchedule(now, isNight ? '' : EACH_MINUTE).catch(() => false);
    isRunning = false;
  };
  setInterval(() => void run(), MINUTE_MS).unref();
}
