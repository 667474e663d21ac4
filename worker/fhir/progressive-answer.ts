// A search answered as it comes: one `part` event per arrival of vendors' answers, each a conformant Bundle of what
// is new, then one `end` event, a Bundle with the ledger and nothing else. docs/progressive.md. What a client adds up
// is what the plain answer would have held.

import { within } from '../../shared/deadline.ts';
import { GatewayError } from '../../shared/error.ts';
import { errorOutcome } from '../../shared/fhir/operation-outcome.ts';
import { type Held, pendingBytes } from '../base/callers/pending-bytes.ts';
import type { RequestContext } from '../http/http.ts';
import { CHUNK_BYTES, type CutReason, logCut, STALL_MS } from '../http/paced-body.ts';
import { bundleEntries, bundleText } from '../search/bundle.ts';
import { Deadline } from '../search/deadline.ts';
import { findSlots } from '../search/find-slots.ts';
import { ledgerEntry } from '../search/ledger.ts';
import { recordSearch } from '../search/record.ts';
import type { Selection } from '../search/selection.ts';
import { extraIssues, type SearchQuestion } from './search-question.ts';

/** The media type that asks for it, in `Accept`. */
export const EVENT_STREAM = 'text/event-stream';

/** A hub that has said nothing for so long may be asking D1: the answer begins, and its errors come in the stream. */
const BEGIN_MS = 1_000;

/**
 * Answers as soon as a hub has let the search in; parts, end or error follow in the stream.
 * @throws GatewayError too-many-requests
 */
export async function answerProgressively(
  context: RequestContext,
  question: SearchQuestion,
): Promise<Response> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const events = new EventWriter(writable, context);
  context.waitUntil(run(context, question, events).finally(() => events.close()));
  await events.begun();
  return new Response(readable, {
    headers: {
      'Content-Type': EVENT_STREAM,
      'Cache-Control': 'no-store',
      'X-Request-Id': context.requestId,
      // A buffering proxy would give the whole at the end.
      'X-Accel-Buffering': 'no',
    },
  });
}

class EventWriter {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #encoder = new TextEncoder();
  readonly #left = new AbortController();
  readonly #held: Held;
  readonly #requestId: string;
  readonly #begun = Promise.withResolvers<void>();
  #isBegun = false;
  #pending = 0;
  #movedMs = 0;
  #watch: ReturnType<typeof setTimeout> | undefined;

  constructor(
    writable: WritableStream<Uint8Array>,
    { requestId, callerKey = '' }: Pick<RequestContext, 'requestId' | 'callerKey'>,
  ) {
    this.#writer = writable.getWriter();
    this.#requestId = requestId;
    this.#held = pendingBytes.hold(callerKey, () => this.#cut('room'), Date.now());
    // Once the response has begun, a caller that disconnects shows as a stream that is no longer read.
    this.#writer.closed.catch(() => this.#left.abort());
  }

  /** Aborted when the caller has disconnected. */
  get left(): AbortSignal {
    return this.#left.signal;
  }

  /** Resolves when the stream is the answer; rejects with what `refuse` was given before. */
  begun(): Promise<void> {
    return within(this.#begun.promise, BEGIN_MS, () => this.begin());
  }

  readonly begin = (): void => {
    this.#isBegun = true;
    this.#begun.resolve();
  };

  /** False when the stream has begun. Else the refusal is the answer, and the stream, which nobody reads, is ended. */
  refuse(error: GatewayError): boolean {
    if (this.#isBegun) return false;
    this.#begun.reject(error);
    this.#abort();
    return true;
  }

  /** `data` is one line: JSON text has no raw line break. */
  send(event: string, data: string): void {
    const bytes = this.#encoder.encode(`event: ${event}\ndata: ${data}\n\n`);
    if (this.#pending === 0) this.#movedMs = Date.now();
    this.#watch ??= setTimeout(() => this.#look(), STALL_MS);
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) this.#write(bytes.subarray(at, at + CHUNK_BYTES));
  }

  async close(): Promise<void> {
    await this.#writer.close().catch(() => undefined);
    if (this.#watch !== undefined) clearTimeout(this.#watch);
    this.#held.end();
  }

  #write(chunk: Uint8Array): void {
    this.#pending += chunk.length;
    this.#held.add(chunk.length, Date.now());
    const gone = (): void => {
      this.#pending -= chunk.length;
      this.#movedMs = Date.now();
      this.#held.take(chunk.length, this.#movedMs);
    };
    // A caller that has disconnected is not an error.
    this.#writer.write(chunk).then(gone, () => undefined);
  }

  /** One who takes nothing of what waits for him is cut. */
  #look(): void {
    this.#watch = undefined;
    if (this.#pending === 0) return;
    const leftMs = this.#movedMs + STALL_MS - Date.now();
    if (leftMs <= 0) this.#cut('stalled');
    else this.#watch = setTimeout(() => this.#look(), leftMs);
  }

  #cut(reason: CutReason): void {
    if (!this.left.aborted) logCut(this.#requestId, reason);
    this.#abort();
  }

  #abort(): void {
    this.#held.end();
    this.#writer.abort(new Error('slow reader')).catch(() => undefined);
  }
}

async function run(context: RequestContext, asked: SearchQuestion, events: EventWriter): Promise<void> {
  const { query, selfUrl, preferences } = asked;
  const { fhirBase: base, requestId } = context;
  const onPart = (part: Selection): void => {
    if (part.total === 0) return;
    const entries = bundleEntries(part, query.flow, base);
    const head = { id: crypto.randomUUID(), flow: query.flow, total: part.total, selfUrl };
    events.send('part', bundleText(head, entries));
  };
  try {
    const deadline = new Deadline(context.startedMs, context.config.deadlineMs);
    const budgetMs = deadline.vendorBudgetMs(Date.now());
    const question = { query, memory: preferences.memory, budgetMs };
    const found = await findSlots(context, question, {
      onPart,
      onBegun: events.begin,
      signal: events.left,
    });
    const { answers, ledger, selection } = found;
    const issues = extraIssues(asked, answers, selection.hidden);
    const entry = ledgerEntry(ledger, query.flow, base, requestId, issues);
    recordSearch(context, query, found, preferences.memory);
    events.send('end', bundleText({ id: requestId, flow: query.flow, total: 0, selfUrl }, [entry]));
  } catch (cause) {
    const error =
      cause instanceof GatewayError
        ? cause
        : new GatewayError({ reason: 'internal', text: 'Erreur interne ; elle est enregistrée.', cause });
    if (error.reason === 'too-many-requests' && events.refuse(error)) return;
    events.begin();
    events.send('error', JSON.stringify(errorOutcome(error, requestId)));
  }
}
