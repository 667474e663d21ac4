// The process of one database, seen from the host: started, and started again whenever it ends without being told to. Its
// socket is away meanwhile: the Worker's calls fail in passing, and those that may are tried again (worker/store/guard.ts).

import { type ChildProcess, fork } from 'node:child_process';
import type { DatabaseStart, DatabaseWord } from './words.ts';

export interface DatabaseProcessOptions extends DatabaseStart {
  /** Path of host/database.ts, or what it was built into. */
  readonly program: string;
  /** Makes the file ready, as prepareFile() does; called before the first start and after each refusal of the file. */
  readonly prepare?: () => Promise<string | undefined>;
  /** Is given what each of its processes writes, and reads it: Node's own words, as of a crash. Absent: they go unread. */
  readonly onOutput?: (stream: NodeJS.ReadableStream) => void;
  /** Hears each time that it ended by itself, and why as far as it said so. */
  readonly onEnd: (end: DatabaseEnd) => void;
}

export interface DatabaseEnd {
  readonly why: 'too-long' | 'failed' | 'ended';
  /** SQLite's words, a signal or an exit code. */
  readonly detail: string;
}

/** Doubled with each start that comes to nothing. */
const AGAIN_MS = 100;
const AGAIN_MS_MAX = 10_000;
const CLOSE_MS = 10_000;

export class DatabaseProcess {
  readonly #options: DatabaseProcessOptions;
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #isClosed = false;
  /** Of the last start: resolves when nothing of it has the file open but the process itself. */
  #starting: Promise<void> = Promise.resolve();
  #isServing = false;
  #isPrepared = false;

  private constructor(options: DatabaseProcessOptions) {
    this.#options = options;
  }

  /**
   * Resolves when it serves, or at its first failure: the edge runs with a database that is away. @throws what `prepare`
   * throws; then nothing runs.
   */
  static async start(options: DatabaseProcessOptions): Promise<DatabaseProcess> {
    const one = new DatabaseProcess(options);
    await one.#start();
    return one;
  }

  get isServing(): boolean {
    return this.#isServing;
  }

  /** Undefined while it is away. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when the process is gone, with its file closed unless a statement holds it up for long. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const child = this.#child;
    // The preparation holds the file open until it is done.
    if (child === undefined) return this.#starting;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    if (child.connected) child.disconnect();
    const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_MS);
    await gone;
    clearTimeout(timer);
  }

  async #start(): Promise<void> {
    if (!this.#isPrepared) {
      const refusal = await this.#options.prepare?.();
      if (this.#isClosed) return;
      if (refusal !== undefined) {
        this.#ended({ event: 'failed', detail: refusal }, '');
        return;
      }
      this.#isPrepared = true;
    }
    await this.#run();
  }

  #run(): Promise<void> {
    const { program, onEnd: _, prepare: __, onOutput, ...start } = this.#options;
    // Not ours: a start of a process lets whoever writes to what it inherits wait for a reader (relay/base/output.ts does not).
    const child = fork(program, [], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) onOutput?.(stream);
      stream?.resume();
    }
    let said: DatabaseWord | undefined;
    child.once('error', () => undefined);
    child.send(start, () => undefined);
    return new Promise((resolve) => {
      child.on('message', (word: DatabaseWord) => {
        said = word;
        if (word.event === 'ready') {
          this.#isServing = true;
          this.#failures = 0;
          resolve();
        }
      });
      child.once('exit', (code, signal) => {
        this.#ended(said, String(signal ?? code));
        resolve();
      });
    });
  }

  #ended(said: DatabaseWord | undefined, how: string): void {
    this.#child = undefined;
    this.#isServing = false;
    if (this.#isClosed) return;
    if (said?.event === 'too-long') this.#options.onEnd({ why: 'too-long', detail: how });
    else if (said?.event === 'failed') {
      // Whoever mends or replaces it meanwhile may leave one of an earlier release.
      this.#isPrepared = false;
      this.#options.onEnd({ why: 'failed', detail: said.detail });
    } else this.#options.onEnd({ why: 'ended', detail: how });
    const delayMs = this.#failures === 0 ? 0 : Math.min(AGAIN_MS * 2 ** this.#failures, AGAIN_MS_MAX);
    this.#failures += 1;
    this.#timer = setTimeout(() => this.#again(), delayMs);
  }

  #again(): void {
    this.#starting = this.#start().catch((cause: unknown) => {
      this.#ended({ event: 'failed', detail: cause instanceof Error ? cause.message : String(cause) }, '');
    });
  }
}
