// What becomes of a practitioner's or association's cards: which places are cards that the directory has (update), which
// are new and where the front hangs them (create), which card they take the place of (delete). A card shows one voice:
// vendors that say the very same of a place share it, each other vendor has one of its own. Pure. docs/guide.md G-916, G-917.

import type { Card, Lot } from './cards.ts';
import { countyOfPostalCode } from './county.ts';
import { matchCard, toMatchCard } from './match.ts';
import { placeId } from './place-id.ts';
import type { FrontPlace } from './places.ts';

/** Places that are one place, never empty; of several vendors when they say the same of it. */
export type SamePlace = readonly [FrontPlace, ...FrontPlace[]];

/** A place to show: under its own card, or as a new one. */
export interface PlaceAction<Slots> {
  readonly kind: 'update' | 'create';
  readonly id: number;
  /** Whose place it is; of a `create`, the card that the front clones. */
  readonly card: Card;
  readonly places: SamePlace;
  readonly slots: Slots;
}

/** A card to take away: its places are shown elsewhere. */
export interface DeleteAction {
  readonly kind: 'delete';
  readonly id: number;
  readonly card: Card;
}

/** The practitioner or association that the actions are about. */
export interface ActionContext<Slots> {
  readonly subject: string;
  readonly cards: readonly Card[];
  /** Of the search: elsewhere no place is created; empty: anywhere. */
  readonly counties: Lot['counties'];
  /** The slots of these places that this card would show; undefined: none. */
  readonly slotsOf: (places: SamePlace, card: Card) => Slots | undefined;
  /** All that one vendor's places say beside their slots, as one text. */
  readonly voiceOf: (places: SamePlace, slots: Slots) => string;
  /** Whether two vendors' slots can stand on one card. */
  readonly agree: (one: Slots, other: Slots) => boolean;
}

/** Places of one card, or of one address that the directory lacks. */
interface Spot {
  readonly places: FrontPlace[];
  /** How well each vendor's places are the card. */
  readonly strengths: Map<string, number>;
}

/** What one vendor says of a spot, or several that say the same. */
interface Voice<Slots> {
  readonly places: SamePlace;
  readonly slots: Slots;
  readonly said: string;
  readonly strength: number;
}

/** What the front is to do with each place found and each card sent. */
export function chooseActions<Slots>(
  places: readonly FrontPlace[],
  context: ActionContext<Slots>,
): (PlaceAction<Slots> | DeleteAction)[] {
  const { counties, subject } = context;
  const cards = context.cards.map(toMatchCard);
  const known = new Map<Card, Spot>();
  const lacking = new Map<string, Spot>();
  for (const place of places) {
    const match = matchCard(place, cards);
    if (match !== undefined) gather(known, match.card, place, match.strength);
    else if (counties.size === 0 || counties.has(countyOfPostalCode(place.postalCode))) {
      gather(lacking, JSON.stringify([place.street, place.postalCode]), place, 0);
    }
  }
  const shown = [...known].flatMap(([card, spot]) => showKnown(card, spot, context));
  const updated = shown.filter(({ kind }) => kind === 'update').map(({ card }) => card);
  const creates = [...lacking.values()].flatMap((spot) => {
    const card = nearest(spot.places, updated.length > 0 ? updated : context.cards);
    if (card === undefined) return [];
    return voicesOf(spot, card, context).map(({ said, ...voice }): PlaceAction<Slots> => {
      const [{ street, postalCode }] = voice.places;
      return { kind: 'create', id: placeId(subject, street, postalCode, said), card, ...voice };
    });
  });
  // With an update beside it, a create hides nothing: the front shows both.
  const replaced = updated.length > 0 ? [] : [...new Set(creates.map(({ card }) => card))];
  const deletes = replaced.map((card): DeleteAction => ({ kind: 'delete', id: placeId(card.id), card }));
  return [...shown, ...creates, ...deletes];
}

/** The voice that fits the card best updates it; each other one is shown beside it. */
function showKnown<Slots>(card: Card, spot: Spot, context: ActionContext<Slots>): PlaceAction<Slots>[] {
  const voices = voicesOf(spot, card, context).sort((one, other) => other.strength - one.strength);
  return voices.map(({ said, ...voice }, rank) =>
    rank === 0
      ? { kind: 'update', id: placeId(card.id), card, ...voice }
      : { kind: 'create', id: placeId(card.id, said), card, ...voice },
  );
}

function gather<Key>(spots: Map<Key, Spot>, key: Key, place: FrontPlace, strength: number): void {
  const spot = spots.get(key) ?? { places: [], strengths: new Map<string, number>() };
  spots.set(key, spot);
  spot.places.push(place);
  const { vendor } = place.offer;
  spot.strengths.set(vendor, Math.max(strength, spot.strengths.get(vendor) ?? 0));
}

/** In the order of the vendors' ids; without those that would show no slot. */
function voicesOf<Slots>(
  { places, strengths }: Spot,
  card: Card,
  { slotsOf, voiceOf, agree }: ActionContext<Slots>,
): Voice<Slots>[] {
  const voices: Voice<Slots>[] = [];
  const byVendor = [...Map.groupBy(places, ({ offer }) => offer.vendor)];
  for (const [vendor, [first, ...others]] of byVendor.sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (first === undefined) continue;
    const own: SamePlace = [first, ...others];
    const slots = slotsOf(own, card);
    if (slots === undefined) continue;
    const said = voiceOf(own, slots);
    const strength = strengths.get(vendor) ?? 0;
    const at = voices.findIndex((voice) => voice.said === said && agree(voice.slots, slots));
    const same = voices[at];
    if (same === undefined) {
      voices.push({ places: own, slots, said, strength });
      continue;
    }
    const joined: SamePlace = [...same.places, ...own];
    const all = slotsOf(joined, card) ?? slots;
    voices[at] = { places: joined, slots: all, said, strength: Math.max(same.strength, strength) };
  }
  return voices;
}

/** A card with the same postal code, else the first. */
function nearest([place]: readonly FrontPlace[], cards: readonly Card[]): Card | undefined {
  return cards.find(({ postalCode }) => postalCode === place?.postalCode) ?? cards[0];
}
