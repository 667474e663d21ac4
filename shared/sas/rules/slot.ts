// The three slot profiles: individual practitioners (INT_R01), CPTS (INT_R04), SOS Médecins. Hot: it runs once
// per slot of every answer. spec pages: PS, CPTS, SOS; profiles FrSlotAgregateur, sas-cpts-slot-aggregator,
// sas-sos-slot-aggregator.

import { PROFILE, SYSTEM } from '../canonical.ts';
import { APPOINTMENT_TYPES, KINDS, SOS_KINDS } from '../terms.ts';
import { checkProfile, checkSpecialties, referenceProblem } from './elements.ts';
import { type Checker, type Finding, isObject, type Json, list } from './r4/checker.ts';
import { HTTP_URL, instantMs, isGuideInstant } from './r4/formats.ts';
import { judge } from './r4/judge.ts';
import { checkServiceTypes, type SlotProfile } from './slot-service-type.ts';

const CANONICAL: Readonly<Record<SlotProfile, string>> = {
  individual: PROFILE.slotIndividual,
  cpts: PROFILE.slotCpts,
  sos: PROFILE.slotSos,
};

/** Judges one slot alone: what it owes other entries of a Bundle is the Bundle's matter. Never throws. */
export function judgeSlot(value: unknown, profile: SlotProfile): readonly Finding[] {
  return judge(value, 'Slot', checkSlot, profile);
}

/** Reports into `c`. */
export function checkSlot(c: Checker, slot: Json, profile: SlotProfile): void {
  checkProfile(c, slot, CANONICAL[profile]);
  const cptsKind = checkKinds(c, slot, profile);
  if (list(slot.serviceCategory).length > 1) c.fail('slot-service-category-max', 'serviceCategory');
  const cptsEntry = checkServiceTypes(c, slot, profile);
  if (profile === 'cpts') {
    if (cptsKind !== cptsEntry) c.fail('slot-cpts-kind', cptsKind ? 'serviceType' : 'meta');
    else if (!cptsKind) c.fail('slot-cpts-plain');
  } else if (profile === 'individual' && (cptsKind || cptsEntry)) {
    c.fail('slot-cpts-data', cptsKind ? 'meta' : 'serviceType');
  }
  checkSpecialties(c, slot);
  checkAppointmentType(c, slot, profile);
  checkSchedule(c, slot);
  if (slot.status !== 'free') c.fail('slot-status-free', 'status');
  checkTimes(c, slot);
  checkComment(c, slot);
}

/** True when the slot bears the CPTS kind: a slot of an INT_R04 answer then takes the CPTS profile. */
export function hasCptsKind(slot: Json): boolean {
  const security = isObject(slot.meta) ? list(slot.meta.security) : [];
  return security.some((coding) => isObject(coding) && coding.code === 'CPTS');
}

function checkKinds(c: Checker, slot: Json, profile: SlotProfile): boolean {
  const kinds = isObject(slot.meta) ? slot.meta.security : undefined;
  let cpts = false;
  if (!Array.isArray(kinds)) {
    c.fail('slot-kind-present', 'meta', 'security');
    return cpts;
  }
  for (let index = 0; index < kinds.length; index += 1) {
    const kind: unknown = kinds[index];
    if (!isObject(kind)) continue;
    if (kind.system !== SYSTEM.slotKind || !KINDS.has(kind.code))
      c.fail('slot-kind', 'meta', 'security', index);
    else if (profile === 'sos' && !SOS_KINDS.has(kind.code))
      c.fail('slot-sos-kind', 'meta', 'security', index);
    else if (kind.code === 'CPTS') cpts = true;
  }
  return cpts;
}

/** Required by the CPTS and SOS profiles, only preferred by the individual one. */
function checkAppointmentType(c: Checker, slot: Json, profile: SlotProfile): void {
  const codings = isObject(slot.appointmentType) ? slot.appointmentType.coding : undefined;
  if (!Array.isArray(codings)) {
    c.fail('slot-appointment-type-preferred', 'appointmentType');
    return;
  }
  for (let index = 0; index < codings.length; index += 1) {
    const coding: unknown = codings[index];
    if (!isObject(coding)) continue;
    if (coding.system === SYSTEM.bookable && APPOINTMENT_TYPES.has(coding.code)) continue;
    const rule = profile === 'individual' ? 'slot-appointment-type-preferred' : 'slot-appointment-type';
    c.fail(rule, 'appointmentType', 'coding', index);
  }
}

function checkSchedule(c: Checker, slot: Json): void {
  const schedule = slot.schedule;
  if (schedule === undefined) c.fail('slot-schedule', 'schedule');
  if (!isObject(schedule)) return;
  const reference = schedule.reference;
  if (reference === undefined) c.fail('slot-schedule', 'schedule', 'reference');
  if (typeof reference !== 'string') return;
  const problem = referenceProblem(reference, 'Schedule');
  if (problem !== undefined) c.failExpecting(problem, () => 'Schedule/id', 'schedule', 'reference');
}

function checkTimes(c: Checker, slot: Json): void {
  const { start, end } = slot;
  if (start === undefined) c.fail('slot-start', 'start');
  if (end === undefined) c.fail('slot-end', 'end');
  const startMs = typeof start === 'string' ? instantMs(start) : Number.NaN;
  const endMs = typeof end === 'string' ? instantMs(end) : Number.NaN;
  if (startMs >= endMs) c.fail('slot-order', 'end');
  if (typeof start === 'string' && !Number.isNaN(startMs) && !isGuideInstant(start)) {
    c.fail('slot-instant-format', 'start');
  }
  if (typeof end === 'string' && !Number.isNaN(endMs) && !isGuideInstant(end))
    c.fail('slot-instant-format', 'end');
}

const ORIGIN = /[?&]origin=/;

function checkComment(c: Checker, slot: Json): void {
  const comment = slot.comment;
  if (comment === undefined) {
    if (isRoutine(slot)) c.fail('slot-comment-present', 'comment');
  } else if (typeof comment === 'string' && comment !== '') {
    if (!HTTP_URL.test(comment)) c.fail('slot-comment-url', 'comment');
    else if (ORIGIN.test(comment)) c.fail('slot-comment-origin', 'comment');
  }
}

/** A walk-in slot is not booked: only a bookable one owes a URL (docs/guide.md G-219). */
function isRoutine(slot: Json): boolean {
  const codings = isObject(slot.appointmentType) ? list(slot.appointmentType.coding) : [];
  return !codings.some((coding) => isObject(coding) && coding.code === 'WALKIN');
}
