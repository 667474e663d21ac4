// Who took the appointment: the extension FrAppointmentOperator, by the identifier that INT_R02 gave; and the
// orientation category, the other extension the package defines. Page "gestion des rendez-vous".

import { EXTENSION, SYSTEM } from '../../canonical.ts';
import {
  OPERATOR_TYPES,
  ORIENTATION_CATEGORIES,
  ORIENTATION_EXTENSION,
  ORIENTATION_SYSTEM,
  ORIENTATIONS,
} from '../../terms.ts';
import { checkCoherent } from '../elements.ts';
import { type Checker, isObject, type Json, list } from '../r4/checker.ts';
import type { AppointmentProfile } from './participant.ts';

/** Reports into `c`: exactly one operator is required. */
export function checkOperator(c: Checker, appointment: Json, profile: AppointmentProfile): void {
  const extensions = list(appointment.extension);
  let operators = 0;
  extensions.forEach((extension, index) => {
    if (!isObject(extension)) return;
    c.enter('extension');
    c.enter(index);
    if (extension.url === EXTENSION.appointmentOperator) {
      operators += 1;
      checkValue(c, extension);
    } else if (profile === 'sos') c.fail('appointment-sos-extension');
    if (extension.url === ORIENTATION_EXTENSION) checkOrientation(c, extension);
    c.leave();
    c.leave();
  });
  if (operators !== 1) c.fail('appointment-operator', 'extension');
}

function checkValue(c: Checker, extension: Json): void {
  const reference = extension.valueReference;
  if (!isObject(reference)) {
    if (reference === undefined) c.fail('appointment-operator-value', 'valueReference');
    return;
  }
  c.enter('valueReference');
  const identifier = reference.identifier;
  if (identifier === undefined) c.fail('appointment-operator-identifier', 'identifier');
  else if (isObject(identifier)) checkIdentifier(c, identifier);
  c.leave();
}

function checkIdentifier(c: Checker, identifier: Json): void {
  const { system, type, value } = identifier;
  const codings = isObject(type) ? list(type.coding) : [];
  if (
    system === undefined ||
    value === undefined ||
    (type !== undefined && !isObject(type)) ||
    codings.length !== 1
  ) {
    c.fail('appointment-operator-identifier', 'identifier');
    return;
  }
  const [coding] = codings;
  if (!isObject(coding)) return;
  if (coding.system !== SYSTEM.identifierType || !OPERATOR_TYPES.has(coding.code)) {
    c.fail('appointment-operator-type', 'identifier', 'type', 'coding', 0);
  } else checkCoherent(c, identifier, 'identifier');
}

function checkOrientation(c: Checker, extension: Json): void {
  const concept = extension.valueCodeableConcept;
  const known = (isObject(concept) ? list(concept.coding) : []).some(
    (coding) =>
      isObject(coding) &&
      ((coding.system === ORIENTATION_SYSTEM && ORIENTATIONS.has(coding.code)) ||
        (coding.system === SYSTEM.establishment && ORIENTATION_CATEGORIES.has(coding.code))),
  );
  if (!known) c.fail('orientation-category', 'valueCodeableConcept');
}
