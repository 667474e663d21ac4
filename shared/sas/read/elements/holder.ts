// Who a slot belongs to: the Practitioner (INT_R01, INT_R04) or the association's Organization (SOS). One
// resource per national identifier in one vendor's answer, with an id made from it and the name of what the vendor says.
// docs/guide.md G-223, G-704. Personal data that the flow does not need (birth date, photo, e-mail) is left out.

import { isAnything, itemsOf } from '../../../fhir/bundle-entries.ts';
import { asText, type JsonObject, objectsOf, textsOf } from '../../../fhir/json.ts';
import type { ResourceText } from '../../answer.ts';
import { PROFILE, SYSTEM } from '../../canonical.ts';
import { normaliseProfessional, normaliseSiret } from '../../identifier.ts';
import { type Phone, readPhones, readShownText } from './contact.ts';
import type { ReadRuleId } from './rules.ts';

export interface Holder {
  readonly subject: string;
  readonly resource: ResourceText;
  /** Names its text. */
  readonly said: string;
  /** 0..3: how much it tells; the fuller of two of one vendor wins. */
  readonly rank: number;
  readonly name?: string;
  readonly repairs: readonly ReadRuleId[];
  /** All national identifiers it carries. */
  readonly ids: readonly string[];
}

/** `urn:oid:` is often forgotten (docs/guide.md G-605). */
function isSystem(value: unknown, system: string): boolean {
  if (typeof value !== 'string') return !isAnything(value);
  const text = asText(value);
  return text === undefined || text === system || `urn:oid:${text}` === system;
}

/** What a holder is read for: whose slots were asked, and how ids are made. */
export interface HolderContext {
  readonly asked: ReadonlySet<string>;
  readonly hash: (text: string) => string;
  /** What the same objects were read as before. */
  readonly known: WeakMap<JsonObject, Holder>;
}

/** One resource read for one subject always gives the same. */
function remembered(
  sent: JsonObject,
  id: NationalId | undefined,
  known: HolderContext['known'],
  read: (id: NationalId) => Holder,
): Holder | undefined {
  if (id === undefined) return undefined;
  const before = known.get(sent);
  if (before?.subject === id.subject) return before;
  const holder = read(id);
  known.set(sent, holder);
  return holder;
}

interface NationalId {
  readonly subject: string;
  readonly ids: readonly string[];
}

/** The identifier under which this holder was asked; when he was not, any he carries (RPPS before ADELI). */
function nationalId(
  resource: JsonObject,
  system: string,
  normalise: (value: string) => string | undefined,
  asked: ReadonlySet<string>,
  repairs: ReadRuleId[],
): NationalId | undefined {
  const identifiers = objectsOf(itemsOf(resource.identifier));
  const ids: string[] = [];
  let best: string | undefined;
  let bestWritten: string | undefined;
  for (const identifier of identifiers) {
    const written = asText(identifier.value);
    const found =
      written !== undefined && isSystem(identifier.system, system) ? normalise(written) : undefined;
    if (found === undefined) continue;
    ids.push(found);
    // He was that person, says the vendor (R4 Identifier.use is a modifier): it rules him out no more than it proves him.
    if (identifier.use === 'old') continue;
    if (preference(found, asked) <= preference(best, asked)) continue;
    best = found;
    bestWritten = written;
  }
  if (best === undefined) return undefined;
  if (best !== bestWritten) repairs.push('identifier-prefix');
  if (identifiers.length > 1) repairs.push('identifier-pruned');
  return { subject: best, ids };
}

function preference(id: string | undefined, asked: ReadonlySet<string>): number {
  if (id === undefined) return 0;
  return (asked.has(id) ? 3 : 1) + (id.startsWith('8') ? 1 : 0);
}

/** From `meta` to the identifier's value: the same for everybody, so written once. Ids and subjects need no escaping. */
function headOf(profile: string, typeSystem: string, type: string, system: string): string {
  return `"meta":{"profile":["${profile}"]},"identifier":[{"type":{"coding":[{"system":"${typeSystem}","code":"${type}"}]},"system":"${system}",`;
}

