// One write to a vendor, as undici's handler: status, Location and the bounded body. Unlike a search's exchange,
// the body of a refusal is kept too, for its issue codes.

import type { Dispatcher } from 'undici';
import type { VendorFailure } from '../../shared/failure.ts';
import { ACCOUNT_REPLY_BYTES_MAX } from '../../shared/link/accounts.ts';
import { readRetryAfter } from '../base/failure.ts';
import type { BodyHeaders } from '../reading/body.ts';
import { type ExchangeEnds, OneOutcome } from './one-outcome.ts';

export type WriteOutcome =
  | {
      readonly ok: true;
      readonly status: number;
      readonly location: string | undefined;
      readonly retryAfterS: number | undefined;
      readonly body: Buffer;
      readonly headers: BodyHeaders;
      /** Why the body is not whole; undefined: it is. */
      readonly cut: VendorFailure | undefined;
    }
  | {
      readonly ok: false;
      readonly reason: VendorFailure;
      /** The request may have reached the vendor's program. */
      readonly sent: boolean;
      /** Node's or OpenSSL's word, for the log. */
      readonly code?: string;
    };

/** TLS was refused, or never begun: no request can have been read. */
const NEVER_SENT: ReadonlySet<VendorFailure> = new Set(['connect', 'tls', 'certificate']);

/** Used once; its outcome tells whether the request had left when it failed. */
export class AccountExchange extends OneOutcome<WriteOutcome> implements Dispatcher.DispatchHandler {
  readonly #nowMs: () => number;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #status = 0;
  #location: string | undefined;
  #retryAfterS: number | undefined;
  #headers: BodyHeaders = {};

  constructor({ nowMs, ...ends }: ExchangeEnds<WriteOutcome> & { readonly nowMs: () => number }) {
    super(ends);
    this.#nowMs = nowMs;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) {
      this.passInterim(controller);
      return;
    }
    this.#status = status;
    this.#location = first(headers.location);
    this.#headers = {
      encoding: first(headers['content-encoding']),
      contentType: first(headers['content-type']),
    };
    this.#retryAfterS = readRetryAfter(first(headers['retry-after']), this.#nowMs());
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes <= ACCOUNT_REPLY_BYTES_MAX) this.#chunks.push(chunk);
    else {
      this.settle(this.#answer('too-large'));
      controller.abort(new Error('too large'));
    }
  }

  onResponseEnd(): void {
    this.end(this.#answer());
  }

  /** Once the status line came whole, a no is a no, whatever happens to the body. A yes needs all of it. */
  protected override endedBy(reason: VendorFailure, error?: NodeJS.ErrnoException): WriteOutcome {
    if (this.#status !== 0) return this.#answer(reason);
    const sent = this.isSent && !NEVER_SENT.has(reason);
    return { ok: false, reason, sent, ...(error && { code: error.code ?? error.name }) };
  }

  #answer(cut?: VendorFailure): WriteOutcome {
    return {
      ok: true,
      status: this.#status,
      location: this.#location,
      retryAfterS: this.#retryAfterS,
      body: Buffer.concat(this.#chunks),
      headers: this.#headers,
      cut,
    };
  }
}

function first(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.[0];
}
