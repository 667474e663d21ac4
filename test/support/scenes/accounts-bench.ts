// The account machinery without network: the real engine on a real D1, and vendors kept in memory by the sandbox's own
// rules. Time, lost answers, late messages and deaths of an isolate are the test's to decide. Invented people only.

import { d1Over } from '../../../sandbox/platform/edge/d1-client.ts';
import { Accounts } from '../../../sandbox/vendors/accounts.ts';
import { Refusal } from '../../../sandbox/vendors/outcome.ts';
import type { AccountRequest } from '../../../shared/link/accounts.ts';
import type { RegulatorContent } from '../../../shared/sas/regulator.ts';
import { runDue } from '../../../worker/accounts/due.ts';
import type { Engine } from '../../../worker/accounts/engine.ts';
import { type LoginAnswer, logIn } from '../../../worker/accounts/login.ts';
import { type Key, type Saved, saveWanted } from '../../../worker/accounts/save.ts';
import { Turns } from '../../../worker/accounts/turns.ts';
import { withdrawEverywhere } from '../../../worker/accounts/withdraw.ts';
import type { HubAccountReply } from '../../../worker/hub/reach/calls.ts';
import { Budget } from '../../../worker/store/budget.ts';
import { type Database, openDatabase } from './database.ts';

/** What becomes of one request. `late`: written when the test says so, long after the caller has given up. */
export type Fate =
  | 'answered'
  | 'down'
  | 'lost-before'
  | 'lost-after'
  | 'late'
  | 'error'
  | 'refused'
  | 'doubted-before'
  | 'doubted-after';

export interface HeardRequest {
  readonly editor: string;
  readonly method: 'POST' | 'PUT';
  readonly query: string | undefined;
  readonly active: boolean;
  readonly email: string;
  readonly atMs: number;
}

export class MemoryVendor {
  readonly accounts = new Accounts();
  readonly id: string;
  /** Of the next requests, in order; then `answered`. */
  readonly fates: Fate[] = [];
  isDown = false;
  /** Of the messages about these addresses, always. */
  readonly curses = new Map<string, Fate>();
  #late: AccountRequest[] = [];

  constructor(id: string) {
    this.id = id;
  }

  answer(request: AccountRequest): HubAccountReply {
    const curse = [...this.curses].find(([email]) => request.body.includes(email))?.[1];
    const fate = this.isDown ? 'down' : (curse ?? this.fates.shift() ?? 'answered');
    switch (fate) {
      case 'down':
        return { kind: 'failed', reason: 'connect', sent: false, durationMs: 1 };
      case 'lost-before':
        return { kind: 'failed', reason: 'timeout', sent: true, durationMs: 1 };
      case 'lost-after':
        this.#write(request);
        return { kind: 'failed', reason: 'reset', sent: true, durationMs: 1 };
      case 'late':
        this.#late.push(request);
        return { kind: 'failed', reason: 'timeout', sent: true, durationMs: 1 };
      case 'error':
        return { kind: 'answered', status: 500, codes: ['exception'], durationMs: 1 };
      case 'refused':
        return { kind: 'answered', status: 422, codes: ['processing'], durationMs: 1 };
      case 'doubted-before':
        return { kind: 'failed', reason: 'outcome-error', status: 200, sent: true, durationMs: 1 };
      case 'doubted-after':
        this.#write(request);
        return { kind: 'failed', reason: 'not-account', status: 200, sent: true, durationMs: 1 };
      case 'answered':
        return this.#write(request);
    }
  }

  /** As another aggregator left it: an active account that nobody here has heard of. */
  holdBefore(resource: unknown): void {
    this.accounts.create(resource, 'https://vendor.example/fhir');
  }

  /** What had come late is written now. */
  writeLate(): void {
    const late = this.#late;
    this.#late = [];
    for (const request of late) this.#write(request);
  }

  #write({ method, identifier, body }: AccountRequest): HubAccountReply {
    try {
      const wanted: unknown = JSON.parse(body);
      const reply =
        method === 'POST'
          ? this.accounts.create(wanted, 'https://vendor.example/fhir')
          : this.accounts.replace(
              `${identifier?.system}|${identifier?.value}`,
              wanted,
              'https://vendor.example/fhir',
            );
      const { Location: location = '' } = reply.headers;
      return { kind: 'answered', status: reply.status, codes: [], location, durationMs: 1 };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { kind: 'answered', status: error.status, codes: [error.code], durationMs: 1 };
    }
  }
}

const UNHURRIED_MS = 3_600_000;
const SETTINGS: Engine['settings'] = {
  loginMs: 3_000,
  waveMax: 1_000,
  waveWindowMs: 3_600_000,
  alarmMs: 900_000,
  driftPerHour: 0,
  driftStop: 10,
  restoreDays: 7,
  retentionDays: 365,
};

