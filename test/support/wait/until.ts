// Waits for an observable condition under a deadline: never a sleep of a guessed length.

import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 5;

export async function until<T>(
  what: string,
  read: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 10_000,
): Promise<T> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > endMs) throw new Error(`never came: ${what}`);
    await delay(POLL_MS);
  }
}
