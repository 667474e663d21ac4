// Bounds what the relay holds of a vendor's answer before it reads it, by the call's share and the vendor's: the exchange
// asks here for every piece that arrives, before it keeps it.

import type { VendorBound } from '../../shared/failure.ts';
import { VENDOR_HELD_BYTES_MAX, VENDOR_PIECES_MAX } from '../../shared/limits.ts';

/** Bytes that all running calls of one vendor hold. */
export interface HeldBytes {
  bytes: number;
}

/** What one call holds; it counts towards its vendor's bytes until `release`. */
export class Holding {
  readonly #ofVendor: HeldBytes;
  #bytes = 0;
  #pieces = 0;

  constructor(ofVendor: HeldBytes) {
    this.#ofVendor = ofVendor;
  }

  /** The share that this piece goes past; it is then not to be kept. */
  take(bytes: number): VendorBound | undefined {
    this.#pieces += 1;
    if (this.#pieces > VENDOR_PIECES_MAX) return 'pieces';
    if (this.#ofVendor.bytes + bytes > VENDOR_HELD_BYTES_MAX) return 'held';
    this.#bytes += bytes;
    this.#ofVendor.bytes += bytes;
    return undefined;
  }

  /** The call is over. */
  release(): void {
    this.#ofVendor.bytes -= this.#bytes;
    this.#bytes = 0;
  }
}
