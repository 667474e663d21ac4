// The breakers of all vendors, as the hub asks them: which may be called, which is held back and since when. Mode
// `simulate` (the default, until an operator has seen what it would do) lets everything pass and logs.

import { LRUCache } from 'lru-cache';
import type { FailedCall } from '../../../shared/failure.ts';
import { log } from '../../base/log.ts';
import {
  BREAKER_DEFAULTS,
  Breaker,
  type BreakerMode,
  type Probe,
  type Transition,
  type Verdict,
} from './breaker.ts';
import { isOurs, VENDORS_REMEMBERED_MAX } from './health.ts';

/** The settings BREAKER_*. */
export interface BreakersSettings {
  readonly mode: BreakerMode;
  readonly slowMs: number;
}

/** One breaker per vendor, made when it is first asked. */
export class Breakers {
  readonly #settings: BreakersSettings;
  readonly #breakers = new LRUCache<string, Breaker>({ max: VENDORS_REMEMBERED_MAX });

  constructor(settings: BreakersSettings) {
    this.#settings = settings;
  }

  /** May this vendor be called now? */
  ask(vendor: string, nowMs: number): Verdict {
    const { mode } = this.#settings;
    if (mode === 'off') return PASS;
    const verdict = this.#of(vendor).ask(nowMs);
    if (verdict.pass && verdict.probe !== undefined) log('info', 'breaker-half-opened', { editor: vendor });
    if (mode === 'enforce' || verdict.pass) return verdict;
    log('info', 'breaker-would-hold-back', { editor: vendor });
    return PASS;
  }

  /** How a call went. `probe`: of the verdict by which it left. */
  note(
    vendor: string,
    failure: FailedCall | undefined,
    durationMs: number,
    nowMs: number,
    probe?: Probe,
  ): void {
    if (this.#settings.mode === 'off') return;
    const breaker = this.#of(vendor);
    const saysNothing = failure !== undefined && (isOurs(failure) || failure.reason === 'refused');
    if (!saysNothing) this.#tell(vendor, breaker.note(failure === undefined, durationMs, nowMs, probe));
    else if (probe !== undefined) this.#tell(vendor, breaker.giveBackProbe(probe, nowMs));
  }

  /** The outcome of this probe will not be known. */
  forgetProbe(vendor: string, probe: Probe, nowMs: number): void {
    this.#tell(vendor, this.#breakers.peek(vendor)?.forgetProbe(probe, nowMs));
  }

  /** By vendor that was called, its breaker's state, for operators. */
  describe(): Readonly<Record<string, string>> {
    const states: Record<string, string> = {};
    this.#breakers.rforEach(({ state }, vendor) => {
      states[vendor] = state;
    });
    return states;
  }

  /** `heldSinceMs`: only where breakers do hold back. */
  describeOne(vendor: string): { readonly breaker?: string; readonly heldSinceMs?: number } {
    const breaker = this.#breakers.peek(vendor);
    const heldSinceMs = this.#settings.mode === 'enforce' ? breaker?.openSinceMs : undefined;
    return {
      ...(breaker && { breaker: breaker.state }),
      ...(heldSinceMs !== undefined && { heldSinceMs }),
    };
  }

  #tell(vendor: string, transition: Transition | undefined): void {
    if (transition !== undefined) log('warn', `breaker-${transition}`, { editor: vendor });
  }

  #of(vendor: string): Breaker {
    const known = this.#breakers.get(vendor);
    if (known !== undefined) return known;
    const breaker = new Breaker({ ...BREAKER_DEFAULTS, ...this.#settings });
    this.#breakers.set(vendor, breaker);
    return breaker;
  }
}

const PASS: Verdict = { pass: true };
