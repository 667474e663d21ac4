// What a vendor remembers of its callers: counts by route and the last requests as they came, for tests to read
// what the gateway really sent. Invented people only pass here, so queries are kept whole.

import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { CallerIdentity } from './settings.ts';

const REQUESTS_KEPT = 50;

export interface RequestRecord {
  readonly at: string;
  readonly method: string;
  /** Path and query exactly as received. */
  readonly url: string;
  /** Names and values exactly as received. */
  readonly headers: readonly (readonly [string, string])[];
  readonly tls: string | null;
  readonly sessionReused: boolean;
  readonly client: CallerIdentity | null;
  readonly route: string;
  /** Null until answered; stays null when the caller left first. */
  status: number | null;
  /** From request to end of answer, or to the caller's leaving. */
  durationMs: number | null;
}

export class Journal {
  readonly #counts = new Map<string, number>();
  #requests: RequestRecord[] = [];
  #inFlight = 0;
  #handshakes = 0;
  #resumed = 0;
  readonly #idle: (() => void)[] = [];

  countHandshake(resumed: boolean): void {
    this.#handshakes += 1;
    if (resumed) this.#resumed += 1;
  }

  /** Returns the function to call once, when the exchange ends. */
  begin(
    request: IncomingMessage,
    socket: TLSSocket,
    route: string,
    client: CallerIdentity | undefined,
  ): (status: number | null) => void {
    const startedMs = performance.now();
    const record: RequestRecord = {
      at: new Date().toISOString(),
      method: request.method ?? '',
      url: request.url ?? '',
      headers: pairUp(request.rawHeaders),
      tls: socket.getProtocol(),
      sessionReused: socket.isSessionReused(),
      client: client ?? null,
      route,
      status: null,
      durationMs: null,
    };
    this.#counts.set(route, (this.#counts.get(route) ?? 0) + 1);
    this.#requests.push(record);
    if (this.#requests.length > REQUESTS_KEPT) this.#requests.shift();
    this.#inFlight += 1;
    return (status) => {
      this.#inFlight -= 1;
      if (this.#inFlight === 0) {
        for (const wake of this.#idle.splice(0)) wake();
      }
      record.status = status;
      record.durationMs = Math.round(performance.now() - startedMs);
    };
  }

  read() {
    return {
      counts: Object.fromEntries(this.#counts),
      inFlight: this.#inFlight,
      handshakes: this.#handshakes,
      sessionsResumed: this.#resumed,
      requests: this.#requests,
    };
  }

  async untilIdle(): Promise<void> {
    if (this.#inFlight > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** What is in flight stays counted. */
  reset(): void {
    this.#counts.clear();
    this.#requests = [];
    this.#handshakes = 0;
    this.#resumed = 0;
  }
}

function pairUp(raw: readonly string[]): readonly (readonly [string, string])[] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) pairs.push([raw[i] ?? '', raw[i + 1] ?? '']);
  return pairs;
}
