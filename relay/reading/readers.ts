// Where vendors' answers are read, so that no vendor costs the thread that holds the link, nor another vendor, more than
// a share: one small page on the main thread, at most so many bytes and values of it; everything else on reader threads
// (lane.ts), each vendor on one of them, where its memory is; and a vendor whose answers turned out costly on one more, kept for such,
// until it has rested. docs/relay.md, "Lire sans se laisser arrêter".

import { availableParallelism } from 'node:os';
import type { FailedCall, VendorBound } from '../../shared/failure.ts';
import {
  AnswerReading,
  answerNothing,
  type ReadQuestion,
  type SentPage,
  sinceMs,
  VendorMemory,
  writeAnswer,
} from './answer-reading.ts';
import { Lane, type LaneSettings, type VendorShare } from './lane.ts';
import type { Step } from './messages.ts';

/** What one page may be to be read on the main thread: a "none", or the slots of a few. Reading it takes 1 ms at worst. */
const INLINE_BYTES_MAX = 32 * 1024;
const INLINE_VALUES_MAX = 2_000;
/** CPU of one call. 4 MB of the guide's Bundles take 60. */
const CPU_MS_MAX = 1_000;
const WALL_MS_MAX = 15_000;
const WATCH_MS = 100;
/** A call that took more moves its vendor to the lane of the costly … */
const COSTLY_MS = 150;
/** … for so long. */
const REST_MS = 5 * 60_000;
/** Every vendor fits on two or three; more would only hold more memory. */
const THREADS_MAX = 3;
/**
 * Of a thread: for the largest answers, and for what is remembered of each vendor (`KEPT_BYTES_MAX`, parsed). The last resort:
 * what is counted (values, held bytes) stays far below.
 */
const MEMORY_MB = 512;
const MEMORY_MB_PER_VENDOR = 12;
/** Where cores are few, the thread that holds the link comes before those that read, and the costly come last. */
const NICENESS = 2;
const COSTLY_NICENESS = 10;
/** What the call's own end leaves to a page that is being read. */
const LATE_MS = 50;

export type ReadersSettings = Partial<Omit<LaneSettings, 'niceness'>> & {
  readonly threads?: number;
  readonly onLost?: (editor: string, bound: VendorBound) => void;
};

/** Every reader thread of the process, shared by all vendors. */
export class Readers {
  readonly #lanes: readonly Lane[];
  readonly #costly: Lane;
  readonly #vendors = new Set<VendorReader>();
  #count = 0;
  /** Hears which vendor's answer cost a thread its life. */
  onLost: (editor: string, bound: VendorBound) => void;

