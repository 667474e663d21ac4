// Table `sos_associations`: the operator's list of SOS Médecins. A card that carries only a SIRET is searched when it
// is of one of them; the others are pharmacies, clinics and the like. docs/guide.md G-915.

import type { Env } from '../../base/env.ts';
import { askEach, hubsOf } from '../../hub/reach/hub-of.ts';
import { guardIdempotent } from '../../store/guard.ts';
import { type Reader, remember } from '../../store/remembered.ts';

/** An association whose cards are searched by flow SOS. */
export interface SosAssociation {
  /** With its prefix 3. */
  readonly siret: string;
  readonly name: string;
  /** First answer of a vendor with its slots. */
  readonly interfacedMs: number | undefined;
  /** When the front was told that it is interfaced; the operator says so. */
  readonly announcedMs: number | undefined;
}

/** What an operator says of an association. */
export interface SaidAssociation extends Pick<SosAssociation, 'siret' | 'name'> {
  /** Null: not announced after all. Absent: as it was. */
  readonly announcedMs?: number | null | undefined;
}

/** A lot waits for it, maybe on an isolate that has just begun. */
const LIMITS = { freshMs: 30_000, patienceMs: 150, firstMs: 1_000 };

/** The operator's, and those of which a vendor has shown slots: the hub's word. */
const sirets = remember<ReadonlySet<string>, Env>(
  async (env) => new Set((await askEach(env, (hub) => hub.associations())).flat()),
);

/** With their prefix 3; at most half a minute old, older when the hub is not there. @throws GatewayError storage-unavailable. */
export function knownSosSirets(reader: Reader<Env>): Promise<ReadonlySet<string>> {
  return sirets.read(reader, LIMITS);
}

/** @throws GatewayError storage-unavailable. */
export async function listSosAssociations(db: D1Database): Promise<SosAssociation[]> {
  const { results } = await guardIdempotent(() =>
    db
      .prepare(
        `SELECT s.siret, s.name, s.announced_ms,
           (SELECT MIN(first_ms) FROM interfaced WHERE subject = s.siret) AS interfaced_ms
         FROM sos_associations AS s ORDER BY s.siret`,
      )
      .all<{ siret: string; name: string; announced_ms: number | null; interfaced_ms: number | null }>(),
  );
  return results.map(({ siret, name, announced_ms, interfaced_ms }) => ({
    siret,
    name,
    interfacedMs: interfaced_ms ?? undefined,
    announcedMs: announced_ms ?? undefined,
  }));
}

/**
 * The whole list; those that stay keep when they were announced, unless told.
 * @throws GatewayError storage-unavailable; HubFailure when the hub cannot be told, which reads it within the hour.
 */
export async function saveSosAssociations(env: Env, associations: readonly SaidAssociation[]): Promise<void> {
  const { DB: db } = env;
  const list = JSON.stringify(associations);
  await guardIdempotent(() =>
    db.batch([
      db
        .prepare(
          `DELETE FROM sos_associations WHERE siret NOT IN (SELECT value ->> 'siret' FROM json_each(?1))`,
        )
        .bind(list),
      db
        .prepare(
          `INSERT INTO sos_associations (siret, name)
           SELECT value ->> 'siret', value ->> 'name' FROM json_each(?1) WHERE true
           ON CONFLICT (siret) DO UPDATE SET name = excluded.name`,
        )
        .bind(list),
      db
        .prepare(
          `UPDATE sos_associations SET announced_ms = said.ms
           FROM (SELECT value ->> 'siret' AS siret, value ->> 'announcedMs' AS ms FROM json_each(?1)
             WHERE json_type(value, '$.announcedMs') IS NOT NULL) AS said
           WHERE sos_associations.siret = said.siret`,
        )
        .bind(list),
    ]),
  );
  const announced = associations.map(({ siret }) => siret);
  await Promise.all(hubsOf(env).map((hub) => hub.noteAssociations(announced)));
  sirets.forget();
}
