// A vendor's place as the SAS front is told of it, read once from the text of its PractitionerRole or Location; and
// the person or association it belongs to. Pure. docs/guide.md G-916.

import { asObject, asText, type JsonObject, objectsOf, textsOf } from '../../../shared/fhir/json.ts';
import type { ResourceText } from '../../../shared/sas/answer.ts';
import { readPosition } from '../../../shared/sas/read/elements/contact.ts';
import type { Offer, SubjectOffers } from '../../search/selection.ts';
import type { Card, Position } from './cards.ts';
import { foldStreet } from './street.ts';

/** A place where slots were found, as the front writes places. */
export interface FrontPlace {
  readonly offer: Offer;
  /** Whose it is, as the same vendor says. */
  readonly holder: FrontHolder;
  readonly line: string;
  readonly postalCode: string;
  readonly city: string;
  readonly country: string | undefined;
  readonly position: Position | undefined;
  /** The street in the form that is compared. */
  readonly street: string;
  /** E.164. */
  readonly phones: readonly string[];
  /** National identifier with its prefix, or what the vendor wrote instead. */
  readonly structure: string | undefined;
}

/** A practitioner or association as one vendor describes it. */
interface FrontHolder {
  /** Empty for an association. */
  readonly lastname: string;
  readonly firstname: string;
  readonly phones: readonly string[];
}

/** One practitioner or association of the lot. */
export interface CardSubject {
  /** Prefixed national identifier. */
  readonly subject: string;
  readonly cards: readonly Card[];
  /** By each search that found slots. */
  readonly found: readonly SubjectOffers[];
}

/** A practitioner or association with slots, read. */
export interface FoundSubject {
  /** Prefixed national identifier. */
  readonly subject: string;
  readonly cards: readonly Card[];
  /** One per vendor and place. */
  readonly places: readonly FrontPlace[];
}

/** Empty when nothing was found. */
export function readFound({ subject, cards, found }: CardSubject): FoundSubject[] {
  const holders = new Map<ResourceText, FrontHolder>();
  const holderOf = ({ holder: sent }: Offer): FrontHolder => {
    const known = holders.get(sent) ?? readFrontHolder(sent);
    holders.set(sent, known);
    return known;
  };
  const places = found.flatMap(({ offers }) => offers.map((offer) => readFrontPlace(offer, holderOf(offer))));
  return places.length === 0 ? [] : [{ subject, cards, places }];
}

function readFrontPlace(offer: Offer, holder: FrontHolder): FrontPlace {
  const { site, vendorStructure } = offer.place;
  const resource = objectOf(site);
  // An SOS place is the Location itself.
  const [contained] = objectsOf(resource.contained);
  const location = contained ?? resource;
  const address = asObject(location.address);
  const line = textsOf(address?.line).join(', ');
  const postalCode = asText(address?.postalCode) ?? '';
  const organization = asObject(asObject(resource.organization)?.identifier);
  return {
    offer,
    holder,
    line,
    postalCode,
    city: asText(address?.city) ?? '',
    country: asText(address?.country),
    position: readPosition(location.position),
    street: foldStreet(line, postalCode),
    phones: phonesOf(resource),
    structure: asText(organization?.value) ?? vendorStructure,
  };
}

function readFrontHolder(holder: ResourceText): FrontHolder {
  const resource = objectOf(holder);
  const [name] = objectsOf(resource.name);
  return {
    lastname: asText(name?.family) ?? '',
    firstname: textsOf(name?.given).join(' '),
    phones: phonesOf(resource),
  };
}

function phonesOf({ telecom }: JsonObject): string[] {
  return objectsOf(telecom).flatMap(({ value }) => asText(value) ?? []);
}

/** What a relay wrote. */
function objectOf({ text }: ResourceText): JsonObject {
  return JSON.parse(text) as JsonObject;
}
