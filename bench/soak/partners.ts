// Partners who cost as much as the attackers of bench/soak/attackers.ts and do no harm: a caller that asks for as many
// practitioners and reads its answers, and a vendor that opens as many connections to the relay's mTLS port and is who it is.
// What ordinary traffic loses beside them it loses to the size of the machine; what it loses beyond that, to the attack.

import { readFile } from 'node:fs/promises';
import { connect } from 'node:tls';
import { Pool } from 'undici';
import { SUBJECTS_ASKED } from './attackers.ts';
import { slotPath, subjectsOf } from './ordinary.ts';

/** What the edge and the relay take in of somebody. */
export interface Load {
  readonly searchesPerS: number;
  readonly streamsPerS: number;
  readonly handshakesPerS: number;
}

const TICK_MS = 20;
/** The network of the other vendor. */
const VENDOR_ADDRESS = '127.67.0.1';

/** Calls `act` so often on the whole. */
class Pace {
  #timer: NodeJS.Timeout | undefined;

  start(perSecond: number, act: () => void): void {
    const startedMs = performance.now();
    let done = 0;
    this.#timer = setInterval(() => {
      for (; done < ((performance.now() - startedMs) / 1_000) * perSecond; done += 1) act();
    }, TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

export class BusyCaller {
  readonly #origin: string;
  readonly #token: string;
  readonly #seed: number;
  readonly #whole = new Pace();
  readonly #streams = new Pace();
  readonly #underWay = new Set<Promise<void>>();
  #pool: Pool | undefined;
  #asked = 0;
  #failed = 0;

  constructor(origin: string, token: string, seed: number) {
    this.#origin = origin;
    this.#token = token;
    this.#seed = seed;
  }

  start({ searchesPerS, streamsPerS }: Load): void {
    const pool = new Pool(this.#origin, { connections: 100 });
    this.#pool = pool;
    this.#whole.start(searchesPerS, () => this.#launch(pool, 'application/fhir+json'));
    this.#streams.start(streamsPerS, () => this.#launch(pool, 'text/event-stream'));
  }

  /** Resolves when nothing of it is under way. */
  async pause(): Promise<void> {
    this.#whole.stop();
    this.#streams.stop();
    await Promise.all(this.#underWay);
    await this.#pool?.close();
    this.#pool = undefined;
  }

  tell(): string {
    return `busy caller: ${this.#asked} searches, ${this.#failed} failed`;
  }

  #launch(pool: Pool, accept: string): void {
    const asking = this.#ask(pool, accept)
      .catch(() => {
        this.#failed += 1;
      })
      .finally(() => this.#underWay.delete(asking));
    this.#underWay.add(asking);
  }

  async #ask(pool: Pool, accept: string): Promise<void> {
    this.#asked += 1;
    const { statusCode, body } = await pool.request({
      method: 'GET',
      path: slotPath(subjectsOf(this.#seed, this.#asked, SUBJECTS_ASKED)),
      headers: { authorization: `Bearer ${this.#token}`, accept },
    });
    await body.dump({ limit: Number.POSITIVE_INFINITY });
    if (statusCode !== 200) this.#failed += 1;
  }
}

export class BusyVendor {
  readonly #port: number;
  readonly #identity: { readonly cert: string; readonly key: string };
  readonly #pace = new Pace();
  #opened = 0;
  #shaken = 0;

  private constructor(port: number, identity: { readonly cert: string; readonly key: string }) {
    this.#port = port;
    this.#identity = identity;
  }

  static async open(
    port: number,
    { certFile, keyFile }: { readonly certFile: string; readonly keyFile: string },
  ): Promise<BusyVendor> {
    return new BusyVendor(port, {
      cert: await readFile(certFile, 'utf8'),
      key: await readFile(keyFile, 'utf8'),
    });
  }

  start({ handshakesPerS }: Load): void {
    this.#pace.start(handshakesPerS, () => this.#shake());
  }

  async pause(): Promise<void> {
    this.#pace.stop();
  }

  tell(): string {
    return `busy vendor: ${this.#opened} connections to the mTLS port, ${this.#shaken} handshakes`;
  }

  #shake(): void {
    this.#opened += 1;
    const address = { host: '127.0.0.1', port: this.#port, localAddress: VENDOR_ADDRESS };
    const socket = connect({ ...address, rejectUnauthorized: false, ...this.#identity }, () => {
      this.#shaken += 1;
      socket.end();
    });
    socket.on('error', () => undefined);
  }
}
