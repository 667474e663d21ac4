// One JSON line per event on the console, in the form of the relay's log. Only the fields of shared/log.ts can be given.

import type { Log } from '../../shared/log.ts';

/** Writes one line. */
export const log: Log = (level, message, fields = {}) => {
  // biome-ignore lint/suspicious/noConsole: the console is a Worker's log
  console[level](JSON.stringify({ level, time: new Date().toISOString(), ...fields, message }));
};

/** What a log line may say of an unforeseen error: its class and its place. Its text may hold what a person sent. */
export function describeUnexpected(cause: unknown): string {
  if (!(cause instanceof Error)) return typeof cause;
  const where =
    cause.stack
      ?.split('\n')
      .find((line) => line.trimStart().startsWith('at '))
      ?.trim() ?? '';
  return `${cause.name} ${where}`.slice(0, 300);
}
