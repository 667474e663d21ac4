// One HTTP exchange with a vendor, as undici's handler: gathers the body under its bound and ends in exactly one
// outcome, whatever happens first: the end, an error, a bound, the signal. Redirects are an outcome, never
// followed. The chunks are the socket's own buffers: nothing is copied before the body is whole.
// docs/decisions/0002-undici.md.

import type { Dispatcher } from 'undici';
import type { FailedCall } from '../../shared/failure.ts';
import { describeExchangeError, failureOf, readRetryAfter } from '../base/failure.ts';

/** An error's body is read only so that the connection can serve again; past this the connection is dropped. */
const REFUSAL_BYTES_MAX = 64 * 1024;

export interface Received {
  readonly chunks: readonly Buffer[];
  /** On the wire, before decoding. */
  readonly bytes: number;
  readonly encoding: string | undefined;
  readonly contentType: string | undefined;
  readonly status: number;
  readonly noStore: boolean;
}

export type Outcome =
  | { readonly ok: true; readonly value: Received }
  | { readonly ok: false; readonly error: FailedCall; readonly code?: string; readonly early?: boolean };

export interface ExchangeSettings {
  readonly bytesMax: number;
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
  /** Called once, as soon as there is an outcome. */
  readonly onOutcome: (outcome: Outcome) => void;
  /** Called once, when undici is done with it and its connection is free again, or gone. */
  readonly onOver: () => void;
}

export class Exchange implements Dispatcher.DispatchHandler {
  readonly #settings: ExchangeSettings;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #bytes = 0;
  #bytesMax: number;
  #status = 0;
  #refusal: FailedCall | undefined;
  #encoding: string | undefined;
  #contentType: string | undefined;
  #noStore = false;
  #settled = false;
  #over = false;

  constructor(settings: ExchangeSettings) {
    this.#settings = settings;
    this.#bytesMax = settings.bytesMax;
    settings.signal.addEventListener('abort', this.#giveUp, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#settled) controller.abort(new Error('settled'));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    this.#status = status;
    if (status >= 300) {
      this.#refusal = this.#describeRefusal(status, headers);
      this.#bytesMax = REFUSAL_BYTES_MAX;
      return;
    }
    this.#encoding = single(headers['content-encoding']);
    this.#contentType = single(headers['content-type']);
    const cacheControl = single(headers['cache-control']);
    this.#noStore = cacheControl !== undefined && /\bno-store\b/i.test(cacheControl);
    if (Number(single(headers['content-length'])) > this.#bytesMax) this.#overflow(controller);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#bytesMax) this.#overflow(controller);
    else if (this.#refusal === undefined) this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#refusal !== undefined) this.#settle({ ok: false, error: this.#refusal });
    else {
      this.#settle({ ok: true, value: this.#received() });
    }
    this.#finish();
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    const reason = describeExchangeError(error);
    const code = (error as NodeJS.ErrnoException).code ?? error.name;
    const known = this.#refusal ?? (this.#status === 0 ? { reason } : { reason, status: this.#status });
    this.#settle({ ok: false, error: known, code, early: this.#status === 0 && reason === 'reset' });
    this.#finish();
  }

  readonly #giveUp = (): void => {
    this.#settle({ ok: false, error: { reason: failureOf(this.#settings.signal) } });
    this.#controller?.abort(new Error('given up'));
  };

  #overflow(controller: Dispatcher.DispatchController): void {
    this.#settle({ ok: false, error: this.#refusal ?? { reason: 'too-large', status: this.#status } });
    controller.abort(new Error('too large'));
  }

  #describeRefusal(status: number, headers: Record<string, string | string[] | undefined>): FailedCall {
    if (status < 400) return { reason: 'redirect', status };
    const retryAfterS = readRetryAfter(single(headers['retry-after']), this.#settings.nowMs());
    const later = retryAfterS === undefined ? {} : { retryAfterS };
    if (status === 429 || status === 503) return { reason: 'busy', status, ...later };
    return { reason: status < 500 ? 'refused' : 'error', status, ...later };
  }

  #received(): Received {
    return {
      chunks: this.#chunks,
      bytes: this.#bytes,
      encoding: this.#encoding,
      contentType: this.#contentType,
      status: this.#status,
      noStore: this.#noStore,
    };
  }

  #settle(outcome: Outcome): void {
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
  return typeof header === 'string' ? header : header?.join(', ');
}
