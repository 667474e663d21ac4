// The practitioner of a slot: his national identifier, prefixed, and nothing else under `identifier`.
// Profile FrPractitionerAgregateur; FAQ. Accounts of regulators are another profile: regulator.ts.

import { PROFILE, SYSTEM } from '../canonical.ts';
import { professionalKind } from '../identifier.ts';
import { checkNames, checkProfile, checkTelecoms, hasCoding, isFilled } from './elements.ts';
import { type Checker, isObject, type Json, list } from './r4/checker.ts';

/** Reports into `c`. */
export function checkPractitioner(c: Checker, practitioner: Json): void {
  checkProfile(c, practitioner, PROFILE.practitioner);
  if (practitioner.identifier === undefined) c.fail('practitioner-identifier', 'identifier');
  list(practitioner.identifier).forEach((identifier, index) => {
    if (!isObject(identifier)) return;
    c.enter('identifier');
    c.enter(index);
    checkIdentifier(c, identifier);
    c.leave();
    c.leave();
  });
  checkNames(c, practitioner);
  checkTelecoms(c, practitioner);
}

function checkIdentifier(c: Checker, identifier: Json): void {
  const { system, type, value } = identifier;
  if (system !== SYSTEM.idnps) c.fail('practitioner-identifier-system', 'system');
  const codings = isObject(type) ? list(type.coding).length : 0;
  if (codings > 1 || !hasCoding(type, SYSTEM.identifierType, 'IDNPS')) {
    c.fail('practitioner-identifier-type', 'type');
  }
  if (value === undefined) c.fail('practitioner-identifier-value', 'value');
  else if (isFilled(value) && professionalKind(value) === undefined)
    c.fail('practitioner-identifier-prefix', 'value');
}
