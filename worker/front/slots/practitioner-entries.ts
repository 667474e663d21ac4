// The answer of PractitionerSlots: per card or new place one action with its slots. Every rule on what may
// never be in the answer is the front's own: one bad entry breaks its whole lot. docs/guide.md G-905, G-906, G-908,
// G-916, G-917.

import { chooseActions, type DeleteAction, type PlaceAction } from './actions.ts';
import type { Card, Lot } from './cards.ts';
import type { FoundSubject, FrontPlace } from './places.ts';
import type { FrontSlot, SlotLister } from './slot-list.ts';
import { agree, nationalStructure, phoneOf, positionOf, specialtiesOf, voiceOf } from './voice.ts';

/** One property per action, and no other. */
export function writeEntries(
  found: readonly FoundSubject[],
  counties: Lot['counties'],
  slotsOf: SlotLister,
): Record<string, unknown> {
  const entries = new Map<string, unknown>();
  for (const subject of found) {
    const actions = chooseActions(subject.places, {
      ...subject,
      counties,
      slotsOf: (places, { zone }) => {
        const slots = slotsOf(places, zone);
        return slots.length === 0 ? undefined : slots;
      },
      voiceOf,
      agree,
    });
    for (const action of actions) {
      if (action.kind === 'delete') entries.set(action.card.id, writeDelete(action));
      else if (action.kind === 'update') entries.set(action.card.id, writeEntry(subject, action));
      // Never all digits: JavaScript and PHP would put it elsewhere.
      else entries.set(`c-${action.card.id}-${action.id.toString(36)}`, writeEntry(subject, action));
    }
  }
  return Object.fromEntries(entries);
}

/** Hides a card; the rest is there for readers that look at every entry alike. */
function writeDelete({ id, card }: DeleteAction): unknown {
  return { action: 'delete', id, practitioner: { phone: card.phones[0] ?? '' }, slot: {} };
}

function writeEntry(
  { subject }: FoundSubject,
  { kind, id, card, places, slots }: PlaceAction<readonly FrontSlot[]>,
): unknown {
  const [place] = places;
  const { line, postalCode, city, country = 'FRA', holder } = place;
  return {
    action: kind,
    ...(kind === 'create' ? { nid: cardNumber(card) } : {}),
    id,
    id_structure: structureIds(subject, place),
    address: { line, cp: postalCode, city, country, ...positionOf(places) },
    practitioner: {
      profession: '',
      lastname: holder.lastname,
      firstname: holder.firstname,
      phone: phoneOf(places) || ((kind === 'update' ? card.phones[0] : undefined) ?? ''),
      specialities: specialtiesOf(slots),
    },
    slot: byDay(slots),
  };
}

/** A number when the id is one, as the front's own examples write it. */
function cardNumber({ id }: Card): number | string {
  return /^[1-9]\d{0,14}$/.test(id) ? Number(id) : id;
}

const OWNER_FIELDS = new Map([
  ['8', 'rpps'],
  ['0', 'adeli'],
  ['3', 'siret'],
]);
const STRUCTURE_FIELDS = new Map([
  ['1', 'finess'],
  ['3', 'siret'],
  ['4', 'rpps_rang'],
]);

/** With their prefixes; what the vendor made up is left out. */
function structureIds(subject: string, place: FrontPlace): Record<string, string> {
  const structure = nationalStructure(place.structure) ?? '';
  const ids = { rpps: '', adeli: '', finess: '', siret: '', rpps_rang: '' };
  const owner = OWNER_FIELDS.get(subject.charAt(0));
  const field = STRUCTURE_FIELDS.get(structure.charAt(0));
  return {
    ...ids,
    ...(field === undefined ? {} : { [field]: structure }),
    ...(owner === undefined ? {} : { [owner]: subject }),
  };
}

/** Under the day of each start on the UTC clock, `dd-MM`. */
function byDay(slots: readonly FrontSlot[]): Record<string, unknown[]> {
  const days = new Map<string, unknown[]>();
  for (const { start, end, consultations, link } of slots) {
    const day = `${start.slice(8, 10)}-${start.slice(5, 7)}`;
    const written = {
      slot_status: 'free',
      start,
      end,
      consultation_type: consultations,
      slot_reservation_link: link,
    };
    const known = days.get(day);
    if (known === undefined) days.set(day, [written]);
    else known.push(written);
  }
  return Object.fromEntries(days);
}
