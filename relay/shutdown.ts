// The end of the process: the edge is told first, what runs is finished inside a bound, then everything is
// closed in the order it depends on. A second signal does not wait.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { within } from '../shared/deadline.ts';
import type { Log, LogFields } from '../shared/log.ts';

const FINISH_MS = 10_000;
const DRAIN_TIMEOUT_MS = 1000;
const LOG_TIMEOUT_MS = 500;

export interface Closing {
  readonly log: Log;
  /** Tells the edge to send nothing new. */
  readonly drainLink: (timeoutMs: number) => Promise<void>;
  /** Refuses new plans; resolves when no search runs. */
  readonly finishSearches: () => Promise<void>;
  /** Accepts nothing new from vendors; resolves when what they sent is answered. */
  readonly drainInbound: () => Promise<void>;
  readonly closeInbound: () => Promise<void>;
  /** Takes on no message for Hub Santé; resolves when the edge knows what became of those under way. */
  readonly drainCarrier: () => Promise<void>;
  readonly closeCarrier: () => Promise<void>;
  readonly closeLink: () => Promise<void>;
  readonly closeVendors: () => Promise<void>;
  readonly closeAdmin: () => Promise<void>;
  /** Writes what is left of the log; resolves at the latest after so long. */
  readonly finishLog: (timeoutMs: number) => Promise<void>;
  readonly flushLog: () => void;
}

/** Ends the process, with this exit code when all went well. */
export function endProcess(closing: Closing, why: LogFields, code: 0 | 1): void {
  close(closing, why).then(
    () => process.exit(code),
    () => process.exit(1),
  );
}

/** Ends it without waiting for anything. */
export function killProcess(closing: Closing, signal: string): void {
  closing.log('warn', 'relay-killed', { signal });
  closing.flushLog();
  process.exit(1);
}

async function close(closing: Closing, why: LogFields): Promise<void> {
  const startedMs = performance.now();
  closing.log('info', 'relay-draining', why);
  const beside = [closing.drainInbound(), closing.drainCarrier()];
  // Plans on their way to us are still served: only once the edge has been told is one that comes a mistake.
  await closing.drainLink(DRAIN_TIMEOUT_MS);
  const running = Promise.all([closing.finishSearches(), ...beside]);
  const finished = await before(running, FINISH_MS);
  // The last search is over, but what says so to the edge is only written in this turn of the event loop.
  await nextTurn();
  await closing.closeLink();
  const closed = [
    closing.closeVendors(),
    closing.closeInbound(),
    closing.closeCarrier(),
    closing.closeAdmin(),
  ];
  await before(Promise.all(closed), DRAIN_TIMEOUT_MS);
  const durationMs = Math.round(performance.now() - startedMs);
  closing.log(finished ? 'info' : 'warn', 'relay-closed', {
    durationMs,
    reason: finished ? 'done' : 'timeout',
  });
  await closing.finishLog(LOG_TIMEOUT_MS);
}

/** True when `work` is done before `timeoutMs` have passed. */
function before(work: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  const done = work.then(() => true);
  return within(done, timeoutMs, () => false);
}
