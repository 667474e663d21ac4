// SOS Médecins: `GET Schedule`, the calendars of associations' consultation points with their free slots. The
// guide's example marks the calendars as matches and everything else as included, and counts slots in `total`.

import type { AgendaSlot, Interval } from '../world/agenda.ts';
import type { KnownAssociation, KnownPoint } from '../world/directory.ts';
import { EntryList, type SearchResult, writeEntry } from './bundle.ts';
import { IDNST_SYSTEM, PROFILES } from './codes.ts';
import type { Practice } from './practice.ts';
import { Query, readToken } from './query.ts';

// The functional part of the guide says ten; its table of parameters says twenty-five.
const ASSOCIATIONS_MAX = 10;
const IDENTIFIER = 'actor:Location.organization.identifier';
const START = '_has:Slot:schedule:start';
const STATUS = '_has:Slot:schedule:status';
const SHAPE = /^(3\d{14}|\d{14})$/;
const ITERATE = ['_include:iterate', '_include:recurse'] as const;

export interface ScheduleRequest {
  readonly associations: readonly KnownAssociation[];
  readonly within: Interval;
  readonly includeSlots: boolean;
  readonly includeLocation: boolean;
  readonly includeOrganization: boolean;
}

export function readScheduleRequest(raw: string, practice: Practice): ScheduleRequest {
  const query = new Query(raw, [START, STATUS, IDENTIFIER, '_revinclude', '_include', ...ITERATE]);
  query.only(STATUS, 'free');
  const within = query.window(START, practice.clock);
  const associations = query.list(IDENTIFIER, ASSOCIATIONS_MAX).flatMap((token) => {
    const value = readToken(token, IDNST_SYSTEM, SHAPE);
    return value === undefined ? [] : (practice.directory.findAssociation(value) ?? []);
  });
  const includes = new Set(
    [...query.all('_include'), ...query.all(...ITERATE)].map((name) => name.toLowerCase()),
  );
  return {
    associations: [...new Set(associations)],
    within,
    includeSlots: query.all('_revinclude').includes('Slot:schedule'),
    includeLocation: includes.has('schedule:actor:location'),
    includeOrganization: includes.has('location:organization'),
  };
}

export function searchSchedules(request: ScheduleRequest, self: string, practice: Practice): SearchResult {
  const list = new EntryList();
  let total = 0;
  for (const owner of request.associations) {
    for (const point of owner.points) {
      const slots = listFree(point, owner, request, practice);
      // `_has` keeps the calendars that have at least one such slot.
      if (slots.length === 0) continue;
      total += slots.length;
      addPoint(list, slots, point, owner, request, practice);
    }
  }
  return { profile: PROFILES.sosBundle, self, total, entries: list.entries };
}

/** Slots of every state of one consultation point. */
export function listPointSlots(
  point: KnownPoint,
  within: Interval,
  practice: Practice,
): readonly AgendaSlot[] {
  return practice.list(point, within, false);
}

function listFree(
  point: KnownPoint,
  owner: KnownAssociation,
  request: ScheduleRequest,
  practice: Practice,
): readonly AgendaSlot[] {
  const nowMs = practice.nowMs();
  const { slotsPerPractitioner } = practice.settings;
  if (slotsPerPractitioner !== null) {
    const [first, ...others] = owner.points;
    if (first === undefined) return [];
    const within = { ...request.within, fromMs: Math.max(request.within.fromMs, nowMs + 60_000) };
    const slots = practice.agenda.spread([first, ...others], within, slotsPerPractitioner);
    return slots.filter((slot) => slot.diary === point);
  }
  const within = { ...request.within, fromMs: Math.max(request.within.fromMs, nowMs) };
  return listPointSlots(point, within, practice).filter(
    (slot) => slot.state === 'free' && slot.kinds.some((kind) => kind === 'PUBLIC' || kind === 'SNP'),
  );
}

export function addPoint(
  list: EntryList,
  slots: readonly AgendaSlot[],
  point: KnownPoint,
  owner: KnownAssociation,
  request: ScheduleRequest,
  practice: Practice,
): void {
  const { base, builder } = practice;
  list.add('Schedule', point.scheduleId, () => writeEntry(base, builder.sosSchedule(point), 'match'));
  if (request.includeSlots) {
    for (const slot of slots) {
      list.add('Slot', slot.id, () => practice.slotWriter.sos(slot, point));
    }
  }
  if (!request.includeLocation) return;
  list.add('Location', point.locationId, () =>
    writeEntry(base, builder.sosLocation(point, owner), 'include'),
  );
  if (!request.includeOrganization) return;
  list.add('Organization', owner.organizationId, () =>
    writeEntry(base, builder.sosOrganization(owner), 'include'),
  );
}
