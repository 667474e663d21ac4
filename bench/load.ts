// The load: so many searches at once, each asked as soon as one has been answered, over kept connections. Bodies
// are read to their last byte and counted, never parsed.

import { Pool } from 'undici';

export interface Target {
  readonly name: string;
  readonly origin: string;
  /** Or one for each search. */
  readonly path: string | (() => string);
  readonly headers: Readonly<Record<string, string>>;
}

export interface Round {
  readonly samplesMs: readonly number[];
  readonly elapsedMs: number;
  readonly bytes: number;
  /** Answers other than 200, or that say that something is unknown. */
  readonly failed: number;
}

export interface LoadBounds {
  readonly concurrency: number;
  /** Ends when so many were asked, or this time is over, whichever comes first; what runs is finished. */
  readonly searches: number;
  readonly limitMs: number;
}

export class Load {
  readonly #pool: Pool;
  readonly #target: Target;

  constructor(target: Target, concurrency: number) {
    this.#target = target;
    this.#pool = new Pool(target.origin, { connections: concurrency });
  }

  async run({ concurrency, searches, limitMs }: LoadBounds): Promise<Round> {
    const samplesMs: number[] = [];
    let bytes = 0;
    let failed = 0;
    let asked = 0;
    const startMs = performance.now();
    const caller = async (): Promise<void> => {
      while (asked < searches && performance.now() - startMs < limitMs) {
        asked += 1;
        const askedMs = performance.now();
        const answer = await this.ask();
        samplesMs.push(performance.now() - askedMs);
        bytes += answer.bytes;
        if (!answer.isWhole) failed += 1;
      }
    };
    await Promise.all(Array.from({ length: concurrency }, caller));
    return { samplesMs, elapsedMs: performance.now() - startMs, bytes, failed };
  }

  async ask(): Promise<{ readonly bytes: number; readonly isWhole: boolean }> {
    const reply = await this.#request();
    let bytes = 0;
    for await (const chunk of reply.body) bytes += (chunk as Buffer).length;
    const ledger = reply.headers['x-passerelle-ledger'];
    const isWhole =
      reply.statusCode === 200 && (ledger === undefined || /\bunknown=0\b/.test(String(ledger)));
    return { bytes, isWhole };
  }

  /** Resources of one answer, by type. */
  async count(): Promise<ReadonlyMap<string, number>> {
    const reply = await this.#request();
    const text = await reply.body.text();
    if (reply.statusCode !== 200) {
      throw new Error(`${this.#target.name}: ${reply.statusCode} ${text.slice(0, 400)}`);
    }
    const counts = new Map<string, number>();
    const { entry = [] } = JSON.parse(text) as { entry?: { resource: { resourceType: string } }[] };
    for (const { resource } of entry) {
      counts.set(resource.resourceType, (counts.get(resource.resourceType) ?? 0) + 1);
    }
    return counts;
  }

  #request() {
    const { path, headers } = this.#target;
    return this.#pool.request({ method: 'GET', path: typeof path === 'string' ? path : path(), headers });
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }
}
