// Bounds what the relay holds for one vendor that sends appointments: bodies that came, whole or not, and answers that the
// vendor has not read. No I/O.

/** Thirty bodies of the largest size, two thousand ordinary ones. */
const HELD_BYTES_MAX = 8 * 1024 * 1024;

/** Bytes held for each vendor now. */
export class VendorBytes {
  readonly #held = new Map<string, number>();

  /** False, and nothing taken, when that vendor would hold too much. */
  take(vendor: string, bytes: number): boolean {
    const held = (this.#held.get(vendor) ?? 0) + bytes;
    if (held > HELD_BYTES_MAX) return false;
    this.#held.set(vendor, held);
    return true;
  }

  /** Gives back what was taken. */
  give(vendor: string, bytes: number): void {
    const held = (this.#held.get(vendor) ?? 0) - bytes;
    if (held > 0) this.#held.set(vendor, held);
    else this.#held.delete(vendor);
  }

  get total(): number {
    return [...this.#held.values()].reduce((sum, one) => sum + one, 0);
  }
}
