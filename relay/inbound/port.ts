// The mTLS port's life: opens it, holds its limits, swaps certificates, lists and vendors under it, drains it.
// The handshake asks for a certificate and takes any or none: OpenSSL's opinion is not used, each request is
// judged (request.ts). So a reload reaches resumed sessions and kept connections too. docs/guide.md G-805, G-806,
// G-807.

import { constants } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Registry } from 'prom-client';
import type { Log } from '../../shared/log.ts';
import type { BrokenEditor, EditorConfig, ListenConfig } from '../base/config.ts';
import { isBlocking, type Problem } from '../base/problem.ts';
import type { Certificates } from '../certificates/certificates.ts';
import type { HeldLists } from '../certificates/held-lists.ts';
import type { ScopedMarks } from '../certificates/list-marks.ts';
import { type SeenCertificate, seeCertificate } from '../certificates/seen-certificate.ts';
import { Connections } from './connections.ts';
import type { EdgeClient } from './edge-client.ts';
import { type InboundState, loadInbound } from './files.ts';
import { InboundMetrics } from './metrics.ts';
import { InboundHandler } from './request.ts';
import { VendorBytes } from './vendor-bytes.ts';

const HEADER_BYTES_MAX = 16 * 1024;
/** A connection that is not idle but moves nothing: a vendor that does not read its answer. */
const INACTIVITY_MS = 30_000;
const CHECK_INTERVAL_MS = 500;

export interface InboundPortParts {
  readonly listen: ListenConfig;
  readonly state: InboundState;
  readonly marks?: ScopedMarks;
  readonly edge: EdgeClient;
  readonly registry: Registry;
  readonly log: Log;
}

/** One listening port, from its opening to the last answer of its drain. */
export class InboundPort {
  readonly #parts: InboundPortParts;
  readonly #server: Server;
  readonly #metrics: InboundMetrics;
  readonly #connections: Connections;
  readonly #bytes = new VendorBytes();
  /** By vendor of the settings, the certificate that it last showed here, accepted. */
  readonly senders = new Map<string, SeenCertificate>();
  #state: InboundState;
  #filesBroken = false;
  #closed: Promise<void> | undefined;

  private constructor(parts: InboundPortParts) {
    this.#parts = parts;
    this.#state = parts.state;
    this.#connections = new Connections({
      limits: parts.listen.limits,
      vendors: () => new Set([...this.#state.editors.values()].map(({ id }) => id)).size,
      onDrop: (why) => this.#metrics.countDropped(why),
    });
    this.#metrics = new InboundMetrics(parts.registry, {
      state: () => this.#state,
      connections: () => this.#connections.count,
      strangers: () => this.#connections.strangers,
      heldBytes: () => this.#bytes.total,
      filesBroken: () => this.#filesBroken,
    });
    this.#server = this.#makeServer(parts.listen);
    this.#watchConnections();
  }

  static async open(parts: InboundPortParts): Promise<InboundPort> {
    const port = new InboundPort(parts);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    port.#server.once('error', reject);
    port.#server.listen(parts.listen.port, parts.listen.host, () => resolve());
    await promise;
    return port;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The settings that the port serves by. */
  get state(): InboundState {
    return this.#state;
  }

  /** The revocation lists that serve. */
  get lists(): HeldLists {
    return this.#state.lists;
  }

  /** Reads everything again, then swaps; a part that is broken keeps its older self. */
  reload(
    listen: ListenConfig,
    vendors: readonly EditorConfig[],
    broken: readonly BrokenEditor[] = [],
  ): readonly Problem[] {
    const { state, problems } = loadInbound(
      listen,
      vendors,
      this.#state,
      Date.now(),
      broken,
      this.#parts.marks,
    );
    this.#filesBroken = problems.some(isBlocking);
    if (state === undefined) return problems;
    // Unchanged, the context stays: new ticket keys would cost every vendor a whole handshake.
    if (state.certificates.digest !== this.#state.certificates.digest) {
      this.#server.setSecureContext(tlsOptions(state.certificates));
    }
    this.#state = state;
    return problems;
  }

  /** Accepts nothing new; resolves when the last request is answered and its connection closed. */
  drain(): Promise<void> {
    if (this.#closed === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#closed = promise;
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
    }
    return this.#closed;
  }

  /** Cuts what is left. */
  async close(): Promise<void> {
    const drained = this.drain();
    this.#connections.closeAll();
    await drained;
    await this.#parts.edge.close();
  }

  #makeServer({ limits }: ListenConfig): Server {
    const handler = new InboundHandler({
      trust: () => this.#state.trust,
      edge: this.#parts.edge,
      limits,
      metrics: this.#metrics,
      connections: this.#connections,
      bytes: this.#bytes,
      log: this.#parts.log,
      isDraining: () => this.#closed !== undefined,
    });
    const server = createServer({
      ...tlsOptions(this.#state.certificates),
      requestCert: true,
      rejectUnauthorized: false,
      handshakeTimeout: limits.handshakeMs,
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: Math.min(limits.headersMs, limits.requestMs),
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
      noDelay: true,
    });
    server.maxRequestsPerSocket = limits.requestsPerConnection;
    server.timeout = Math.max(INACTIVITY_MS, limits.edgeMs + CHECK_INTERVAL_MS);
    server.on('request', (request, response) => handler.handle(request, response));
    // Without this Node would invite a body before the certificate is judged.
    server.on('checkContinue', (request, response) => handler.handle(request, response, true));
    return server;
  }

  #watchConnections(): void {
    this.#server.on('connection', (socket: Socket) => this.#connections.accept(socket));
    // So that a vendor's place is its own before it asks anything; each request is judged anew.
    this.#server.on('secureConnection', (socket: TLSSocket) => {
      const certificate = socket.getPeerX509Certificate();
      const judgment = this.#state.trust.judge(certificate, Date.now());
      if (!judgment.ok || certificate === undefined) return;
      this.senders.set(judgment.editor.id, seeCertificate(certificate, Date.now()));
      this.#connections.identify(socket, judgment.editor.id);
    });
    this.#server.on('tlsClientError', (error: NodeJS.ErrnoException) => {
      this.#metrics.countHandshakeFailure(classify(error.code ?? ''));
    });
  }
}

function tlsOptions({ options }: Certificates) {
  return {
    ...options,
    honorCipherOrder: true,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION,
  };
}

function classify(code: string): 'timeout' | 'version' | 'reset' | 'other' {
  if (code === 'ERR_TLS_HANDSHAKE_TIMEOUT') return 'timeout';
  if (code === 'ECONNRESET') return 'reset';
  return /UNSUPPORTED_PROTOCOL|VERSION|NO_SHARED_CIPHER/.test(code) ? 'version' : 'other';
}
