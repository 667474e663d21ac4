// Ordinary callers beside an attack: small searches at a steady pace, of practitioners of whom each ordinary vendor has
// slots. An answer is true when its ledger says "slots" of every one of them.

import { Pool } from 'undici';
import { hash } from '../../sandbox/vendors/world/random.ts';

const CONNECTIONS = 100;
/** workerd closes idle connections after five seconds: long before, so that no question meets a closing one. */
const KEEP_ALIVE_MS = 1_000;
const TICK_MS = 20;
const SUBJECTS = 3;
const FAILURES_TOLD_MAX = 10;
const DAY_MS = 86_400_000;

export interface OrdinaryOptions {
  readonly origin: string;
  readonly token: string;
  readonly perSecond: number;
  readonly seed: number;
}

export class OrdinarySearches {
  asked = 0;
  answered = 0;
  /** Identifiers that the ledger does not tell as "slots". */
  untrue = 0;
  /** How the first failures looked: an answer other than 200, or none. */
  readonly failures: string[] = [];
  readonly #options: OrdinaryOptions;
  readonly #pool: Pool;
  readonly #underWay = new Set<Promise<void>>();
  #samplesMs: number[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: OrdinaryOptions) {
    this.#options = options;
    this.#pool = new Pool(options.origin, { connections: CONNECTIONS, keepAliveTimeout: KEEP_ALIVE_MS });
  }

  start(): void {
    const startedMs = performance.now();
    this.#timer = setInterval(() => {
      const due = Math.floor(((performance.now() - startedMs) / 1_000) * this.#options.perSecond);
      while (this.asked < due) this.#launch();
    }, TICK_MS);
  }

  /** Milliseconds of the answers since it was last asked. */
  takeSamples(): readonly number[] {
    const samples = this.#samplesMs;
    this.#samplesMs = [];
    return samples;
  }

  /** Resolves when every search is answered. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#underWay);
    await this.#pool.close();
  }

  #launch(): void {
    const asking = this.#ask(this.asked).finally(() => this.#underWay.delete(asking));
    this.asked += 1;
    this.#underWay.add(asking);
  }

  async #ask(rank: number): Promise<void> {
    const startedMs = performance.now();
    try {
      const { statusCode, headers, body } = await this.#pool.request({
        method: 'GET',
        path: slotPath(subjectsOf(this.#options.seed, rank, SUBJECTS)),
        headers: { authorization: `Bearer ${this.#options.token}` },
      });
      const text = await body.text();
      if (statusCode !== 200) return this.#fail(`${statusCode} ${text.slice(0, 300)}`);
      this.answered += 1;
      this.#samplesMs.push(performance.now() - startedMs);
      const slots = Number(/\bslots=(\d+)/.exec(String(headers['x-passerelle-ledger']))?.[1]);
      this.untrue += SUBJECTS - slots;
    } catch (error) {
      this.#fail(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
    }
  }

  #fail(how: string): void {
    if (this.failures.length < FAILURES_TOLD_MAX) this.failures.push(how);
  }
}

/** Different ones, the same for the same seed and rank. */
export function subjectsOf(seed: number, rank: number, count: number): string[] {
  const first = hash(seed, rank, 'subjects') % 1_000_000;
  return Array.from(
    { length: count },
    (_, index) => `899900${String((first + index * 997) % 1_000_000).padStart(6, '0')}`,
  );
}

/** INT_R01 for two days from now. */
export function slotPath(subjects: readonly string[]): string {
  const instant = (ms: number): string => new Date(ms).toISOString().replace('Z', '%2B00:00');
  const fromMs = Date.now();
  return (
    '/fhir/Slot?_include=Slot:schedule&_include:iterate=Schedule:actor' +
    `&start=ge${instant(fromMs)}&start=le${instant(fromMs + 2 * DAY_MS)}&status=free` +
    `&schedule.actor:Practitioner.identifier=${subjects.map((one) => `urn:oid:1.2.250.1.71.4.2.1%7C${one}`).join(',')}`
  );
}
