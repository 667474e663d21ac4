// The breakers of all vendors, as the hub asks them: who may be called, who is held back and since when. Mode
// `simulate` (the default, until an operator has seen what it would do) lets everything pass and logs.

import type { FailedCall, VendorFailure } from '../../shared/link/relay.ts';
import { log } from '../log.ts';
import { BREAKER_DEFAULTS, Breaker, type BreakerMode, type Verdict } from './breaker.ts';

/** Failures that say nothing of the vendor's health: ours, or quick and deliberate refusals. */
const NOT_ITS_HEALTH: ReadonlySet<VendorFailure> = new Set([
  'refused',
  'overloaded',
  'not-served',
  'draining',
  'internal',
]);

export interface BreakersSettings {
  readonly mode: BreakerMode;
  readonly slowMs: number;
}

export class Breakers {
  readonly #settings: BreakersSettings;
  readonly #breakers = new Map<string, Breaker>();

  constructor(settings: BreakersSettings) {
    this.#settings = settings;
  }

  ask(editor: string, nowMs: number): Verdict {
    const { mode } = this.#settings;
    const verdict = mode === 'off' ? PASS : this.#of(editor).ask(nowMs);
    if (mode === 'enforce') return verdict;
    // Nor a probe: the other calls to that vendor would wait for its outcome.
    if (!verdict.pass) log('info', 'breaker would hold back', { editor });
    return PASS;
  }

  note(editor: string, failure: FailedCall | undefined, durationMs: number, nowMs: number): void {
    if (this.#settings.mode === 'off') return;
    if (failure !== undefined && NOT_ITS_HEALTH.has(failure.reason)) return;
    const transition = this.#of(editor).note(failure === undefined, durationMs, nowMs);
    if (transition !== undefined) log('warn', `breaker ${transition}`, { editor });
  }

  /** A probe whose outcome nobody will tell. */
  forgetProbe(editor: string, nowMs: number): void {
    this.#breakers.get(editor)?.forgetProbe(nowMs);
  }

  /** State of each vendor that was ever called, for operators. */
  describe(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.#breakers].map(([editor, breaker]) => [editor, breaker.state]));
  }

  #of(editor: string): Breaker {
    const known = this.#breakers.get(editor);
    if (known !== undefined) return known;
    const breaker = new Breaker({ ...BREAKER_DEFAULTS, ...this.#settings });
    this.#breakers.set(editor, breaker);
    return breaker;
  }
}

const PASS: Verdict = { pass: true, isProbe: false };
