// Who takes part in an appointment: the practitioner by his national identifier. SOS appointments may
// name nobody (type ADM). Profile FrAppointmentSAS; page "gestion des rendez-vous"; R4 app-1.

import { SYSTEM } from '../../canonical.ts';
import { professionalKind } from '../../identifier.ts';
import { PARTICIPANT_STATUSES } from '../../terms.ts';
import { hasCoding, isFilled } from '../elements.ts';
import { type Checker, isObject, type Json, list } from '../r4/checker.ts';

/** Which of the two appointment profiles judges an appointment. */
export type AppointmentProfile = 'individual' | 'sos';

/** Reports into `c`. */
export function checkParticipants(c: Checker, appointment: Json, profile: AppointmentProfile): void {
  const participants = appointment.participant;
  if (participants === undefined) c.fail('appointment-participant', 'participant');
  let practitioners = 0;
  list(participants).forEach((participant, index) => {
    if (!isObject(participant)) return;
    c.enter('participant');
    c.enter(index);
    checkParticipant(c, participant, appointment.status);
    if (isObject(participant.actor)) {
      checkActor(c, participant.actor, profile);
      if (participant.actor.identifier !== undefined) practitioners += 1;
    }
    c.leave();
    c.leave();
  });
  if (profile === 'individual' && practitioners === 0) c.fail('appointment-practitioner', 'participant');
}

function checkParticipant(c: Checker, participant: Json, appointmentStatus: unknown): void {
  const { type, actor, status } = participant;
  if (type === undefined && actor === undefined) c.fail('r4-app-1');
  if (!PARTICIPANT_STATUSES.has(status)) c.fail('appointment-participant-status', 'status');
  else if (status === 'needs-action' && appointmentStatus !== 'pending') {
    c.fail('appointment-participant-pending', 'status');
  }
}

function checkActor(c: Checker, actor: Json, profile: AppointmentProfile): void {
  if (profile !== 'individual' || !isObject(actor.identifier)) return;
  const { system, type, value } = actor.identifier;
  c.enter('actor');
  c.enter('identifier');
  if (system === undefined || type === undefined || value === undefined)
    c.fail('appointment-actor-identifier');
  if (system !== undefined && system !== SYSTEM.idnps) c.fail('appointment-actor-system', 'system');
  if (type !== undefined) {
    const single = isObject(type) && list(type.coding).length === 1;
    if (!single || !hasCoding(type, SYSTEM.identifierType, 'IDNPS')) c.fail('appointment-actor-type', 'type');
  }
  if (isFilled(value) && professionalKind(value) === undefined) c.fail('appointment-actor-prefix', 'value');
  c.leave();
  c.leave();
}
