// What a relay says of itself each minute (`HubApi.report`): its certificates, lists, alarms, queues. Types only. No secret, no path,
// no value of a setting; of names, only authorities' and vendors' ids.

/** `client`: ours, shown to a vendor; `server`, `sender`: a vendor's, as last seen when dialled and at the mTLS port; `port`: that port's. */
export const REPORTED_ROLES = ['client', 'server', 'sender', 'port', 'authority', 'hub-sante'] as const;

/** A certificate. Times in milliseconds since 1970. */
export interface ReportedCertificate {
  readonly role: (typeof REPORTED_ROLES)[number];
  /** The vendor that it is of, or shown to; of an authority: whose servers it vouches for. */
  readonly editor?: string;
  /** CN of an authority. */
  readonly authority?: string;
  /** Hexadecimal, upper case. */
  readonly serial: string;
  readonly notAfterMs: number;
  /** Of another's certificate: when it was last shown. */
  readonly seenMs?: number;
}

/** The revocation list that serves for one key of an authority. */
export interface ReportedList {
  /** Whose servers it is about; absent: certificates at the mTLS port, or Hub Santé's. */
  readonly editor?: string;
  readonly authority: string;
  readonly thisUpdateMs: number;
  /** Absent: the list says none. */
  readonly nextUpdateMs?: number;
}

/** Something wrong that stands: in the relay's own French words, which name no value. */
interface ReportedAlarm {
  readonly field: string;
  readonly text: string;
  readonly editor?: string;
}

/** Of one vendor, at that moment. */
interface ReportedQueue {
  readonly editor: string;
  readonly running: number;
  readonly waiting: number;
  readonly connections: number;
}

/** All of it. */
export interface RelayReport {
  readonly version: string;
  readonly certificates: readonly ReportedCertificate[];
  readonly lists: readonly ReportedList[];
  readonly alarms: readonly ReportedAlarm[];
  readonly queues: readonly ReportedQueue[];
  /** How the last reload of settings and files went; `done` before the first. */
  readonly reload: 'done' | 'failed';
}
