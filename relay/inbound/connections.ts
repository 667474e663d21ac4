// The mTLS port shares its connections out. One that has not shown a vendor's certificate yet is a stranger's: the port
// takes few at once, few a second from one network, and not for long; when there are too many, it closes the oldest of the
// network that has most, so that a newcomer always has a moment to show whose it is. It keeps places for each vendor, which
// neither strangers nor other vendors can take. docs/relay.md "À qui sont les connexions".

import type { Socket } from 'node:net';
import { LRUCache } from 'lru-cache';
import { TokenBucket } from '../../shared/token-bucket.ts';
import { sourceNetwork } from './source-network.ts';

/** Of all connections, at most this share is strangers', and never more than so many. */
const STRANGERS_SHARE = 4;
const STRANGERS_MAX = 256;
/** Of the strangers' places, what one network may hold. */
const NETWORK_SHARE = 2;
/** New connections a second from one network, and so many at once: a handshake costs a millisecond or two of processor. */
const NETWORK_PER_S = 150;
const NETWORK_BURST = 300;
/** From one from which a vendor has come lately: a vendor may open a connection for each report. */
const KNOWN_PER_S = 1_000;
const KNOWN_BURST = 2_000;
/** From all networks together, but for those from which a vendor has come lately. */
const ALL_PER_S = 300;
const ALL_BURST = 600;
/** Networks whose pace is remembered, and for how long a vendor's network is known. */
const NETWORKS_MAX = 10_000;
const KNOWN_MS = 24 * 3_600_000;
/** After its handshake a stranger has so long to ask, and to read that it is refused. */
const STRANGER_MS = 10_000;

/**
 * Why a connection was closed: too fast, too many strangers, a stranger for too long, too many of one vendor; `unread`: its
 * vendor does not read the answers.
 */
export type Dropped = 'rate' | 'strangers' | 'stranger-late' | 'vendor' | 'unread';

interface ConnectionLimits {
  /** In all. */
  readonly connections: number;
  readonly handshakeMs: number;
}

export interface ConnectionsParts {
  readonly limits: ConnectionLimits;
  /** How many vendors share what is not the strangers'. */
  readonly vendors: () => number;
  readonly onDrop: (why: Dropped) => void;
}

interface Held {
  readonly socket: Socket;
  readonly network: string;
  /** Until it is a vendor's. */
  leash: NodeJS.Timeout | undefined;
  vendor: string | undefined;
  /** Requests that are not answered to their end. */
  running: number;
}

/** The open connections of one port, and the places that strangers and each vendor still have. */
export class Connections {
  readonly #parts: ConnectionsParts;
  readonly #strangersMax: number;
  /** In the order of their arrival, by the peer's address and port: TLS sockets and their TCP sockets have them alike. */
  readonly #held = new Map<string, Held>();
  readonly #strangers = new Map<string, Set<Held>>();
  /** Each in the order in which it last began or ended a request. */
  readonly #ofVendors = new Map<string, Set<Held>>();
  readonly #rates = new LRUCache<string, TokenBucket>({ max: NETWORKS_MAX });
  readonly #known = new LRUCache<string, true>({ max: NETWORKS_MAX, ttl: KNOWN_MS });
  readonly #all = new TokenBucket(ALL_PER_S, ALL_BURST, performance.now());

  constructor(parts: ConnectionsParts) {
    this.#parts = parts;
    const share = Math.ceil(parts.limits.connections / STRANGERS_SHARE);
    this.#strangersMax = Math.min(STRANGERS_MAX, share);
  }

  get count(): number {
    return this.#held.size;
  }

