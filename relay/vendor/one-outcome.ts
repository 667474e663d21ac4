// What every exchange with a vendor has as undici's handler: exactly one outcome, whatever happens first (the end, an error,
// a bound, the signal), and one end.

import type { Dispatcher } from 'undici';
import type { VendorFailure } from '../../shared/failure.ts';
import { describeExchangeError, failureOf } from '../base/failure.ts';

export interface ExchangeEnds<Outcome> {
  readonly signal: AbortSignal;
  /** Called once, as soon as there is an outcome. */
  readonly onOutcome: (outcome: Outcome) => void;
  /** Called once, when undici is done with it and its connection is free again, or gone. */
  readonly onOver: () => void;
}

/** Answers before the answer (102, 103): each costs as much as a piece of the body, and no vendor needs many. */
const INTERIM_MAX = 16;

/** Subclasses say what becomes of the body; undici calls the rest. */
export abstract class OneOutcome<Outcome> {
  readonly #ends: ExchangeEnds<Outcome>;
  #controller: Dispatcher.DispatchController | undefined;
  #settled = false;
  #over = false;
  #interim = 0;
  /** The request has left. */
  protected isSent = false;

  constructor(ends: ExchangeEnds<Outcome>) {
    this.#ends = ends;
    ends.signal.addEventListener('abort', this.#giveUp, { once: true });
  }

  /** The outcome of an exchange that ends so early; `error`: undefined when the signal ended it. */
  protected abstract endedBy(reason: VendorFailure, error?: NodeJS.ErrnoException): Outcome;

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#settled) controller.abort(new Error('settled'));
    else this.isSent = true;
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.end(this.endedBy(describeExchangeError(error), error));
  }

  protected end(outcome: Outcome): void {
    this.settle(outcome);
    if (this.#over) return;
    this.#over = true;
    this.#ends.signal.removeEventListener('abort', this.#giveUp);
    this.#ends.onOver();
  }

  /** For each answer before the answer; too many end the exchange. */
  protected passInterim(controller: Dispatcher.DispatchController): void {
    this.#interim += 1;
    if (this.#interim <= INTERIM_MAX) return;
    this.settle(this.endedBy('too-large'));
    controller.abort(new Error('too many answers'));
  }

  /** There is an outcome already. */
  protected get isSettled(): boolean {
    return this.#settled;
  }

  protected settle(outcome: Outcome): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#ends.onOutcome(outcome);
  }

  readonly #giveUp = (): void => {
    this.settle(this.endedBy(failureOf(this.#ends.signal)));
    this.#controller?.abort(new Error('given up'));
  };
}
