// A place: contained in a PractitionerRole (INT_R01, INT_R04), or an entry of its own (SOS Médecins).
// Profiles FrLocationAgregateur, sas-sos-location-aggregator; FAQ.

import { PROFILE, SYSTEM } from '../canonical.ts';
import {
  checkCoherent,
  checkProfile,
  checkReference,
  checkTelecoms,
  hasCoding,
  isFilled,
} from './elements.ts';
import { type Checker, isObject, type Json, list } from './r4/checker.ts';
import { POSTAL_CODE } from './r4/formats.ts';

export type LocationProfile = 'contained' | 'sos';

/** Reports into `c`. */
export function checkLocation(c: Checker, location: Json, profile: LocationProfile): void {
  checkProfile(c, location, profile === 'sos' ? PROFILE.locationSos : PROFILE.location);
  if (location.identifier === undefined) c.fail('location-identifier', 'identifier');
  list(location.identifier).forEach((identifier, index) => {
    if (isObject(identifier)) checkIdentifier(c, identifier, index, profile);
  });
  if (list(location.type).length > 1) c.fail('location-type-max', 'type');
  if (location.address === undefined) c.fail('location-address', 'address');
  else if (isObject(location.address)) checkAddress(c, location.address);
  checkTelecoms(c, location);
  if (profile === 'sos') {
    if (location.name === undefined) c.fail('location-sos-name', 'name');
    checkReference(c, location, 'managingOrganization', 'Organization', 'location-sos-organization');
  }
}

/** docs/guide.md G-307: SOS places carry the vendor's own identifier (INTRN) only, whatever the page allows. */
function checkIdentifier(c: Checker, identifier: Json, index: number, profile: LocationProfile): void {
  const { type, system, value } = identifier;
  if (type === undefined || system === undefined || value === undefined) {
    c.fail('location-identifier-complete', 'identifier', index);
  }
  if (!isObject(type)) return;
  if (profile === 'sos' && !hasCoding(type, SYSTEM.locationIdentifierType, 'INTRN')) {
    c.fail('location-sos-identifier-type', 'identifier', index, 'type');
    return;
  }
  checkCoherent(c, identifier, 'identifier', index);
  const known = list(type.coding).some(
    (coding) => isObject(coding) && (coding.code === 'INTRN' || coding.code === 'IDNST'),
  );
  if (!known) c.fail('location-identifier-type', 'identifier', index, 'type');
}

function checkAddress(c: Checker, address: Json): void {
  const { line, city, postalCode } = address;
  if (line === undefined || list(line).length > 1) c.fail('location-address-line', 'address', 'line');
  if (city === undefined) c.fail('location-address-city', 'address', 'city');
  if (postalCode === undefined) c.fail('location-address-postal-code', 'address', 'postalCode');
  else if (isFilled(postalCode) && !POSTAL_CODE.test(postalCode)) {
    c.fail('location-postal-code-format', 'address', 'postalCode');
  }
}
