// Bounds of the link and of what one vendor exchange may bring. Units are in the names; each number says why.

/** A Worker receives WebSocket messages up to 32 MiB; what crosses is kept well below (measured: 1 MiB for 10,000 slots). */
export const FRAME_BYTES_MAX = 16 * 1024 * 1024;
/** One vendor's whole answer, all pages, after decompression: 25 practitioners × 3 days × 3 places stay under 4 MB. */
export const VENDOR_BODY_BYTES_MAX = 16 * 1024 * 1024;
/** Pages followed through `next`; the guide knows none (docs/guide.md G-211). */
export const VENDOR_PAGES_MAX = 50;
/** Entries over all pages of one exchange. */
export const VENDOR_ENTRIES_MAX = 20_000;
/** Nesting of a vendor's JSON; the guide's Bundles reach 10. */
export const VENDOR_JSON_DEPTH_MAX = 64;
/** A vendor's response header block. */
export const VENDOR_HEADER_BYTES_MAX = 16 * 1024;
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
