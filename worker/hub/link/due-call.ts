// Tells relays that messages of INT_L02 are due: at once, then at most ten times a second however many are written. Best effort,
// relays also ask by themselves. shared/link/hub-sante.ts.

import type { RelayLink } from './relay-link.ts';

const PAUSE_MS = 100;

/** `serving`: the relays that carry messages to Hub Santé now. */
export class DueCall {
  readonly #serving: () => readonly RelayLink[];
  #isResting = false;
  #isDue = false;

  constructor(serving: () => readonly RelayLink[]) {
    this.#serving = serving;
  }

  tell(): void {
    if (this.#isResting) {
      this.#isDue = true;
      return;
    }
    this.#isResting = true;
    for (const link of this.#serving()) link.publishDue();
    setTimeout(() => {
      this.#isResting = false;
      if (!this.#isDue) return;
      this.#isDue = false;
      this.tell();
    }, PAUSE_MS);
  }
}
