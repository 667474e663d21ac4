// The last word of a process that met what nobody expected.

import type { RelayLog } from './log.ts';

/**
 * Logs an uncaught exception (which error and where in our code, never its text, which may quote what a vendor sent) and
 * exits with 1. A warning of Node is logged by its name.
 */
export function logCrashes({ log, flush }: RelayLog): void {
  process.removeAllListeners('warning');
  process.on('warning', (warning: Error & { readonly code?: string }) => {
    log('warn', 'relay-warning', { reason: warning.name, detail: warning.code ?? '' });
  });
  process.on('uncaughtException', (error) => {
    const [, where = ''] = /\(?([^\s/]+\.ts:\d+)/.exec(error.stack ?? '') ?? [];
    log('error', 'relay-crashed', { reason: error.name, detail: where });
    flush();
    process.exit(1);
  });
}
