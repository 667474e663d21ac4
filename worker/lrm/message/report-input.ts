// What a message to an LRM is made of, and why none can be made. The outbox reads it from its tables. Types only.

import type { RegulatorContent } from '../../../shared/sas/regulator.ts';
import type { AppointmentProfile } from '../../../shared/sas/rules/appointment/participant.ts';
import type { SaidOfAppointment } from '../people/said.ts';
import type { LrmSchema } from './schema.ts';

/** The version that holds, from tables `appointments` and `appointment_versions`. */
interface ReportedAppointment {
  /** The edge's own id: what the LRM keeps it under. */
  readonly id: string;
  readonly profile: AppointmentProfile;
  /** FHIR's word. */
  readonly status: string;
  /** National id of the first practitioner, with its prefix; null when none is named. */
  readonly practitioner: string | null;
  /** The stored JSON. */
  readonly content: string;
  /** When the first message about it came, milliseconds since 1970: its creation, when the vendor gives none. */
  readonly receivedMs: number;
}

/** As table `regulators` has him: `active` plays no part, he took the appointment. */
export type ReportedRegulator = Pick<RegulatorContent, 'identifier' | 'family' | 'given' | 'email'>;

/** All that one message is made of. Times are milliseconds since 1970. */
export interface ReportInput {
  readonly schema: LrmSchema;
  /** The sender. */
  readonly clientId: string;
  /** `<clientId>_<uuid>`: of this attempt alone. */
  readonly distributionId: string;
  /** Client id of the SAMU's LRM; undefined: none is known for the regulator's territories. */
  readonly recipient: string | undefined;
  readonly method: 'CreateAppointment' | 'UpdateAppointment';
  readonly nowMs: number;
  /** A day after `nowMs` at most; what is later is brought forward. */
  readonly expiresMs: number;
  readonly appointment: ReportedAppointment;
  /** Undefined: no account of that identifier. */
  readonly regulator: ReportedRegulator | undefined;
  readonly said: SaidOfAppointment;
}

/**
 * Why no message can be made now. `nobody-told`: an appointment of a practitioner whom an LRM takes, whose name is not
 * known yet, nor a structure; `message-not-valid`: the schema refuses what was made, which only a change of the program
 * mends.
 */
export type HoldReason = 'regulator-unknown' | 'recipient-unknown' | 'nobody-told' | 'message-not-valid';