export class AccountBench {
  readonly vendors: ReadonlyMap<string, MemoryVendor>;
  readonly heard: HeardRequest[] = [];
  nowMs = Date.parse('2026-03-02T08:00:00Z');
  /** D1 statements run so far. */
  statements = 0;
  readonly #database: Database;

  private constructor(database: Database, vendors: readonly string[]) {
    this.#database = database;
    this.vendors = new Map(vendors.map((id) => [id, new MemoryVendor(id)]));
  }

  /** `database`: with the migrations of `core`; closed with the bench. */
  static async start(vendors: readonly string[], database?: Database): Promise<AccountBench> {
    const bench = new AccountBench(database ?? (await openDatabase()), vendors);
    await bench.#announce();
    return bench;
  }

  async #announce(): Promise<void> {
    await this.#database.ask(
      [...this.vendors.keys()].flatMap((id) => [
        {
          sql: `INSERT INTO editors (id, name, flows, redirect_hosts, certificate_not_after, announced_at)
                VALUES (?1, ?1, '["INT_R01","INT_R02"]', '[]', '2030-01-01', 0)`,
          values: [id],
        },
        { sql: "INSERT INTO relay_editors (relay, editor) VALUES ('relay-a', ?1)", values: [id] },
      ]),
    );
  }

  stop(): Promise<void> {
    return this.#database.close();
  }

  async clear(): Promise<void> {
    const tables = [
      'accounts',
      'regulators',
      'former_identifiers',
      'account_waves',
      'account_drift',
      'restores',
    ];
    await this.#database.ask(tables.map((table) => ({ sql: `DELETE FROM ${table}`, values: [] })));
    for (const vendor of this.vendors.values()) {
      vendor.accounts.clear();
      vendor.fates.length = 0;
      vendor.isDown = false;
      vendor.curses.clear();
      vendor.writeLate();
      vendor.accounts.clear();
    }
    this.heard.length = 0;
  }

  vendor(id: string): MemoryVendor {
    const vendor = this.vendors.get(id);
    if (vendor === undefined) throw new Error(`no vendor ${id}`);
    return vendor;
  }

  /** An isolate's view. `diesAfter`: it is gone once so many requests have left, with what it knew. */
  engine(
    change: Partial<Engine['settings']> = {},
    diesAfter = Number.POSITIVE_INFINITY,
    budget = new Budget(UNHURRIED_MS, Number.POSITIVE_INFINITY),
  ): Engine {
    let left = diesAfter;
    const isDead = (): boolean => left <= 0;
    return {
      db: budget.counted(this.#counted(isDead)),
      turns: new Turns(budget),
      send: async (request) => {
        budget.count(1);
        if (isDead()) return new Promise(() => undefined);
        this.#hear(request);
        const reply = this.vendor(request.editor).answer(request);
        left -= 1;
        return isDead() ? new Promise(() => undefined) : reply;
      },
      nowMs: () => this.nowMs,
      requestId: crypto.randomUUID(),
      caller: 'sas',
      deadlineMs: 7_000,
      settings: { ...SETTINGS, ...change },
    };
  }

  #hear({ editor, method, identifier, body }: AccountRequest): void {
    const wanted = JSON.parse(body) as { active: boolean; telecom: [{ value: string }] };
    this.heard.push({
      editor,
      method,
      query: identifier === undefined ? undefined : `${identifier.system}|${identifier.value}`,
      active: wanted.active,
      email: wanted.telecom[0].value,
      atMs: this.nowMs,
    });
  }

  /** The same database; counts what is run on it. */
  #counted(isDead: () => boolean): Engine['db'] {
    return d1Over((statements) => {
      if (isDead()) return new Promise(() => undefined);
      this.statements += statements.length;
      return this.#database.ask(statements);
    }) as Engine['db'];
  }

  async save(key: Key, content: RegulatorContent, engine = this.engine()): Promise<Saved> {
    const saved = await saveWanted(engine, key, { content });
    if (!saved.ok) throw new Error(saved.error);
    if (saved.value.isWithdrawn) await withdrawEverywhere(engine, saved.value.regulator.id);
    return saved.value;
  }

  async logIn(id: string, engine = this.engine()): Promise<LoginAnswer> {
    const answer = await logIn(engine, id);
    if (answer === undefined) throw new Error('no such regulator');
    await answer.rest;
    return answer;
  }

  /** How many had to be left. */
  runDue(engine = this.engine()): Promise<number> {
    return runDue(engine);
  }

  /** Runs the schedule for so long, each minute; `everyMinutes`: a schedule that is behind. */
  async runFor(minutes: number, everyMinutes = 1): Promise<void> {
    for (let past = 0; past < minutes; past += everyMinutes) {
      this.nowMs += everyMinutes * 60_000;
      await this.runDue();
    }
  }

  async rows<T>(sql: string, ...values: unknown[]): Promise<T[]> {
    const [found] = await this.#database.ask([{ sql, values }]);
    return (found?.results ?? []) as T[];
  }
}
