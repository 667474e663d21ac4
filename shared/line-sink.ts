// Where a program's log lines go: handed to the descriptor at once, kept in a bounded backlog while its reader takes
// nothing, lost and counted when it is broken. Nothing here waits, throws or retries in a loop: a broken log costs
// lines, never the process. No I/O of its own: the caller gives the write. Used by the relay's log and by the local
// edge's launcher. docs/decisions/0004-pino.md.

/** Lines held while the reader does not read; past this, new ones are lost. */
const BACKLOG_BYTES_MAX = 4 * 1024 * 1024;
/** Until a full or broken descriptor is tried again. */
const RETRY_FULL_MS = 10;
const RETRY_BROKEN_MS = 1000;
const FINISH_POLL_MS = 2;
/** Lines that are written together, bytes: what a pipe takes at once. */
const CHUNK_BYTES_MAX = 64 * 1024;

/** Writes what it can without waiting and returns how many bytes that was; throws an error with `code` (EAGAIN: full). */
export type WriteBytes = (bytes: Uint8Array) => number;

export interface SinkOptions {
  readonly write: WriteBytes;
  /** The line that says how many were lost, written once the reader takes lines again. */
  readonly lostLine: (count: number) => string;
  readonly backlogBytesMax?: number;
}

interface Line {
  /** What is left of it to write. */
  bytes: Uint8Array;
  /** Lines that were lost before it and that it tells of. */
  readonly tells: number;
  /** Its beginning is with the reader already. */
  isBegun: boolean;
}

/** One of a program; `add` never throws and never waits. */
export class LineSink {
  readonly #options: SinkOptions;
  readonly #encoder = new TextEncoder();
  #backlog: Line[] = [];
  #backlogBytes = 0;
  #lost = 0;
  #untold = 0;
  /** The reader has the beginning of a line that was lost. */
  #isTorn = false;
  #isBroken = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SinkOptions) {
    this.#options = options;
  }

  /** Lines lost since the start. */
  get lost(): number {
    return this.#lost;
  }

  /** `line` without its line end. */
  write(line: string): void {
    this.add(line);
    this.drain();
  }

  /** As `write`, but the line waits for the next `write` or `flush`: many lines cost one call of the system. */
  add(line: string): void {
    const bytes = this.#encoder.encode(`${line}\n`);
    if (this.#backlogBytes + bytes.length > (this.#options.backlogBytesMax ?? BACKLOG_BYTES_MAX)) {
      this.#lost += 1;
      this.#untold += 1;
      return;
    }
    this.#backlog.push({ bytes, tells: 0, isBegun: false });
    this.#backlogBytes += bytes.length;
  }

  /** Resolves when all is written, when the descriptor is broken, or at the latest after so long. */
  async finish(timeoutMs: number): Promise<void> {
    const endMs = Date.now() + timeoutMs;
    this.flush();
    while (this.#backlog.length > 0 && !this.#isBroken && Date.now() < endMs) {
      await new Promise((resolve) => setTimeout(resolve, FINISH_POLL_MS));
      this.flush();
    }
  }

  /** Writes what was added, unless a full or broken descriptor is left alone for the moment. */
  drain(): void {
    if (this.#timer === undefined) this.#drain();
  }

  /** Writes what the reader takes at this moment, for a process that ends in this turn. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#drain();
  }

  #drain(): void {
    try {
      this.#tellLost();
      while (this.#backlog.length > 0) this.#take(this.#options.write(this.#chunk()));
      this.#isBroken = false;
    } catch (cause) {
      this.#isBroken = codeOf(cause) !== 'EAGAIN';
      if (this.#isBroken) this.#drop();
      this.#timer = setTimeout(() => this.flush(), this.#isBroken ? RETRY_BROKEN_MS : RETRY_FULL_MS);
      // A log keeps no process alive; where timers are numbers there is nothing to do for that.
      (this.#timer as { unref?: () => void }).unref?.();
    }
  }

  /** The first lines of the backlog. */
  #chunk(): Uint8Array {
    const [first] = this.#backlog;
    const chunk = new Uint8Array(Math.min(this.#backlogBytes, CHUNK_BYTES_MAX));
    let length = 0;
    for (const { bytes } of this.#backlog) {
      if (length + bytes.length > chunk.length) break;
      chunk.set(bytes, length);
      length += bytes.length;
    }
    return length === 0 && first !== undefined ? first.bytes : chunk.subarray(0, length);
  }

  /** So many bytes are with the reader. */
  #take(written: number): void {
    this.#backlogBytes -= written;
    if (written > 0) this.#isTorn = false;
    let left = written;
    let whole = 0;
    for (const line of this.#backlog) {
      if (left < line.bytes.length) {
        line.bytes = line.bytes.subarray(left);
        line.isBegun ||= left > 0;
        break;
      }
      left -= line.bytes.length;
      whole += 1;
    }
    this.#backlog.splice(0, whole);
  }

  /** Ahead of all that was kept, but not into a line that a full pipe has cut. */
  #tellLost(): void {
    if (this.#untold === 0 || this.#backlog.length === 0) return;
    const at = this.#backlog[0]?.isBegun === true ? 1 : 0;
    const before = this.#backlog[at];
    const isTold = before !== undefined && before.tells > 0;
    const tells = this.#untold + (isTold ? before.tells : 0);
    const bytes = this.#encoder.encode(`${this.#isTorn ? '\n' : ''}${this.#options.lostLine(tells)}\n`);
    this.#backlog.splice(at, isTold ? 1 : 0, { bytes, tells, isBegun: false });
    this.#backlogBytes += bytes.length - (isTold ? before.bytes.length : 0);
    this.#untold = 0;
  }

  #drop(): void {
    this.#isTorn ||= this.#backlog[0]?.isBegun === true;
    for (const { tells } of this.#backlog) {
      if (tells === 0) this.#lost += 1;
      this.#untold += tells === 0 ? 1 : tells;
    }
    this.#backlog = [];
    this.#backlogBytes = 0;
  }
}

function codeOf(cause: unknown): unknown {
  return typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
}
