// One call of a plan, from the question to the answer that crosses the link: asks the vendor, follows its pages
// inside the bounds, gives them to its reader. Whatever goes wrong, what came before is kept.

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FailedCall } from '../../shared/failure.ts';
import { VENDOR_BODY_BYTES_MAX } from '../../shared/limits.ts';
import type { Turn } from '../../shared/link/fair-queue.ts';
import type { SearchPlan } from '../../shared/link/relay.ts';
import { buildVendorRequest } from '../../shared/sas/vendor-request.ts';
import { failureOf } from '../base/failure.ts';
import { sharedNowMs, type WrittenAnswer } from '../reading/answer-reading.ts';
import type { Step } from '../reading/messages.ts';
import type { CallReader } from '../reading/readers.ts';
import type { Holding } from '../vendor/holding.ts';
import type { PageFailure, VendorClient } from '../vendor/vendor-client.ts';
import { CallPages, type RetryOutcome } from './call-pages.ts';
import { CallTimer } from './call-timing.ts';
import { PageTrail } from './next-page.ts';
import type { RetryBudget } from './retry-budget.ts';

/** What the log and the metrics want to know besides the answer. */
export interface Exchanged {
  readonly answer: WrittenAnswer;
  readonly status: number | undefined;
  readonly code: string | undefined;
  /** Absent when no second try was wished for. */
  readonly retry: RetryOutcome | undefined;
}

/** Rejects on a mistake of our own. */
export async function callVendor(
  client: VendorClient,
  plan: SearchPlan,
  call: number,
  signal: AbortSignal,
  retryBudget: RetryBudget,
): Promise<Exchanged> {
  const startedMs = performance.now();
  const timer = new CallTimer(() => performance.now());
  const { flow, fromMs, toMs, trace = false } = plan;
  const { subjects = [], budgetMs = plan.budgetMs } = plan.calls[call] ?? {};
  const { id, baseUrl } = client.editor;
  const endMs = startedMs + Math.min(budgetMs, plan.budgetMs);
  const pages = new CallPages(client, retryBudget, endMs, turnOf(plan), timer, plan.traceId);
  const question = { call, editor: id, flow, subjects, fromMs, toMs, trace, startedMs: sharedNowMs() };
  const reader = client.reader.ask(question);
  const holding = client.hold();
  const first = buildVendorRequest(baseUrl, { flow, subjects, fromMs, toMs });
  const reading = new Reading({ pages, reader, holding, timer, signal, baseUrl, first });
  client.retain();
  try {
    const written = await reading.run();
    const { retry } = pages;
    const timing = { ...timer.tell(written.facts.durationMs), ...(retry && { retry }) };
    const answer = { ...written, waitedMs: pages.waitedMs + reader.waitedMs, timing };
    const { status, code } = reading;
    return { answer, status, code, retry };
  } finally {
    holding.release();
    client.release();
  }
}

interface ReadingParts {
  readonly pages: CallPages;
  readonly reader: CallReader;
  readonly holding: Holding;
  readonly timer: CallTimer;
  readonly signal: AbortSignal;
  readonly baseUrl: string;
  /** URL of the first page. */
  readonly first: string;
}

/** An older edge does not say for whom it asks: each of its plans is a search of one caller. */
function turnOf({ id, from = { caller: '', search: id } }: SearchPlan): Turn {
  return from;
}

class Reading {
  /** Of the last page. */
  status: number | undefined;
  /** Node's or OpenSSL's word, for our log, not for the edge. */
  code: string | undefined;
  readonly #parts: ReadingParts;
  /** On the wire, over all pages. */
  #bytes = 0;

  constructor(parts: ReadingParts) {
    this.#parts = parts;
  }

  async run(): Promise<WrittenAnswer> {
    const { pages, reader, holding, timer, signal, baseUrl, first } = this.#parts;
    const trail = new PageTrail(baseUrl, first);
    let path = first.slice(first.indexOf('/', 'https://'.length));
    for (;;) {
      const page = await pages.fetch(path, VENDOR_BODY_BYTES_MAX - this.#bytes, holding, signal);
      timer.enter('reading');
      if (!page.ok) return this.#fail(page.error);
      const { status, body } = page.value;
      this.status = status;
      this.#bytes += body.byteLength;
      const step = await reader.add(page.value, signal, () => ({ reason: failureOf(signal), status }));
      if (step.kind === 'done') return answerOf(step);
      const next = trail.follow(step.next);
      if (!next.ok) return this.#fail({ reason: next.error, status });
      path = next.value;
      // Undici lends a connection again one turn later: without this each second page would open another.
      await nextTurn();
    }
  }

  async #fail(failure: PageFailure): Promise<WrittenAnswer> {
    this.status = failure.status;
    this.code = failure.code;
    const { reader, signal } = this.#parts;
    return answerOf(await reader.finish(toFailedCall(failure), signal));
  }
}

/** A reader that was told of no further page never asks for one. */
function answerOf(step: Step): WrittenAnswer {
  if (step.kind === 'done') return step.answer;
  throw new Error('reader asks for a page that does not come');
}

function toFailedCall({ reason, bound, status, retryAfterS }: PageFailure): FailedCall {
  return {
    reason,
    ...(bound !== undefined && { bound }),
    ...(status !== undefined && { status }),
    ...(retryAfterS !== undefined && { retryAfterS }),
  };
}
