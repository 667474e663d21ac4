// Bounds of the link and of what one vendor exchange may bring. Units are in the names; each number says why.

/** A Worker receives WebSocket messages up to 32 MiB; what crosses is kept well below (measured: 1 MiB for 10,000 slots). */
export const FRAME_BYTES_MAX = 16 * 1024 * 1024;
/** One vendor's whole answer, all pages, after decompression: 25 practitioners × 3 days × 3 places stay under 4 MB. */
export const VENDOR_BODY_BYTES_MAX = 16 * 1024 * 1024;
/**
 * Pieces of bodies (chunks of HTTP, reads of the socket) in one vendor's whole answer. Each costs the relay a microsecond
 * and some hundred bytes, also one of a single byte: a body of 16 MiB is allowed pieces of 1 kB.
 */
export const VENDOR_PIECES_MAX = 16 * 1024;
/** What all running calls of one vendor may hold of answers that are not read yet: three of the largest. */
export const VENDOR_HELD_BYTES_MAX = 3 * VENDOR_BODY_BYTES_MAX;
/** Pages followed through `next`; the guide knows none (docs/guide.md G-211). */
export const VENDOR_PAGES_MAX = 50;
/** Characters of the URL of a next page. */
export const NEXT_LENGTH_MAX = 4096;
/** Entries over all pages of one exchange. */
export const VENDOR_ENTRIES_MAX = 20_000;
/**
 * JSON values in one vendor's whole answer, all pages, counted before any is built: `{}` in a list takes three bytes and
 * some sixty in memory, so that bytes alone bound nothing. 4 MB of the guide's Bundles hold 165,000.
 */
export const VENDOR_VALUES_MAX = 300_000;
/** Slots of one vendor in one search, over all its calls: 500 people with 100 each. Each is 1.1 kB of the edge's answer. */
export const VENDOR_SLOTS_PER_SEARCH_MAX = 50_000;
/** Nesting of a vendor's JSON; the guide's Bundles reach 10. */
export const VENDOR_JSON_DEPTH_MAX = 64;
/** A vendor's response header block. */
export const VENDOR_HEADER_BYTES_MAX = 16 * 1024;
/** Slots of one practitioner at one vendor, in one answer: a month of quarters of an hour, from eight to midnight. */
export const SLOTS_PER_PRACTITIONER_MAX = 2_000;
/**
 * Characters of vendors' answers, as they cross the link, in one search, all vendors together: 10,000 slots take 1.4
 * million. Each vendor has its share (worker/hub/link/vendor-shares.ts).
 */
export const SEARCH_LENGTH_MAX = 16 * 1024 * 1024;
/** Characters of one search's answer, all vendors together: 10,000 slots take 9 million. Shared out alike. */
export const ANSWER_LENGTH_MAX = 40 * 1024 * 1024;
/** Practitioners in one vendor call (the guide's bound). */
export const PRACTITIONERS_PER_CALL_MAX = 25;
/** SIRET in one vendor call (docs/guide.md G-302: the stricter of the two). */
export const ASSOCIATIONS_PER_CALL_MAX = 10;
/** Identifiers of one SAS-facing search. */
export const SUBJECTS_MAX = 500;
/** Widest window of a search; the guide's own is three days. */
export const WINDOW_MS_MAX = 31 * 24 * 3600 * 1000;
/** Length of an editor's id: with a 20-character hash it stays inside a 64-character FHIR id. */
export const EDITOR_ID_LENGTH_MAX = 40;
/** Hubs of one edge: the setting HUBS. */
export const HUBS_MAX = 16;
/** Relays ping the edge this often, and dial again when nothing came back within twice that. */
export const LINK_PING_MS = 15_000;
