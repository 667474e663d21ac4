// One reader thread and the calls that wait for it. Vendors share it by the CPU time that their answers took: next is
// read the vendor that has used least. A thread that spends too long on one call, or its memory, is ended; that call fails
// by name, and what other vendors' calls had read there is read again on the next thread.

import type { FailedCall, VendorBound } from '../../shared/failure.ts';
import type { ReadQuestion, SentPage } from './answer-reading.ts';
import type { FromReader, Step } from './messages.ts';
import { ReaderThread, type ThreadSettings } from './thread-handle.ts';

/** One is read while the next has crossed already: the thread never waits for the main one. */
const POSTED_MAX = 2;

export interface LaneSettings extends ThreadSettings {
  /** CPU time that a thread may spend on the pages of one call at once. */
  readonly cpuMsMax: number;
  /** The same by the clock, for a thread that cannot even tell its CPU time. */
  readonly wallMsMax: number;
  /** How often a call that is being read is looked at. */
  readonly watchMs: number;
}

/** A vendor, as lanes weigh it. */
export interface VendorShare {
  /** Names its memory in the threads. */
  readonly vendor: number;
  /** CPU time used, from where the least of those that waited stood when it came: what it is weighed by. */
  weightMs: number;
  /** A call of it was read in so much CPU time. */
  note(cpuMs: number): void;
  /** A thread was ended for what it sent. */
  lose(bound: VendorBound): void;
}

/** A call's part of the thread's work. */
export interface ReadJob {
  readonly reading: number;
  readonly share: VendorShare;
  readonly question: ReadQuestion;
  /** All that came so far: kept until the answer is done, so that another thread can read it. */
  readonly pages: readonly SentPage[];
  readonly failure?: FailedCall;
  /** Its turn has come: on the next thread once more, when it was given to one that was ended. */
  readonly begun: () => void;
  readonly resolve: (step: Step | { readonly kind: 'lost'; readonly bound: VendorBound }) => void;
  readonly reject: (error: Error) => void;
}

/** How much of a call a thread knows. */
interface Known {
  readonly thread: ReaderThread;
  readonly pages: number;
}

/** Runs one job after the other, on a thread that it begins anew when it had to end one. */
export class Lane {
  readonly #settings: LaneSettings;
  readonly #waiting = new Map<VendorShare, ReadJob[]>();
  readonly #posted: ReadJob[] = [];
  readonly #known = new Map<number, Known>();
  #thread: ReaderThread | undefined;
  /** Of the thread, when it began with the first of `#posted`; undefined while it begins itself. */
  #cpuUs: number | undefined;
  #headSinceMs = 0;
  #floorMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #watched: ReadJob | undefined;

  constructor(settings: LaneSettings) {
    this.#settings = settings;
  }

