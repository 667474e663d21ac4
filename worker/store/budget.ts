// What one invocation may still ask of the platform, and how long it may go on. A Worker or an object may run 1,000 D1
// queries per invocation (each statement of a batch taken for one, as the limits of D1 are said of each), an alarm lasts
// 15 minutes, and work behind an answer ends 30 s after it (Cloudflare: Workers and D1, Limits). No I/O, but for the
// databases that it counts for.

/** Below the platform's thousand: what is under way at the end may take a few more than it was held for. */
const QUERIES_MAX = 900;

/** Counts what is asked, whoever asks it; says whether more fits. */
export class Budget {
  readonly #max: number;
  readonly #endMs: number;
  /** What `counted` made. */
  readonly #counting = new WeakSet<D1Database>();
  #used = 0;
  #held = 0;

  /** `lastsMs`: nothing is begun after it. */
  constructor(lastsMs: number, queriesMax = QUERIES_MAX) {
    this.#max = queriesMax;
    this.#endMs = Date.now() + lastsMs;
  }

  /** For a step that counts by itself: what is left, and no more than that. `untilMs` since 1970. */
  rest(queriesMax: number): { readonly queries: number; readonly untilMs: number } {
    const left = this.#max - this.#used - this.#held;
    return { queries: Math.max(0, Math.min(queriesMax, left)), untilMs: this.#endMs };
  }

  /** D1 statements and calls to the hub so far. */
  get used(): number {
    return this.#used;
  }

  /** Whether so much time is left. */
  hasTime(ms = 0): boolean {
    return Date.now() + ms < this.#endMs;
  }

  count(queries: number): void {
    this.#used += queries;
  }

  /** Whether so many more may be asked now, beside all that is held. */
  allows(queries: number): boolean {
    return this.hasTime() && this.#used + this.#held + queries <= this.#max;
  }

  /** Keeps so many for something that begins; to be released when it has ended. */
  hold(queries: number): () => void {
    this.#held += queries;
    return () => {
      this.#held -= queries;
    };
  }

  /** The same database; each statement that is run counts, once. */
  counted(db: D1Database): D1Database {
    if (this.#counting.has(db)) return db;
    const prepare = (sql: string): D1PreparedStatement => this.#counted(db.prepare(sql));
    const batch: D1Database['batch'] = (statements) => {
      this.#used += statements.length;
      return db.batch(statements.map((one) => (one as CountedStatement).inner ?? one));
    };
    const counting = { prepare, batch } as D1Database;
    this.#counting.add(counting);
    return counting;
  }

  /** Each way to run it, with D1's own parameters: its overloads are more than TypeScript can follow here. */
  #counted(inner: D1PreparedStatement): CountedStatement {
    const run =
      <A extends unknown[], R>(call: (...given: A) => R) =>
      (...given: A): R => {
        this.#used += 1;
        return call.apply(inner, given);
      };
    return {
      inner,
      bind: (...values: unknown[]) => this.#counted(inner.bind(...values)),
      first: run(inner.first),
      run: run(inner.run),
      all: run(inner.all),
      raw: run(inner.raw),
    } as unknown as CountedStatement;
  }
}

/** `inner`: what D1 made; it takes no other in a batch. */
interface CountedStatement extends D1PreparedStatement {
  readonly inner: D1PreparedStatement;
}
