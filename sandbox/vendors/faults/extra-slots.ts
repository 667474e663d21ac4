// Faults that add slots nobody should see: outside the window, of someone else, not free, already started, twice.

import type { FhirBundle, FhirEntry } from '../search/bundle.ts';
import { EntryList } from '../search/bundle.ts';
import { appendEntries, copyEntry, slotsOf } from '../search/bundle-edit.ts';
import type { Practice } from '../search/practice.ts';
import {
  addPoint,
  listPointSlots,
  type ScheduleRequest,
  searchSchedules,
} from '../search/schedule-search.ts';
import { addSlot, listSlots, type SlotRequest, searchSlots } from '../search/slot-search.ts';
import type { KnownAssociation, KnownPractitioner } from '../world/directory.ts';
import type { ContentContext } from './content-context.ts';

const HOUR_MS = 3_600_000;
const BUSY_PER_OWNER_MAX = 8;

export function addOutsideWindow(bundle: FhirBundle, { search, practice }: ContentContext): void {
  const { fromMs, toMs } = search.request.within;
  appendEntries(bundle, [
    ...moveCopies(bundle, practice, 'early', fromMs - HOUR_MS),
    ...moveCopies(bundle, practice, 'late', toMs + HOUR_MS),
  ]);
}

export function addStarted(bundle: FhirBundle, { practice }: ContentContext): void {
  appendEntries(bundle, moveCopies(bundle, practice, 'started', practice.nowMs() - HOUR_MS / 4));
}

export function repeatSlots(bundle: FhirBundle): void {
  const slots = slotsOf(bundle).slice(0, 4);
  const exact = slots.slice(0, 2).map((slot) => copyEntry(bundle, slot, slot.id ?? 'slot'));
  const renamed = slots.slice(-2).map((slot) => copyEntry(bundle, slot, `${slot.id}-bis`));
  bundle.entry = [...(bundle.entry ?? []), ...exact, ...renamed];
  if (bundle.total !== undefined) bundle.total += exact.length + renamed.length;
}

export function addSomeoneElse(bundle: FhirBundle, { search, practice }: ContentContext): void {
  const entries =
    search.flow === 'slot' ? findOther(search.request, practice) : findOtherPoint(search.request, practice);
  appendEntries(bundle, entries.map(parseEntry));
}

export function addBusy(bundle: FhirBundle, { search, practice }: ContentContext): void {
  const list = new EntryList();
  if (search.flow === 'slot') {
    for (const owner of search.request.practitioners) {
      const slots = listSlots(owner, search.request.within, practice).filter(({ state }) => state !== 'free');
      for (const slot of slots.slice(0, BUSY_PER_OWNER_MAX))
        addSlot(list, slot, owner, search.request, practice);
    }
  } else {
    for (const owner of search.request.associations) {
      for (const point of owner.points) {
        const slots = listPointSlots(point, search.request.within, practice).filter(
          ({ state }) => state !== 'free',
        );
        addPoint(list, slots.slice(0, BUSY_PER_OWNER_MAX), point, owner, search.request, practice);
      }
    }
  }
  appendEntries(bundle, list.entries.map(parseEntry));
}

/** The first two slots again, starting at another instant. */
function moveCopies(
  bundle: FhirBundle,
  practice: Practice,
  suffix: string,
  startMs: number,
): readonly FhirEntry[] {
  return slotsOf(bundle)
    .slice(0, 2)
    .map((slot, rank) => {
      const copy = copyEntry(bundle, slot, `${slot.id}-${suffix}`);
      const at = startMs + rank * 60_000;
      if (copy.resource?.resourceType === 'Slot') {
        copy.resource.start = practice.clock.format('Europe/Paris', at);
        copy.resource.end = practice.clock.format('Europe/Paris', at + HOUR_MS / 2);
      }
      return copy;
    });
}

function findOther(request: SlotRequest, practice: Practice): readonly string[] {
  // One with a number of the kind asked for: surely another person. Of another kind he could be one of those asked.
  const [asked] = request.practitioners;
  const others: readonly KnownPractitioner[] = practice.directory.practitioners.filter(
    (known) =>
      !request.practitioners.includes(known) &&
      (asked === undefined || known.person.identifier[0] === asked.person.identifier[0]),
  );
  for (const other of others) {
    const result = searchSlots({ ...request, practitioners: [other] }, '', practice);
    if (result.total > 0) return result.entries;
  }
  return [];
}

function findOtherPoint(request: ScheduleRequest, practice: Practice): readonly string[] {
  const others: readonly KnownAssociation[] = practice.directory.associations.filter(
    (known) => !request.associations.includes(known),
  );
  for (const other of others) {
    const result = searchSchedules({ ...request, associations: [other] }, '', practice);
    if (result.total > 0) return result.entries;
  }
  return [];
}

function parseEntry(text: string): FhirEntry {
  return JSON.parse(text);
}
