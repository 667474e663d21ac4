// The order of appointment statuses: which may follow which when two messages do not say which is newer. A
// message of a lower rank that arrives later is late. docs/appointments.md § 3; the whole rule is one SQL
// statement in worker/appointments/tables/record.ts. No I/O, no clock.

/** R4 AppointmentStatus. */
const RANKS = {
  proposed: 0,
  waitlist: 0,
  pending: 1,
  booked: 2,
  arrived: 3,
  'checked-in': 3,
  // The three endings are ordered by when they can be known: before the visit, when it is missed, when it took
  // place after all.
  cancelled: 4,
  noshow: 5,
  fulfilled: 6,
  'entered-in-error': 7,
} as const;

/** From here on an appointment has ended. */
export const RANK_ENDED = RANKS.cancelled;

export type AppointmentStatus = keyof typeof RANKS;

export const APPOINTMENT_STATUSES = Object.keys(RANKS) as AppointmentStatus[];

/** Whether FHIR knows this status of an appointment. */
export function isAppointmentStatus(text: string): text is AppointmentStatus {
  return Object.hasOwn(RANKS, text);
}

/** The place of a status in the order in which appointments move on; docs/appointments.md § 3. */
export function rankOf(status: AppointmentStatus): number {
  return RANKS[status];
}

/** True when nothing is to come any more: cancelled, missed, over, or a mistake. */
export function endsAppointment(status: AppointmentStatus): boolean {
  return RANKS[status] >= RANK_ENDED;
}

const HOLDING: ReadonlySet<AppointmentStatus> = new Set([
  'pending',
  'booked',
  'arrived',
  'checked-in',
  'fulfilled',
]);

/** True while the appointment takes its slot away from everybody else. */
export function holdsSlot(status: AppointmentStatus): boolean {
  return HOLDING.has(status);
}
