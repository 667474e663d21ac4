// Where a slot takes place: a PractitionerRole with its contained Location (INT_R01, INT_R04), or an SOS
// Location. profiles.md §§ 6, 7. What the flows do not use (periods, codes, endpoints) is left out.

import { asList, asObject, asText, type JsonObject, objectsOf } from '../../fhir/json.ts';
import type { ResourceText } from '../../link/relay.ts';
import { PROFILE, SYSTEM } from '../canonical.ts';
import { normaliseStructure } from '../identifier.ts';
import type { BundleIndex } from './bundle-index.ts';
import { readAddress, readPhones, readPosition } from './contact.ts';
import { readOpeningHours } from './opening-hours.ts';
import type { ReadRuleId } from './rules.ts';

export interface SiteContext {
  readonly editor: string;
  readonly index: BundleIndex;
}

export interface Site {
  readonly resource: ResourceText;
  /** The structure's id as written, when it is no national identifier. */
  readonly vendorStructure?: string;
  readonly repairs: readonly ReadRuleId[];
}

/** The longest national one has 15 characters. */
const STRUCTURE_LENGTH_MAX = 64;

export type SiteFailure = 'slot-site-unresolved' | 'site-address-incomplete';

/** System of a Location's internal identifier when the vendor gave none. */
function madeSystem(editor: string): string {
  return `urn:x-passerelle:editor:${editor}`;
}

/**
 * @param location as `locationOf` finds it
 * @param id gateway id of the place
 * @param practitionerId gateway id of the practitioner whose place this is
 */
export function readRole(
  role: JsonObject,
  location: JsonObject | undefined,
  id: string,
  practitionerId: string,
  context: SiteContext,
): Site | SiteFailure {
  if (location === undefined) return 'slot-site-unresolved';
  const repairs: ReadRuleId[] = asList(role.contained).includes(location) ? [] : ['location-contained'];
  const contained = readContained(location, role, context, repairs);
  if (contained === undefined) return 'site-address-incomplete';
  const writtenStructure = asText(asObject(asObject(role.organization)?.identifier)?.value);
  const organization = readStructure(writtenStructure, repairs);
  const telecom = readPhones(role.telecom, repairs);
  if (telecom.length === 0) telecom.push(...readPhones(location.telecom, repairs));
  const resource = {
    resourceType: 'PractitionerRole',
    id,
    meta: { profile: [PROFILE.practitionerRole] },
    contained: [contained],
    practitioner: { reference: `Practitioner/${practitionerId}` },
    ...(organization === undefined ? {} : { organization }),
    location: [{ reference: `#${contained.id}` }],
    ...(telecom.length > 0 ? { telecom } : {}),
  };
  return {
    resource: { type: 'PractitionerRole', id, text: JSON.stringify(resource) },
    ...(organization === undefined && writtenStructure !== undefined
      ? { vendorStructure: writtenStructure.slice(0, STRUCTURE_LENGTH_MAX) }
      : {}),
    repairs,
  };
}

/** The contained Location that the role points to; else one of the Bundle; else the only one it contains. */
export function locationOf(role: JsonObject, index: BundleIndex): JsonObject | undefined {
  const contained = objectsOf(role.contained).filter((item) => item.resourceType === 'Location');
  const references = Array.isArray(role.location) ? asList(role.location) : [role.location];
  for (const reference of references) {
    const text = asText(asObject(reference)?.reference);
    const own = text?.startsWith('#') ? contained.find((item) => item.id === text.slice(1)) : undefined;
    if (own !== undefined) return own;
    const other = index.resolve(asObject(reference), 'Location');
    if (other !== undefined) return other;
  }
  return contained.length === 1 ? contained[0] : undefined;
}

interface ContainedLocation extends JsonObject {
  readonly id: string;
}

