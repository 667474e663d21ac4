// Every statement that the Worker prepares, by calling what prepares it: each function that a module with `.prepare(`
// exports is called with arguments that are anything at all, on databases that keep the text and answer nothing. Where
// that does not reach a statement, the test calls by hand; a place in the source that nobody reached is told.

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');

/** A statement's text, and the place that prepared it. */
export interface Prepared {
  readonly sql: string;
  /** Path from the project, and line: `path:line`. */
  readonly place: string;
}

export class StatementRecorder {
  readonly prepared: Prepared[] = [];

  /** A database that answers nothing; for what is called by hand. */
  readonly database = this.answering([]);

  /** A database whose every statement answers these rows. */
  answering(rows: readonly unknown[]): {
    prepare(sql: string): unknown;
    batch(all: readonly unknown[]): unknown;
  } {
    const result = { results: rows, meta: { changes: 0, rows_read: 0, rows_written: 0 } };
    const statement = {
      bind: () => statement,
      all: async () => result,
      run: async () => result,
      first: async () => rows[0] ?? null,
    };
    return {
      prepare: (sql) => {
        this.#note(sql);
        return statement;
      },
      batch: async (all) => all.map(() => result),
    };
  }

  /** Calls every function that the module exports. What it throws is not our subject: its statements are kept. */
  async callAll(module: Readonly<Record<string, unknown>>): Promise<void> {
    for (const exported of Object.values(module)) {
      if (typeof exported !== 'function' || /^class\b/.test(exported.toString())) continue;
      try {
        const answer: unknown = exported(...Array.from({ length: 8 }, () => this.#anything()));
        await (isGenerator(answer) ? answer.next() : answer);
      } catch {
        // It found nothing where it needs something.
      }
    }
  }

  #note(sql: string): void {
    const frame = (new Error().stack ?? '')
      .split('\n')
      .map((line) => /(worker\/[\w./-]+\.ts):(\d+)/.exec(line))
      .find((match) => match !== null);
    this.prepared.push({ sql, place: `${frame?.[1]}:${frame?.[2]}` });
  }

  /** Whatever is asked of it: a database, a list of one, an object, a number, a text. */
  #anything(): unknown {
    const one: unknown = new Proxy(() => undefined, {
      get: (_target, name) => {
        if (name === 'prepare') return this.database.prepare;
        if (name === 'batch') return this.database.batch;
        if (name === 'then') return undefined;
        if (name === Symbol.iterator) return () => [one][Symbol.iterator]();
        if (name === Symbol.toPrimitive) return (hint: string) => (hint === 'number' ? 1 : 'x');
        if (name === 'toJSON') return () => 'x';
        if (name === 'length' || name === 'size') return 1;
        if (name in Array.prototype) return [one][name as 'map'];
        return one;
      },
      apply: () => one,
    });
    return one;
  }
}

function isGenerator(answer: unknown): answer is AsyncGenerator<unknown> {
  return typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer;
}

/** Path from the project to the lines of its `.prepare(`. */
export function placesOfStatements(): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, readonly number[]>();
  for (const file of globSync('worker/**/*.ts', { cwd: ROOT })) {
    const lines = readFileSync(join(ROOT, file), 'utf8').split('\n');
    const found = lines.flatMap((line, at) => (/\.prepare\(/.test(line) ? [at + 1] : []));
    if (found.length > 0) places.set(file, found);
  }
  return places;
}
