// The attackers of bench/soak/attack.ts: a vendor that answers with what costs most to read, a caller that asks for as much
// as it can and reads nothing, and strangers who open connections at the relay's mTLS port without a certificate.

import { connect as connectTcp, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { Pool } from 'undici';
import { HOSTILE_FORMS } from '../../sandbox/vendors/faults/hostile.ts';
import { hash } from '../../sandbox/vendors/world/random.ts';
import { slotPath, subjectsOf } from './ordinary.ts';

interface Attacker {
  readonly start: () => void;
  /** Resolves when nothing of it is under way. */
  readonly pause: () => Promise<void>;
  /** One line for people: the attacks that it made. */
  readonly tell: () => string;
}

/** Another hostile fault every so often. */
const TURN_MS = 3_000;
const HOSTILE_KINDS = HOSTILE_FORMS.map((form) => `hostile:${form}`);

export class HostileVendor implements Attacker {
  readonly #controlUrl: string;
  readonly #seed: number;
  #turns = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(controlUrl: string, seed: number) {
    this.#controlUrl = controlUrl;
    this.#seed = seed;
  }

  start(): void {
    void this.#turn();
    this.#timer = setInterval(() => void this.#turn(), TURN_MS);
  }

  async pause(): Promise<void> {
    clearInterval(this.#timer);
    await fetch(`${this.#controlUrl}/fault`, { method: 'DELETE' });
  }

  tell(): string {
    return `hostile vendor: ${this.#turns} turns of ${HOSTILE_KINDS.length} kinds`;
  }

  async #turn(): Promise<void> {
    const kind = HOSTILE_KINDS[hash(this.#seed, this.#turns, 'hostile') % HOSTILE_KINDS.length];
    this.#turns += 1;
    // Its process may be busy with its own answers for long.
    await fetch(`${this.#controlUrl}/fault`, { method: 'PUT', body: JSON.stringify(kind) }).catch(
      () => undefined,
    );
  }
}

/** Whole searches at once, and streams that are opened and never read. */
const SEARCHES = 4;
const STREAMS = 4;
export const SUBJECTS_ASKED = 300;
/** It asks again at once, whatever Retry-After says; but not so fast that the machine is the bound. */
const AGAIN_MS = 20;

export class HostileCaller implements Attacker {
  readonly #origin: string;
  readonly #token: string;
  readonly #seed: number;
  readonly #statuses = new Map<string, number>();
  #over = new AbortController();
  #loops: Promise<void>[] = [];
  #rank = 0;
  #admitted = { searches: 0, streams: 0 };

  constructor(origin: string, token: string, seed: number) {
    this.#origin = origin;
    this.#token = token;
    this.#seed = seed;
  }

  start(): void {
    this.#over = new AbortController();
    const pool = new Pool(this.#origin, { connections: SEARCHES + STREAMS });
    const loops = Array.from({ length: SEARCHES + STREAMS }, (_, index) =>
      this.#ask(pool, index < STREAMS, this.#over.signal),
    );
    this.#loops = [Promise.all(loops).then(() => pool.destroy())];
  }

  async pause(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#loops);
  }

  tell(): string {
    const told = [...this.#statuses].sort(([a], [b]) => (a < b ? -1 : 1));
    return `hostile caller: ${told.map(([status, count]) => `${status} ${count} times`).join(', ')}`;
  }

  async #ask(pool: Pool, isStream: boolean, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#rank += 1;
      try {
        const { statusCode, body } = await pool.request({
          method: 'GET',
          path: slotPath(subjectsOf(this.#seed, this.#rank, SUBJECTS_ASKED)),
          headers: {
            authorization: `Bearer ${this.#token}`,
            ...(isStream && { accept: 'text/event-stream' }),
          },
          signal,
        });
        this.#count(`${isStream ? 'stream ' : ''}${statusCode}`);
        if (statusCode === 200) this.#admitted[isStream ? 'streams' : 'searches'] += 1;
        if (isStream && statusCode === 200) await wait(TURN_MS, undefined, { signal });
        body.on('error', () => undefined).destroy();
      } catch {
        if (!signal.aborted) this.#count('broken off');
      }
      await wait(AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Its searches that were let in, since it was last asked. */
  takeAdmitted(): { readonly searches: number; readonly streams: number } {
    const admitted = this.#admitted;
    this.#admitted = { searches: 0, streams: 0 };
    return admitted;
  }

  #count(what: string): void {
    this.#statuses.set(what, (this.#statuses.get(what) ?? 0) + 1);
  }
}

/** A hundred a second. */
const STRANGER_EVERY_MS = 10;
const HELD_MS = 10_000;
/** Of another network than the vendors': who shares a vendor's network shares its pace. */
const STRANGER_ADDRESS = '127.66.0.1';

export class Strangers implements Attacker {
  readonly #port: number;
  readonly #sockets = new Set<Socket>();
  #opened = 0;
  #handshakes = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `port` of the relay, on loopback. */
  constructor(port: number) {
    this.#port = port;
  }

  start(): void {
    this.#timer = setInterval(() => this.#open(), STRANGER_EVERY_MS);
  }

  async pause(): Promise<void> {
    clearInterval(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
  }

  tell(): string {
    return `strangers: ${this.#opened} connections to the mTLS port`;
  }

  /** Whole ones, since it was last asked. */
  takeHandshakes(): number {
    const handshakes = this.#handshakes;
    this.#handshakes = 0;
    return handshakes;
  }

  /** By turns: nothing said, the beginning of a handshake, a whole handshake without certificate. */
  #open(): void {
    const kind = this.#opened % 3;
    this.#opened += 1;
    const address = { host: '127.0.0.1', port: this.#port, localAddress: STRANGER_ADDRESS };
    const socket = kind === 2 ? connectTls({ ...address, rejectUnauthorized: false }) : connectTcp(address);
    socket.once('secureConnect', () => {
      this.#handshakes += 1;
    });
    if (kind === 1) socket.write(Buffer.from('160301', 'hex'));
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
    setTimeout(() => socket.destroy(), HELD_MS).unref();
  }
}
