// The callers of a soak: so many searches per second whatever the answers take, some asking what others just asked,
// some leaving in mid-answer, some reading events as they land. Counts what became of each; judges nothing.

import { setTimeout as wait } from 'node:timers/promises';
import { Pool } from 'undici';
import { draw, hash } from '../../sandbox/vendors/world/random.ts';

/** Searches under way at once; far above what the deadline lets gather. */
const CONNECTIONS = 200;
const KEEP_ALIVE_MS = 1_000;
const TICK_MS = 20;
const SUBJECTS_MAX = 8;
const KNOWN_QUESTIONS = 20;
/** Past the deadline by this much, an answer is late. */
const LATE_MS = 1_000;
const PATIENCE_MS_MAX = 600;
const DAY_MS = 86_400_000;

const SHARES = { repeated: 0.5, bypassing: 0.1, progressive: 0.2, leaving: 0.2 } as const;

export interface LoadOptions {
  readonly origin: string;
  readonly token: string;
  readonly seed: number;
  readonly perSecond: number;
  readonly deadlineMs: number;
}

export interface LoadCounts {
  asked: number;
  answered: number;
  progressive: number;
  /** Callers that left before their answer was whole. */
  left: number;
  /** Answers in which at least one identifier is unknown. */
  partial: number;
  late: number;
  /** Other than 200, cut short, or no answer at all, and the caller had not left. */
  failed: number;
}

export class SoakLoad {
  readonly counts: LoadCounts = {
    asked: 0,
    answered: 0,
    progressive: 0,
    left: 0,
    partial: 0,
    late: 0,
    failed: 0,
  };
  /** How the first failures looked. */
  readonly failures: string[] = [];
  /** Of the answers since the last `takeSamples`. */
  #samplesMs: number[] = [];
  readonly #options: LoadOptions;
  readonly #pool: Pool;
  readonly #underWay = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LoadOptions) {
    this.#options = options;
    // workerd closes idle connections after five seconds: long before, so that no question meets a closing one.
    this.#pool = new Pool(options.origin, { connections: CONNECTIONS, keepAliveTimeout: KEEP_ALIVE_MS });
  }

  start(): void {
    const startedMs = performance.now();
    const before = this.counts.asked;
    this.#timer = setInterval(() => {
      const due = Math.floor(((performance.now() - startedMs) / 1_000) * this.#options.perSecond);
      while (this.counts.asked - before < due) this.#launch();
    }, TICK_MS);
  }

  takeSamples(): readonly number[] {
    const samples = this.#samplesMs;
    this.#samplesMs = [];
    return samples;
  }

  /** Asks no more until the next `start`; resolves when every search is answered. */
  async pause(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#underWay);
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  #launch(): void {
    const rank = this.counts.asked;
    this.counts.asked += 1;
    const asking = this.#ask(rank).finally(() => this.#underWay.delete(asking));
    this.#underWay.add(asking);
  }

  async #ask(rank: number): Promise<void> {
    const { seed, token } = this.#options;
    const isProgressive = draw(seed, rank, 'progressive') < SHARES.progressive;
    const leaves = draw(seed, rank, 'leaves') < SHARES.leaving;
    const leave = new AbortController();
    const leaving = leaves ? this.#leave(rank, leave) : undefined;
    const startedMs = performance.now();
    try {
      const reply = await this.#pool.request({
        method: 'GET',
        path: pathOf(seed, rank),
        headers: {
          authorization: `Bearer ${token}`,
          ...(isProgressive && { accept: 'text/event-stream' }),
          ...(draw(seed, rank, 'bypass') < SHARES.bypassing && { 'cache-control': 'no-cache' }),
        },
        signal: leave.signal,
      });
      const text = await reply.body.text();
      this.#note(reply.statusCode, text, isProgressive, performance.now() - startedMs);
    } catch (error) {
      if (leave.signal.aborted) this.counts.left += 1;
      else this.#fail(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
    } finally {
      leave.abort();
      await leaving;
    }
  }

  /** After a while drawn by chance; not at all when the answer comes first. */
  async #leave(rank: number, leave: AbortController): Promise<void> {
    const patienceMs = draw(this.#options.seed, rank, 'patience') * PATIENCE_MS_MAX;
    await wait(patienceMs, undefined, { signal: leave.signal }).catch(() => undefined);
    leave.abort();
  }

  #note(status: number, text: string, isProgressive: boolean, durationMs: number): void {
    const isWhole = isProgressive ? /^event: ?end$/m.test(text) : text.endsWith('}');
    if (status !== 200 || !isWhole) {
      this.#fail(status === 200 ? 'an answer was cut short' : `${status} ${text.slice(0, 300)}`);
      return;
    }
    this.counts.answered += 1;
    if (isProgressive) this.counts.progressive += 1;
    if (text.includes('"code":"unknown"')) this.counts.partial += 1;
    if (durationMs > this.#options.deadlineMs + LATE_MS) this.counts.late += 1;
    this.#samplesMs.push(durationMs);
  }

  #fail(how: string): void {
    this.counts.failed += 1;
    if (this.failures.length < 10) this.failures.push(how);
  }
}

/** One of a few questions that are asked again and again, or one that nobody asks twice. */
function pathOf(seed: number, rank: number): string {
  const isRepeated = draw(seed, rank, 'repeated') < SHARES.repeated;
  const question = isRepeated ? `known-${hash(seed, rank, 'which') % KNOWN_QUESTIONS}` : `new-${rank}`;
  const count = 1 + (hash(seed, question, 'count') % SUBJECTS_MAX);
  const subjects = Array.from(
    { length: count },
    (_, index) => `899900${String(hash(seed, question, index) % 1_000_000).padStart(6, '0')}`,
  );
  const instant = (ms: number): string => new Date(ms).toISOString().replace('Z', '%2B00:00');
  const fromMs = Date.now();
  return (
    '/fhir/Slot?_include=Slot:schedule&_include:iterate=Schedule:actor' +
    `&start=ge${instant(fromMs)}&start=le${instant(fromMs + 2 * DAY_MS)}&status=free` +
    `&schedule.actor:Practitioner.identifier=${[...new Set(subjects)].map((one) => `urn:oid:1.2.250.1.71.4.2.1%7C${one}`).join(',')}`
  );
}
