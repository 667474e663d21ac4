// One call of a plan, from the question to the answer that crosses the link: asks the vendor, follows its pages
// inside the bounds, gives them to the reader. Whatever goes wrong, what came before is kept.

import { hash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { VENDOR_BODY_BYTES_MAX, VENDOR_ENTRIES_MAX } from '../shared/link/limits.ts';
import type { CallAnswer, FailedCall, SearchPlan, VendorFailure } from '../shared/link/relay.ts';
import { AnswerReader } from '../shared/sas/read/answer-reader.ts';
import { buildVendorRequest } from '../shared/sas/vendor-request.ts';
import { PageTrail } from './next-page.ts';
import type { PageFailure, VendorClient } from './outbound.ts';

const HASH_LENGTH = 20;

/** What the log and the metrics want to know besides the answer. */
export interface Exchanged {
  readonly answer: CallAnswer;
  readonly status: number | undefined;
  readonly code: string | undefined;
}

const NOTHING = {
  subjects: [],
  shapes: [],
  services: [],
  received: 0,
  shown: 0,
  dropped: [],
  repaired: [],
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
): Promise<Exchanged> {
  const startedMs = performance.now();
  const reading = new Reading(client, plan, plan.calls[call]?.subjects ?? []);
  client.retain();
  try {
    await reading.run(signal);
  } finally {
    client.release();
  }
  const { failure, bytes, pages, noStore } = reading;
  const read = pages === 0 ? NOTHING : reading.finish();
  const durationMs = Math.round((performance.now() - startedMs) * 10) / 10;
  const answer = {
    call,
    ...(failure && { failure: toFailedCall(failure) }),
    ...read,
    durationMs,
    bytes,
    pages,
    noStore,
  };
  return { answer, status: failure === undefined ? reading.status : failure.status, code: failure?.code };
}

class Reading {
  failure: PageFailure | undefined;
  status: number | undefined;
  bytes = 0;
  pages = 0;
  noStore = false;
  readonly #client: VendorClient;
  readonly #first: string;
  readonly #reader: AnswerReader;
  #entries = 0;

  constructor(client: VendorClient, plan: SearchPlan, subjects: readonly string[]) {
    const { flow, fromMs, toMs } = plan;
    const { id, baseUrl } = client.editor;
    this.#client = client;
    this.#first = buildVendorRequest(baseUrl, { flow, subjects, fromMs, toMs });
    this.#reader = new AnswerReader({
      editor: id,
      flow,
      subjects,
      fromMs,
      toMs,
      nowMs: Date.now(),
      hash: shortHash,
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
      const page = await this.#client.fetchPage(path, VENDOR_BODY_BYTES_MAX - this.bytes, signal);
      if (!page.ok) return this.#fail(page.error);
      this.status = page.value.status;
      this.bytes += page.value.bytes;
      this.noStore ||= page.value.noStore;
      const read = this.#read(page.value.json);
      if (read.failure !== undefined) return this.#fail({ reason: read.failure, status: page.value.status });
      this.pages += 1;
      if (read.next === undefined) return;
      trail ??= new PageTrail(this.#client.editor.baseUrl, this.#first);
      const next = trail.follow(read.next);
      if (!next.ok) return this.#fail({ reason: next.error, status: page.value.status });
      path = next.value;
      // Undici lends a connection again one turn later: without this each second page would open another.
      await nextTurn();
    }
  }

  #read(json: unknown): { readonly failure?: VendorFailure; readonly next?: string } {
    // Counted before anything is read: a flood costs its parsing, no more.
    this.#entries += countEntries(json);
    if (this.#entries > VENDOR_ENTRIES_MAX) return { failure: 'too-many-entries' };
    const added = this.#reader.add(json);
    return added.ok ? added.value : { failure: added.error };
  }

  #fail(failure: PageFailure): void {
    this.failure = failure;
  }
}

function countEntries(json: unknown): number {
  if (typeof json !== 'object' || json === null || !('entry' in json)) return 0;
  return Array.isArray(json.entry) ? json.entry.length : 0;
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
