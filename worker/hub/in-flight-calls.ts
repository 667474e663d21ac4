// Calls under way, and who waits for them: one call per vendor and question is shared by every search that wants its
// answer. One that leaves cancels nothing that another waits for; the last one leaving cancels the call. Lives in the
// relay hub's memory.

import type { AnswerFrame } from '../../shared/link/answer-frame.ts';
import type { CallHead, SearchPlan } from '../../shared/link/relay.ts';
import type { Flow, SlotWindow } from '../../shared/sas/query.ts';
import type { Probe } from './breaker.ts';
import type { AskedCall } from './hub-calls.ts';
import { Flight } from './in-flight-call.ts';
import type { RelayLink } from './relay-link.ts';

/** A search, as the calls it waits for see it. Numbers are the search's own. */
export interface FlightWaiter {
  readonly landed: (landing: Landing) => void;
  /** The link broke: nobody will answer these. */
  readonly lost: (numbers: readonly number[], link: RelayLink) => void;
  /** The relay is done with the plan; had it anything to say of these, it has said it. */
  readonly ended: (numbers: readonly number[]) => void;
}

/** Answers to calls that a search waits for. */
export interface Landing {
  readonly link: RelayLink;
  readonly frame: AnswerFrame;
  /** By the frame's, null for calls it does not wait for. */
  readonly numbers: readonly (number | null)[];
  /** Those of its numbers that another search sent, and waits for too. */
  readonly shared: readonly number[];
}

export interface FlightQuestion {
  readonly flow: Flow;
  readonly askedWindow: SlotWindow;
  readonly call: AskedCall;
  /** When its vendor must have answered, were it asked anew. */
  readonly endMs: number;
  /** A relay that is not to be waited for. */
  readonly without: RelayLink | undefined;
}

/** A plan on its way to a relay. */
export interface Departure {
  readonly link: RelayLink;
  readonly plan: SearchPlan;
  /** For each call of the plan, its number at the search that sends it. */
  readonly numbers: readonly number[];
  /** By these numbers: calls whose outcome a breaker waits for. */
  readonly probes: ReadonlyMap<number, Probe>;
  /** No other search may join it. */
  readonly isAlone: boolean;
}

/** Hears of each call once, however many wait for it. */
export interface CallWatch {
  /** How it went. */
  readonly answered: (editor: string, head: CallHead, probe: Probe | undefined) => void;
  /** Nobody will hear how it went: all have left, or its relay is lost. */
  readonly forsaken: (editor: string, probe: Probe) => void;
}

export class Flights {
  readonly #watch: CallWatch;
  readonly #flights = new Set<Flight>();

  constructor(watch: CallWatch) {
    this.#watch = watch;
  }

  /** Calls under way that somebody waits for. */
  get open(): number {
    let count = 0;
    for (const flight of this.#flights) count += flight.open;
    return count;
  }

  /** True when a call under way answers this one too: `waiter` will hear of it as `number`. */
  join(waiter: FlightWaiter, number: number, question: FlightQuestion, nowMs: number): boolean {
    for (const flight of this.#flights) if (flight.join(waiter, number, question, nowMs)) return true;
    return false;
  }

  /** Sends a plan to its relay. */
  start(departure: Departure, waiter: FlightWaiter): void {
    const flight = new Flight(departure, waiter, this.#watch, Date.now());
    this.#flights.add(flight);
    flight.run().finally(() => this.#flights.delete(flight));
  }

  /** Numbers of the calls it waits for at relays that have said nothing at all since they were asked. */
  unheard(waiter: FlightWaiter): number[] {
    return [...this.#flights].flatMap((flight) => flight.unheard(waiter));
  }

  leave(waiter: FlightWaiter): void {
    for (const flight of this.#flights) flight.leave(waiter);
  }
}
