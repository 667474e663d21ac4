// Where a practitioner works: one contained Location, the practitioner himself, the structure by its national
// identifier. Profile FrPractitionerRoleExerciceAgregateur; FAQ; ANS kit (counts `contained`).

import { PROFILE, SYSTEM } from '../canonical.ts';
import { normaliseStructure } from '../identifier.ts';
import {
  checkProfile,
  checkReference,
  checkSpecialties,
  checkTelecoms,
  hasCoding,
  isFilled,
} from './elements.ts';
import { checkLocation } from './location.ts';
import { type Checker, isObject, type Json, list } from './r4/checker.ts';

/** Reports into `c`, of the role and of the Location in it. */
export function checkPractitionerRole(c: Checker, role: Json): void {
  checkProfile(c, role, PROFILE.practitionerRole);
  checkContained(c, role);
  checkPlace(c, role);
  checkReference(c, role, 'practitioner', 'Practitioner', 'role-practitioner');
  checkOrganization(c, role);
  checkSpecialties(c, role);
  checkTelecoms(c, role);
}

function checkContained(c: Checker, role: Json): void {
  const contained = list(role.contained);
  const [place] = contained;
  if (contained.length !== 1 || (isObject(place) && place.resourceType !== 'Location')) {
    if (role.contained === undefined || contained.length > 0) c.fail('role-contained', 'contained');
  }
  contained.forEach((resource, index) => {
    if (!isObject(resource) || resource.resourceType !== 'Location') return;
    c.enter('contained');
    c.enter(index);
    checkLocation(c, resource, 'contained');
    c.leave();
    c.leave();
  });
}

function checkPlace(c: Checker, role: Json): void {
  const places = role.location;
  if (places === undefined || (Array.isArray(places) && places.length > 1))
    c.fail('role-location-one', 'location');
  list(places).forEach((place, index) => {
    if (!isObject(place)) return;
    const reference = place.reference;
    if (reference === undefined) c.fail('role-location-contained', 'location', index);
    // A `#id` that matches nothing is ref-1, already reported by the walk.
    else if (typeof reference === 'string' && !/^#./.test(reference)) {
      c.fail('role-location-contained', 'location', index, 'reference');
    }
  });
}

function checkOrganization(c: Checker, role: Json): void {
  const identifier = isObject(role.organization) ? role.organization.identifier : undefined;
  if (!isObject(identifier)) return;
  const { type, system, value } = identifier;
  c.enter('organization');
  c.enter('identifier');
  if (type !== undefined && !hasCoding(type, SYSTEM.identifierType, 'IDNST'))
    c.fail('role-organization-type', 'type');
  if (system !== undefined && system !== SYSTEM.idnst) c.fail('role-organization-system', 'system');
  if (isFilled(value) && normaliseStructure(value) !== value) c.fail('role-organization-prefix', 'value');
  if (type === undefined || system === undefined || value === undefined) c.fail('role-organization-complete');
  c.leave();
  c.leave();
}
