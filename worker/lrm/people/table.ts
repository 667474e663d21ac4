// Table `lrm_people`: what each vendor last said of whom, written only when it is news, read for the messages to LRMs.

import { asObject, type JsonObject, objectsOf } from '../../../shared/fhir/json.ts';
import { SYSTEM } from '../../../shared/sas/canonical.ts';
import { normaliseSiret } from '../../../shared/sas/identifier.ts';
import type { AppointmentProfile } from '../../../shared/sas/rules/appointment/participant.ts';
import type { Budget } from '../../store/budget.ts';
import { guardIdempotent } from '../../store/guard.ts';
import { PURGED_ROWS, purgeInBatches } from '../../store/purge-batches.ts';
import type { SaidRow } from './read-said.ts';
import type { Said, SaidOfAppointment } from './said.ts';

const HOUR_MS = 3_600_000;
/** A row that is still true is written anew this often, for the purge to see. */
const RENEWED_MS = 30 * 24 * HOUR_MS;
/**
 * A practitioner's row that says something else than before, at most this often: a vendor's words may change with every
 * answer.
 */
const CHANGED_MS = HOUR_MS;
/** Of one vendor and one practitioner; the first ones stay. */
const STRUCTURES_MAX = 4;
/** Nobody has shown slots of them for so long: forgotten. */
const RETENTION_MS = 365 * 24 * HOUR_MS;

const IS_CPTS = 'COALESCE(MIN(is_cpts, excluded.is_cpts), is_cpts, excluded.is_cpts)';

/**
 * Parameters: 1 JSON list of rows, 2 now. What an answer does not say is kept from before; a practitioner of whom one slot
 * was shown that belongs to no CPTS is of none, as long as the row lives. A structure of several places has several names:
 * the one that it has stays for a month.
 */
const SAVE = `INSERT INTO lrm_people (editor, subject, structure, name, given, specialty, is_cpts, said_ms)
  SELECT value ->> 'editor', value ->> 'subject', value ->> 'structure', value ->> 'name', value ->> 'given',
    value ->> 'specialty', value ->> 'isCpts', ?2
  FROM json_each(?1) AS one
  WHERE one.value ->> 'structure' = ''
    OR EXISTS (SELECT 1 FROM lrm_people AS p WHERE p.editor = one.value ->> 'editor'
      AND p.subject = one.value ->> 'subject' AND p.structure = one.value ->> 'structure')
    OR (SELECT COUNT(*) FROM lrm_people AS p WHERE p.editor = one.value ->> 'editor'
      AND p.subject = one.value ->> 'subject' AND p.structure <> '') < ${STRUCTURES_MAX}
  ON CONFLICT (editor, subject, structure) DO UPDATE SET
    given = CASE WHEN excluded.name IS NULL THEN given ELSE excluded.given END,
    name = COALESCE(excluded.name, name), specialty = COALESCE(excluded.specialty, specialty),
    is_cpts = ${IS_CPTS}, said_ms = MAX(said_ms, ?2)
  WHERE said_ms < ?2 - ${RENEWED_MS} OR (name IS NULL OR structure = '' AND said_ms < ?2 - ${CHANGED_MS}) AND (
    name IS NOT COALESCE(excluded.name, name) OR (excluded.name IS NOT NULL AND given IS NOT excluded.given)
    OR specialty IS NOT COALESCE(excluded.specialty, specialty) OR is_cpts IS NOT ${IS_CPTS})`;

/** A row, and whose word it is. */
export interface VendorSaidRow extends SaidRow {
  readonly editor: string;
}

/** One statement. @throws GatewayError storage-unavailable. */
export async function savePeople(
  db: D1Database,
  rows: readonly VendorSaidRow[],
  nowMs: number,
): Promise<void> {
  await guardIdempotent(() => db.prepare(SAVE).bind(JSON.stringify(rows), nowMs).run());
}

/** The version of an appointment that holds, and whose it is. */
interface SaidQuestion {
  readonly vendor: string;
  readonly profile: AppointmentProfile;
  /** National id of the first practitioner; null: none is named. */
  readonly practitioner: string | null;
  /** The stored JSON. */
  readonly content: string;
}