function readContained(
  location: JsonObject,
  role: JsonObject,
  context: SiteContext,
  repairs: ReadRuleId[],
): ContainedLocation | undefined {
  const address = readAddress(location.address, repairs);
  if (address === undefined) return undefined;
  const own = asText(location.id);
  const id = own !== undefined && /^[A-Za-z0-9.-]{1,64}$/.test(own) ? own : 'lieu';
  const name = asText(location.name);
  const position = readPosition(location.position);
  return {
    resourceType: 'Location',
    id,
    meta: { profile: [PROFILE.location] },
    identifier: readLocationIdentifiers(
      location,
      `${context.index.keyOf(role)}.${id}`,
      context.editor,
      repairs,
    ),
    ...(name === undefined ? {} : { name }),
    address,
    ...(position === undefined ? {} : { position }),
  };
}

/** INTRN only: the profile's pattern holds for every identifier (flows.md A12, A25). */
function readLocationIdentifiers(
  location: JsonObject,
  fallback: string,
  editor: string,
  repairs: ReadRuleId[],
): JsonObject[] {
  const found: JsonObject[] = [];
  for (const identifier of objectsOf(location.identifier)) {
    const value = asText(identifier.value);
    if (value === undefined || asText(identifier.system) === SYSTEM.idnst) continue;
    const system = uriOf(identifier.system);
    if (system === undefined || asObject(identifier.type) === undefined)
      repairs.push('location-identifier-made');
    found.push(internalIdentifier(system ?? madeSystem(editor), value));
  }
  if (found.length > 0) return found;
  repairs.push('location-identifier-made');
  return [internalIdentifier(madeSystem(editor), fallback)];
}

/** A URI holds no blank (R4). */
function uriOf(value: unknown): string | undefined {
  const text = asText(value);
  return text !== undefined && !/\s/.test(text) ? text : undefined;
}

function internalIdentifier(system: string, value: string): JsonObject {
  return { type: { coding: [{ system: SYSTEM.locationIdentifierType, code: 'INTRN' }] }, system, value };
}

/** The structure as a logical reference: prefixed identifier, nothing else. FAQ: FINESS, else SIRET, else rang. */
function readStructure(written: string | undefined, repairs: ReadRuleId[]): JsonObject | undefined {
  if (written === undefined) return undefined;
  const national = normaliseStructure(written);
  if (national === undefined) {
    repairs.push('structure-id-unknown');
    return undefined;
  }
  if (national !== written) repairs.push('identifier-prefix');
  return {
    identifier: {
      type: { coding: [{ system: SYSTEM.identifierType, code: 'IDNST' }] },
      system: SYSTEM.idnst,
      value: national,
    },
  };
}

/**
 * @param id gateway id of the place
 * @param association gateway id and name of the Organization that manages the place
 */
export function readSosLocation(
  location: JsonObject,
  id: string,
  association: { readonly id: string; readonly name?: string },
  context: SiteContext,
): Site | SiteFailure {
  const repairs: ReadRuleId[] = [];
  const address = readAddress(location.address, repairs);
  const ownName = asText(location.name);
  const name = ownName ?? association.name;
  if (address === undefined || name === undefined) return 'site-address-incomplete';
  if (ownName === undefined) repairs.push('location-name-made');
  const own = context.index.keyOf(location);
  const telecom = readPhones(location.telecom, repairs);
  const position = readPosition(location.position);
  const hoursOfOperation = readOpeningHours(location.hoursOfOperation, repairs);
  const resource = {
    resourceType: 'Location',
    id,
    meta: { profile: [PROFILE.locationSos] },
    identifier: readLocationIdentifiers(location, own, context.editor, repairs),
    name,
    ...(telecom.length > 0 ? { telecom } : {}),
    address,
    ...(position === undefined ? {} : { position }),
    managingOrganization: { reference: `Organization/${association.id}` },
    ...(hoursOfOperation.length > 0 ? { hoursOfOperation } : {}),
  };
  return { resource: { type: 'Location', id, text: JSON.stringify(resource) }, repairs };
}
