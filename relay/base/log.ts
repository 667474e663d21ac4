// The relay's log: JSON lines on stdout. Only the fields of shared/log.ts pass, at run time too: an object with
// more in it than its type says cannot leak. docs/decisions/0004-pino.md.

import { pino } from 'pino';
import { LineSink } from '../../shared/line-sink.ts';
import type { Log, LogFields } from '../../shared/log.ts';
import { openOutput } from './output.ts';

const TEXT_LENGTH_MAX = 200;

// A field missing here, or one too many, does not compile.
const ALLOWED: Readonly<Record<keyof LogFields, true>> = {
  requestId: true,
  traceId: true,
  method: true,
  route: true,
  flow: true,
  relay: true,
  hub: true,
  editor: true,
  reason: true,
  recipient: true,
  fault: true,
  status: true,
  durationMs: true,
  bytes: true,
  percent: true,
  database: true,
  count: true,
  subjects: true,
  slots: true,
  editors: true,
  failed: true,
  pages: true,
  calls: true,
  attempt: true,
  delayMs: true,
  port: true,
  host: true,
  field: true,
  operator: true,
  before: true,
  after: true,
  signal: true,
  pid: true,
  version: true,
  cn: true,
  ou: true,
  serial: true,
  tls: true,
  cipher: true,
  detail: true,
};

export interface RelayLog {
  readonly log: Log;
  /** Lines that stdout has not taken: its reader is gone or does not read, or its disk is full. */
  readonly lost: () => number;
  /** Writes what is left before the process ends; resolves at the latest after so long. */
  readonly finish: (timeoutMs: number) => Promise<void>;
  /** Writes what stdout takes at once. */
  readonly flush: () => void;
}

/** `relay`: its id, on every line. `fd`: the descriptor that takes the lines. */
export function openLog(relay: string, fd = 1): RelayLog {
  const sink = new LineSink({
    write: openOutput(fd),
    lostLine: (count) =>
      JSON.stringify({
        level: 'warn',
        time: new Date().toISOString(),
        relay,
        count,
        message: 'log-lines-lost',
      }),
  });
  const logger = pino(
    {
      base: { relay },
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
    },
    { write: (line) => sink.add(line.trimEnd()) },
  );
  process.once('exit', () => sink.flush());
  let isDue = false;
  // The lines of one turn of the event loop are written together: one call to a vendor is one line.
  const drainSoon = (): void => {
    if (isDue) return;
    isDue = true;
    setImmediate(() => {
      isDue = false;
      sink.drain();
    });
  };
  return {
    log: (level, message, fields) => {
      logger[level](fields === undefined ? {} : pick(fields), message);
      drainSoon();
    },
    lost: () => sink.lost,
    finish: (timeoutMs) => sink.finish(timeoutMs),
    flush: () => sink.flush(),
  };
}

/** The fields that may be logged, texts cut at 200 characters. */
export function pick(fields: LogFields): LogFields {
  const picked: Record<string, string | number> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (!Object.hasOwn(ALLOWED, key)) continue;
    if (typeof value === 'number') picked[key] = value;
    else if (typeof value === 'string') picked[key] = value.slice(0, TEXT_LENGTH_MAX);
  }
  return picked;
}
