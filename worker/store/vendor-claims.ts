// Table `vendor_claims`: which relay's key may announce and write for which vendor, and what of a vendor each announces
// otherwise than was accepted. The hub writes what relays claim (editors.ts, in the transaction of an announcement), the
// operator what is accepted. docs/decisions/0016-vendor-claims.md.

import { guardIdempotent } from './guard.ts';

/** What of a vendor changes only when the operator says so. */
export interface StatedFacts {
  readonly name: string;
  readonly redirectHosts: readonly string[];
  /** The only system of its appointments' identifiers. */
  readonly appointmentSystem?: string | undefined;
}

export type ClaimState = 'accepted' | 'held' | 'refused';

/** What one relay's key claims of one vendor. Times in milliseconds since 1970. */
export interface VendorClaim {
  readonly relay: string;
  readonly editor: string;
  readonly state: ClaimState;
  /** Of the state. */
  readonly sinceMs: number;
  /** What it announces otherwise than was accepted. */
  readonly proposed?: StatedFacts | undefined;
  readonly proposedMs?: number | undefined;
  /** The operator said no to it, and is not asked again. */
  readonly isProposalRefused?: boolean | undefined;
}

interface RawClaim {
  readonly relay: string;
  readonly editor: string;
  readonly state: ClaimState;
  readonly since_ms: number;
  readonly proposed: string | null;
  readonly proposed_ms: number | null;
  readonly proposal_refused: number;
}

/** Every claim. For a batch with other statements. */
export function claimsStatement(db: D1Database): D1PreparedStatement {
  return db.prepare(
    `SELECT relay, editor, state, since_ms, proposed, proposed_ms, proposal_refused
     FROM vendor_claims ORDER BY editor, relay`,
  );
}

/** From the rows of `claimsStatement`. */
export function claimsOf({ results }: D1Result): VendorClaim[] {
  return (results as unknown as RawClaim[]).map((row) => ({
    relay: row.relay,
    editor: row.editor,
    state: row.state,
    sinceMs: row.since_ms,
    proposed: row.proposed === null ? undefined : (JSON.parse(row.proposed) as StatedFacts),
    proposedMs: row.proposed_ms ?? undefined,
    isProposalRefused: row.proposal_refused === 1 || undefined,
  }));
}

/** In the order of vendors, then relays. @throws GatewayError storage-unavailable. */
export function listClaims(db: D1Database): Promise<VendorClaim[]> {
  return guardIdempotent(async () => claimsOf(await claimsStatement(db).all()));
}

/**
 * For the transaction of an announcement, where `guard` is a condition of the caller's, its parameters ?8 and on. The first
 * to be written is the owner: a claim that thinks itself accepted is held when another key's is there already.
 * Parameters: 1 relay, 2 vendor, 3 state, 4 since, 5 proposed, 6 proposed since, 7 JSON of the relays that speak for it.
 */
export const claimSql = (guard: string): string => `INSERT INTO vendor_claims
    (relay, editor, state, since_ms, proposed, proposed_ms)
  SELECT ?1, ?2, CASE WHEN ?3 = 'accepted'
      AND EXISTS (SELECT 1 FROM vendor_claims WHERE editor = ?2 AND relay <> ?1)
      AND NOT ${OF_PARTNER} THEN 'held' ELSE ?3 END, ?4, ?5, ?6
  WHERE ${guard}
  ON CONFLICT (relay, editor) DO UPDATE SET
    state = CASE WHEN state = 'held' AND ${OF_PARTNER} THEN 'accepted' ELSE state END,
    proposed = ?5, proposed_ms = ?6,
    proposal_refused = CASE WHEN proposed IS ?5 THEN proposal_refused ELSE 0 END`;

const OF_PARTNER = `EXISTS (SELECT 1 FROM vendor_claims AS o
  WHERE o.editor = ?2 AND o.state = 'accepted' AND o.relay IN (SELECT value FROM json_each(?7)))`;

/** The values of `claimSql`, but those of its guard. */
export function claimValues(
  { relay, editor, state, sinceMs, proposed, proposedMs }: VendorClaim,
  partners: readonly string[],
): (string | number | null)[] {
  const text = proposed === undefined ? null : JSON.stringify(proposed);
  return [relay, editor, state, sinceMs, text, proposedMs ?? null, JSON.stringify(partners)];
}

/** What the operator says of a claim. */
export interface ClaimDecision {
  readonly state?: 'accepted' | 'refused' | undefined;
  /** Of the proposal that stands since then: another one is another decision. */
  readonly proposal?: { readonly sinceMs: number; readonly isAccepted: boolean } | undefined;
}

/**
 * Both at once. A relay that is no longer the vendor's is taken out of those that serve it.
 * @throws GatewayError storage-unavailable.
 */
export async function decideClaim(
  db: D1Database,
  claim: VendorClaim,
  { state, proposal }: ClaimDecision,
  nowMs: number,
): Promise<void> {
  const { relay, editor } = claim;
  const of = 'relay = ?1 AND editor = ?2';
  const seen = `EXISTS (SELECT 1 FROM vendor_claims WHERE ${of} AND proposed_ms = ?3)`;
  const statements: D1PreparedStatement[] = [];
  if (state !== undefined) {
    statements.push(
      db
        .prepare(`UPDATE vendor_claims SET state = ?3, since_ms = ?4 WHERE ${of} AND state <> ?3`)
        .bind(relay, editor, state, nowMs),
    );
    if (state === 'refused') {
      statements.push(db.prepare(`DELETE FROM relay_editors WHERE ${of}`).bind(relay, editor));
    }
  }
  const facts = claim.proposed;
  if (proposal?.isAccepted === true && facts !== undefined) {
    statements.push(
      db
        .prepare(
          `UPDATE editors SET name = ?4, redirect_hosts = ?5, appointment_system = COALESCE(?6, appointment_system)
           WHERE id = ?2 AND ${seen}`,
        )
        .bind(
          relay,
          editor,
          proposal.sinceMs,
          facts.name,
          JSON.stringify(facts.redirectHosts),
          facts.appointmentSystem ?? null,
        ),
      db
        .prepare(
          `UPDATE vendor_claims SET proposed = NULL, proposed_ms = NULL WHERE ${of} AND proposed_ms = ?3`,
        )
        .bind(relay, editor, proposal.sinceMs),
    );
  } else if (proposal !== undefined) {
    statements.push(
      db
        .prepare(`UPDATE vendor_claims SET proposal_refused = 1 WHERE ${of} AND proposed_ms = ?3`)
        .bind(relay, editor, proposal.sinceMs),
    );
  }
  if (statements.length > 0) await guardIdempotent(() => db.batch(statements));
}
