// One slot search, in the gateway's own words: what SAS asked, free of spelling. The edge makes it from the
// request (individual.ts, sos.ts); the relay turns it into the exact request of the guide (vendor-request.ts).

/** INT_R01 practitioners, INT_R04 the same with CPTS resources, SOS associations. docs/guide.md G-101. */
export type Flow = 'INT_R01' | 'INT_R04' | 'SOS';

/** Inclusive bounds on `Slot.start`, milliseconds since the epoch. */
export interface SlotWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface SlotQuery {
  readonly flow: Flow;
  readonly window: SlotWindow;
  /** Prefixed national identifiers, each once, in the order asked. */
  readonly subjects: readonly string[];
}
