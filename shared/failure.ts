// Why a call to a vendor failed: the closed list that the relay, the Worker and the conformance programme share.

/**
 * Why a vendor gave no (or no whole) answer. `docs/errors.md` says what each means; the edge turns each into
 * one French sentence (worker/search/ledger.ts).
 */
export type VendorFailure =
  | 'timeout' // no whole answer inside the budget
  | 'connect' // name not resolved, refused, unreachable
  | 'tls' // handshake refused by either side
  | 'certificate' // the vendor's certificate is not the one expected: chain, dates, CRL, host name, CN or OU
  | 'reset' // connection closed in mid-exchange
  | 'refused' // HTTP 4xx
  | 'error' // HTTP 5xx
  | 'busy' // 429 or 503: asked to come back later
  | 'redirect' // 3xx: never followed
  | 'not-json' // HTML, truncated or otherwise unreadable
  | 'too-deep' // JSON nested past VENDOR_JSON_DEPTH_MAX
  | 'too-large' // past VENDOR_BODY_BYTES_MAX or VENDOR_HEADER_BYTES_MAX
  | 'too-many-entries'
  | 'too-many-pages'
  | 'foreign-next' // `next` leaves the vendor's origin or base path, or repeats
  | 'not-bundle' // JSON, but no searchset Bundle
  | 'overloaded' // our own queue for that vendor is full
  | 'not-served' // this relay does not know that vendor or flow, or its entry there is broken
  | 'draining' // the relay is closing
  | 'internal'; // our own mistake

/** Which share of its own a vendor's answer went past, where `reason` alone does not say it. shared/limits.ts has them. */
export type VendorBound =
  | 'values' // VENDOR_VALUES_MAX
  | 'slots' // VENDOR_SLOTS_PER_SEARCH_MAX
  | 'lines' // what its answers to one search take on the link (relay/search/search-share.ts)
  | 'pieces' // VENDOR_PIECES_MAX
  | 'held' // VENDOR_HELD_BYTES_MAX
  | 'cpu' // the CPU time of one call in a relay's reader (relay/reading/readers.ts)
  | 'memory'; // the memory of that reader

export interface FailedCall {
  readonly reason: VendorFailure;
  /** Of `too-large` and `too-many-entries`. Absent from older relays. */
  readonly bound?: VendorBound;
  /** HTTP status, when there was one. */
  readonly status?: number;
  /** From Retry-After, in seconds. */
  readonly retryAfterS?: number;
}
