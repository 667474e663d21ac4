// Waits for an observable condition under a deadline: never a sleep of a guessed length.

import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 10;
/** Milliseconds that only a hang reaches, also on a busy machine. */
const HANG_MS = 240_000;

/**
 * Polls `read` until it gives a value other than false and undefined, and returns that value.
 * @throws Error naming `what` after `timeoutMs`, or whatever `read` throws.
 */
export async function until<T>(
  what: string,
  read: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = HANG_MS,
): Promise<T> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > endMs) throw new Error(`never came: ${what}`);
    await delay(POLL_MS);
  }
}
