// Calls one vendor: its pool of mTLS connections, its bounded queue, one page at a time. Made at start and at
// each reload that changes the vendor; what runs on an older one is finished there. Knows nothing of slots.
// docs/decisions/0002-undici.md.

import type { X509Certificate } from 'node:crypto';
import { Pool } from 'undici';
import type { FailedCall } from '../../shared/failure.ts';
import { VENDOR_HEADER_BYTES_MAX } from '../../shared/limits.ts';
import type { Turn } from '../../shared/link/fair-queue.ts';
import { writeTraceparent } from '../../shared/link/trace.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import { VERSION } from '../../shared/version.ts';
import type { EditorConfig } from '../base/config.ts';
import { failureOf } from '../base/failure.ts';
import type { Certificates } from '../certificates/certificates.ts';
import { type SeenCertificate, seeCertificate } from '../certificates/seen-certificate.ts';
import type { SentPage } from '../reading/answer-reading.ts';
import type { VendorReader } from '../reading/readers.ts';
import { AccountExchange, type WriteOutcome } from './account-exchange.ts';
import { makeDialler } from './dial.ts';
import { Exchange, type ExchangePhase, type Outcome } from './exchange.ts';
import { Gate, GateFull } from './gate.ts';
import { type HeldBytes, Holding } from './holding.ts';

export type { ExchangePhase } from './exchange.ts';

/** Idle connections are kept this long unless the vendor says less (`Keep-Alive: timeout=`). */
const IDLE_MS = 60_000;

const FHIR_JSON = 'application/fhir+json; charset=utf-8';

export const VENDOR_HEADERS = {
  accept: 'application/fhir+json, application/json+fhir;q=0.9, application/json;q=0.8',
  'accept-encoding': 'gzip',
  'user-agent': `passerelle-relay/${VERSION.number}`,
};

/** A write: its whole path with the query, and its body as JSON text. */
export interface VendorWrite {
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  readonly body: string;
  /** Passes what waits for this vendor. */
  readonly urgent: boolean;
}

/**
 * `code` is Node's or OpenSSL's word, for the log. `isStale`: the vendor closed a kept connection just as it was used,
 * which looks like a reset before the first byte with no connection made meanwhile.
 */
export interface PageFailure extends FailedCall {
  readonly code?: string;
  readonly isStale?: boolean;
}

/** Retired by a reload, it finishes what runs on it and closes. */
export class VendorClient {
  readonly editor: EditorConfig;
  readonly certificates: Certificates;
  /** Reads what this vendor answers. */
  readonly reader: VendorReader;
  readonly #held: HeldBytes = { bytes: 0 };
  readonly #pool: Pool;
  readonly #gate: Gate;
  #users = 0;
  #retired: PromiseWithResolvers<void> | undefined;
  #connections = 0;
  #peer: SeenCertificate | undefined;
  #dials = 0;