  constructor(settings: ReadersSettings = {}) {
    const threads = settings.threads ?? Math.min(Math.max(availableParallelism() - 1, 1), THREADS_MAX);
    this.onLost = settings.onLost ?? (() => undefined);
    const ofLane: LaneSettings = {
      niceness: NICENESS,
      cpuMsMax: settings.cpuMsMax ?? CPU_MS_MAX,
      wallMsMax: settings.wallMsMax ?? WALL_MS_MAX,
      watchMs: settings.watchMs ?? WATCH_MS,
      memoryMb: settings.memoryMb ?? (() => MEMORY_MB + MEMORY_MB_PER_VENDOR * this.#vendors.size),
    };
    this.#lanes = Array.from({ length: threads }, () => new Lane(ofLane));
    this.#costly = new Lane({ ...ofLane, niceness: COSTLY_NICENESS });
  }

  /** Its threads are there before the first answer is. */
  start(): void {
    for (const lane of this.#lanes) lane.start();
  }

  /** For one vendor as it stands in the settings now; `close` ends it. */
  open(vendor: string): VendorReader {
    this.#count += 1;
    const reader = new VendorReader(vendor, this.#count, {
      usual: this.#leastTaken(),
      costly: this.#costly,
      lost: (bound) => this.onLost(vendor, bound),
      left: () => this.#vendors.delete(reader),
    });
    this.#vendors.add(reader);
    return reader;
  }

  /** Resolves when no thread is left. What is still being read is not answered. */
  async close(): Promise<void> {
    await Promise.all([...this.#lanes, this.#costly].map((lane) => lane.close()));
  }

  #leastTaken(): Lane {
    const taken = (lane: Lane): number => [...this.#vendors].filter(({ usual }) => usual === lane).length;
    return this.#lanes.reduce((least, lane) => (taken(lane) < taken(least) ? lane : least));
  }
}

interface Lanes {
  readonly usual: Lane;
  readonly costly: Lane;
  readonly lost: (bound: VendorBound) => void;
  readonly left: () => void;
}

/** Reads what one vendor answers; made with the vendor's client, and closed with it. */
export class VendorReader implements VendorShare {
  readonly editor: string;
  readonly vendor: number;
  weightMs = 0;
  /** CPU time that reading this vendor's answers has taken, on any thread. */
  cpuMs = 0;
  /** Threads that were ended for its answers. */
  lost = 0;
  readonly #lanes: Lanes;
  #memory: VendorMemory | undefined;
  #costlyUntilMs = 0;

  constructor(editor: string, vendor: number, lanes: Lanes) {
    this.editor = editor;
    this.vendor = vendor;
    this.#lanes = lanes;
  }

  get usual(): Lane {
    return this.#lanes.usual;
  }

  get isCostly(): boolean {
    return performance.now() < this.#costlyUntilMs;
  }

  /** The lane where a call that begins now is read. */
  get lane(): Lane {
    return this.isCostly ? this.#lanes.costly : this.#lanes.usual;
  }

  /** What is remembered on the main thread, of small answers. */
  get memory(): VendorMemory {
    this.#memory ??= new VendorMemory();
    return this.#memory;
  }

  ask(question: ReadQuestion): CallReader {
    return new CallReader(this, question);
  }

  note(cpuMs: number): void {
    this.cpuMs += cpuMs;
    if (cpuMs > COSTLY_MS) this.#rest();
  }

  lose(bound: VendorBound): void {
    this.lost += 1;
    this.#rest();
    this.#lanes.lost(bound);
  }

  #rest(): void {
    this.#costlyUntilMs = performance.now() + REST_MS;
  }

  close(): void {
    this.#memory?.known.forget();
    this.#lanes.usual.forget(this.vendor);
    this.#lanes.costly.forget(this.vendor);
    this.#lanes.left();
  }
}

let readings = 0;

/** Reads the pages of one call, one after the other. */
export class CallReader {
  /** Milliseconds that its pages waited for their turns on a thread, which says nothing of the vendor. */
  waitedMs = 0;
  readonly #vendor: VendorReader;
  readonly #question: ReadQuestion;
  readonly #pages: SentPage[] = [];
  readonly #reading: number;
  #lane: Lane | undefined;

  constructor(vendor: VendorReader, question: ReadQuestion) {
    readings += 1;
    this.#reading = readings;
    this.#vendor = vendor;
    this.#question = question;
  }

  /**
   * What becomes of the call with this page: another page follows, or its answer is done. `whyOver`: the call's failure
   * once its signal has ended it; a page that is being read then has a moment left. Rejects on a mistake of our own.
   */
  async add(page: SentPage, signal: AbortSignal, whyOver: () => FailedCall): Promise<Step> {
    this.#pages.push(page);
    return this.#readHere(page) ?? this.#readThere(signal, whyOver);
  }

  /** No more pages come, for this reason: the answer is what came before. As `add`. */
  async finish(failure: FailedCall, signal: AbortSignal): Promise<Step> {
    if (this.#lane === undefined) return this.#nothing(failure);
    return this.#readThere(signal, () => failure, failure);
  }

  #readHere(page: SentPage): Step | undefined {
    const isSmall = this.#pages.length === 1 && page.body.byteLength <= INLINE_BYTES_MAX;
    if (!isSmall || page.encoding !== undefined || this.#vendor.isCostly) return undefined;
    const before = process.threadCpuUsage();
    const reading = new AnswerReading(this.#question, this.#vendor.memory, INLINE_VALUES_MAX);
    const read = reading.add(page);
    const isDone = 'failure' in read ? read.failure.bound !== 'values' : read.next === undefined;
    const answer = isDone ? reading.finish('failure' in read ? read.failure : undefined) : undefined;
    const { user, system } = process.threadCpuUsage(before);
    this.#vendor.note((user + system) / 1000);
    return answer && { kind: 'done', answer };
  }

  async #readThere(signal: AbortSignal, whyOver: () => FailedCall, failure?: FailedCall): Promise<Step> {
    this.#lane ??= this.#vendor.lane;
    const lane = this.#lane;
    const { promise, resolve, reject } = Promise.withResolvers<Step | { kind: 'lost'; bound: VendorBound }>();
    const submittedMs = performance.now();
    let begunMs: number | undefined;
    lane.submit({
      reading: this.#reading,
      share: this.#vendor,
      question: this.#question,
      pages: [...this.#pages],
      begun: () => {
        begunMs = performance.now();
      },
      resolve,
      reject,
      ...(failure && { failure }),
    });
    const step = await orLate(promise, signal);
    this.waitedMs += (begunMs ?? performance.now()) - submittedMs;
    if (step === undefined) {
      const waited = lane.drop(this.#reading);
      const failure = whyOver();
      // Behind other answers, as in the queue for the vendor: no fault of its own.
      const isOurs = waited && failure.reason === 'timeout';
      return this.#nothing(isOurs ? { ...failure, reason: 'overloaded' } : failure);
    }
    if (step.kind !== 'lost') return step;
    const status = this.#pages.at(-1)?.status;
    return this.#nothing({ reason: 'too-large', bound: step.bound, ...(status !== undefined && { status }) });
  }

  #nothing(failure: FailedCall): Step {
    const { call, startedMs } = this.#question;
    const nothing = answerNothing(call, failure, sinceMs(startedMs));
    const bytes = this.#pages.reduce((sum, { body }) => sum + body.byteLength, 0);
    return { kind: 'done', answer: writeAnswer({ ...nothing, bytes, pages: this.#pages.length }) };
  }
}

/** Undefined when it is not there a moment after the signal has ended the call. */
function orLate<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const end = (): void => {
      timer = setTimeout(() => resolve(undefined), LATE_MS);
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
    const tidy = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
    };
    work.then(resolve, reject).finally(tidy);
  });
}
