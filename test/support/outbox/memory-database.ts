// The Worker's tables in SQLite in this process, behind D1's own interface: thousands of histories in the time that a D1
// takes for some. What is asked may be struck: by a kill of the edge, or by a network between the two that loses a question or an
// answer; and something else may happen just before it.

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { MIGRATIONS } from '../../../host/databases/migrations.ts';
import { type Ask, d1Over } from '../../../sandbox/platform/edge/d1-client.ts';
import type { Env } from '../../../worker/base/env.ts';

type Values = SQLInputValue[];

export class MemoryDatabase {
  readonly db: Env['DB'];
  readonly #database = new DatabaseSync(':memory:');
  readonly #prepared = new Map<string, StatementSync>();

  /** `strike`: called around each question; what it throws before is not done, what it throws after is. */
  constructor(folder: string, strike: (when: 'before' | 'after') => Promise<void>) {
    for (const file of globSync('*.sql', { cwd: join(MIGRATIONS, folder) }).sort()) {
      this.#database.exec(readFileSync(join(MIGRATIONS, folder, file), 'utf8'));
    }
    const ask: Ask = async (statements) => {
      await strike('before');
      const results = this.#transact(statements);
      await strike('after');
      return results;
    };
    this.db = d1Over(ask) as Env['DB'];
  }

  /** Of the test itself: nothing strikes it. */
  rows<T>(sql: string, ...values: Values): T[] {
    return this.#prepare(sql).all(...values) as T[];
  }

  close(): void {
    this.#database.close();
  }

  #transact(statements: Parameters<Ask>[0]): Awaited<ReturnType<Ask>> {
    this.#database.exec('BEGIN');
    try {
      const results = statements.map(({ sql, values }) => ({
        results: this.#prepare(sql).all(...(values as Values)) as Record<string, unknown>[],
      }));
      this.#database.exec('COMMIT');
      return results;
    } catch (cause) {
      this.#database.exec('ROLLBACK');
      throw cause;
    }
  }

  #prepare(sql: string): StatementSync {
    const known = this.#prepared.get(sql) ?? this.#database.prepare(sql);
    this.#prepared.set(sql, known);
    return known;
  }
}
