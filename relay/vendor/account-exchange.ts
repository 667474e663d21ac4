// One write to a vendor, as undici's handler: status, Location and the bounded body, in exactly one outcome. Unlike a
// search's exchange, the body of a refusal is kept too, for its issue codes.

import type { Dispatcher } from 'undici';
import type { VendorFailure } from '../../shared/failure.ts';
import { ACCOUNT_REPLY_BYTES_MAX } from '../../shared/link/accounts.ts';
import { describeExchangeError, failureOf, readRetryAfter } from '../base/failure.ts';
import type { BodyHeaders } from './body.ts';

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

export interface WriteSettings {
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
  readonly onOutcome: (outcome: WriteOutcome) => void;
  /** Called once, when the connection is free again, or gone. */
  readonly onOver: () => void;
}

export class AccountExchange implements Dispatcher.DispatchHandler {
  readonly #settings: WriteSettings;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #bytes = 0;
  #status = 0;
  #location: string | undefined;
  #retryAfterS: number | undefined;
  #headers: BodyHeaders = {};
  #sent = false;
  #settled = false;
  #over = false;

  constructor(settings: WriteSettings) {
    this.#settings = settings;
    settings.signal.addEventListener('abort', this.#giveUp, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#settled) controller.abort(new Error('settled'));
    else this.#sent = true;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    this.#status = status;
    this.#location = single(headers.location);
    this.#headers = {
      encoding: single(headers['content-encoding']),
      contentType: single(headers['content-type']),
    };
    this.#retryAfterS = readRetryAfter(single(headers['retry-after']), this.#settings.nowMs());
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes <= ACCOUNT_REPLY_BYTES_MAX) this.#chunks.push(chunk);
    else {
      this.#answer('too-large');
      controller.abort(new Error('too large'));
    }
  }

  onResponseEnd(): void {
    this.#answer();
    this.#finish();
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    const reason = describeExchangeError(error);
    // The status line came whole: a no is a no, whatever happens to the body. A yes needs all of it.
    if (this.#status !== 0) this.#answer(reason);
    const sent = this.#sent && !NEVER_SENT.has(reason);
    const code = (error as NodeJS.ErrnoException).code ?? error.name;
    this.#settle({ ok: false, reason, sent, code });
    this.#finish();
  }

  readonly #giveUp = (): void => {
    const reason = failureOf(this.#settings.signal);
    if (this.#status !== 0) this.#answer(reason);
    this.#settle({ ok: false, reason, sent: this.#sent });
    this.#controller?.abort(new Error('given up'));
  };

  #answer(cut?: VendorFailure): void {
    this.#settle({
      ok: true,
      status: this.#status,
      location: this.#location,
      retryAfterS: this.#retryAfterS,
      body: Buffer.concat(this.#chunks),
      headers: this.#headers,
      cut,
    });
  }

  #settle(outcome: WriteOutcome): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#settings.onOutcome(outcome);
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#settings.signal.removeEventListener('abort', this.#giveUp);
    this.#settings.onOver();
  }
}

function single(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.[0];
}
