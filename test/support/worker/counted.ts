// The edge as it is, with its databases watched: after each statement that the Worker itself runs, one log line with the
// rows that D1 says it read. Durable Objects keep the databases as they are. Bundled by counted-edge.ts in place of
// worker/index.ts.

import worker from '../../../worker/index.ts';

export * from '../../../worker/index.ts';

/** The message of its log lines. */
const MESSAGE = 'statement-counted';

interface Result {
  readonly results: readonly Readonly<Record<string, unknown>>[];
  readonly meta: { readonly rows_read: number };
}

interface Statement {
  bind(...values: unknown[]): Statement;
  all(): Promise<Result>;
  run(): Promise<Result>;
}

interface Database {
  prepare(sql: string): Statement;
  batch(statements: readonly Statement[]): Promise<readonly Result[]>;
}

function note(sql: string, { meta }: Result): void {
  console.log(JSON.stringify({ level: 'info', message: MESSAGE, sql, rows: meta.rows_read }));
}

class WatchedStatement {
  readonly real: Statement;
  readonly sql: string;

  constructor(real: Statement, sql: string) {
    this.real = real;
    this.sql = sql;
  }

  bind(...values: unknown[]): WatchedStatement {
    return new WatchedStatement(this.real.bind(...values), this.sql);
  }

  async all(): Promise<Result> {
    const result = await this.real.all();
    note(this.sql, result);
    return result;
  }

  run(): Promise<Result> {
    return this.all();
  }

  async first(column?: string): Promise<unknown> {
    const [row] = (await this.all()).results;
    if (row === undefined) return null;
    return column === undefined ? row : row[column];
  }
}

function watch(db: Database): object {
  return {
    prepare: (sql: string) => new WatchedStatement(db.prepare(sql), sql),
    batch: async (statements: readonly WatchedStatement[]) => {
      const results = await db.batch(statements.map(({ real }) => real));
      for (const [at, result] of results.entries()) note(statements[at]?.sql ?? '', result);
      return results;
    },
  };
}

type Env = Parameters<typeof worker.fetch>[1];
const watched = new WeakMap<Env, Env>();

/** The same for every request of an isolate: settings are read once. */
function watchedEnv(env: Env): Env {
  const known = watched.get(env);
  if (known !== undefined) return known;
  const databases = ['DB', 'APPOINTMENTS', 'CACHE'].map((name) => [name, watch(env[name] as Database)]);
  const made = { ...env, ...Object.fromEntries(databases) } as Env;
  watched.set(env, made);
  return made;
}

export default {
  fetch: (...[request, env, context]: Parameters<typeof worker.fetch>) =>
    worker.fetch(request, watchedEnv(env), context),
};
