// D1's interface over whatever runs its statements elsewhere: for those who are outside of workerd and ask a database of the
// edge, as tests do.

/** A statement with its positional parameters. */
interface AskedStatement {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** As D1 answers one statement, as far as it is read here. */
export interface D1Rows {
  readonly results: readonly Readonly<Record<string, unknown>>[];
}

/** Runs statements in one transaction; throws what D1 throws. */
export type Ask = (statements: readonly AskedStatement[]) => Promise<readonly D1Rows[]>;

/** As far as the Worker and the tests use it. */
export function d1Over(ask: Ask): unknown {
  const prepare = (sql: string, values: readonly unknown[] = []) => {
    const all = async (): Promise<D1Rows | undefined> => (await ask([{ sql, values }]))[0];
    return {
      sql,
      values,
      bind: (...bound: readonly unknown[]) => {
        // JSON would make null of it, D1 refuses it.
        if (bound.includes(undefined)) throw new Error('D1_TYPE_ERROR: undefined');
        return prepare(sql, bound);
      },
      all,
      run: all,
      first: async (column?: string) => {
        const row = (await all())?.results[0];
        return (column === undefined ? row : row?.[column]) ?? null;
      },
    };
  };
  return {
    prepare,
    exec: (sql: string) => ask([{ sql, values: [] }]),
    batch: (statements: readonly AskedStatement[]) =>
      ask(statements.map(({ sql, values }) => ({ sql, values }))),
  };
}
