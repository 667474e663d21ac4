// Keeps one Litestream sending what the databases are written: begun again when it ends or does nothing any more, watched for
// its lag, and ended when another machine has taken over. Begun once the databases are there; closed once nobody writes to them.

import type { ChildProcess } from 'node:child_process';
import { type AddressInfo, createServer } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { readLines } from '../runtime/read-lines.ts';
import { type Epoch, folderOf, isSame, readEpochs } from './epoch.ts';
import { Lag } from './lag.ts';
import { type Litestream, wordsOf } from './litestream.ts';
import { progressIn, readShadow } from './position.ts';

export type ReplicaEvent =
  | { readonly event: 'replica-started'; readonly pid: number }
  /** By itself. `detail`: signal or exit code. */
  | { readonly event: 'replica-ended'; readonly detail: string; readonly delayMs: number }
  /** It sent nothing for so long, and is begun anew. */
  | { readonly event: 'replica-stuck'; readonly durationMs: number }
  /** Litestream's own words: a warning or an error. */
  | { readonly event: 'replica-said'; readonly detail: string }
  /** Repeated while it lasts; `durationMs`: by so much. */
  | { readonly event: 'replica-behind'; readonly database: string; readonly durationMs: number }
  | { readonly event: 'replica-current'; readonly database: string }
  /** At the end: what was written last may not be in it. */
  | { readonly event: 'replica-unsent' }
  /** Whose the replica is could not be read. */
  | { readonly event: 'replica-unread'; readonly detail: string };

export interface ReplicationOptions {
  readonly litestream: Litestream;
  /** For files of its own. */
  readonly folder: string;
  readonly epoch: Epoch;
  readonly databases: readonly { readonly name: string; readonly file: string }[];
  readonly behindMs: number;
  readonly onEvent: (event: ReplicaEvent) => void;
  /** Called once: another machine serves. */
  readonly onSuperseded: () => void;
}

const LOOK_MS = 1_000;
const EPOCH_MS = 10_000;
const ALARM_MS = 60_000;
const AGAIN_MS = 250;
const AGAIN_MS_MAX = 30_000;
const STEADY_MS = 60_000;
/** Longer than sending takes while all is well. */
const QUIET_MS = 2_500;
const BEAT_BUSY_MS = 200;
const BEATS = 1_000_000;
/** One that is late for so many times what is alarmed is begun anew. */
const STUCK_FACTOR = 3;
const METRICS_MS = 5_000;
/** What is not sent yet is sent before it ends. */
const CLOSE_MS = 10_000;
const LAST_LOOK_MS = 100;

interface Watched {
  readonly name: string;
  readonly file: string;
  readonly lag: Lag;
  /** When it was last said to be behind. */
  alarmedMs: number | undefined;
}

export class Replication {
  readonly #options: ReplicationOptions;
  readonly #watched: readonly Watched[];
  readonly #timers: NodeJS.Timeout[] = [];
  #beginning: NodeJS.Timeout | undefined;
  #child: ChildProcess | undefined;
  #port = 0;
  #startedMs = 0;
  #failures = 0;
  #patience = 1;
  #isStuck = false;
  #isClosed = false;

  constructor(options: ReplicationOptions) {
    this.#options = options;
    const nowMs = performance.now();
    this.#watched = options.databases.map((one) => ({ ...one, lag: new Lag(nowMs), alarmedMs: undefined }));
  }

  async begin(): Promise<void> {
    await this.#start();
    this.#every(LOOK_MS, () => this.#look());
    this.#every(EPOCH_MS, () => this.#judgeEpoch());
  }

  /** By database: what was written so long ago is in the replica. Milliseconds. */
  behindMs(): ReadonlyMap<string, number> {
    const nowMs = performance.now();
    return new Map(this.#watched.map(({ name, lag }) => [name, lag.behindMs(nowMs)]));
  }

  /** Names of the databases that are too far behind. */
  get late(): readonly string[] {
    return this.#watched.filter(({ alarmedMs }) => alarmedMs !== undefined).map(({ name }) => name);
  }

  /** Resolves once all that was written is sent, or cannot be for now. Nobody writes any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of [this.#beginning, ...this.#timers]) clearTimeout(timer);
    const child = this.#child;
    if (child === undefined) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode === null && child.signalCode === null) {
      await this.#untilSent();
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_MS);
      await gone;
      clearTimeout(timer);
    }
  }

  /** Litestream itself ends without a word before it has sent anything. */
  async #untilSent(): Promise<void> {
    const fromMs = performance.now();
    const isSent = (): boolean => Math.max(...this.behindMs().values()) < performance.now() - fromMs;
    while (!isSent() && performance.now() < fromMs + CLOSE_MS) {
      await this.#look();
      await delay(LAST_LOOK_MS);
    }
    if (!isSent()) this.#options.onEvent({ event: 'replica-unsent' });
  }