  get strangers(): number {
    return sum([...this.#strangers.values()].map(({ size }) => size));
  }

  /** A connection that TCP has just made; what is too much is closed. */
  accept(socket: Socket): void {
    const network = sourceNetwork(socket.remoteAddress);
    if (!this.#isInPace(network)) {
      this.#drop(socket, 'rate');
      return;
    }
    const key = keyOf(socket);
    const held: Held = { socket, network, leash: undefined, vendor: undefined, running: 0 };
    this.#held.set(key, held);
    groupOf(this.#strangers, network).add(held);
    held.leash = this.#leash(held, this.#parts.limits.handshakeMs + STRANGER_MS);
    socket.once('close', () => {
      clearTimeout(held.leash);
      if (this.#held.get(key) === held) this.#held.delete(key);
      this.#leave(held);
    });
    this.#makeRoom(network);
  }

  /** It is that vendor's; closed, and false, when the vendor has all its places and asks something on each. */
  identify(socket: Socket, vendor: string): boolean {
    const held = this.#held.get(keyOf(socket));
    if (held === undefined) return true;
    if (held.vendor === vendor) return true;
    this.#leave(held);
    clearTimeout(held.leash);
    held.vendor = vendor;
    this.#known.set(held.network, true);
    const own = groupOf(this.#ofVendors, vendor);
    if (own.size >= this.#placesOfVendor()) {
      const idle = [...own].find(({ running }) => running === 0);
      this.#drop((idle ?? held).socket, 'vendor');
      if (idle === undefined) return false;
      own.delete(idle);
    }
    own.add(held);
    return true;
  }

  /** A request began on it; call what it returns when that has ended. */
  use(socket: Socket): () => void {
    const held = this.#held.get(keyOf(socket));
    if (held === undefined) return () => undefined;
    this.#step(held, 1);
    return () => this.#step(held, -1);
  }

  closeAll(): void {
    for (const { socket } of this.#held.values()) socket.destroy();
  }

  #step(held: Held, by: 1 | -1): void {
    held.running += by;
    const own = held.vendor === undefined ? undefined : this.#ofVendors.get(held.vendor);
    if (own?.delete(held) === true) own.add(held);
  }

  #isInPace(network: string): boolean {
    const nowMs = performance.now();
    const isKnown = this.#known.has(network);
    const name = isKnown ? `${network} known` : network;
    const [perSecond, burst] = isKnown ? [KNOWN_PER_S, KNOWN_BURST] : [NETWORK_PER_S, NETWORK_BURST];
    const rate = this.#rates.get(name) ?? new TokenBucket(perSecond, burst, nowMs);
    this.#rates.set(name, rate);
    return rate.take(nowMs) === 0 && (isKnown || this.#all.take(nowMs) === 0);
  }

  #makeRoom(network: string): void {
    const ofNetwork = groupOf(this.#strangers, network);
    const networkMax = Math.ceil(this.#strangersMax / NETWORK_SHARE);
    let fattest = ofNetwork.size > networkMax ? ofNetwork : undefined;
    if (fattest === undefined && this.strangers > this.#strangersMax) {
      fattest = [...this.#strangers.values()].reduce((a, b) => (b.size > a.size ? b : a));
    }
    const [oldest] = fattest ?? [];
    if (oldest === undefined) return;
    this.#leave(oldest);
    this.#drop(oldest.socket, 'strangers');
  }

  #placesOfVendor(): number {
    const forVendors = this.#parts.limits.connections - this.#strangersMax;
    return Math.max(1, Math.floor(forVendors / Math.max(1, this.#parts.vendors())));
  }

  #leash(held: Held, ms: number): NodeJS.Timeout {
    return setTimeout(() => this.#drop(held.socket, 'stranger-late'), ms).unref();
  }

  #leave(held: Held): void {
    const [groups, name] =
      held.vendor === undefined ? [this.#strangers, held.network] : [this.#ofVendors, held.vendor];
    const group = groups.get(name);
    group?.delete(held);
    if (group?.size === 0) groups.delete(name);
  }

  #drop(socket: Socket, why: Dropped): void {
    socket.destroy();
    this.#parts.onDrop(why);
  }
}

const keyOf = ({ remoteAddress = '', remotePort = 0 }: Socket): string => `${remoteAddress} ${remotePort}`;

function groupOf(groups: Map<string, Set<Held>>, name: string): Set<Held> {
  const group = groups.get(name) ?? new Set<Held>();
  groups.set(name, group);
  return group;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
