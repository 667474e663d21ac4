// How much of one search each vendor may fill. Half of the room is set apart for the vendors alike, so that none can crowd
// out another; of the other half a vendor takes what is left, three quarters at most. A vendor past its share is cut, the
// others keep their place. No I/O.

/** Of the room that is not set apart, what one vendor may take. */
const SPARE_SHARE = 0.75;

/** The shares of one search. Lengths in characters. */
export class VendorShares {
  readonly #own: number;
  readonly #spareMax: number;
  #spare: number;
  readonly #taken = new Map<string, number>();

  /** `room`: for all together. `vendors`: how many there may be. */
  constructor(room: number, vendors: number) {
    this.#own = room / 2 / Math.max(1, vendors);
    this.#spare = room / 2;
    this.#spareMax = this.#spare * SPARE_SHARE;
  }

  /** True when so much more of this vendor fits, which is then taken; false takes nothing. */
  take(vendor: string, length: number): boolean {
    const before = this.#taken.get(vendor) ?? 0;
    const after = before + length;
    const spare = this.#spareOf(after) - this.#spareOf(before);
    if (spare > this.#spare || this.#spareOf(after) > this.#spareMax) return false;
    this.#spare -= spare;
    this.#taken.set(vendor, after);
    return true;
  }

  #spareOf(length: number): number {
    return Math.max(0, length - this.#own);
  }
}
