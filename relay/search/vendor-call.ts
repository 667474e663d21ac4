// One call of a plan, from the question to the answer that crosses the link: asks the vendor, follows its pages
// inside the bounds, gives them to the reader. Whatever goes wrong, what came before is kept.

import { hash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FailedCall, VendorFailure } from '../../shared/failure.ts';
import { VENDOR_BODY_BYTES_MAX } from '../../shared/limits.ts';
import type { Turn } from '../../shared/link/fair-queue.ts';
import type { SearchPlan } from '../../shared/link/relay.ts';
import type { CallAnswer } from '../../shared/sas/answer.ts';
import { AnswerReader } from '../../shared/sas/read/answer-reader.ts';
import { buildVendorRequest } from '../../shared/sas/vendor-request.ts';
import type { PageFailure, VendorClient } from '../vendor/vendor-client.ts';
import { CallPages, type RetryOutcome } from './call-pages.ts';
import { PageTrail } from './next-page.ts';
import type { RetryBudget } from './retry-budget.ts';

const HASH_LENGTH = 20;
const PARTIAL_CONTENT = 206;

/** What the log and the metrics want to know besides the answer. */
export interface Exchanged {
  readonly answer: CallAnswer;
  readonly status: number | undefined;
  readonly code: string | undefined;
  /** Absent when no second try was wished for. */
  readonly retry: RetryOutcome | undefined;
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

/** The answer to a call that was never made. */
export function answerNothing(call: number, reason: VendorFailure): CallAnswer {
  return { call, failure: { reason }, ...NOTHING, durationMs: 0, bytes: 0, pages: 0, noStore: false };
}

export async function callVendor(
  client: VendorClient,
  plan: SearchPlan,
  call: number,
  signal: AbortSignal,
  retryBudget: RetryBudget,
): Promise<Exchanged> {
  const startedMs = performance.now();
  const { subjects = [], budgetMs = plan.budgetMs } = plan.calls[call] ?? {};
  const endMs = startedMs + Math.min(budgetMs, plan.budgetMs);
  const pages = new CallPages(client, retryBudget, endMs, turnOf(plan));
  const reading = new Reading(client, pages, plan, subjects);
  client.retain();
  try {
    await reading.run(signal);
  } finally {
    client.release();
  }
  const { failure, bytes, pageCount, noStore } = reading;
  const read = pageCount === 0 ? NOTHING : reading.finish();
  const durationMs = Math.round((performance.now() - startedMs) * 10) / 10;
  const answer = {
    call,
    ...(failure && { failure: toFailedCall(failure) }),
    ...read,
    durationMs,
    bytes,
    pages: pageCount,
    noStore,
  };
  const status = failure === undefined ? reading.status : failure.status;
  return { answer, status, code: failure?.code, retry: pages.retry };
}

/** An older edge does not say for whom it asks: each of its plans is a search of one caller. */
function turnOf({ id, from = { caller: '', search: id } }: SearchPlan): Turn {
  return from;
}

class Reading {
  failure: PageFailure | undefined;
  status: number | undefined;
  bytes = 0;
  pageCount = 0;
  noStore = false;
  readonly #pages: CallPages;
  readonly #baseUrl: string;
  readonly #first: string;
  readonly #reader: AnswerReader;

  constructor(client: VendorClient, pages: CallPages, plan: SearchPlan, subjects: readonly string[]) {
    const { flow, fromMs, toMs } = plan;
    const { id, baseUrl } = client.editor;
    this.#pages = pages;
    this.#baseUrl = baseUrl;
    this.#first = buildVendorRequest(baseUrl, { flow, subjects, fromMs, toMs });
    this.#reader = new AnswerReader({
      editor: id,
      flow,
      subjects,
      fromMs,
      toMs,
      nowMs: Date.now(),
      hash: shortHash,
      memory: client.memory,
      ...(plan.trace === true && { trace: true }),
    });
  }

  finish() {
    return this.#reader.finish();
  }

  async run(signal: AbortSignal): Promise<void> {
    let path: string | undefined = this.#first.slice(this.#first.indexOf('/', 'https://'.length));
    let trail: PageTrail | undefined;
    while (path !== undefined) {
      const page = await this.#pages.fetch(path, VENDOR_BODY_BYTES_MAX - this.bytes, signal);
      if (!page.ok) return this.#fail(page.error);
      this.status = page.value.status;
      this.bytes += page.value.bytes;
      this.noStore ||= page.value.noStore;
      const read = this.#reader.add(page.value.json);
      if (!read.ok) return this.#fail({ reason: read.error, status: page.value.status });
      if (page.value.status === PARTIAL_CONTENT) this.#reader.addPartial();
      this.pageCount += 1;
      if (read.value.next === undefined) return;
      trail ??= new PageTrail(this.#baseUrl, this.#first);
      const next = trail.follow(read.value.next);
      if (!next.ok) return this.#fail({ reason: next.error, status: page.value.status });
      path = next.value;
      // Undici lends a connection again one turn later: without this each second page would open another.
      await nextTurn();
    }
  }

  #fail(failure: PageFailure): void {
    this.failure = failure;
  }
}

/** `code` is for our log, not for the edge. */
function toFailedCall({ reason, status, retryAfterS }: PageFailure): FailedCall {
  return {
    reason,
    ...(status !== undefined && { status }),
    ...(retryAfterS !== undefined && { retryAfterS }),
  };
}

function shortHash(text: string): string {
  return hash('sha256', text, 'hex').slice(0, HASH_LENGTH);
}
