// The claims of relays to vendors, as a hub has them in its memory, and what they make of an announcement. No clock.

import { log } from '../../base/log.ts';
import type { VendorClaim } from '../../store/vendor-claims.ts';
import { type ClaimCase, type ClaimVerdict, judgeClaim } from './judge-claim.ts';

/** What one relay's key may have claimed in all its life: twice what it may announce at once. */
const CLAIMS_PER_RELAY_MAX = 1_000;

/** What the settings say of relays. */
export interface ClaimSettings {
  /** Relays that speak for the same operator as this one, itself not among them. */
  readonly partnersOf: (relay: string) => readonly string[];
  /** What becomes of a vendor that nobody has claimed. */
  readonly unclaimed: 'accepted' | 'held';
}

/** By vendor, by relay. */
export class ClaimsTable {
  readonly #claims = new Map<string, Map<string, VendorClaim>>();

  /** What becomes of a relay's word about a vendor; undefined: it has claimed too many. */
  judge(
    said: Pick<ClaimCase, 'relay' | 'announced' | 'known'>,
    { partnersOf, unclaimed }: ClaimSettings,
    nowMs: number,
  ): ClaimVerdict | undefined {
    const { relay, announced } = said;
    const claims = [...(this.#claims.get(announced.id)?.values() ?? [])];
    if (this.get(relay, announced.id) === undefined && this.#countOf(relay) >= CLAIMS_PER_RELAY_MAX) {
      log('warn', 'vendor-claims-full', { relay, editor: announced.id });
      return undefined;
    }
    return judgeClaim({ ...said, claims, partners: partnersOf(relay), unclaimed }, nowMs);
  }

  get(relay: string, vendor: string): VendorClaim | undefined {
    return this.#claims.get(vendor)?.get(relay);
  }

  set(claim: VendorClaim): void {
    const claims = this.#claims.get(claim.editor) ?? new Map<string, VendorClaim>();
    this.#claims.set(claim.editor, claims.set(claim.relay, claim));
  }

  #countOf(relay: string): number {
    return this.all().filter((claim) => claim.relay === relay).length;
  }

  all(): readonly VendorClaim[] {
    return [...this.#claims.values()].flatMap((claims) => [...claims.values()]);
  }
}

/** Of one claim among all; a vendor's id has no slash. */
export function claimKey({ relay, editor }: VendorClaim): string {
  return `${relay}/${editor}`;
}
