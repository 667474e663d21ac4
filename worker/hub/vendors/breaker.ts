// One circuit breaker per vendor: a vendor that keeps failing or dragging is not waited for. Closed: calls pass.
// Open: calls are answered "unknown: open since …" at once. Half-open: one probe passes; its outcome decides.
// In `simulate` mode everything passes and only the log says what would have been held back. Pure: time is passed in.

/** The setting BREAKER_MODE. */
export type BreakerMode = 'off' | 'simulate' | 'enforce';

/** When a breaker opens, and for how long. */
export interface BreakerSettings {
  readonly mode: BreakerMode;
  /** Calls looked back at. */
  readonly window: number;
  /** Opens when at least this share of the window failed or was slow… */
  readonly failureShare: number;
  /** …and at least so many calls were seen. */
  readonly callsMin: number;
  /** An answer slower than this counts as a failure, milliseconds. */
  readonly slowMs: number;
  /** Pause before a probe, milliseconds; doubles with each failed probe up to the bound. */
  readonly pauseMs: number;
  readonly pauseMsMax: number;
}

/** What no setting changes. */
export const BREAKER_DEFAULTS: Omit<BreakerSettings, 'mode' | 'slowMs'> = {
  window: 20,
  failureShare: 0.5,
  callsMin: 10,
  pauseMs: 5_000,
  pauseMsMax: 60_000,
};

/** Names the one call whose outcome a half-open breaker waits for. */
export type Probe = number;

type BreakerState =
  | { readonly kind: 'closed' }
  | { readonly kind: 'open'; readonly sinceMs: number; readonly probeAtMs: number; readonly pauseMs: number }
  | { readonly kind: 'half-open'; readonly sinceMs: number; readonly pauseMs: number; readonly probe: Probe };

/** `sinceMs`: since when the vendor is held back, milliseconds since 1970. */
export type Verdict =
  | { readonly pass: true; readonly probe?: Probe }
  | { readonly pass: false; readonly sinceMs: number };

/** What changed, for the log and for operators. */
export type Transition = 'opened' | 'closed' | 'reopened';

/** One vendor's breaker. */
export class Breaker {
  readonly #settings: BreakerSettings;
  #state: BreakerState = { kind: 'closed' };
  #outcomes: boolean[] = [];
  #probes = 0;

  constructor(settings: BreakerSettings) {
    this.#settings = settings;
  }

  get state(): BreakerState['kind'] {
    return this.#state.kind;
  }

  /** Since when it lets no call pass but a probe, milliseconds. */
  get openSinceMs(): number | undefined {
    return this.#state.kind === 'closed' ? undefined : this.#state.sinceMs;
  }

  /** May this vendor be called now? A verdict with a probe half-opens: that call decides, until it is given back. */
  ask(nowMs: number): Verdict {
    const state = this.#state;
    switch (state.kind) {
      case 'closed':
        return { pass: true };
      case 'half-open':
        return { pass: false, sinceMs: state.sinceMs };
      case 'open': {
        const { sinceMs, probeAtMs, pauseMs } = state;
        if (nowMs < probeAtMs) return { pass: false, sinceMs };
        this.#probes += 1;
        this.#state = { kind: 'half-open', sinceMs, pauseMs, probe: this.#probes };
        return { pass: true, probe: this.#probes };
      }
    }
  }

  /** Takes the outcome of a call that passed. `durationMs` counts against slowness. */
  note(isWell: boolean, durationMs: number, nowMs: number, probe?: Probe): Transition | undefined {
    const isGood = isWell && durationMs <= this.#settings.slowMs;
    const state = this.#state;
    switch (state.kind) {
      case 'half-open':
        // Other calls that land now left before it opened: old news.
        if (probe !== state.probe) return undefined;
        return isGood ? this.#close() : this.#open(state.sinceMs, nowMs, state.pauseMs * 2, 'reopened');
      case 'open':
        return undefined;
      case 'closed':
        this.#outcomes.push(isGood);
        if (this.#outcomes.length > this.#settings.window) this.#outcomes.shift();
        return !isGood && this.#isTooBad()
          ? this.#open(nowMs, nowMs, this.#settings.pauseMs, 'opened')
          : undefined;
    }
  }

  /** The probe's outcome says nothing of the vendor's health: the next one goes after the same pause. */
  giveBackProbe(probe: Probe, nowMs: number): Transition | undefined {
    const state = this.#state;
    if (state.kind !== 'half-open' || state.probe !== probe) return undefined;
    return this.#open(state.sinceMs, nowMs, state.pauseMs, 'reopened');
  }

  /** The probe never reached the vendor, or its outcome will not be known: the next one may go at once. */
  forgetProbe(probe: Probe, nowMs: number): Transition | undefined {
    const state = this.#state;
    if (state.kind !== 'half-open' || state.probe !== probe) return undefined;
    this.#state = { kind: 'open', sinceMs: state.sinceMs, probeAtMs: nowMs, pauseMs: state.pauseMs };
    return 'reopened';
  }

  #isTooBad(): boolean {
    const { callsMin, failureShare } = this.#settings;
    if (this.#outcomes.length < callsMin) return false;
    const failed = this.#outcomes.filter((isGood) => !isGood).length;
    return failed / this.#outcomes.length >= failureShare;
  }

  #open(sinceMs: number, nowMs: number, pauseMs: number, how: Transition): Transition {
    const pause = Math.min(pauseMs, this.#settings.pauseMsMax);
    this.#state = { kind: 'open', sinceMs, probeAtMs: nowMs + pause, pauseMs: pause };
    this.#outcomes = [];
    return how;
  }

  #close(): Transition {
    this.#state = { kind: 'closed' };
    this.#outcomes = [];
    return 'closed';
  }
}
