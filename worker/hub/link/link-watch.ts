// Tells a relay that has fallen silent from one whose vendors are slow: while something is asked of it, it is asked for
// a sign of life as soon as nothing comes, and taken for lost when that brings nothing either. A relay that answers
// within the first tick costs no message. docs/link-protocol.md.

/** Four of them leave a search of seven seconds the time to go through another relay. */
const TICK_MS = 750;
const SILENT_TICKS_MAX = 4;

/** The link that is watched. */
export interface Watched {
  /** Asks for anything at all. */
  readonly askForLife: () => void;
  readonly silent: () => void;
}

/** Watches one link while something is asked of its relay. */
export class LinkWatch {
  readonly #watched: Watched;
  #silentTicks = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  /** Something is asked of the relay. */
  begin(): void {
    if (this.#timer !== undefined) return;
    this.#silentTicks = 0;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Nothing is asked of it any more, or it is gone. */
  end(): void {
    if (this.#timer !== undefined) clearInterval(this.#timer);
    this.#timer = undefined;
  }

  heard(): void {
    this.#silentTicks = 0;
  }

  /** Counts ticks, not time: an isolate that was held up itself has messages waiting that it has not seen. */
  #tick(): void {
    this.#silentTicks += 1;
    if (this.#silentTicks === 1) this.#watched.askForLife();
    if (this.#silentTicks < SILENT_TICKS_MAX) return;
    this.end();
    this.#watched.silent();
  }
}
