// The process of bench/soak/beside.ts, as the one that started it sees it: orders, and when each is done.

import { once } from 'node:events';
import { type Child, startChild } from '../../sandbox/platform/child.ts';
import type { BesideDone, BesideOrder, BesideSettings } from './beside.ts';

const ENDED = 'bench/soak/beside.ts has ended';

export class Beside {
  readonly #child: Child;

  private constructor(child: Child) {
    this.#child = child;
  }

  static async start(settings: BesideSettings): Promise<Beside> {
    const child = await startChild({
      command: ['bench/soak/beside.ts', JSON.stringify(settings)],
      readyEvent: 'beside-ready',
      onLine: (line) => {
        if (!line.includes('beside-ready')) console.log(line);
      },
    });
    return new Beside(child);
  }

  /** Resolves when it is done; rejects when the process has ended instead. */
  async order(order: BesideOrder): Promise<BesideDone> {
    const { process } = this.#child;
    if (!process.connected) throw new Error(ENDED);
    const over = new AbortController();
    const done = once(process, 'message', { signal: over.signal }) as Promise<[BesideDone]>;
    const ended = once(process, 'disconnect', { signal: over.signal }).then((): never => {
      throw new Error(ENDED);
    });
    // Told by `ended`.
    process.send(order, () => undefined);
    try {
      const [what] = await Promise.race([done, ended]);
      return what;
    } finally {
      over.abort();
    }
  }

  async close(): Promise<void> {
    await this.#child.stop();
  }
}
