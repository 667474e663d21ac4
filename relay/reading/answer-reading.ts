// One vendor's answer to one call, from the bytes of its pages to the lines that cross the link. The same code reads a
// small answer on the main thread and any other on a reader's (readers.ts says which): whoever calls it has bounded the
// bytes, it bounds what they unfold to, their depth, values and entries. No I/O.

import { hash } from 'node:crypto';
import type { FailedCall } from '../../shared/failure.ts';
import {
  FRAME_BYTES_MAX,
  NEXT_LENGTH_MAX,
  VENDOR_BODY_BYTES_MAX,
  VENDOR_VALUES_MAX,
} from '../../shared/limits.ts';
import { writeAnswerLines } from '../../shared/link/answer-frame.ts';
import type { CallAnswer, CallTiming } from '../../shared/sas/answer.ts';
import type { Flow } from '../../shared/sas/query.ts';
import { AnswerReader } from '../../shared/sas/read/answer-reader.ts';
import { ReaderMemory } from '../../shared/sas/read/reader-memory.ts';
import { readBody } from './body.ts';
import { KnownEntries } from './bundle-bytes/known-entries.ts';

const HASH_LENGTH = 20;
const PARTIAL_CONTENT = 206;
/** One answer never fills a message of the link alone. */
const ANSWER_LINES_BYTES_MAX = FRAME_BYTES_MAX / 2;

/** What a call asks, as its answer is read by. */
export interface ReadQuestion {
  /** Index in `SearchPlan.calls`. */
  readonly call: number;
  readonly editor: string;
  readonly flow: Flow;
  readonly subjects: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly trace: boolean;
  /** When the call began: `sharedNowMs`. */
  readonly startedMs: number;
}

/** One page as the vendor sent it. */
export interface SentPage {
  readonly body: Uint8Array;
  /** Content-Encoding and Content-Type. */
  readonly encoding: string | undefined;
  readonly contentType: string | undefined;
  readonly status: number;
  readonly noStore: boolean;
}

/** What log and metrics want to know of an answer. */
type AnswerFacts = Pick<
  CallAnswer,
  'call' | 'failure' | 'durationMs' | 'bytes' | 'pages' | 'received' | 'shown' | 'dropped' | 'repaired'
>;

export interface WrittenAnswer {
  readonly facts: AnswerFacts;
  /** UTF-8 of `writeAnswerLines`. */
  readonly lines: Uint8Array<ArrayBuffer>;
  /** Of the call's milliseconds, those in our queues: for the vendor, and for a thread to read its pages. */
  readonly waitedMs?: number;
  /** Told beside the lines, which are written before it is known. */
  readonly timing?: CallTiming;
}

/** `next`: the raw URL of the page that follows. */
export type PageRead = { readonly next?: string } | { readonly failure: FailedCall };

/** What a vendor sent before, and what it was read as. */
export class VendorMemory {
  readonly read = new ReaderMemory();
  readonly known = new KnownEntries();
}

const NOTHING = {
  subjects: [],
  shapes: [],
  services: [],
  received: 0,
  shown: 0,
  dropped: [],
  repaired: [],
  doubts: [],
} as const;

/** The answer to a call of which no page was read. */
export function answerNothing(call: number, failure: FailedCall, durationMs = 0): CallAnswer {
  return { call, failure, ...NOTHING, durationMs, bytes: 0, pages: 0, noStore: false };
}

/** Milliseconds on a clock that all threads of this process share; fractions included. */
export function sharedNowMs(): number {
  return performance.timeOrigin + performance.now();
}

/** Milliseconds since then, by the clock that all threads share, to a tenth. */
export function sinceMs(startedMs: number): number {
  return Math.round((sharedNowMs() - startedMs) * 10) / 10;
}

/** Reads the pages of one call, in order, within its share of bytes and values; its answer is ready after the last. */
export class AnswerReading {
  readonly #question: ReadQuestion;
  readonly #memory: VendorMemory;
  readonly #reader: AnswerReader;
  readonly #valuesMax: number;
  #values = 0;
  #bytes = 0;
  #pages = 0;
  #noStore = false;

  /** `valuesMax`: JSON values over all pages. */
  constructor(question: ReadQuestion, memory: VendorMemory, valuesMax = VENDOR_VALUES_MAX) {
    this.#question = question;
    this.#memory = memory;
    this.#valuesMax = valuesMax;
    const { trace, ...asked } = question;
    this.#reader = new AnswerReader({
      ...asked,
      nowMs: Date.now(),
      hash: shortHash,
      memory: memory.read,
      ...(trace && { trace }),
    });
  }

  /** Of the pages read, decoded. */
  get bytes(): number {
    return this.#bytes;
  }

  /** JSON values of the pages read. */
  get values(): number {
    return this.#values;
  }

  add({ body, encoding, contentType, status, noStore }: SentPage): PageRead {
    this.#noStore ||= noStore;
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    const bounds = {
      bytesMax: VENDOR_BODY_BYTES_MAX - this.#bytes,
      valuesMax: this.#valuesMax - this.#values,
    };
    const page = readBody(bytes, { encoding, contentType }, bounds, this.#memory.known);
    if (!page.ok) return { failure: { ...page.error, status } };
    this.#bytes += page.value.bytes;
    this.#values += page.value.values;
    const read = this.#reader.add(page.value.json);
    if (!read.ok) return { failure: { reason: read.error, status } };
    if (status === PARTIAL_CONTENT) this.#reader.addPartial();
    this.#pages += 1;
    const { next } = read.value;
    // Too long for any vendor, and for the main thread to take apart.
    return next !== undefined && next.length > NEXT_LENGTH_MAX
      ? { failure: { reason: 'foreign-next', status } }
      : read.value;
  }

  /** Call once, after the last page. `failure`: why it was the last, if the vendor has more. */
  finish(failure?: FailedCall): WrittenAnswer {
    const { call, startedMs } = this.#question;
    const read = this.#pages === 0 ? NOTHING : this.#reader.finish();
    return writeAnswer({
      call,
      ...(failure && { failure }),
      ...read,
      durationMs: sinceMs(startedMs),
      bytes: this.#bytes,
      pages: this.#pages,
      noStore: this.#noStore,
    });
  }
}

/** An answer that no message can hold becomes a failure without its slots. */
export function writeAnswer(answer: CallAnswer): WrittenAnswer {
  const lines = new TextEncoder().encode(writeAnswerLines(answer));
  const { call, failure, durationMs, bytes, pages, noStore, received, shown, dropped, repaired } = answer;
  if (lines.length > ANSWER_LINES_BYTES_MAX) {
    const nothing = answerNothing(call, { reason: 'too-large' }, durationMs);
    return writeAnswer({ ...nothing, bytes, pages, noStore });
  }
  const facts = { call, durationMs, bytes, pages, received, shown, dropped, repaired };
  return { facts: failure === undefined ? facts : { ...facts, failure }, lines };
}

function shortHash(text: string): string {
  return hash('sha256', text, 'hex').slice(0, HASH_LENGTH);
}
