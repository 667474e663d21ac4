// What becomes of a practitioner's or association's cards: which places are cards that the directory has (update), which
// are new and where the front hangs them (create), which card they take the place of (delete). Pure. docs/guide.md
// G-917.

import type { Card, Lot } from './cards.ts';
import { countyOfPostalCode } from './county.ts';
import { matchCard, toMatchCard } from './match.ts';
import { placeId } from './place-id.ts';
import type { FrontPlace } from './places.ts';

/** Vendors' places that are one place, never empty. */
type SamePlace = readonly [FrontPlace, ...FrontPlace[]];

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
}

/** What the front is to do with each place found and each card sent. */
export function chooseActions<Slots>(
  places: readonly FrontPlace[],
  context: ActionContext<Slots>,
): (PlaceAction<Slots> | DeleteAction)[] {
  const { counties } = context;
  const cards = context.cards.map(toMatchCard);
  const known = new Map<Card, FrontPlace[]>();
  const lacking = new Map<number, FrontPlace[]>();
  for (const place of places) {
    const card = matchCard(place, cards)?.card;
    if (card !== undefined) gather(known, card, place);
    else if (counties.size === 0 || counties.has(countyOfPostalCode(place.postalCode))) {
      gather(lacking, placeId(context.subject, place.street, place.postalCode), place);
    }
  }
  const updates = [...known].flatMap(([card, found]) =>
    act('update', placeId(card.id), card, found, context),
  );
  const updated = updates.map(({ card }) => card);
  const creates = [...lacking].flatMap(([id, found]) => {
    const card = nearest(found, updated.length > 0 ? updated : context.cards);
    return card === undefined ? [] : act('create', id, card, found, context);
  });
  // With an update beside it, a create hides nothing: the front shows both.
  const replaced = updates.length > 0 ? [] : [...new Set(creates.map(({ card }) => card))];
  const deletes = replaced.map((card): DeleteAction => ({ kind: 'delete', id: placeId(card.id), card }));
  return [...updates, ...creates, ...deletes];
}

function gather<Key>(groups: Map<Key, FrontPlace[]>, key: Key, place: FrontPlace): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [place]);
  else group.push(place);
}

function act<Slots>(
  kind: PlaceAction<Slots>['kind'],
  id: number,
  card: Card,
  [first, ...others]: readonly FrontPlace[],
  { slotsOf }: ActionContext<Slots>,
): PlaceAction<Slots>[] {
  if (first === undefined) return [];
  const places: SamePlace = [first, ...others];
  const slots = slotsOf(places, card);
  return slots === undefined ? [] : [{ kind, id, card, places, slots }];
}

/** A card with the same postal code, else the first. */
function nearest([place]: readonly FrontPlace[], cards: readonly Card[]): Card | undefined {
  return cards.find(({ postalCode }) => postalCode === place?.postalCode) ?? cards[0];
}
