// Databases that fall silent when a test says so: whatever they are asked then is noted, and not answered until they speak
// again. mortal.ts puts them in the place of the edge's own, in the Worker and in its objects.

interface Statement {
  bind(...values: unknown[]): Statement;
}

interface Database {
  prepare(sql: string): Statement;
  batch(statements: readonly Statement[]): Promise<unknown>;
}

const NAMES: ReadonlySet<PropertyKey> = new Set(['DB', 'APPOINTMENTS', 'CACHE']);
const POLL_MS = 20;
/** Those that go to D1. */
const ASKING: ReadonlySet<PropertyKey> = new Set(['all', 'first', 'run', 'raw']);

const silent = new Set<PropertyKey>();
const asked: string[] = [];
const envs = new WeakMap<object, object>();
/** By what a test's Worker holds, the statement itself and its SQL. */
const statements = new WeakMap<object, { readonly statement: Statement; readonly sql: string }>();

/**
 * GET /test/silence: from now on nothing is answered; ?binding=DB: by that database. GET /test/speech: all answer again.
 * GET /test/asked: the statements since the silence, as JSON.
 */
export function steer(request: Request): Response | undefined {
  const { pathname, searchParams } = new URL(request.url);
  const binding = searchParams.get('binding');
  if (pathname === '/test/speech') silent.clear();
  if (pathname === '/test/silence') for (const name of binding === null ? NAMES : [binding]) silent.add(name);
  return /^\/test\/(silence|speech|asked)$/.test(pathname) ? Response.json(asked) : undefined;
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
      const database = databases.get(name) ?? wrapDatabase(value as Database, name);
      databases.set(name, database);
      return database;
    },
  });
  envs.set(env, wrapped);
  return wrapped;
}

async function answer<T>(name: PropertyKey, sqls: readonly string[], ask: () => T | Promise<T>): Promise<T> {
  if (silent.has(name)) asked.push(...sqls);
  while (silent.has(name)) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  return ask();
}

function wrapDatabase(database: Database, name: PropertyKey): Database {
  return {
    prepare: (sql) => wrapStatement(database.prepare(sql), sql, name),
    batch: (list) => {
      const known = list.map((one) => statements.get(one)!);
      return answer(
        name,
        known.map(({ sql }) => sql),
        () => database.batch(known.map(({ statement }) => statement)),
      );
    },
  };
}

function wrapStatement(statement: Statement, sql: string, database: PropertyKey): Statement {
  const wrapped = new Proxy(statement, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const run = (...given: unknown[]): unknown => value.apply(target, given);
      if (name === 'bind')
        return (...given: unknown[]) => wrapStatement(run(...given) as Statement, sql, database);
      return ASKING.has(name) ? (...given: unknown[]) => answer(database, [sql], () => run(...given)) : run;
    },
  });
  statements.set(wrapped, { statement, sql });
  return wrapped;
}