  /** Takes over `reader`, and closes it. */
  constructor(vendor: EditorConfig, certificates: Certificates, reader: VendorReader) {
    this.editor = vendor;
    this.certificates = certificates;
    this.reader = reader;
    this.#gate = new Gate(vendor.concurrency, vendor.queue);
    const { context, trust } = certificates;
    const onPeer = (certificate: X509Certificate): void => {
      this.#peer = seeCertificate(certificate, Date.now());
    };
    const dial = { context, trust, servername: vendor.servername, pin: vendor.server, onPeer };
    this.#pool = new Pool(new URL(vendor.baseUrl).origin, {
      connections: vendor.concurrency,
      pipelining: 1,
      allowH2: false,
      maxHeaderSize: VENDOR_HEADER_BYTES_MAX,
      keepAliveTimeout: IDLE_MS,
      keepAliveMaxTimeout: IDLE_MS,
      // The budget of each search ends its calls: no second clock.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: makeDialler(dial, (change) => {
        this.#connections += change;
        if (change === 1) this.#dials += 1;
      }),
    });
  }

  get running(): number {
    return this.#gate.running;
  }

  get waiting(): number {
    return this.#gate.waiting;
  }

  /** A call of this turn would be refused now, or another in its place. */
  isFull(turn?: Turn): boolean {
    return this.#gate.isFull(turn);
  }

  /** The certificate that the vendor's server last showed; undefined: none since this client was made. */
  get peer(): SeenCertificate | undefined {
    return this.#peer;
  }

  get connections(): number {
    return this.#connections;
  }

  /** Keeps this client open for a call that may take several pages; `release` ends it. */
  retain(): void {
    this.#users += 1;
  }

  release(): void {
    this.#users -= 1;
    if (this.#users === 0 && this.#retired !== undefined) this.#close(this.#retired);
  }

  /** Nothing new is asked of it; resolves when what runs is over and its connections are closed. */
  retire(): Promise<void> {
    if (this.#retired === undefined) {
      this.#retired = Promise.withResolvers();
      if (this.#users === 0) this.#close(this.#retired);
    }
    return this.#retired.promise;
  }

  /** For one call: what it holds of the answer, until it is released. */
  hold(): Holding {
    return new Holding(this.#held);
  }

  /** One page, when it is its turn; `onPhase` hears how far it is, and of its turn first. `path` includes the query; `bytesMax` bounds the body as it is sent. */
  async fetchPage(
    path: string,
    bytesMax: number,
    holding: Holding,
    signal: AbortSignal,
    turn?: Turn,
    onPhase?: (phase: ExchangePhase) => void,
    traceId?: string,
  ): Promise<Result<SentPage, PageFailure>> {
    const dials = this.#dials;
    const outcome = await this.#ask({ path, bytesMax, holding, signal, turn, onPhase, traceId });
    if (!outcome.ok) {
      const { error, code, early } = outcome;
      const isStale = early === true && dials > 0 && dials === this.#dials;
      return err({ ...error, ...(code !== undefined && { code }), ...(isStale && { isStale }) });
    }
    const { pieces, bytes, ...page } = outcome.value;
    return ok({ ...page, body: joined(pieces, bytes) });
  }

  /**
   * One write, sent at most once: only the edge knows what to do when its answer is lost. Redirects are an answer,
   * never followed.
   */
  async write(request: VendorWrite, signal: AbortSignal): Promise<WriteOutcome> {
    const { method, path, body } = request;
    try {
      const place = this.#gate.enter(signal, undefined, request.urgent);
      if (place !== undefined) await place;
    } catch (error) {
      return { ok: false, reason: waitedInVain(error, signal), sent: false };
    }
    if (signal.aborted) {
      this.#gate.leave();
      return { ok: false, reason: failureOf(signal), sent: false };
    }
    return new Promise((onOutcome) => {
      const onOver = (): void => this.#gate.leave();
      const exchange = new AccountExchange({ signal, nowMs: Date.now, onOutcome, onOver });
      const headers = { ...VENDOR_HEADERS, 'accept-encoding': 'identity', 'content-type': FHIR_JSON };
      this.#pool.dispatch({ method, path, headers, body }, exchange);
    });
  }

  async #ask({ path, bytesMax, holding, signal, turn, onPhase, traceId }: Asked): Promise<Outcome> {
    try {
      const place = this.#gate.enter(signal, turn);
      if (place !== undefined) await place;
    } catch (error) {
      return { ok: false, error: { reason: waitedInVain(error, signal) } };
    }
    onPhase?.('connection');
    if (signal.aborted) {
      this.#gate.leave(turn);
      return { ok: false, error: { reason: failureOf(signal) } };
    }
    const isTold = this.editor.traceparent === true && traceId !== undefined;
    const headers = isTold ? { ...VENDOR_HEADERS, traceparent: writeTraceparent(traceId) } : VENDOR_HEADERS;
    return new Promise((onOutcome) => {
      const onOver = (): void => this.#gate.leave(turn);
      const exchange = new Exchange({
        bytesMax,
        holding,
        signal,
        nowMs: Date.now,
        onPhase,
        onOutcome,
        onOver,
      });
      this.#pool.dispatch({ method: 'GET', path, headers }, exchange);
    });
  }

  #close(retired: PromiseWithResolvers<void>): void {
    this.reader.close();
    this.#pool.close().then(retired.resolve, retired.resolve);
  }
}

interface Asked {
  readonly path: string;
  readonly bytesMax: number;
  readonly holding: Holding;
  readonly signal: AbortSignal;
  readonly turn: Turn | undefined;
  readonly onPhase: ((phase: ExchangePhase) => void) | undefined;
  readonly traceId: string | undefined;
}

/** The vendor never heard of it: time spent in our queue is no vendor's, or a caller who asks for much would trip its breaker. */
function waitedInVain(error: unknown, signal: AbortSignal): FailedCall['reason'] {
  const reason = error instanceof GateFull ? 'overloaded' : failureOf(signal);
  return reason === 'timeout' ? 'overloaded' : reason;
}

/** In memory that reader threads may share: it is never written again. */
function joined(pieces: readonly Buffer[], bytes: number): Uint8Array {
  const body = new Uint8Array(new SharedArrayBuffer(bytes));
  let at = 0;
  for (const piece of pieces) {
    body.set(piece, at);
    at += piece.length;
  }
  return body;
}
