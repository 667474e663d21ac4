// Table `regulators`, read for messages to LRMs: those whom appointments name, by either of their identifiers, with or without
// right: they took the appointment.

import { SYSTEM } from '../../../shared/sas/canonical.ts';
import { guardIdempotent } from '../../store/guard.ts';
import type { ReportedRegulator } from '../message/report-input.ts';

/** A regulator as an appointment names him; `system` null: whichever. */
export interface NamedRegulator {
  readonly system: string | null;
  readonly value: string;
}

/** What a message says of him, and by which territories his SAMU is found. */
export interface FoundRegulator extends ReportedRegulator {
  readonly territories: readonly string[];
}

const FOUND = `SELECT asked.key AS place, r.system, r.value, r.technical_id AS technicalId, r.family, r.given, r.email,
    r.territories
  FROM json_each(?1) AS asked CROSS JOIN regulators AS r ON r.id = (
    SELECT id FROM regulators
      WHERE value = asked.value ->> 1 AND (asked.value ->> 0 IS NULL OR system = asked.value ->> 0)
    UNION ALL SELECT id FROM regulators WHERE technical_id = asked.value ->> 1 LIMIT 1)`;

interface Row {
  readonly place: number;
  readonly system: string | null;
  readonly value: string | null;
  readonly technicalId: string | null;
  readonly family: string;
  readonly given: string;
  readonly email: string;
  readonly territories: string;
}

/** Of each, in their order; undefined for one who is not known. @throws GatewayError storage-unavailable. */
export async function findRegulators(
  db: D1Database,
  named: readonly NamedRegulator[],
): Promise<readonly (FoundRegulator | undefined)[]> {
  if (named.length === 0) return [];
  const asked = JSON.stringify(named.map(({ system, value }) => [system, value]));
  const { results } = await guardIdempotent(() => db.prepare(FOUND).bind(asked).all<Row>());
  const found = new Map(results.map((row) => [row.place, toRegulator(row)]));
  return named.map((_one, place) => found.get(place));
}

function toRegulator({ system, value, technicalId, family, given, email, territories }: Row): FoundRegulator {
  return {
    // One who lost his national identifier to another has SAS's own.
    identifier:
      system === null || value === null
        ? { system: SYSTEM.sas, value: technicalId ?? '' }
        : { system, value },
    family,
    given,
    email,
    territories: JSON.parse(territories) as string[],
  };
}
