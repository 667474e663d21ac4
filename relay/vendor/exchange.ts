// One HTTP exchange with a vendor, as undici's handler: gathers the body under its bound. Redirects are an outcome, never
// followed. The pieces are the socket's own buffers: nothing is copied before the body is whole.
// docs/decisions/0002-undici.md.

import type { Dispatcher } from 'undici';
import type { FailedCall, VendorBound, VendorFailure } from '../../shared/failure.ts';
import { readRetryAfter } from '../base/failure.ts';
import type { Holding } from './holding.ts';
import { type ExchangeEnds, OneOutcome } from './one-outcome.ts';

/** An error's body is read only so that the connection can serve again; past this the connection is dropped. */
const REFUSAL_BYTES_MAX = 64 * 1024;

export interface Received {
  readonly pieces: readonly Buffer[];
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

/** How far a page is: its turn has come; the question has left; the answer has begun. */
export type ExchangePhase = 'connection' | 'firstByte' | 'body';

export interface ExchangeSettings extends ExchangeEnds<Outcome> {
  readonly bytesMax: number;
  readonly holding: Holding;
  readonly nowMs: () => number;
  /** Not called once there is an outcome. */
  readonly onPhase?: ((phase: ExchangePhase) => void) | undefined;
}

/** Used once, for one page. */
export class Exchange extends OneOutcome<Outcome> implements Dispatcher.DispatchHandler {
  readonly #nowMs: () => number;
  readonly #holding: Holding;
  readonly #onPhase: ExchangeSettings['onPhase'];
  readonly #pieces: Buffer[] = [];
  #bytes = 0;
  #bytesMax: number;
  #status = 0;
  #refusal: FailedCall | undefined;
  #encoding: string | undefined;
  #contentType: string | undefined;
  #noStore = false;

  constructor(settings: ExchangeSettings) {
    super(settings);
    this.#nowMs = settings.nowMs;
    this.#bytesMax = settings.bytesMax;
    this.#holding = settings.holding;
    this.#onPhase = settings.onPhase;
  }

  override onRequestStart(controller: Dispatcher.DispatchController): void {
    super.onRequestStart(controller);
    if (!this.isSettled) this.#onPhase?.('firstByte');
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
    if (!this.isSettled) this.#onPhase?.('body');
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
    const isPast = this.#bytes > this.#bytesMax;
    const bound = isPast ? undefined : this.#holding.take(this.#refusal === undefined ? chunk.length : 0);
    if (isPast || bound !== undefined) this.#overflow(controller, bound);
    else if (this.#refusal === undefined) this.#pieces.push(chunk);
  }

  onResponseEnd(): void {
    this.end(
      this.#refusal === undefined
        ? { ok: true, value: this.#received() }
        : { ok: false, error: this.#refusal },
    );
  }

  protected override endedBy(reason: VendorFailure, error?: NodeJS.ErrnoException): Outcome {
    if (error === undefined) return { ok: false, error: { reason } };
    const known = this.#refusal ?? (this.#status === 0 ? { reason } : { reason, status: this.#status });
    const early = this.#status === 0 && reason === 'reset';
    return { ok: false, error: known, code: error.code ?? error.name, early };
  }

  #overflow(controller: Dispatcher.DispatchController, bound?: VendorBound): void {
    const error = { reason: 'too-large', ...(bound && { bound }), status: this.#status } as const;
    this.settle({ ok: false, error: this.#refusal ?? error });
    controller.abort(new Error('too large'));
  }

  #describeRefusal(status: number, headers: Record<string, string | string[] | undefined>): FailedCall {
    if (status < 400) return { reason: 'redirect', status };
    const retryAfterS = readRetryAfter(single(headers['retry-after']), this.#nowMs());
    const later = retryAfterS === undefined ? {} : { retryAfterS };
    if (status === 429 || status === 503) return { reason: 'busy', status, ...later };
    return { reason: status < 500 ? 'refused' : 'error', status, ...later };
  }

  #received(): Received {
    return {
      pieces: this.#pieces,
      bytes: this.#bytes,
      encoding: this.#encoding,
      contentType: this.#contentType,
      status: this.#status,
      noStore: this.#noStore,
    };
  }
}

function single(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.join(', ');
}