  get waiting(): number {
    let count = this.#posted.length;
    for (const jobs of this.#waiting.values()) count += jobs.length;
    return count;
  }

  /** Its thread is there before the first call is. */
  start(): void {
    this.#thread ??= this.#begin();
  }

  submit(job: ReadJob): void {
    const jobs = this.#waiting.get(job.share);
    if (jobs !== undefined) jobs.push(job);
    else {
      job.share.weightMs = Math.max(job.share.weightMs, this.#floorMs);
      this.#waiting.set(job.share, [job]);
    }
    this.#post();
  }

  /** The call was given up: what waits is not read, and its pages are forgotten. True when its page was waiting for its turn. */
  drop(reading: number): boolean {
    const waited = this.#posted[0]?.reading !== reading;
    for (const [share, jobs] of this.#waiting) {
      const left = jobs.filter((job) => job.reading !== reading);
      if (left.length === 0) this.#waiting.delete(share);
      else this.#waiting.set(share, left);
    }
    if (this.#known.delete(reading)) this.#thread?.post({ kind: 'drop', reading });
    return waited;
  }

  forget(vendor: number): void {
    this.#thread?.post({ kind: 'forget', vendor });
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.end();
  }

  #begin(): ReaderThread {
    const thread: ReaderThread = new ReaderThread(this.#settings, {
      reply: (reply) => this.#take(reply),
      lost: (why) => {
        if (this.#thread === thread) this.#lose(why);
      },
    });
    this.#cpuUs = undefined;
    return thread;
  }

  #post(): void {
    while (this.#posted.length < POSTED_MAX) {
      const job = this.#next();
      if (job === undefined) return;
      this.#thread ??= this.#begin();
      const known = this.#known.get(job.reading);
      const from = known?.thread === this.#thread ? known.pages : 0;
      this.#known.set(job.reading, { thread: this.#thread, pages: job.pages.length });
      if (this.#posted.push(job) === 1) this.#turnToHead();
      const { reading, share, question, failure } = job;
      const pages = job.pages.slice(from);
      const message = { kind: 'read', reading, vendor: share.vendor, question, pages } as const;
      this.#thread.post(failure === undefined ? message : { ...message, failure });
      this.#timer ??= setTimeout(this.#watch, this.#settings.watchMs);
    }
  }

  /** Of the vendor that has used least; its calls in the order in which they came. */
  #next(): ReadJob | undefined {
    let least: [VendorShare, ReadJob[]] | undefined;
    for (const one of this.#waiting)
      if (least === undefined || one[0].weightMs < least[0].weightMs) least = one;
    if (least === undefined) return undefined;
    const [share, jobs] = least;
    this.#floorMs = share.weightMs;
    const job = jobs.shift();
    if (jobs.length === 0) this.#waiting.delete(share);
    return job;
  }

  #turnToHead(): void {
    this.#headSinceMs = performance.now();
    this.#posted[0]?.begun();
  }

  #take(reply: FromReader): void {
    if (reply.kind === 'ready') {
      this.#cpuUs = reply.cpuUs;
      this.#turnToHead();
      return;
    }
    const job = this.#posted.shift();
    this.#turnToHead();
    if (job === undefined) return;
    this.#charge(job.share, reply.cpuUs);
    this.#post();
    const { cpuUs: _cpuUs, ...said } = reply;
    if (said.kind !== 'next') this.#known.delete(job.reading);
    if (said.kind === 'broken') job.reject(new Error(said.error));
    else job.resolve(said);
  }

  #charge(share: VendorShare, cpuUs: number): void {
    const cpuMs = (cpuUs - (this.#cpuUs ?? 0)) / 1000;
    this.#cpuUs = cpuUs;
    share.weightMs += cpuMs;
    share.note(cpuMs);
  }

  readonly #watch = (): void => {
    this.#timer = undefined;
    const [head] = this.#posted;
    if (head === undefined) return;
    // Looked at twice: what is read within a tick costs no question.
    if (head === this.#watched) void this.#judge(head);
    this.#watched = head;
    this.#timer = setTimeout(this.#watch, this.#settings.watchMs);
  };

  async #judge(head: ReadJob): Promise<void> {
    const thread = this.#thread;
    const sinceUs = this.#cpuUs;
    const { cpuMsMax, wallMsMax } = this.#settings;
    if (performance.now() - this.#headSinceMs > wallMsMax) return this.#lose('cpu');
    const cpuUs = await thread?.cpuUs();
    if (cpuUs === undefined || sinceUs === undefined || this.#thread !== thread) return;
    if (this.#posted[0] === head && cpuUs - sinceUs > cpuMsMax * 1000) this.#lose('cpu');
  }

  /** What has been read by this thread is gone with it: the next one is given it again. */
  #lose(why: VendorBound | 'broken'): void {
    void this.#thread?.end();
    this.#thread = undefined;
    const [guilty, ...others] = this.#posted.splice(0);
    for (const job of others.reverse()) {
      // Its call was given up meanwhile: read again, it would stay in the thread for good.
      if (!this.#known.has(job.reading)) continue;
      this.#waiting.set(job.share, [job, ...(this.#waiting.get(job.share) ?? [])]);
    }
    if (guilty !== undefined) {
      this.#known.delete(guilty.reading);
      if (why === 'broken') guilty.reject(new Error('reader thread'));
      else {
        guilty.share.weightMs += this.#settings.cpuMsMax;
        guilty.share.lose(why);
        guilty.resolve({ kind: 'lost', bound: why });
      }
    }
    this.#post();
  }
}
