// A search answered as it comes: one `part` event per landing of vendors' answers, each a conformant Bundle of what
// is new, then one `end` event, a Bundle with the ledger and nothing else. docs/progressive.md. What a client adds up
// is what the plain answer would have held.

import { GatewayError } from '../../shared/error.ts';
import { errorOutcome } from '../../shared/fhir/operation-outcome.ts';
import type { RequestContext } from '../http.ts';
import { readTombstones } from '../vendors/booked-slots.ts';
import { Deadline } from '../vendors/deadline.ts';
import { type CallResult, fanOut } from '../vendors/fan-out.ts';
import { keepLedger, ledgerEntry } from '../vendors/ledger.ts';
import { bundleText, type HiddenSlots, mergeAnswers } from '../vendors/merge.ts';
import type { SearchQuestion } from './search-question.ts';
import { extraIssues, recordSearch } from './search-record.ts';

export const EVENT_STREAM = 'text/event-stream';

export function answerProgressively(context: RequestContext, question: SearchQuestion): Response {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const events = new EventWriter(writable);
  context.waitUntil(run(context, question, events).finally(() => events.close()));
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

  constructor(writable: WritableStream<Uint8Array>) {
    this.#writer = writable.getWriter();
    // Once the response has begun, a caller who leaves shows as a stream that nobody reads.
    this.#writer.closed.catch(() => this.#left.abort());
  }

  /** Aborted when nobody reads any more. */
  get left(): AbortSignal {
    return this.#left.signal;
  }

  /** `data` is one line: JSON text has no raw line break. */
  send(event: string, data: string): void {
    // A client that has left is not an error.
    this.#writer.write(this.#encoder.encode(`event: ${event}\ndata: ${data}\n\n`)).catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.#writer.close().catch(() => undefined);
  }
}

async function run(context: RequestContext, question: SearchQuestion, events: EventWriter): Promise<void> {
  const { query, selfUrl } = question;
  const { fhirBase: base, requestId } = context;
  const shown = new Map<string, number>();
  const hidden: HiddenSlots[] = [];
  let total = 0;
  const tombstones = await readTombstones(context.env.DB, requestId, query);
  const onResults = (results: readonly CallResult[]): void => {
    const part = mergeAnswers(results, { query, base, nowMs: Date.now(), tombstones });
    for (const [subject, count] of part.shown) shown.set(subject, (shown.get(subject) ?? 0) + count);
    hidden.push(...part.hidden);
    total += part.total;
    if (part.total > 0) {
      events.send('part', bundleText(crypto.randomUUID(), query.flow, part.total, selfUrl, part.entries));
    }
  };
  try {
    const deadline = new Deadline(context.startedMs, context.config.deadlineMs);
    const budgetMs = deadline.vendorBudgetMs(Date.now());
    const answers = await fanOut(context, { query, budgetMs, gatherMs: 0, onResults, signal: events.left });
    const ledger = keepLedger(query, answers, shown, Date.now());
    const entry = ledgerEntry(ledger, query.flow, base, requestId, extraIssues(question, answers, hidden));
    recordSearch(context, query, answers, total, hidden);
    events.send('end', bundleText(requestId, query.flow, 0, selfUrl, [entry]));
  } catch (cause) {
    const error =
      cause instanceof GatewayError
        ? cause
        : new GatewayError({ reason: 'internal', text: 'Erreur interne ; elle est enregistrée.', cause });
    events.send('error', JSON.stringify(errorOutcome(error, requestId)));
  }
}
