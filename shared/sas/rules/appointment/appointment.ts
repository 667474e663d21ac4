// An appointment that a vendor tells SAS about (INT_R03), for a practitioner or for SOS Médecins. Whatever could
// name a patient is refused: the flow needs none (docs/guide.md G-508). Profiles FrAppointmentSAS, sas-sos-appointment;
// page "gestion des rendez-vous".

import { readReference } from '../../../fhir/reference.ts';
import { PROFILE } from '../../canonical.ts';
import { SAS_APPOINTMENT_STATUSES } from '../../terms.ts';
import { checkProfile, checkSpecialties } from '../elements.ts';
import { type Checker, type Finding, isObject, type Json, list } from '../r4/checker.ts';
import { instantMs } from '../r4/formats.ts';
import { judge } from '../r4/judge.ts';
import { checkOperator } from './operator.ts';
import { type AppointmentProfile, checkParticipants } from './participant.ts';
import { checkPrivacy } from './privacy.ts';

/** Every finding up to the checker's bound; never throws. */
export function judgeAppointment(value: unknown, profile: AppointmentProfile): readonly Finding[] {
  return judge(value, 'Appointment', checkAppointment, profile);
}

function checkAppointment(c: Checker, appointment: Json, profile: AppointmentProfile): void {
  checkProfile(c, appointment, profile === 'sos' ? PROFILE.appointmentSos : PROFILE.appointment);
  checkOperator(c, appointment, profile);
  checkIdentifier(c, appointment);
  checkStatus(c, appointment);
  checkTimes(c, appointment);
  checkParticipants(c, appointment, profile);
  checkSpecialties(c, appointment);
  checkSlots(c, appointment);
  checkPrivacy(c, appointment);
}

function checkIdentifier(c: Checker, appointment: Json): void {
  const identifiers = appointment.identifier;
  if (identifiers === undefined || list(identifiers).length > 1)
    c.fail('appointment-identifier-one', 'identifier');
  list(identifiers).forEach((identifier, index) => {
    if (!isObject(identifier)) return;
    if (identifier.system === undefined || identifier.value === undefined) {
      c.fail('appointment-identifier-complete', 'identifier', index);
    }
  });
}

function checkStatus(c: Checker, appointment: Json): void {
  const { status, cancelationReason } = appointment;
  if (status === undefined) c.fail('appointment-status', 'status');
  else if (typeof status === 'string' && status !== '' && !SAS_APPOINTMENT_STATUSES.has(status)) {
    c.fail('appointment-status-sas', 'status');
  }
  // R4 writes `no-show`, which is no R4 code: a reason on a `noshow` appointment breaks the rule.
  if (cancelationReason !== undefined && status !== 'cancelled' && status !== 'no-show') {
    c.fail('r4-app-4', 'cancelationReason');
  }
}

const TIMELESS: ReadonlySet<unknown> = new Set(['proposed', 'cancelled', 'waitlist']);

function checkTimes(c: Checker, appointment: Json): void {
  const { start, end, status } = appointment;
  if (start === undefined) c.fail('appointment-start', 'start');
  if (end === undefined) c.fail('appointment-end', 'end');
  if ((start === undefined) !== (end === undefined)) c.fail('r4-app-2');
  if (start === undefined && end === undefined && status !== undefined && !TIMELESS.has(status))
    c.fail('r4-app-3');
  if (typeof start === 'string' && typeof end === 'string' && instantMs(end) < instantMs(start)) {
    c.fail('appointment-order', 'end');
  }
  if (appointment.created === undefined) c.fail('appointment-created', 'created');
}

function checkSlots(c: Checker, appointment: Json): void {
  list(appointment.slot).forEach((slot, index) => {
    const reference = isObject(slot) ? slot.reference : undefined;
    if (typeof reference !== 'string') return;
    const target = readReference(reference);
    if (target === undefined || (target.type ?? 'Slot') !== 'Slot') {
      c.fail('appointment-reference', 'slot', index, 'reference');
    }
  });
}
