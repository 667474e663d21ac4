// What the programs that run an edge on a machine print: lines that neither a reader who is gone nor one who does not read can hold up
// (shared/line-sink.ts). The Worker's own lines pass as they are; whatever else its runtime says gets the form of a log
// line, with its time.

import { openOutput } from '../../relay/base/output.ts';
import { LineSink } from '../../shared/line-sink.ts';

/** Of the runtime's own words; the Worker's lines are not cut. */
const TEXT_LENGTH_MAX = 200;

export interface Lines {
  readonly say: (line: string) => void;
  /** Writes what is left; resolves at the latest after so long. */
  readonly finish: (timeoutMs: number) => Promise<void>;
}

export function openLines(): Lines {
  const sink = new LineSink({
    write: openOutput(1),
    lostLine: (count) => logLine('warn', 'log-lines-lost', { count }),
  });
  return { say: (line) => sink.write(line), finish: (timeoutMs) => sink.finish(timeoutMs) };
}

/** In the form of both programs' logs. */
export function logLine(level: string, message: string, fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ level, time: new Date().toISOString(), ...fields, message });
}

/** A line that workerd wrote, as a line of the edge's log. */
export function edgeLine(line: string): string {
  return line.startsWith('{"level":"')
    ? line
    : logLine('warn', 'workerd', { detail: line.slice(0, TEXT_LENGTH_MAX) });
}
