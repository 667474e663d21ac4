// A reader thread as the main thread holds it: begun with a bound on its memory, fed, asked for its CPU time, ended.
// It never keeps the process alive.

import { Worker } from 'node:worker_threads';
import type { VendorBound } from '../../shared/failure.ts';
import type { FromReader, ReaderData, ToReader } from './messages.ts';

/** Beside this file, also when both are built. */
const PROGRAM = import.meta.url.endsWith('.ts')
  ? new URL('./thread.ts', import.meta.url)
  : new URL('./thread.js', import.meta.url);

export interface ThreadSettings extends ReaderData {
  /** Of what JavaScript holds for more than a moment. */
  readonly memoryMb: () => number;
}

interface ThreadEvents {
  readonly reply: (reply: FromReader) => void;
  /** Once, and not after `end`. */
  readonly lost: (why: VendorBound | 'broken') => void;
}

/** One thread; after `end` it reports nothing more. */
export class ReaderThread {
  readonly #worker: Worker;
  #isEnded = false;

  constructor({ memoryMb, niceness }: ThreadSettings, { reply, lost }: ThreadEvents) {
    this.#worker = new Worker(PROGRAM, {
      name: 'reader',
      workerData: { niceness } satisfies ReaderData,
      resourceLimits: { maxOldGenerationSizeMb: memoryMb() },
    });
    const fall = (why: VendorBound | 'broken'): void => {
      if (this.#isEnded) return;
      this.#isEnded = true;
      lost(why);
    };
    this.#worker.on('message', (message: FromReader) => {
      if (!this.#isEnded) reply(message);
    });
    this.#worker.on('error', (error: NodeJS.ErrnoException) =>
      fall(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'broken'),
    );
    this.#worker.on('exit', () => fall('broken'));
    // Last: to listen to it would hold the process again.
    this.#worker.unref();
  }

  post(message: ToReader): void {
    this.#worker.postMessage(message);
  }

  /** User and system time since it began; undefined when it is gone. */
  async cpuUs(): Promise<number | undefined> {
    try {
      const { user, system } = await this.#worker.cpuUsage();
      return user + system;
    } catch {
      return undefined;
    }
  }

  /** Whatever it is doing. Resolves when it has ended. */
  async end(): Promise<void> {
    this.#isEnded = true;
    await this.#worker.terminate();
  }
}
