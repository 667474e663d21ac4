// INT_R01 and INT_R04: `GET Slot`, the free slots of practitioners, with the communities when they are asked for.

import type { AgendaSlot, Interval } from '../world/agenda.ts';
import type { KnownPractitioner, KnownRole } from '../world/directory.ts';
import { EntryList, type SearchResult, writeEntry } from './bundle.ts';
import { IDNPS_SYSTEM, PROFILES } from './codes.ts';
import type { Practice } from './practice.ts';
import { Query, readToken } from './query.ts';

const PRACTITIONERS_MAX = 25;
const IDENTIFIER = 'schedule.actor:Practitioner.identifier';
const SHAPE = /^(8\d{11}|\d{11}|0[0-9AB]{9}|[0-9AB]{9})$/;
const ITERATE = ['_include:iterate', '_include:recurse'] as const;

export interface SlotRequest {
  readonly practitioners: readonly KnownPractitioner[];
  readonly within: Interval;
  readonly includeSchedule: boolean;
  readonly includeActor: boolean;
  readonly includeService: boolean;
  readonly includeOrganization: boolean;
}

export function readSlotRequest(raw: string, practice: Practice): SlotRequest {
  const query = new Query(raw, ['start', 'status', IDENTIFIER, '_include', ...ITERATE]);
  query.only('status', 'free');
  const within = query.window('start', practice.clock);
  const { population, share } = practice.settings;
  const knows = (value: string): boolean =>
    population === 'any' && (share === null || Number(value.slice(-8)) % share.of === share.part);
  const practitioners = query.list(IDENTIFIER, PRACTITIONERS_MAX).flatMap((token) => {
    const value = readToken(token, IDNPS_SYSTEM, SHAPE);
    return value === undefined ? [] : (practice.directory.findPractitioner(value, knows(value)) ?? []);
  });
  const includes = new Set([...query.all('_include'), ...query.all(...ITERATE)]);
  return {
    practitioners: [...new Set(practitioners)],
    within,
    includeSchedule: includes.has('Slot:schedule'),
    includeActor: includes.has('Schedule:actor'),
    includeService: includes.has('Slot:service-type-reference'),
    includeOrganization: includes.has('HealthcareService:organization'),
  };
}

export function searchSlots(request: SlotRequest, self: string, practice: Practice): SearchResult {
  const list = new EntryList();
  let total = 0;
  for (const owner of request.practitioners) {
    for (const slot of listFree(owner, request, practice)) {
      total += 1;
      addSlot(list, slot, owner, request, practice);
    }
  }
  return {
    profile: request.includeService ? PROFILES.cptsBundle : PROFILES.bundle,
    self,
    total,
    entries: list.entries,
  };
}

/** Slots of every state of one practitioner, for the faults that show what should stay hidden. */
export function listSlots(
  owner: KnownPractitioner,
  within: Interval,
  practice: Practice,
): readonly AgendaSlot[] {
  return owner.roles.flatMap((role) => practice.list(role, within, owner.communities.length > 0));
}

function listFree(owner: KnownPractitioner, request: SlotRequest, practice: Practice): readonly AgendaSlot[] {
  const nowMs = practice.nowMs();
  const { slotsPerPractitioner } = practice.settings;
  const [first, ...others] = owner.roles;
  if (slotsPerPractitioner !== null && first !== undefined) {
    // A minute ahead, so that none has started by the time the answer is read.
    const within = { ...request.within, fromMs: Math.max(request.within.fromMs, nowMs + 60_000) };
    return practice.agenda.spread([first, ...others], within, slotsPerPractitioner);
  }
  const within = { ...request.within, fromMs: Math.max(request.within.fromMs, nowMs) };
  return listSlots(owner, within, practice).filter(
    (slot) => slot.state === 'free' && (request.includeService || slot.kinds.some((kind) => kind !== 'CPTS')),
  );
}

/** A slot, then what it depends on: only what the request includes, each resource once. */
export function addSlot(
  list: EntryList,
  slot: AgendaSlot,
  owner: KnownPractitioner,
  request: SlotRequest,
  practice: Practice,
): void {
  const { base, builder } = practice;
  list.add('Slot', slot.id, () => practice.slotWriter.individual(slot, owner, request.includeService));
  const role = owner.roles.find((candidate) => candidate === slot.diary);
  if (role === undefined || !request.includeSchedule) return;
  addActors(list, role, owner, request.includeActor, practice);
  if (!request.includeService || !slot.kinds.includes('CPTS')) return;
  for (const known of owner.communities) {
    list.add('HealthcareService', known.serviceId, () =>
      writeEntry(base, builder.healthcareService(known), 'include'),
    );
    if (!request.includeOrganization) continue;
    list.add('Organization', known.organizationId, () =>
      writeEntry(base, builder.communityOrganization(known), 'include'),
    );
  }
}

function addActors(
  list: EntryList,
  role: KnownRole,
  owner: KnownPractitioner,
  withActors: boolean,
  practice: Practice,
): void {
  const { base, builder, actors } = practice;
  list.add('Schedule', role.scheduleId, () =>
    actors.get(`Schedule/${role.scheduleId}`, () =>
      writeEntry(base, builder.schedule(role, owner), 'include'),
    ),
  );
  if (!withActors) return;
  list.add('Practitioner', owner.id, () =>
    actors.get(`Practitioner/${owner.id}`, () => writeEntry(base, builder.practitioner(owner), 'include')),
  );
  list.add('PractitionerRole', role.roleId, () =>
    actors.get(`PractitionerRole/${role.roleId}`, () =>
      writeEntry(base, builder.practitionerRole(role, owner), 'include'),
    ),
  );
}
