// Databases that fall silent when a test says so: whatever they are asked then is noted, and never answered. mortal.ts puts
// them in the place of the edge's own, in the Worker and in its objects.

interface Statement {
  bind(...values: unknown[]): Statement;
}

interface Database {
  prepare(sql: string): Statement;
  batch(statements: readonly Statement[]): Promise<unknown>;
}

const NAMES: ReadonlySet<PropertyKey> = new Set(['DB', 'APPOINTMENTS', 'CACHE']);
/** Those that go to D1. */
const ASKING: ReadonlySet<PropertyKey> = new Set(['all', 'first', 'run', 'raw']);

let isSilent = false;
const asked: string[] = [];
const envs = new WeakMap<object, object>();
/** By what a test's Worker holds, the statement itself and its SQL. */
const statements = new WeakMap<object, { readonly statement: Statement; readonly sql: string }>();

/** GET /test/silence: from now on nothing is answered. GET /test/asked: the statements since then, as JSON. */
export function steer(request: Request): Response | undefined {
  const { pathname } = new URL(request.url);
  if (pathname === '/test/silence') isSilent = true;
  return /^\/test\/(silence|asked)$/.test(pathname) ? Response.json(asked) : undefined;
}

/** The same for the same: what is remembered by it stays so. */
export function withSilence<E extends object>(env: E): E {
  const known = envs.get(env);
  if (known !== undefined) return known as E;
  const databases = new Map<PropertyKey, Database>();
  const wrapped = new Proxy(env, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (!NAMES.has(name)) return value;
      const database = databases.get(name) ?? wrapDatabase(value as Database);
      databases.set(name, database);
      return database;
    },
  });
  envs.set(env, wrapped);
  return wrapped;
}

function answerOr<T>(sqls: readonly string[], ask: () => T): T | Promise<never> {
  if (!isSilent) return ask();
  asked.push(...sqls);
  return new Promise(() => undefined);
}

function wrapDatabase(database: Database): Database {
  return {
    prepare: (sql) => wrapStatement(database.prepare(sql), sql),
    batch: (list) => {
      const known = list.map((one) => statements.get(one)!);
      return answerOr(
        known.map(({ sql }) => sql),
        () => database.batch(known.map(({ statement }) => statement)),
      );
    },
  };
}

function wrapStatement(statement: Statement, sql: string): Statement {
  const wrapped = new Proxy(statement, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const run = (...given: unknown[]): unknown => value.apply(target, given);
      if (name === 'bind') return (...given: unknown[]) => wrapStatement(run(...given) as Statement, sql);
      return ASKING.has(name) ? (...given: unknown[]) => answerOr([sql], () => run(...given)) : run;
    },
  });
  statements.set(wrapped, { statement, sql });
  return wrapped;
}
