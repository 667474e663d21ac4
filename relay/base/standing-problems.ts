// What is wrong with the settings and their files now: of the start, then of each reload. Says each problem once in the
// log, when it appears; the metrics and the admin port tell it for as long as it stands. docs/relay.md.

import type { Log, LogFields } from '../../shared/log.ts';
import type { Problem } from './problem.ts';

/** The parts that are read apart; between two reloads the mTLS port's files, the relay's state and what fetch-crl said alone. */
export type ProblemSource = 'vendors' | 'inbound' | 'hub-sante' | 'state' | 'fetch';

/** The problems that stand, by their source: a reload replaces those of its source, and the log tells the new ones. */
export class StandingProblems {
  readonly #log: Log;
  readonly #bySource = new Map<ProblemSource, readonly Problem[]>();

  constructor(log: Log) {
    this.#log = log;
  }

  get all(): readonly Problem[] {
    return [...this.#bySource.values()].flat();
  }

  /** Replaces what this source said before. The texts are ours and name no value. */
  note(source: ProblemSource, problems: readonly Problem[]): void {
    const before = this.#bySource.get(source) ?? [];
    for (const problem of without(problems, before)) {
      this.#log(problem.dated === true ? 'warn' : 'error', 'relay-file-problem', fieldsOf(problem));
    }
    for (const problem of without(before, problems)) {
      this.#log('info', 'relay-file-mended', fieldsOf(problem));
    }
    this.#bySource.set(source, problems);
  }
}

function without(problems: readonly Problem[], others: readonly Problem[]): readonly Problem[] {
  const known = new Set(others.map(keyOf));
  return problems.filter((problem) => !known.has(keyOf(problem)));
}

function fieldsOf({ field, text, editor }: Problem): LogFields {
  return { field, detail: text, ...(editor !== undefined && { editor }) };
}

/** A vendor's place in the list may change between two reloads. */
function keyOf({ field, text, editor }: Problem): string {
  return JSON.stringify([editor, editor === undefined ? field : field.replace(/^editors\[\d+\]/, ''), text]);
}