  /** One at a time. */
  #every(ms: number, work: () => Promise<void>): void {
    const at = this.#timers.length;
    const next = (): void => {
      if (this.#isClosed) return;
      this.#timers[at] = setTimeout(() => void work().finally(next), ms);
    };
    next();
  }

  async #start(): Promise<void> {
    const { litestream, epoch, databases, onEvent } = this.#options;
    this.#port = await freePort();
    if (this.#isClosed) return;
    const sent = databases.map(({ name, file }) => ({ file, to: `${folderOf(epoch)}/${name}` }));
    const child = await litestream.replicate(sent, this.#port);
    this.#child = child;
    this.#startedMs = performance.now();
    for (const stream of [child.stdout, child.stderr])
      readLines(stream, (line) => onEvent({ event: 'replica-said', detail: wordsOf(line) }));
    child.once('error', ({ message }) => this.#ended(child, message));
    child.once('exit', (code, signal) => this.#ended(child, String(signal ?? code)));
    onEvent({ event: 'replica-started', pid: child.pid ?? 0 });
  }

  #ended(child: ChildProcess, detail: string): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#isStuck = false;
    if (performance.now() - this.#startedMs > STEADY_MS) this.#failures = 0;
    this.#again(detail);
  }

  #again(detail: string): void {
    if (this.#isClosed) return;
    const delayMs = Math.min(AGAIN_MS * 2 ** this.#failures, AGAIN_MS_MAX);
    this.#failures += 1;
    this.#options.onEvent({ event: 'replica-ended', detail, delayMs });
    const start = (): Promise<void> => this.#start().catch(({ message }: Error) => this.#again(message));
    this.#beginning = setTimeout(() => void start(), delayMs);
  }

  async #look(): Promise<void> {
    const atMs = performance.now();
    const signal = AbortSignal.timeout(METRICS_MS);
    const text = await fetch(`http://127.0.0.1:${this.#port}/metrics`, { signal })
      .then((answer) => answer.text())
      .catch(() => '');
    for (const one of this.#watched) {
      const progress = progressIn(text, one.file);
      one.lag.note({ atMs, progress, local: await readShadow(one.file) });
      if (one.lag.behindMs(performance.now()) > QUIET_MS) beat(one.file);
      this.#alarm(one);
    }
    this.#endStuck();
  }

  /** After one failure of its place Litestream 0.3 may send nothing any more, and not say so. */
  #endStuck(): void {
    const { behindMs, onEvent } = this.#options;
    if (this.late.length === 0) this.#patience = 1;
    const child = this.#child;
    const nowMs = performance.now();
    if (child === undefined || this.late.length === 0 || this.#isStuck) return;
    if (nowMs - this.#startedMs < STUCK_FACTOR * behindMs * this.#patience) return;
    this.#isStuck = true;
    // A whole copy of a large database takes long: each next one is given twice the time.
    this.#patience *= 2;
    onEvent({ event: 'replica-stuck', durationMs: Math.round(nowMs - this.#startedMs) });
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_MS);
    child.once('exit', () => clearTimeout(timer));
  }

  #alarm(one: Watched): void {
    const { behindMs, onEvent } = this.#options;
    const nowMs = performance.now();
    const durationMs = Math.round(one.lag.behindMs(nowMs));
    if (durationMs <= behindMs) {
      if (one.alarmedMs !== undefined) onEvent({ event: 'replica-current', database: one.name });
      one.alarmedMs = undefined;
    } else if (one.alarmedMs === undefined || nowMs - one.alarmedMs >= ALARM_MS) {
      one.alarmedMs = nowMs;
      onEvent({ event: 'replica-behind', database: one.name, durationMs });
    }
  }

  async #judgeEpoch(): Promise<void> {
    const { litestream, folder, epoch, onEvent, onSuperseded } = this.#options;
    try {
      const [last] = await readEpochs(litestream, folder);
      if (this.#isClosed || isSame(last, epoch)) return;
      if (last === undefined || last.number < epoch.number)
        throw new Error('elle ne dit plus à qui elle est');
      this.#isClosed = true;
      onSuperseded();
    } catch (cause) {
      onEvent({ event: 'replica-unread', detail: (cause as Error).message });
    }
  }
}

/**
 * A write that means nothing: a Litestream that has just begun sends nothing of a database that nobody writes to, not even what
 * the one before it had left, and does not say how far the replica is.
 */
function beat(file: string): void {
  try {
    const db = new DatabaseSync(file, { timeout: BEAT_BUSY_MS });
    try {
      const version = Number(db.prepare('PRAGMA user_version').get()?.user_version);
      db.exec(`PRAGMA user_version = ${(version + 1) % BEATS}`);
    } finally {
      db.close();
    }
  } catch {
    // A file that is busy is written to; one that is ill is said by others (database-file-refused).
  }
}

/** Of loopback; Litestream takes no open port. */
function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
