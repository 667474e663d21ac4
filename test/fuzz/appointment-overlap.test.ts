// A practitioner's slot is shown if and only if no appointment that stands overlaps it at its place: held against an
// oracle that knows nothing of intervals and marks minute by minute. The real reader makes the places. Seeds in titles.

import { describe, expect, it } from 'vitest';
import type { BookedSlot } from '../../worker/hub/memory/booked-slots-table.ts';
import { BookedSlots } from '../../worker/memory/booked-slots.ts';
import { answered, mergeAnswers, OTHER, query } from '../support/oracles/answered.ts';
import {
  bundle,
  contained,
  type Json,
  NOW,
  practitioner,
  RPPS,
  role,
  schedule,
  slot,
} from '../support/samples/vendor-bundle.ts';

const MINUTE_MS = 60_000;
const VENDORS = ['agenda-a', 'agenda-b'];
const PEOPLE = [RPPS, OTHER];
const PLACES = [1, 2];

/** Numbers below one, the same for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Drawn {
  readonly editor: string;
  readonly person: string;
  readonly place: number;
  /** Minutes after the window's start. */
  readonly from: number;
  readonly to: number;
}

interface Booking extends Omit<Drawn, 'place'> {
  /** Undefined: the appointment does not say where. */
  readonly place: number | undefined;
  readonly lifted: boolean;
}

const keyOf = ({ editor, person, place, from, to }: Drawn): string =>
  [editor, person, place, from, to].join(' ');

function draw(random: () => number): { slots: Drawn[]; bookings: Booking[] } {
  const below = (count: number): number => Math.floor(random() * count);
  const one = (lengths: readonly number[], step: number): Drawn => {
    const from = below(48 * (60 / step)) * step;
    return {
      editor: VENDORS[below(2)] ?? '',
      person: PEOPLE[below(2)] ?? '',
      place: PLACES[below(2)] ?? 1,
      from,
      to: from + (lengths[below(lengths.length)] ?? 15),
    };
  };
  const slots = new Map<string, Drawn>();
  for (let i = 0; i < 120; i += 1) {
    const drawn = one([5, 10, 15, 20, 30, 60], 5);
    slots.set(keyOf(drawn), drawn);
  }
  const bookings = Array.from({ length: 1 + below(12) }, (): Booking => {
    const { place, ...drawn } = one([1, 7, 15, 20, 30, 180, 1800], 1);
    const before = below(4) === 0 ? below(1800) : 0;
    return {
      ...drawn,
      from: drawn.from - before,
      place: below(3) === 0 ? place : undefined,
      lifted: below(6) === 0,
    };
  });
  return { slots: [...slots.values()], bookings };
}

/** Minute by minute. A place is only known where the vendor shows it for this practitioner. */
function shownByOracle(slots: readonly Drawn[], bookings: readonly Booking[]): Set<string> {
  const busy = new Set<string>();
  for (const { editor, person, place, from, to, lifted } of bookings) {
    if (lifted) continue;
    const isKnown = slots.some(
      (one) => one.editor === editor && one.person === person && one.place === place,
    );
    for (const at of isKnown ? [place] : PLACES) {
      for (let minute = from; minute < to; minute += 1) busy.add(`${editor} ${person} ${at} ${minute}`);
    }
  }
  const isFree = ({ editor, person, place, from, to }: Drawn): boolean => {
    for (let minute = from; minute < to; minute += 1) {
      if (busy.has(`${editor} ${person} ${place} ${minute}`)) return false;
    }
    return true;
  };
  return new Set(slots.filter(isFree).map(keyOf));
}

const instant = (minute: number): string => new Date(NOW + minute * MINUTE_MS).toISOString();

function pageOf(editor: string, slots: readonly Drawn[]): Json {
  const own = slots.filter((one) => one.editor === editor);
  const resources: Json[] = own.map((one, index) =>
    slot({
      id: `slot-${index}`,
      schedule: { reference: `Schedule/${one.person}-${one.place}` },
      start: instant(one.from),
      end: instant(one.to),
      comment: `https://agenda.example/rdv?slot=${encodeURIComponent(keyOf(one))}`,
    }),
  );
  for (const person of PEOPLE) {
    const reference = { reference: `Practitioner/ps-${person}` };
    resources.push(
      practitioner({
        id: `ps-${person}`,
        identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.1', value: person }],
      }),
    );
    for (const place of PLACES) {
      const name = `${person}-${place}`;
      const address = { line: [`${place} rue Imaginaire`], city: 'Albi', postalCode: '81000' };
      resources.push(
        schedule({ id: name, actor: [reference, { reference: `PractitionerRole/${name}` }] }),
        role({
          id: name,
          practitioner: reference,
          contained: [contained({ id: `lieu-${place}`, address })],
          location: [{ reference: `#lieu-${place}` }],
        }),
      );
    }
  }
  return bundle(resources);
}

function shownBySearch(slots: readonly Drawn[], bookings: readonly Booking[], saidMs?: number): Set<string> {
  const booked = bookings.map(
    ({ editor, person, place, from, to, lifted }): BookedSlot => ({
      vendor: editor,
      practitioner: person,
      startMs: NOW + from * MINUTE_MS,
      endMs: NOW + to * MINUTE_MS,
      ...(place !== undefined && { places: [`Location/lieu-${place}`] }),
      ...(lifted && { liftedMs: NOW - 1 }),
    }),
  );
  const results = VENDORS.map((editor) => ({
    ...answered(editor, pageOf(editor, slots)),
    ...(saidMs !== undefined && { saidMs }),
  }));
  const { entries } = mergeAnswers(results, {
    query: query(),
    nowMs: NOW,
    bookedSlots: new BookedSlots(booked),
  });
  return new Set(
    entries.flatMap((text) => {
      const link = /rdv\?slot=([^"]+)"/.exec(text)?.[1];
      return link === undefined ? [] : [decodeURIComponent(link)];
    }),
  );
}

describe('a slot is shown if and only if no standing appointment overlaps it', () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    it(`seed ${seed}`, () => {
      const { slots, bookings } = draw(randomOf(seed));
      const expected = shownByOracle(slots, bookings);
      expect([...shownBySearch(slots, bookings)].sort()).toEqual([...expected].sort());
      expect([...shownBySearch(slots, bookings, NOW)].sort()).toEqual([...expected].sort());
      expect(slots.length).toBeGreaterThan(50);
    });
  }

  it('hid some and showed some over all seeds', () => {
    let hidden = 0;
    let shown = 0;
    for (let seed = 1; seed <= 60; seed += 1) {
      const { slots, bookings } = draw(randomOf(seed));
      const expected = shownByOracle(slots, bookings).size;
      shown += expected;
      hidden += slots.length - expected;
    }
    expect(Math.min(hidden, shown)).toBeGreaterThan(300);
  });
});
