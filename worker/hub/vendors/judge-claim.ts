// What becomes of a relay's word about a vendor: whose vendor it is, and which of what it says counts. The first key that
// announces a vendor owns it; a second one, and what an owner says otherwise than was accepted, waits for an operator.
// docs/decisions/0016-vendor-claims.md. Pure.

import type { EditorAnnouncement } from '../../../shared/link/hub.ts';
import type { ClaimState, StatedFacts, VendorClaim } from '../../store/vendor-claims.ts';

/** Of a vendor that has only ever been announced out of order: what was read of a broken entry is no fact. */
const NO_DATE = new Date(0).toISOString();

/** What is known of a vendor before the announcement. */
export interface KnownVendor extends StatedFacts {
  readonly certificateNotAfter: string;
}

/** Who says what, and what is known. */
export interface ClaimCase {
  readonly relay: string;
  readonly announced: EditorAnnouncement;
  /** Undefined when nobody has ever announced it. */
  readonly known: KnownVendor | undefined;
  /** Every claim to this vendor, this relay's too. */
  readonly claims: readonly VendorClaim[];
  /** Relays that speak for the same operator. */
  readonly partners: readonly string[];
  /** What becomes of a vendor that nobody has claimed. */
  readonly unclaimed: 'accepted' | 'held';
}

/** `told`: what an operator is to hear, because it was not so before. */
export interface ClaimVerdict {
  readonly claim: VendorClaim;
  readonly facts: StatedFacts;
  readonly certificateNotAfter: string;
  readonly told?: 'first' | 'owner' | 'change';
}

/** `nowMs`: milliseconds since 1970. */
export function judgeClaim(given: ClaimCase, nowMs: number): ClaimVerdict {
  const { relay, announced, known } = given;
  const before = given.claims.find((claim) => claim.relay === relay);
  const state = stateOf(given, before?.state);
  const isBroken = announced.outOfOrder === true;
  const stated = factsOf(announced);
  const isProvisional = known === undefined || (known.certificateNotAfter === NO_DATE && !isBroken);
  const facts =
    isProvisional && state === 'accepted' ? stated : completed(known ?? stated, stated, state, isBroken);
  const differs = known !== undefined && !isBroken && !isSameFacts(facts, stated);
  const proposed = differs || (state !== 'accepted' && !isBroken) ? stated : undefined;
  const isSameProposal = proposed !== undefined && isSameStated(before?.proposed, proposed);
  const claim: VendorClaim = {
    relay,
    editor: announced.id,
    state,
    sinceMs: before?.state === state ? before.sinceMs : nowMs,
    proposed,
    proposedMs: proposed === undefined ? undefined : isSameProposal ? before?.proposedMs : nowMs,
    isProposalRefused: (isSameProposal && before?.isProposalRefused) || undefined,
  };
  const told = toldOf(claim, before, isSameProposal);
  const certificateNotAfter = isBroken
    ? (known?.certificateNotAfter ?? NO_DATE)
    : announced.certificateNotAfter;
  return { claim, facts, certificateNotAfter, ...(told && { told }) };
}

function stateOf(
  { relay, claims, partners, unclaimed }: ClaimCase,
  before: ClaimState | undefined,
): ClaimState {
  if (before === 'accepted' || before === 'refused') return before;
  if (claims.some((claim) => claim.state === 'accepted' && partners.includes(claim.relay))) return 'accepted';
  if (before === 'held' || claims.some((claim) => claim.relay !== relay)) return 'held';
  return unclaimed;
}

/** An appointment system that was never said is taken from its owner. */
function completed(
  known: StatedFacts,
  stated: StatedFacts,
  state: ClaimState,
  isBroken: boolean,
): StatedFacts {
  const { name, redirectHosts } = known;
  const said = state === 'accepted' && !isBroken ? stated.appointmentSystem : undefined;
  return { name, redirectHosts, appointmentSystem: known.appointmentSystem ?? said };
}

function factsOf({ name, redirectHosts, appointmentSystem }: EditorAnnouncement): StatedFacts {
  return { name, redirectHosts: [...redirectHosts].sort(), appointmentSystem };
}

/** A relay that says no system, as an older one, says nothing against the known one. */
function isSameFacts(known: StatedFacts, stated: StatedFacts): boolean {
  const { appointmentSystem = known.appointmentSystem } = stated;
  return isSameStated(known, { ...stated, appointmentSystem });
}

function isSameStated(one: StatedFacts | undefined, other: StatedFacts): boolean {
  return one !== undefined && textOf(one) === textOf(other);
}

function textOf({ name, redirectHosts, appointmentSystem }: StatedFacts): string {
  return JSON.stringify([name, [...redirectHosts].sort(), appointmentSystem ?? '']);
}

function toldOf(
  { state, proposed, isProposalRefused }: VendorClaim,
  before: VendorClaim | undefined,
  isSameProposal: boolean,
): ClaimVerdict['told'] {
  if (state === 'refused') return undefined;
  if (state !== before?.state) return state === 'held' ? 'owner' : before === undefined ? 'first' : undefined;
  const isNew = proposed !== undefined && !isSameProposal && isProposalRefused !== true;
  return isNew ? 'change' : undefined;
}
