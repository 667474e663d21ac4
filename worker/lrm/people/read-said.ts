// What a vendor's answer to a search says of a practitioner or an association, out of the texts that a relay wrote. Read
// only when it may be news (note.ts): parsing costs. No I/O.

import { asObject, asText, type JsonObject, objectsOf, textsOf } from '../../../shared/fhir/json.ts';
import type { CallAnswer, Place, ResourceText, SubjectAnswer } from '../../../shared/sas/answer.ts';
import { SYSTEM } from '../../../shared/sas/canonical.ts';
import type { SlotQuery } from '../../../shared/sas/query.ts';

/** A row of table `lrm_people`, without its vendor and time. */
export interface SaidRow {
  readonly subject: string;
  /** FINESS or SIRET of a structure; `UNTOLD`: of a place that has none; empty: the row is about the practitioner. */
  readonly structure: string;
  /** The structure's, or the practitioner's family name. Null: not said. */
  readonly name: string | null;
  readonly given: string | null;
  /** Code of TRE_R38; null: not said, or several. */
  readonly specialty: string | null;
  /** All slots that were shown belong to a CPTS; null: the answer does not tell. */
  readonly isCpts: 0 | 1 | null;
}

/** Stands for the structure of a place that has no identifier: an appointment may be there. */
const UNTOLD = '-';

const NAME_LENGTH_MAX = 200;
/** FINESS or SIRET: what an LRM takes as a structure. */
const STRUCTURE = /^(?:1[0-9AB]{9}|3\d{14})$/;

/** All slots of that practitioner belong to a CPTS. Only answers of INT_R04 tell which do: null for the others. */
export function isCptsAlone(
  { places }: SubjectAnswer,
  { shapes }: Pick<CallAnswer, 'shapes'>,
  flow: SlotQuery['flow'],
): SaidRow['isCpts'] {
  if (flow !== 'INT_R04') return null;
  const isTied = places.every(({ slots }) =>
    slots.every(([shape]) => (shapes[shape]?.services.length ?? 0) > 0),
  );
  return isTied ? 1 : 0;
}

/** The practitioner's own row. */
export function readPractitioner(
  one: SubjectAnswer,
  answer: Pick<CallAnswer, 'shapes'>,
  isCpts: SaidRow['isCpts'],
): SaidRow {
  const [name] = objectsOf(jsonOf(one.holder).name);
  const family = asText(name?.family);
  const given = asText(textsOf(name?.given).join(' '));
  const isNamed = family !== undefined && given !== undefined;
  return {
    subject: one.subject,
    structure: '',
    name: isNamed ? family.slice(0, NAME_LENGTH_MAX) : null,
    given: isNamed ? given.slice(0, NAME_LENGTH_MAX) : null,
    specialty: specialtyOf(one, answer) ?? null,
    isCpts,
  };
}

/** An association is its own structure. */
export function readAssociation({ subject, holder }: SubjectAnswer): SaidRow {
  return structureRow(subject, subject, asText(jsonOf(holder).name));
}

/**
 * The structure of a practitioner's place, by the name of the place, the only one that a vendor's answer has; else the CPTS
 * that all slots of the place belong to; else `UNTOLD`.
 */
export function readStructure(
  subject: string,
  { site, slots }: Place,
  { shapes, services }: Pick<CallAnswer, 'shapes' | 'services'>,
): SaidRow {
  const role = jsonOf(site);
  const id = asText(asObject(asObject(role.organization)?.identifier)?.value);
  if (id !== undefined) return structureRow(subject, id, asText(objectsOf(role.contained)[0]?.name));
  const [cpts, ...others] = new Set(slots.map(([shape]) => shapes[shape]?.services.join() ?? ''));
  const led = others.length > 0 || cpts === undefined || cpts === '' ? undefined : services[Number(cpts)];
  if (led === undefined) return structureRow(subject, UNTOLD);
  const organization = jsonOf(led.organization);
  const finess = asText(objectsOf(organization.identifier)[0]?.value) ?? UNTOLD;
  return structureRow(subject, finess, asText(organization.name));
}

function structureRow(subject: string, id: string, name?: string): SaidRow {
  const isKnown = STRUCTURE.test(id);
  return {
    subject,
    structure: isKnown ? id : UNTOLD,
    name: isKnown && name !== undefined ? name.slice(0, NAME_LENGTH_MAX) : null,
    given: null,
    specialty: null,
    isCpts: null,
  };
}

/** The only code that the slots name. */
function specialtyOf({ places }: SubjectAnswer, { shapes }: Pick<CallAnswer, 'shapes'>): string | undefined {
  const used = new Set(places.flatMap(({ slots }) => slots.map(([shape]) => shape)));
  const codes = [...used].flatMap((shape) => {
    const { specialty } = JSON.parse(`{${shapes[shape]?.text ?? ''}}`) as JsonObject;
    const codings = objectsOf(specialty).flatMap(({ coding }) => objectsOf(coding));
    return codings.flatMap(({ system, code }) => (system === SYSTEM.specialty ? (asText(code) ?? []) : []));
  });
  const [only, ...others] = new Set(codes);
  return others.length === 0 ? only : undefined;
}

/** What a relay wrote. */
function jsonOf({ text }: ResourceText): JsonObject {
  return JSON.parse(text) as JsonObject;
}
