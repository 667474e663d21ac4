// The breakers of all vendors, as the hub asks them: who may be called, who is held back and since when. Mode
// `simulate` (the default, until an operator has seen what it would do) lets everything pass and logs.

import type { FailedCall } from '../../shared/failure.ts';
import { log } from '../base/log.ts';
import {
  BREAKER_DEFAULTS,
  Breaker,
  type BreakerMode,
  type Probe,
  type Transition,
  type Verdict,
} from './breaker.ts';
import { dropOldest, EDITORS_REMEMBERED_MAX } from './drop-oldest.ts';
import { isOurs } from './editor-health.ts';

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
    if (mode === 'off') return PASS;
    const verdict = this.#of(editor).ask(nowMs);
    if (verdict.pass && verdict.probe !== undefined) log('info', 'breaker-half-opened', { editor });
    if (mode === 'enforce' || verdict.pass) return verdict;
    log('info', 'breaker-would-hold-back', { editor });
    return PASS;
  }

  /** How a call went. `probe`: of the verdict by which it left. */
  note(
    editor: string,
    failure: FailedCall | undefined,
    durationMs: number,
    nowMs: number,
    probe?: Probe,
  ): void {
    if (this.#settings.mode === 'off') return;
    const breaker = this.#of(editor);
    const saysNothing = failure !== undefined && (isOurs(failure) || failure.reason === 'refused');
    if (!saysNothing) this.#tell(editor, breaker.note(failure === undefined, durationMs, nowMs, probe));
    else if (probe !== undefined) this.#tell(editor, breaker.giveBackProbe(probe, nowMs));
  }

  /** A probe whose outcome nobody will tell. */
  forgetProbe(editor: string, probe: Probe, nowMs: number): void {
    this.#tell(editor, this.#breakers.get(editor)?.forgetProbe(probe, nowMs));
  }

  /** State of the vendors that were called, for operators. */
  describe(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.#breakers].map(([editor, breaker]) => [editor, breaker.state]));
  }

  /** `heldSinceMs`: only where breakers do hold back. */
  describeOne(editor: string): { readonly breaker?: string; readonly heldSinceMs?: number } {
    const breaker = this.#breakers.get(editor);
    const heldSinceMs = this.#settings.mode === 'enforce' ? breaker?.openSinceMs : undefined;
    return {
      ...(breaker && { breaker: breaker.state }),
      ...(heldSinceMs !== undefined && { heldSinceMs }),
    };
  }

  #tell(editor: string, transition: Transition | undefined): void {
    if (transition !== undefined) log('warn', `breaker-${transition}`, { editor });
  }

  #of(editor: string): Breaker {
    const known = this.#breakers.get(editor);
    if (known !== undefined) return known;
    const breaker = new Breaker({ ...BREAKER_DEFAULTS, ...this.#settings });
    dropOldest(this.#breakers, EDITORS_REMEMBERED_MAX);
    this.#breakers.set(editor, breaker);
    return breaker;
  }
}

const PASS: Verdict = { pass: true };
