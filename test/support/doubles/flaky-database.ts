// A D1 on a bad day: the real one, that now and then answers with an error, before it has done what was asked or after. The
// local runtime has no network between Worker and D1 that could be lost.

import { type Ask, d1Over } from '../../../sandbox/platform/edge/d1-client.ts';
import type { Env } from '../../../worker/base/env.ts';
import type { Database } from '../scenes/database.ts';

/** Which calls fail, how often, and how. */
export interface Fault {
  /** Of any statement of the call. */
  readonly sql: RegExp;
  /** `before`: nothing is done; `after`: all is done, and only the answer is lost. */
  readonly when: 'before' | 'after';
  readonly times: number;
  readonly message: string;
}

export const LOST = 'D1_ERROR: Network connection lost.';

/** Wraps a database; `db` is given to what is tested. */
export class FlakyDatabase {
  readonly db: Env['DB'];
  /** Calls with the statements of the fault, since it was set. */
  calls = 0;
  #fault: Fault | undefined;
  #left = 0;

  constructor({ ask }: Database) {
    this.db = d1Over((statements) => this.#run(ask, statements)) as Env['DB'];
  }

  fail(fault: Fault): void {
    this.#fault = fault;
    this.#left = fault.times;
    this.calls = 0;
  }

  async #run(ask: Ask, statements: Parameters<Ask>[0]): ReturnType<Ask> {
    const fault = this.#fault;
    if (fault === undefined || !statements.some(({ sql }) => fault.sql.test(sql))) return ask(statements);
    this.calls += 1;
    if (this.#left === 0) return ask(statements);
    this.#left -= 1;
    if (fault.when === 'after') await ask(statements);
    throw new Error(fault.message);
  }
}
