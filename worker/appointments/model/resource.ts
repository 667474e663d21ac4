// An appointment as it leaves: the stored content under its id, version and profile. Text is joined, not parsed:
// an export passes a million of them. R4 Appointment; Bundle.

import { canonicalOf } from './tolerance.ts';

/** One version of an appointment. `content`: JSON of the resource without resourceType, id and meta. */
export interface StoredAppointment {
  readonly id: string;
  readonly version: number;
  readonly updatedMs: number;
  readonly profile: 'individual' | 'sos';
  readonly content: string;
  /** A version that came too late to hold. */
  readonly isLate?: boolean;
  /** In an export: the version that holds now, which may be an older one. */
  readonly holding?: number;
}

/** System of `meta.tag` on versions that never held. */
const VERSION_TAG_SYSTEM = 'urn:x-passerelle:version';
/** System of `meta.tag` that tells, in an export, which version holds. */
const HOLDING_TAG_SYSTEM = 'urn:x-passerelle:holding-version';

/** JSON text of the resource. */
export function resourceText(stored: StoredAppointment): string {
  const tag = [
    ...(stored.isLate === true ? [{ system: VERSION_TAG_SYSTEM, code: 'late' }] : []),
    ...(stored.holding === undefined ? [] : [{ system: HOLDING_TAG_SYSTEM, code: String(stored.holding) }]),
  ];
  const meta = {
    versionId: String(stored.version),
    lastUpdated: new Date(stored.updatedMs).toISOString(),
    profile: [canonicalOf(stored.profile)],
    ...(tag.length > 0 && { tag }),
  };
  const head = JSON.stringify({ resourceType: 'Appointment', id: stored.id, meta });
  return `${head.slice(0, -1)},${stored.content.slice(1)}`;
}

/** Weak ETag of a version. */
export function etagOf(version: number): string {
  return `W/"${version}"`;
}

/** `Last-Modified` has whole seconds. */
function httpDate(ms: number): string {
  return new Date(ms).toUTCString();
}

/** The headers of an answer that shows a version. */
export function versionHeaders(stored: Pick<StoredAppointment, 'version' | 'updatedMs'>): {
  readonly ETag: string;
  readonly 'Last-Modified': string;
} {
  return { ETag: etagOf(stored.version), 'Last-Modified': httpDate(stored.updatedMs) };
}