/**
 * Parameter 1: JSON list of [vendor, practitioner, association, 1 for the vendor's only association when none is named].
 * An SOS appointment need not name its association.
 */
const FIND = `SELECT asked.key AS place, p.subject, p.structure, p.name, p.given, p.specialty, p.is_cpts
  FROM json_each(?1) AS asked, lrm_people AS p
  WHERE p.editor = asked.value ->> 0 AND p.subject IN (asked.value ->> 1, asked.value ->> 2,
    CASE WHEN asked.value ->> 3 = 1 THEN (SELECT CASE WHEN COUNT(*) = 1 THEN MIN(o.subject) END
      FROM lrm_people AS o WHERE o.editor = asked.value ->> 0 AND o.subject >= '3' AND o.subject < '4') END)`;

interface FoundRow {
  readonly place: number;
  readonly subject: string;
  readonly structure: string;
  readonly name: string | null;
  readonly given: string | null;
  readonly specialty: string | null;
  readonly is_cpts: number | null;
}

/**
 * Of each, in their order: what a message takes as `said` (worker/lrm/message/report-input.ts). One statement. @throws
 * GatewayError storage-unavailable.
 */
export async function findSaid(
  db: D1Database,
  questions: readonly SaidQuestion[],
): Promise<readonly SaidOfAppointment[]> {
  if (questions.length === 0) return [];
  const asked = questions.map(({ vendor, profile, practitioner, content }) => {
    const association = profile === 'sos' ? associationOf(content) : undefined;
    const isOnly = profile === 'sos' && association === undefined;
    return [vendor, practitioner, association ?? null, isOnly ? 1 : 0];
  });
  const { results } = await guardIdempotent(() =>
    db.prepare(FIND).bind(JSON.stringify(asked)).all<FoundRow>(),
  );
  const byPlace = Map.groupBy(results, ({ place }) => place);
  return questions.map(({ practitioner }, place) => {
    const isOwn = ({ subject }: FoundRow): boolean => subject === practitioner;
    const rows = byPlace.get(place) ?? [];
    const own = saidBy(rows.filter(isOwn));
    const association = saidBy(rows.filter((row) => !isOwn(row)));
    return { ...(own && { practitioner: own }), ...(association && { association }) };
  });
}

/** The association that an SOS appointment names: a participant's SIRET. */
function associationOf(content: string): string | undefined {
  const { participant } = JSON.parse(content) as JsonObject;
  for (const { actor } of objectsOf(participant)) {
    const { system, value } = asObject(asObject(actor)?.identifier) ?? {};
    if (system === SYSTEM.idnst && typeof value === 'string') return normaliseSiret(value);
  }
  return undefined;
}

/**
 * The rows of one vendor and one subject. Of several structures, or of one and a place without any, none is told: which one
 * the appointment is at is not known.
 */
function saidBy(rows: readonly FoundRow[]): Said | undefined {
  if (rows.length === 0) return undefined;
  const self = rows.find(({ structure }) => structure === '');
  const structures = rows.filter(({ structure }) => structure !== '');
  const [only] = structures;
  return {
    ...(self?.name && self.given && { name: { lastName: self.name, firstName: self.given } }),
    ...(self?.specialty && { specialty: { code: self.specialty, url: SYSTEM.specialty } }),
    ...(structures.length === 1 && only?.name && { structure: { id: only.structure, name: only.name } }),
    ...(self?.is_cpts === 1 && { isCpts: true }),
  };
}

const PURGE = `DELETE FROM lrm_people WHERE (editor, subject, structure) IN (
  SELECT editor, subject, structure FROM lrm_people WHERE said_ms < ?1 LIMIT ${PURGED_ROWS})`;

/** The nightly purge. @returns whether all is forgotten. @throws GatewayError storage-unavailable. */
export async function purgePeople(
  { DB }: { readonly DB: D1Database },
  nowMs: number,
  budget: Budget,
): Promise<boolean> {
  return !(await purgeInBatches(DB.prepare(PURGE).bind(nowMs - RETENTION_MS), budget)).isBehind;
}
