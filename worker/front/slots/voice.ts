// What one vendor's entry says of a place besides its slots, and whether two vendors say the same. What the front shows of
// an entry is one vendor's own words, or words that each of its vendors says. Pure. docs/guide.md G-916.

import { normaliseStructure } from '../../../shared/sas/identifier.ts';
import type { SamePlace } from './actions.ts';
import type { Position } from './cards.ts';
import type { FrontPlace } from './places.ts';
import type { FrontSlot } from './slot-list.ts';
import { foldStreet } from './street.ts';

/** The number that is shown: of the place, else of its holder; empty: none. */
export function phoneOf(places: readonly FrontPlace[]): string {
  const ofPlaces = places.flatMap(({ phones }) => phones);
  return [...ofPlaces, ...places.flatMap(({ holder }) => holder.phones)][0] ?? '';
}

/** Distinct, in the order of the slots. */
export function specialtiesOf(slots: readonly FrontSlot[]): string[] {
  return [...new Set(slots.flatMap(({ specialties }) => specialties))];
}

/** Of one point on the map: none where vendors differ. */
export function positionOf([first, ...others]: SamePlace): Position | undefined {
  const { position } = first;
  const isSame = others.every(
    ({ offer, position: other }) =>
      offer.vendor === first.offer.vendor ||
      (other?.latitude === position?.latitude && other?.longitude === position?.longitude),
  );
  return isSame ? position : undefined;
}

/** One text for all that an entry says; spelling apart, as two clerks write one address. */
export function voiceOf(places: SamePlace, slots: readonly FrontSlot[]): string {
  const [{ line, postalCode, city, country, holder, structure }] = places;
  const words = [line, city, country ?? '', holder.lastname, holder.firstname].map((text) =>
    foldStreet(text, ''),
  );
  return JSON.stringify([
    ...words,
    postalCode,
    phoneOf(places),
    nationalStructure(structure) ?? '',
    specialtiesOf(slots).sort(),
  ]);
}

/** With its prefix; undefined for what the vendor made up. */
export function nationalStructure(structure: string | undefined): string | undefined {
  return structure !== undefined && normaliseStructure(structure) === structure ? structure : undefined;
}

/**
 * False when one hour, under one link, is for other consultations or specialties: an entry shows it once. An hour without
 * link is nobody's: it is shown with the consultations of all.
 */
export function agree(one: readonly FrontSlot[], other: readonly FrontSlot[]): boolean {
  const kinds = new Map(one.map((slot) => [hourOf(slot), kindOf(slot)]));
  return other.every(
    (slot) => slot.link === '' || (kinds.get(hourOf(slot)) ?? kindOf(slot)) === kindOf(slot),
  );
}

function hourOf({ startMs, endMs, link }: FrontSlot): string {
  return `${startMs} ${endMs} ${link}`;
}

function kindOf({ consultations, specialties }: FrontSlot): string {
  return JSON.stringify([[...consultations].sort(), [...specialties].sort()]);
}
