// What INT_L02 waits for. Milliseconds.

/** A relay publishes what it was given within it. */
export const LEASE_MS = 30_000;
/** Clocks and answers on their way: only so much later it is given to another. */
export const LEASE_MARGIN_MS = 15_000;
/** A message lives a day at the Hub, whatever it says. */
export const LIFE_MS = 24 * 3_600_000;
/** The Hub's word that it expired may be on its way. */
export const EXPIRY_MARGIN_MS = 15 * 60_000;
/** What is held back is looked at again after it. */
export const HOLD_MS = 10 * 60_000;
/** What no LRM has acknowledged for so long is an alarm. */
export const UNDELIVERED_MS = 15 * 60_000;
/** A relay asks at least as often. */
export const NEXT_MS = 5_000;
/** Strays are forgotten after it. */
export const STRAYS_MS = 90 * 24 * 3_600_000;
