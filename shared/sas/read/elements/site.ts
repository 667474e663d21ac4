// Where a slot takes place: a PractitionerRole with its contained Location (INT_R01, INT_R04), or an SOS
// Location. docs/guide.md G-701, G-702. What the flows do not use (periods, codes, endpoints) is left out.

import { itemsOf } from '../../../fhir/bundle-entries.ts';
import type { Found, Led } from '../../../fhir/bundle-page.ts';
import { asList, asObject, asText, type JsonObject, objectsOf } from '../../../fhir/json.ts';
import type { ResourceText } from '../../answer.ts';
import { PROFILE, SYSTEM } from '../../canonical.ts';
import { normaliseStructure } from '../../identifier.ts';
import type { BundleIndex } from './bundle-index.ts';
import { type PostalAddress, readAddress, readPhones, readPosition, readShownText } from './contact.ts';
import { readOpeningHours } from './opening-hours.ts';
import type { ReadRuleId } from './rules.ts';

export interface SiteContext {
  readonly editor: string;
  /**
   * The gateway's id of the place whose content this is. Not made from the vendor's ids: some are new in each answer,
   * others hold for a page or a base only, and the guide wants one Schedule per place.
   */
  readonly idOf: (content: string) => string;
}

export interface Site {
  readonly id: string;
  readonly resource: ResourceText;
  /** The structure's id as written, when it is no national identifier. */
  readonly vendorStructure?: string;
  readonly repairs: readonly ReadRuleId[];
}

/** The longest national one has 15 characters. */
const STRUCTURE_LENGTH_MAX = 64;

export type SiteFailure = 'slot-site-unresolved' | 'site-address-incomplete';

/** System of a Location's internal identifier when the vendor gave none. */
function madeSystem(vendor: string): string {
  return `urn:x-passerelle:editor:${vendor}`;
}

/**
 * @param location as `locationOf` finds it
 * @param practitionerId gateway id of the practitioner whose place this is
 */
export function readRole(
  role: JsonObject,
  location: JsonObject,
  practitionerId: string,
  context: SiteContext,
): Site | SiteFailure {
  const repairs: ReadRuleId[] = asList(role.contained).includes(location) ? [] : ['location-contained'];
  const address = readAddress(location.address, repairs);
  if (address === undefined) return 'site-address-incomplete';
  const writtenStructure = asText(asObject(asObject(role.organization)?.identifier)?.value);
  const organization = readStructure(writtenStructure, repairs);
  const telecom = readPhones(role.telecom, repairs);
  if (telecom.length === 0) telecom.push(...readPhones(location.telecom, repairs));
  const name = readShownText(location.name, repairs);
  const id = context.idOf(JSON.stringify([writtenStructure, name, address, telecom]));
  const contained = writeContained(location, { id, name, address }, context.editor, repairs);
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
    id,
    resource: { type: 'PractitionerRole', id, text: JSON.stringify(resource) },
    ...(organization === undefined && writtenStructure !== undefined
      ? { vendorStructure: writtenStructure.slice(0, STRUCTURE_LENGTH_MAX) }
      : {}),
    repairs,
  };
}

/** The Location that the role points to, contained or of the Bundle; if it points to none, the only one it contains. */
export function locationOf(role: Found, index: BundleIndex): Led {
  const { found, lost, isAmbiguous } = index.resolveAll(role.resource.location, 'Location', role);
  const [first, ...others] = found;
  if (isAmbiguous) return 'ambiguous';
  if (first !== undefined) {
    const isOne = lost === 0 && others.every((other) => addressOf(other) === addressOf(first));
    return isOne ? first : 'ambiguous';
  }
  const isNamed = (itemsOf(role.resource.location) ?? []).some(
    (item) => asObject(item)?.reference !== undefined,
  );
  if (lost > 0 || isNamed) return undefined;
  const contained = objectsOf(role.resource.contained).filter((item) => item.resourceType === 'Location');
  const [only] = contained;
  if (only === undefined) return undefined;
  return contained.length > 1 ? 'ambiguous' : { resource: only, scope: role.scope, container: role };
}

function addressOf({ resource }: Found): string {
  return JSON.stringify(resource.address ?? null);
}

interface ContainedLocation extends JsonObject {
  readonly id: string;
}

interface ReadLocation {
  readonly id: string;
  readonly name: string | undefined;
  readonly address: PostalAddress;
}

function writeContained(
  location: JsonObject,
  place: ReadLocation,
  vendor: string,
  repairs: ReadRuleId[],
): ContainedLocation {
  const { name, address } = place;
  const own = asText(location.id);
  const id = own !== undefined && /^[A-Za-z0-9.-]{1,64}$/.test(own) ? own : 'lieu';
  const position = readPosition(location.position);
  return {
    resourceType: 'Location',
    id,
    meta: { profile: [PROFILE.location] },
    identifier: readLocationIdentifiers(location, place.id, vendor, repairs),
    ...(name === undefined ? {} : { name }),
    address,
    ...(position === undefined ? {} : { position }),
  };
}

/** INTRN only: the profile's pattern holds for every identifier (docs/guide.md G-109, G-307). */
function readLocationIdentifiers(
  location: JsonObject,
  fallback: string,
  vendor: string,
  repairs: ReadRuleId[],
): JsonObject[] {
  const found: JsonObject[] = [];
  for (const identifier of objectsOf(location.identifier)) {
    const value = asText(identifier.value);
    if (value === undefined || asText(identifier.system) === SYSTEM.idnst) continue;
    const system = uriOf(identifier.system);
    if (system === undefined || asObject(identifier.type) === undefined)
      repairs.push('location-identifier-made');
    found.push(internalIdentifier(system ?? madeSystem(vendor), value));
  }
  if (found.length > 0) return found;
  repairs.push('location-identifier-made');
  return [internalIdentifier(madeSystem(vendor), fallback)];
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
 * @param association gateway id and name of the Organization that manages the place
 */
export function readSosLocation(
  location: JsonObject,
  association: { readonly id: string; readonly name?: string },
  context: SiteContext,
): Site | SiteFailure {
  const repairs: ReadRuleId[] = [];
  const address = readAddress(location.address, repairs);
  const ownName = readShownText(location.name, repairs);
  const name = ownName ?? association.name;
  if (address === undefined || name === undefined) return 'site-address-incomplete';
  if (ownName === undefined) repairs.push('location-name-made');
  const telecom = readPhones(location.telecom, repairs);
  const id = context.idOf(JSON.stringify([name, address, telecom]));
  const position = readPosition(location.position);
  const hoursOfOperation = readOpeningHours(location.hoursOfOperation, repairs);
  const resource = {
    resourceType: 'Location',
    id,
    meta: { profile: [PROFILE.locationSos] },
    identifier: readLocationIdentifiers(location, id, context.editor, repairs),
    name,
    ...(telecom.length > 0 ? { telecom } : {}),
    address,
    ...(position === undefined ? {} : { position }),
    managingOrganization: { reference: `Organization/${association.id}` },
    ...(hoursOfOperation.length > 0 ? { hoursOfOperation } : {}),
  };
  return { id, resource: { type: 'Location', id, text: JSON.stringify(resource) }, repairs };
}
