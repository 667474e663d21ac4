// The relay's log: JSON lines on stdout. Only the fields of shared/log.ts pass, at run time too: an object with
// more in it than its type says cannot leak.

import { destination, pino } from 'pino';
import type { Log, LogFields } from '../shared/log.ts';

/** Lines held while stdout is blocked; past this they are dropped rather than kept in memory. */
const BACKLOG_BYTES_MAX = 8 * 1024 * 1024;
const TEXT_LENGTH_MAX = 200;

// A field missing here, or one too many, does not compile.
const ALLOWED: Readonly<Record<keyof LogFields, true>> = {
  requestId: true,
  method: true,
  route: true,
  flow: true,
  relay: true,
  editor: true,
  reason: true,
  fault: true,
  status: true,
  durationMs: true,
  bytes: true,
  count: true,
  subjects: true,
  slots: true,
  editors: true,
  failed: true,
  pages: true,
  calls: true,
  asked: true,
  rowsRead: true,
  rowsWritten: true,
  attempt: true,
  delayMs: true,
  port: true,
  host: true,
  file: true,
  field: true,
  operator: true,
  before: true,
  after: true,
  signal: true,
  version: true,
  cn: true,
  ou: true,
  serial: true,
  notAfter: true,
  tls: true,
  cipher: true,
  detail: true,
};

export interface RelayLog {
  readonly log: Log;
  /** Writes what is left before the process ends. */
  readonly flush: () => void;
}

export function openLog(relay: string, fd = 1): RelayLog {
  const out = destination({ fd, sync: false, maxLength: BACKLOG_BYTES_MAX });
  const logger = pino(
    {
      base: { relay },
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
    },
    out,
  );
  return {
    log: (level, message, fields) => logger[level](fields === undefined ? {} : pick(fields), message),
    flush: () => {
      try {
        out.flushSync();
      } catch {
        // stdout is gone: there is nobody to tell.
      }
    },
  };
}

export function pick(fields: LogFields): LogFields {
  const picked: Record<string, string | number> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (!Object.hasOwn(ALLOWED, key)) continue;
    if (typeof value === 'number') picked[key] = value;
    else if (typeof value === 'string') picked[key] = value.slice(0, TEXT_LENGTH_MAX);
  }
  return picked;
}
