// An appointment as the vendor holds it, and as INT_R03 has it written: FrAppointmentSAS when a practitioner is
// named, sas-sos-appointment for a consultation point of an association. Pure.

import type { Appointment, AppointmentParticipant, Identifier } from 'fhir/r4';
import { hash } from '../world/random.ts';
import type { Zone, ZoneClock } from '../world/zones.ts';

const PROFILE = 'http://sas.fr/fhir/StructureDefinition/FrAppointmentSAS';
const SOS_PROFILE = 'https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/sas-sos-appointment';
const OPERATOR_EXTENSION = 'http://interopsante.org/fhir/StructureDefinition/FrAppointmentOperator';
const IDENTIFIER_TYPES = 'http://interopsante.org/fhir/CodeSystem/fr-v2-0203';
const IDNPS = 'urn:oid:1.2.250.1.71.4.2.1';
const PARTICIPATION_TYPES = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType';
/** An invented regulator: 3, a SIRET nobody was given, and the structure's own number. */
export const OPERATOR = '3456780581/REGUL-0042';

export const STATUSES = ['pending', 'booked', 'cancelled', 'fulfilled', 'noshow'] as const;
export type Status = (typeof STATUSES)[number];

export interface Booking {
  readonly value: string;
  /** Prefixed national identifier of the practitioner, or of the association. */
  readonly identifier: string;
  readonly isSos: boolean;
  /** Prefixed: who will see the patient; undefined while an association does not know. */
  readonly practitioner: string | undefined;
  readonly zone: Zone;
  /** Undefined when it is at no slot of the agenda. */
  readonly slot: string | undefined;
  readonly createdMs: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly status: Status;
}

/** `stampMs`, the vendor's own time of the change, goes to `meta.lastUpdated`. */
export function writeAppointment(
  booking: Booking,
  system: string,
  stampMs: number | undefined,
  clock: ZoneClock,
): Appointment {
  const { isSos, zone, status, practitioner } = booking;
  const write = (ms: number): string => clock.format(zone, ms);
  return {
    resourceType: 'Appointment',
    meta: {
      profile: [isSos ? SOS_PROFILE : PROFILE],
      ...(stampMs !== undefined && { lastUpdated: new Date(stampMs).toISOString() }),
    },
    extension: [{ url: OPERATOR_EXTENSION, valueReference: { identifier: nameProfessional(OPERATOR) } }],
    identifier: [{ system, value: booking.value }],
    status,
    start: write(booking.startMs),
    end: write(booking.endMs),
    created: write(booking.createdMs),
    // Nothing else tells which place of the association it is.
    ...(isSos && booking.slot !== undefined && { slot: [{ reference: `Slot/${booking.slot}` }] }),
    participant: [practitioner === undefined ? nobodyYet(status) : nameActor(practitioner)],
  };
}

/** The same seed, run and number give the same value. */
export function inventValue(seed: number, run: string, number: number): string {
  const hex = [0, 1, 2, 3].map((part) => hash(seed, 'rdv', run, number, part).toString(16).padStart(8, '0'));
  const text = hex.join('');
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-4${text.slice(13, 16)}-a${text.slice(17, 20)}-${text.slice(20)}`;
}

function nameActor(value: string): AppointmentParticipant {
  return { actor: { identifier: nameProfessional(value) }, status: 'accepted' };
}

/** As the guide's example of SOS Médecins: who will see the patient is not known. */
function nobodyYet(status: Status): AppointmentParticipant {
  return {
    type: [{ coding: [{ system: PARTICIPATION_TYPES, code: 'ADM' }] }],
    status: status === 'pending' ? 'needs-action' : 'accepted',
  };
}

function nameProfessional(value: string): Identifier {
  return { type: { coding: [{ system: IDENTIFIER_TYPES, code: 'IDNPS' }] }, system: IDNPS, value };
}
