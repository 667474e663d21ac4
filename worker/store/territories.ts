// Table `regulators`, read for the counts of appointments: the territories of those whom appointments name, by either of
// their identifiers.

import { guardIdempotent } from './guard.ts';

/** A regulator as an appointment names him; `system` null: whichever. */
export interface NamedRegulator {
  readonly system: string | null;
  readonly value: string;
}

const TERRITORIES = `SELECT asked.key AS place, (
    SELECT territories FROM regulators
      WHERE value = asked.value ->> 1 AND (asked.value ->> 0 IS NULL OR system = asked.value ->> 0)
    UNION ALL SELECT territories FROM regulators WHERE technical_id = asked.value ->> 1 LIMIT 1) AS territories
  FROM json_each(?1) AS asked`;

/** Of each, in their order; none of one who is not known. @throws GatewayError storage-unavailable. */
export async function territoriesOf(
  db: D1Database,
  regulators: readonly NamedRegulator[],
): Promise<readonly (readonly string[])[]> {
  if (regulators.length === 0) return [];
  const asked = JSON.stringify(regulators.map(({ system, value }) => [system, value]));
  const { results } = await guardIdempotent(() =>
    db.prepare(TERRITORIES).bind(asked).all<{ place: number; territories: string | null }>(),
  );
  const found = new Map(results.map(({ place, territories }) => [place, territories]));
  return regulators.map((_one, place) => JSON.parse(found.get(place) ?? '[]') as string[]);
}
