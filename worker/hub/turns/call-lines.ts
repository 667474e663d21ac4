// Which call is handed to a relay next: so many calls to one vendor are out at a time, the others wait here in fair turns of
// callers and searches. So a search of 500 fills no relay's queue, whatever its release, and one of three passes it. Lives
// in the relay hub's memory. No clock, no I/O.

import { FairQueue, type Turn } from '../../../shared/link/fair-queue.ts';

/** Calls to one vendor out at one relay. A relay of default settings has eight places and room for 64 calls to wait. */
const CALLS_OUT_MAX = 64;

/** A call that wants to leave. */
export interface WaitingCall {
  readonly vendor: string;
  readonly turn: Turn;
  /** Its place is taken for it; it gives it back by `leave`. */
  readonly enter: () => void;
}

interface Line {
  out: number;
  readonly outOf: Map<string, number>;
  readonly waiting: FairQueue<WaitingCall>;
}

/** Keys of a caller and of a search never meet. */
const keysOf = ({ caller, search }: Turn): readonly [string, string] => [
  `caller ${caller}`,
  `search ${search}`,
];

/** By vendor, the calls that are out and those that wait. */
export class CallLines {
  readonly #lines = new Map<string, Line>();
  readonly #relaysOf: (vendor: string) => number;

  /** `relaysOf`: how many relays serve a vendor now. */
  constructor(relaysOf: (vendor: string) => number) {
    this.#relaysOf = relaysOf;
  }

  /** True: it may leave now, and its place is taken. Else it waits: `enter` is called later, or `giveUp` ends it. */
  enter(call: WaitingCall): boolean {
    const line = this.#lines.get(call.vendor) ?? { out: 0, outOf: new Map(), waiting: new FairQueue() };
    this.#lines.set(call.vendor, line);
    if (line.waiting.size === 0 && this.#hasPlace(call.vendor, line)) {
      count(line, call.turn, 1);
      return true;
    }
    line.waiting.push(call.turn, call);
    return false;
  }

  giveUp(call: WaitingCall): void {
    this.#lines.get(call.vendor)?.waiting.delete(call.turn, call);
  }

  /** A call of this turn is out no longer. */
  leave(vendor: string, turn: Turn): void {
    const line = this.#lines.get(vendor);
    if (line === undefined) return;
    count(line, turn, -1);
    while (this.#hasPlace(vendor, line)) {
      const next = line.waiting.shift();
      if (next === undefined) break;
      count(line, next.turn, 1);
      next.enter();
    }
    if (line.out === 0 && line.waiting.size === 0) this.#lines.delete(vendor);
  }

  /** Calls to this vendor that are out before one of `mine` joins `its` line: of the same search, or of the other caller. */
  ahead(vendor: string, its: Turn, mine: Turn): number {
    const [caller, search] = keysOf(its);
    return this.#lines.get(vendor)?.outOf.get(its.caller === mine.caller ? search : caller) ?? 0;
  }

  #hasPlace(vendor: string, { out }: Line): boolean {
    return out < CALLS_OUT_MAX * Math.max(1, this.#relaysOf(vendor));
  }
}

function count(line: Line, turn: Turn, change: 1 | -1): void {
  line.out += change;
  for (const key of keysOf(turn)) {
    const left = (line.outOf.get(key) ?? 0) + change;
    if (left === 0) line.outOf.delete(key);
    else line.outOf.set(key, left);
  }
}
