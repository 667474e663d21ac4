// What of its vendor's time an appointment takes now, or took a moment ago, as the hub is told it. Types only.
// docs/appointments.md § 6.

/** One time that a version of an appointment takes, or took. Milliseconds since 1970. */
export interface TakenTime {
  /** Prefixed national id (`8…`, `0…`); undefined for an SOS appointment without a practitioner. */
  readonly practitioner: string | undefined;
  readonly isSos: boolean;
  readonly startMs: number;
  readonly endMs: number;
  /** The vendor's own ids of the slots, when the appointment says them. */
  readonly slots: readonly string[] | undefined;
  /** What the appointment calls its place: `Location/id`, `PractitionerRole/id`, `system|value`. */
  readonly places: readonly string[] | undefined;
  /** False: it was moved, cancelled, of another practitioner, and gave this time back when it last changed. */
  readonly isCurrent: boolean;
}

/** One appointment's times in its state of a moment. */
export interface AppointmentTimes {
  readonly id: string;
  readonly vendor: string;
  /** When it last changed, milliseconds; grows with each change: of two states the larger is the newer. */
  readonly updatedMs: number;
  readonly times: readonly TakenTime[];
}
