// What resources were read as, for answers in which the very same objects come again (relay/known-entries.ts): reading
// them twice would give the same. One per vendor, since ids name the vendor; it keeps nothing alive by itself. What
// depends on more than the resource (who was asked, what it refers to) is told with it and compared before use.

import type { JsonObject } from '../../fhir/json.ts';
import type { ResourceText } from '../../link/relay.ts';
import type { Holder } from './holder.ts';
import type { ReadRuleId } from './rules.ts';
import type { Site, SiteFailure } from './site.ts';
import type { SlotFacts } from './slot-facts.ts';

/** A site (PractitionerRole or SOS Location) as the place of one holder. */
export interface KnownSite {
  /** Holder's subject and the vendor's key of the site. */
  readonly key: string;
  readonly holder: Holder;
  /** The Location that a role leads to; an SOS Location itself. */
  readonly location: JsonObject | undefined;
  readonly schedule: ResourceText;
  readonly site: Site | SiteFailure;
}

export class ReaderMemory {
  readonly slots = new WeakMap<JsonObject, SlotFacts | ReadRuleId>();
  readonly holders = new WeakMap<JsonObject, Holder>();
  readonly sites = new WeakMap<JsonObject, KnownSite>();
}
