// Keeps one workerd on the port: begun again when it ends or answers nothing, replaced without cutting what is under way. Two
// never run at once, as both would hold the objects' storage; what dials between them waits in the port's queue.

import { request } from 'node:http';
import { askUnix } from './unix-request.ts';
import { type WorkerdOptions, WorkerdProcess } from './workerd-process.ts';

export type RuntimeEvent =
  /** `durationMs`: until it listened. */
  | { readonly event: 'runtime-started'; readonly pid: number; readonly durationMs: number }
  /** By itself. `detail`: signal or exit code. */
  | { readonly event: 'runtime-ended'; readonly detail: string; readonly delayMs: number }
  | { readonly event: 'runtime-not-started'; readonly detail: string; readonly delayMs: number }
  /** It answered nothing, and was ended. */
  | { readonly event: 'runtime-hung' }
  /** It accepts no more, and ends what is under way. */
  | { readonly event: 'runtime-draining' }
  /** It made room; `durationMs`: what was under way took so long. False `isIdle`: it was cut. */
  | { readonly event: 'runtime-drained'; readonly durationMs: number; readonly isIdle: boolean };

export interface SupervisorOptions {
  readonly runtime: WorkerdOptions;
  /** Unix socket of entry.ts. */
  readonly control: string;
  /** See EdgeHostOptions. */
  readonly drainMs: number;
  readonly probe?: ProbeTimes | undefined;
  readonly onEvent: (event: RuntimeEvent) => void;
}

/** How often the runtime is asked whether it lives, and how long it may take to say so. */
export interface ProbeTimes {
  readonly eachMs: number;
  readonly limitMs: number;
}

/** Doubled with each end that comes soon after the start. */
const AGAIN_MS = 250;
const AGAIN_MS_MAX = 30_000;
/** A runtime that lived so long is not one that cannot live. */
const STEADY_MS = 60_000;
/** A runtime that hangs is begun anew after 40 s. */
const PROBE: ProbeTimes = { eachMs: 10_000, limitMs: 20_000 };
/** Probes that came to nothing, one after the other, before a runtime is ended. */
const PROBES_LOST_MAX = 3;

export class Supervisor {
  readonly #options: SupervisorOptions;
  #wanted: WorkerdOptions;
  #runtime: WorkerdProcess | undefined;
  #startedMs = 0;
  #failures = 0;
  #isClosed = false;
  /** One change at a time. */
  #turn: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #probing: NodeJS.Timeout | undefined;
  #lostProbes = 0;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#wanted = options.runtime;
  }

  get isServing(): boolean {
    return this.#runtime !== undefined && this.#lostProbes === 0;
  }

  get inspectorPort(): number {
    return this.#runtime?.inspectorPort ?? 0;
  }

  /** @throws Error when workerd does not start at all. */
  async start(): Promise<void> {
    await this.#inTurn(() => this.#begin());
    const { eachMs } = this.#options.probe ?? PROBE;
    this.#probing = setInterval(() => void this.#probe(), eachMs);
    this.#probing.unref();
  }

  /** @throws Error when the new one does not start; then the one before is begun again. */
  replace(next: WorkerdOptions): Promise<void> {
    return this.#inTurn(async () => {
      const before = this.#wanted;
      await this.#drain();
      this.#wanted = next;
      try {
        await this.#begin();
      } catch (cause) {
        this.#wanted = before;
        await this.#begin().catch(() => this.#again());
        throw cause;
      }
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearInterval(this.#probing);
    await this.#inTurn(() => this.#drain());
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work, work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #begin(): Promise<void> {
    const beganMs = performance.now();
    const runtime = await WorkerdProcess.start(this.#wanted);
    this.#runtime = runtime;
    this.#startedMs = performance.now();
    this.#lostProbes = 0;
    const durationMs = Math.round(this.#startedMs - beganMs);
    this.#options.onEvent({ event: 'runtime-started', pid: runtime.pid, durationMs });
    void runtime.ended.then((how) => this.#ended(runtime, how));
    void this.#probe();
  }

  #ended(runtime: WorkerdProcess, detail: string): void {
    if (this.#runtime !== runtime) return;
    this.#runtime = undefined;
    if (this.#isClosed) return;
    if (performance.now() - this.#startedMs > STEADY_MS) this.#failures = 0;
    this.#options.onEvent({ event: 'runtime-ended', detail, delayMs: this.#again() });
  }

  /** @returns in how many milliseconds. */
  #again(): number {
    const delayMs = this.#failures === 0 ? 0 : Math.min(AGAIN_MS * 2 ** this.#failures, AGAIN_MS_MAX);
    this.#failures += 1;
    const begin = async (): Promise<void> => {
      if (this.#isClosed || this.#runtime !== undefined) return;
      await this.#begin().catch((cause: unknown) => {
        const detail = cause instanceof Error ? cause.message : String(cause);
        this.#options.onEvent({ event: 'runtime-not-started', detail, delayMs: this.#again() });
      });
    };
    this.#timer = setTimeout(() => void this.#inTurn(begin), delayMs);
    return delayMs;
  }

  /** Ends the runtime: at once when nothing may be waited for, else when nothing is under way. */
  async #drain(): Promise<void> {
    clearTimeout(this.#timer);
    const runtime = this.#runtime;
    this.#runtime = undefined;
    if (runtime === undefined) return;
    const { drainMs, control, onEvent } = this.#options;
    if (drainMs > 0) {
      const startedMs = performance.now();
      const isIdle = await untilIdle(control, drainMs, () => {
        runtime.stopAccepting();
        onEvent({ event: 'runtime-draining' });
      });
      onEvent({ event: 'runtime-drained', durationMs: Math.round(performance.now() - startedMs), isIdle });
    }
    await runtime.kill();
  }

  /** Also has the schedule run, should its alarm be lost. */
  async #probe(): Promise<void> {
    const runtime = this.#runtime;
    if (runtime === undefined) return;
    const signal = AbortSignal.timeout((this.#options.probe ?? PROBE).limitMs);
    const isAlive = await askUnix(this.#options.control, '/alive', { signal }).then(
      ({ status }) => status === 200,
      () => false,
    );
    if (this.#runtime !== runtime) return;
    this.#lostProbes = isAlive ? 0 : this.#lostProbes + 1;
    // Those that were sent before its end come to nothing too.
    if (this.#lostProbes !== PROBES_LOST_MAX) return;
    this.#options.onEvent({ event: 'runtime-hung' });
    await runtime.kill();
  }
}

/**
 * `begun`: called once the runtime counts what is under way. @returns false when that took more than `limitMs`, or the
 * runtime was not there to be asked.
 */
function untilIdle(socketPath: string, limitMs: number, begun: () => void): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path: '/idle', agent: false, timeout: 0 });
    const timer = setTimeout(() => asked.destroy(), limitMs);
    const end = (isIdle: boolean): void => {
      clearTimeout(timer);
      resolve(isIdle);
    };
    asked.once('response', (answer) => {
      answer.once('data', begun);
      answer.on('data', () => undefined);
      answer.once('end', () => end(true));
      answer.once('error', () => end(false));
    });
    asked.once('error', () => end(false));
    asked.once('close', () => end(false));
    asked.end();
  });
}
