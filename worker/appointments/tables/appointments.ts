// Tables `appointments` and `appointment_versions`, reading one: its state, one of its versions, all of them.

import { guardIdempotent } from '../../store/guard.ts';
import type { StoredAppointment } from '../model/resource.ts';

/** A version, and how it was sent. */
export interface AppointmentVersion extends StoredAppointment {
  readonly method: 'POST' | 'PUT';
}

interface StateRow {
  readonly id: string;
  readonly version: number;
  readonly updated_ms: number;
  readonly profile: 'individual' | 'sos';
  readonly content: string;
}

interface VersionRow extends StateRow {
  readonly method: 'POST' | 'PUT';
  readonly held: number;
}

function toStored(row: StateRow): StoredAppointment {
  return {
    id: row.id,
    version: row.version,
    updatedMs: row.updated_ms,
    profile: row.profile,
    content: row.content,
  };
}

function toVersion(row: VersionRow): AppointmentVersion {
  return { ...toStored(row), method: row.method, isLate: row.held === 0 };
}

/** The state that holds. @throws GatewayError storage-unavailable, like all of these. */
export async function findAppointment(db: D1Database, id: string): Promise<StoredAppointment | undefined> {
  const row = await guardIdempotent(() =>
    db
      .prepare(
        `SELECT a.id, a.current AS version, a.updated_ms, v.profile, v.content
         FROM appointments AS a JOIN appointment_versions AS v ON v.appointment = a.id AND v.version = a.current
         WHERE a.id = ?1`,
      )
      .bind(id)
      .first<StateRow>(),
  );
  return row === null ? undefined : toStored(row);
}

/** Undefined when there is no such version. */
export async function findVersion(
  db: D1Database,
  id: string,
  version: number,
): Promise<AppointmentVersion | undefined> {
  const row = await guardIdempotent(() =>
    db
      .prepare(
        `SELECT appointment AS id, version, updated_ms, profile, content, method, held
         FROM appointment_versions WHERE appointment = ?1 AND version = ?2`,
      )
      .bind(id, version)
      .first<VersionRow>(),
  );
  return row === null ? undefined : toVersion(row);
}

/** Newest first, those below `before` when it is given. */
export async function listVersions(
  db: D1Database,
  id: string,
  before: number | undefined,
  limit: number,
): Promise<AppointmentVersion[]> {
  const { results } = await guardIdempotent(() =>
    db
      .prepare(
        `SELECT appointment AS id, version, updated_ms, profile, content, method, held
         FROM appointment_versions WHERE appointment = ?1 AND version < ?2 ORDER BY version DESC LIMIT ?3`,
      )
      .bind(id, before ?? Number.MAX_SAFE_INTEGER, limit)
      .all<VersionRow>(),
  );
  return results.map(toVersion);
}