const PRACTITIONER_HEAD = headOf(PROFILE.practitioner, SYSTEM.identifierType, 'IDNPS', SYSTEM.idnps);
const ASSOCIATION_HEAD = headOf(
  PROFILE.organizationSos,
  SYSTEM.locationIdentifierType,
  'IDNST',
  SYSTEM.idnst,
);

function telecomText(telecom: readonly Phone[]): string {
  return telecom.length > 0 ? `,"telecom":${JSON.stringify(telecom)}` : '';
}

/** Undefined when no identifier can be read; what was repaired goes with the holder. */
export function readPractitioner(sent: JsonObject, context: HolderContext): Holder | undefined {
  const repairs: ReadRuleId[] = [];
  const id = nationalId(sent, SYSTEM.idnps, normaliseProfessional, context.asked, repairs);
  return remembered(sent, id, context.known, (id) => practitioner(sent, id, context, repairs));
}

function practitioner(
  sent: JsonObject,
  { subject, ids }: NationalId,
  context: HolderContext,
  repairs: ReadRuleId[],
): Holder {
  const id = `ps-${context.hash(subject)}`;
  const name = readNames(sent.name, repairs);
  const telecom = readPhones(sent.telecom, repairs);
  const text =
    `{"resourceType":"Practitioner","id":"${id}",${PRACTITIONER_HEAD}"value":"${subject}"}]` +
    `${name.length > 0 ? `,"name":${JSON.stringify(name)}` : ''}${telecomText(telecom)}}`;
  const rank = (name.length > 0 ? 2 : 0) + (telecom.length > 0 ? 1 : 0);
  return {
    subject,
    resource: { type: 'Practitioner', id, text },
    said: context.hash(text),
    rank,
    repairs,
    ids,
  };
}

function readNames(value: unknown, repairs: ReadRuleId[]): JsonObject[] {
  const names: JsonObject[] = [];
  for (const name of objectsOf(value)) {
    const family = readShownText(name.family, repairs);
    const given = textsOf(name.given).flatMap((text) => readShownText(text, repairs) ?? []);
    if ((family === undefined && given.length === 0) || name.use === 'old') continue;
    const prefix = textsOf(name.prefix)
      .slice(0, 1)
      .flatMap((text) => readShownText(text, repairs) ?? []);
    const suffix = textsOf(name.suffix).flatMap((text) => readShownText(text, repairs) ?? []);
    names.push({
      ...(family === undefined ? {} : { family }),
      ...(given.length > 0 ? { given } : {}),
      ...(prefix.length > 0 ? { prefix } : {}),
      ...(suffix.length > 0 ? { suffix } : {}),
    });
  }
  return names;
}

/** Undefined when no SIRET can be read; what was repaired goes with the holder. */
export function readAssociation(sent: JsonObject, context: HolderContext): Holder | undefined {
  const repairs: ReadRuleId[] = [];
  const id = nationalId(sent, SYSTEM.idnst, normaliseSiret, context.asked, repairs);
  return remembered(sent, id, context.known, (id) => association(sent, id, context, repairs));
}

function association(
  sent: JsonObject,
  { subject, ids }: NationalId,
  context: HolderContext,
  repairs: ReadRuleId[],
): Holder {
  const id = `sos-${context.hash(subject)}`;
  const name = readShownText(sent.name, repairs);
  const telecom = readPhones(sent.telecom, repairs);
  const text =
    `{"resourceType":"Organization","id":"${id}",${ASSOCIATION_HEAD}"value":"${subject}"}]` +
    `${name === undefined ? '' : `,"name":${JSON.stringify(name)}`}${telecomText(telecom)}}`;
  const rank = (name === undefined ? 0 : 2) + (telecom.length > 0 ? 1 : 0);
  return {
    subject,
    resource: { type: 'Organization', id, text },
    said: context.hash(text),
    rank,
    ...(name === undefined ? {} : { name }),
    repairs,
    ids,
  };
}
