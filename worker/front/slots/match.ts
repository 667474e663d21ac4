// Which of a practitioner's cards a vendor's place is. The rules of the closed aggregator are unknown; these are ours,
// tried in this order. Pure. docs/guide.md G-917, G-921.

import { normalisePhone } from '../../../shared/sas/phone.ts';
import type { Card, Position } from './cards.ts';
import type { FrontPlace } from './places.ts';
import { foldStreet } from './street.ts';

/** The same point, give or take the precision of geocoding. */
const NEAR_M = 10;
const EARTH_RADIUS_M = 6_371_000;

/** A card with what is compared of it, made once. */
export interface MatchCard {
  readonly card: Card;
  readonly street: string;
  /** E.164. */
  readonly phones: ReadonlySet<string>;
}

/** The card in the form that is compared. */
export function toMatchCard(card: Card): MatchCard {
  return {
    card,
    street: foldStreet(card.address, card.postalCode),
    phones: new Set(card.phones.flatMap((phone) => normalisePhone(phone) ?? [])),
  };
}

/** A card that a place is, and how well: larger for a stronger rule. */
export interface CardMatch {
  readonly card: Card;
  readonly strength: number;
}

/** The card on which the strongest rule holds (then the next strongest, then the first); undefined: the directory lacks this place. */
export function matchCard(place: FrontPlace, cards: readonly MatchCard[]): CardMatch | undefined {
  let best: Card | undefined;
  let bestStrength = 0;
  for (const card of cards) {
    const strength = strengthOf(place, card);
    if (strength > bestStrength) {
      best = card.card;
      bestStrength = strength;
    }
  }
  return best && { card: best, strength: bestStrength };
}

/** One bit per rule that holds, the stronger the higher; 0: none. */
function strengthOf(place: FrontPlace, { card, street, phones }: MatchCard): number {
  const isPostalCode = place.postalCode !== '' && place.postalCode === card.postalCode;
  return (
    (structureField(place, card) === undefined ? 0 : 8) +
    (isNear(place.position, card.position) ? 4 : 0) +
    (isPostalCode && street !== '' && street === place.street ? 2 : 0) +
    (isPostalCode && place.phones.some((phone) => phones.has(phone)) ? 1 : 0)
  );
}

/** The fields of a card that name a structure. */
export type StructureField = 'finess' | 'siret' | 'rppsRang';
const STRUCTURE_FIELDS: readonly StructureField[] = ['finess', 'siret', 'rppsRang'];

/** The card's structure identifier that is the place's, prefix removed or as the vendor wrote it. */
export function structureField({ structure }: FrontPlace, card: Card): StructureField | undefined {
  if (structure === undefined) return undefined;
  const bare = structure.slice(1);
  return STRUCTURE_FIELDS.find((name) => card[name] !== '' && [structure, bare].includes(card[name]));
}

function isNear(one: Position | undefined, other: Position | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  const north = radians(one.latitude - other.latitude);
  const east = radians(one.longitude - other.longitude) * Math.cos(radians(one.latitude));
  return Math.hypot(north, east) * EARTH_RADIUS_M <= NEAR_M;
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
