// What resources were read as, for answers in which the very same objects come again (relay/reading/bundle-bytes/known-entries.ts): reading
// them twice would give the same. What depends on more than the resource (who was asked, what it refers to) is told with
// it and compared before use. One per vendor, since ids name the vendor; what it knows of a resource goes with it.

import type { KnownBases } from '../../fhir/bundle-page.ts';
import type { JsonObject } from '../../fhir/json.ts';
import type { ResourceText } from '../answer.ts';
import type { Flow } from '../query.ts';
import type { Holder } from './elements/holder.ts';
import type { ReadRuleId } from './elements/rules.ts';
import type { Site, SiteFailure } from './elements/site.ts';
import type { SlotFacts } from './elements/slot-facts.ts';
import type { ShapedSlot } from './elements/slot-shape.ts';

/** A site (PractitionerRole or SOS Location) as the place of one holder. */
export interface KnownSite {
  readonly holder: Holder;
  /** The Location that a role leads to; an SOS Location itself. */
  readonly location: JsonObject;
  readonly schedule: ResourceText | undefined;
  /** What the vendor calls it: `Place.names`. */
  readonly names: readonly string[];
  readonly site: Site | SiteFailure;
}

/** A vendor has tens of them: more are no shapes to remember. */
const SHAPES_MAX = 200;
/** What tells shapes apart has some hundred characters; whoever sends far more fills no memory with it. */
const SIGNATURE_LENGTH_MAX = 4_000;

/** One of a vendor; its entries go when the resource objects do. */
export class ReaderMemory {
  readonly slots = new WeakMap<JsonObject, SlotFacts | ReadRuleId>();
  readonly holders = new WeakMap<JsonObject, Holder>();
  readonly bases: KnownBases = new WeakMap();
  /** Resources, other than Slots and Bundles, of which `Wholeness.takeResource` notes nothing. */
  readonly plain = new WeakSet<JsonObject>();
  readonly sites = new WeakMap<JsonObject, KnownSite>();
  readonly #shapes = new Map<string, ShapedSlot | ReadRuleId>();

  /** For shapes that depend on nothing else; `read` is asked when this one was not met before. */
  shapeOf(flow: Flow, signature: string, read: () => ShapedSlot | ReadRuleId): ShapedSlot | ReadRuleId {
    if (signature.length > SIGNATURE_LENGTH_MAX) return read();
    const key = `${flow} ${signature}`;
    let shape = this.#shapes.get(key);
    if (shape === undefined) {
      if (this.#shapes.size >= SHAPES_MAX) this.#shapes.clear();
      shape = read();
      this.#shapes.set(key, shape);
    }
    return shape;
  }
}
