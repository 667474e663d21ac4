// Which of a vendor's slots its appointments take. A practitioner's: whatever overlaps at that place, and what is named.
// An association's: SOS appointments may say neither practitioner nor place, so what they name decides first, and the
// rest is counted. Pure. docs/appointments.md § 6.

import type { Place, SlotRow } from '../../shared/sas/answer.ts';
import { isSiret } from '../../shared/sas/identifier.ts';
import { slotKeyAt } from '../../shared/sas/slot-key.ts';
import type { BookedSlot } from '../hub/memory/booked-slots-table.ts';
import { type Interval, overlaps } from './booked-slots.ts';

/** Is the slot at that place in `place.slots` taken? */
export type SlotTest = (row: SlotRow, index: number) => boolean;
/** For one place; undefined: nothing of it is taken. */
export type PlaceTest = (place: Place) => SlotTest | undefined;

/** `places`: all that the vendor said of this practitioner. Undefined when nothing is booked. */
export function takenOfPractitioner(
  booked: readonly BookedSlot[],
  places: readonly Place[],
): PlaceTest | undefined {
  if (booked.length === 0) return undefined;
  // A place is known when one of these bears its name, or has the slot; else any may be meant.
  const known = new Map(booked.map((one) => [one, places.filter((place) => isNamed(one, place))]));
  const keys = new Set(booked.flatMap(({ slotKeys = [] }) => slotKeys));
  return (place) => {
    const here = booked.filter((one) => {
      const named = known.get(one) ?? [];
      // Of an erased appointment nobody knows whose time it was: it takes the slot that it names.
      return named.length === 0 ? one.practitioner !== undefined : named.includes(place);
    });
    return (row, index) => {
      const key = slotKeyAt(place.slotKeys, index);
      if (key !== undefined && keys.has(key)) return true;
      const times = timesOf(row);
      return here.some((one) => overlaps(one, times));
    };
  };
}

function isNamed({ places = [], slotKeys = [] }: BookedSlot, place: Place): boolean {
  return (
    places.some((name) => place.names?.includes(name)) ||
    (slotKeys.length > 0 &&
      place.slots.some((_, index) => slotKeys.includes(slotKeyAt(place.slotKeys, index) ?? '')))
  );
}

function timesOf([, , start, end]: SlotRow): Interval {
  return { startMs: Date.parse(start), endMs: Date.parse(end) };
}

/** A place of an association, of everything that a vendor answered. */
export interface SosPlace {
  readonly subject: string;
  readonly place: Place;
}

interface SosSlot extends Interval, SosPlace {
  readonly row: SlotRow;
  readonly key: string | undefined;
}

/**
 * The slots of these places that a vendor's SOS appointments take. An appointment that names its slot takes that one, or,
 * when the vendor sends it no longer, none. The others are counted, within the place or association that they name, else
 * over all: where at some instant there are at least as many appointments as slots, those slots are taken. A slot
 * shown once too often costs a click, one hidden wrongly costs a patient. `isWhole`: more of this vendor's answer is to
 * come, or has: then nothing is counted.
 */
export function takenOfSos(
  booked: readonly BookedSlot[],
  places: readonly SosPlace[],
  isWhole: boolean,
): ReadonlySet<SlotRow> {
  const taken = new Set<SlotRow>();
  const keys = new Set(booked.flatMap(({ slotKeys = [] }) => slotKeys));
  const slots = places.flatMap(({ subject, place }) =>
    place.slots.map((row, index): SosSlot => {
      const key = slotKeyAt(place.slotKeys, index);
      return { ...timesOf(row), row, key, subject, place };
    }),
  );
  for (const { row, key } of slots) if (key !== undefined && keys.has(key)) taken.add(row);
  if (!isWhole) return taken;
  const areKeysTold = slots.every(({ key }) => key !== undefined);
  const uncounted = booked.filter(({ slotKeys }) => slotKeys === undefined || !areKeysTold);
  for (const { appointments, isWithin } of scopesOf(uncounted, places)) {
    const left = slots.filter((slot) => !taken.has(slot.row) && isWithin(slot));
    const full = fullTimes(appointments, left);
    for (const slot of left) if (full.some((time) => overlaps(time, slot))) taken.add(slot.row);
  }
  return taken;
}

interface Scope {
  readonly appointments: readonly BookedSlot[];
  readonly isWithin: (slot: SosPlace) => boolean;
}

/** Narrow ones first. An appointment of an association that is not here, or may be, is in none. */
function scopesOf(booked: readonly BookedSlot[], places: readonly SosPlace[]): Scope[] {
  const byPlace = new Map<Place, BookedSlot[]>();
  const byAssociation = new Map<string, BookedSlot[]>();
  const others: BookedSlot[] = [];
  for (const one of booked) {
    const at = places.find(({ place }) => one.places?.some((name) => place.names?.includes(name)));
    const association = one.places?.find(isSiret);
    if (at !== undefined) byPlace.set(at.place, [...(byPlace.get(at.place) ?? []), one]);
    else if (association !== undefined) {
      byAssociation.set(association, [...(byAssociation.get(association) ?? []), one]);
    } else if (one.mayBeElsewhere !== true) others.push(one);
  }
  return [
    ...[...byPlace].map(([place, appointments]) => ({
      appointments,
      isWithin: (slot: SosPlace) => slot.place === place,
    })),
    ...[...byAssociation].map(([subject, appointments]) => ({
      appointments,
      isWithin: (slot: SosPlace) => slot.subject === subject,
    })),
    { appointments: others, isWithin: () => true },
  ];
}

/** Where at least as many appointments as slots stand side by side, and some slot does; in order. */
function fullTimes(appointments: readonly Interval[], slots: readonly Interval[]): Interval[] {
  if (appointments.length === 0 || slots.length === 0) return [];
  const changes = [
    ...appointments.flatMap(({ startMs, endMs }) => [
      { ms: startMs, booked: 1, free: 0 },
      { ms: Math.max(endMs, startMs + 1), booked: -1, free: 0 },
    ]),
    ...slots.flatMap(({ startMs, endMs }) => [
      { ms: startMs, booked: 0, free: 1 },
      { ms: endMs, booked: 0, free: -1 },
    ]),
  ].sort((a, b) => a.ms - b.ms);
  const full: Interval[] = [];
  let booked = 0;
  let free = 0;
  changes.forEach((change, index) => {
    booked += change.booked;
    free += change.free;
    const next = changes[index + 1]?.ms ?? change.ms;
    if (next > change.ms && free > 0 && booked >= free) full.push({ startMs: change.ms, endMs: next });
  });
  return full;
}
