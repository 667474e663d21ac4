// One JSON line per event on the console, in the form of the relay's log. Only the fields of shared/log.ts can be given.

import type { Log } from '../../shared/log.ts';

export const log: Log = (level, message, fields = {}) => {
  // biome-ignore lint/suspicious/noConsole: the console is a Worker's log
  console[level](JSON.stringify({ level, time: new Date().toISOString(), ...fields, message }));
};
