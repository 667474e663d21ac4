// What is kept of an appointment: codes, instants and identifiers, each copied by name. Labels (display, text
// beside a code), assigners and what the profiles do not carry stay behind. The order of elements is always the
// same, so that equal content has equal text. Called only with a resource that every rule accepted. No I/O.

import { asObject, type JsonObject, objectsOf } from '../../../shared/fhir/json.ts';
import { EXTENSION } from '../../../shared/sas/canonical.ts';

type Copy = (value: unknown) => unknown;

/** The elements of that list which are there, in that order. */
function copyOf(sent: JsonObject, elements: Readonly<Record<string, Copy>>): JsonObject | undefined {
  const copy: Record<string, unknown> = {};
  for (const [name, copyElement] of Object.entries(elements)) {
    const value = sent[name] === undefined ? undefined : copyElement(sent[name]);
    if (value !== undefined) copy[name] = value;
  }
  return Object.keys(copy).length === 0 ? undefined : copy;
}

const asIs: Copy = (value) => value;
const objectOf =
  (elements: Readonly<Record<string, Copy>>): Copy =>
  (value) =>
    copyOf(asObject(value) ?? {}, elements);
const listOf =
  (copy: Copy): Copy =>
  (value) => {
    const items = objectsOf(value).flatMap((item) => copy(item) ?? []);
    return items.length === 0 ? undefined : items;
  };

const coding = objectOf({ system: asIs, version: asIs, code: asIs });
const concept = objectOf({ coding: listOf(coding) });
const period = objectOf({ start: asIs, end: asIs });
const identifier = objectOf({ use: asIs, type: concept, system: asIs, value: asIs, period });
const logicalReference = objectOf({ type: asIs, identifier });
const literalReference = objectOf({ reference: asIs, type: asIs });

/** An identifier says who it is at every vendor; a vendor's own reference only within that vendor. */
const actor: Copy = (value) =>
  asObject(value)?.identifier === undefined ? literalReference(value) : logicalReference(value);
/** A slot is the vendor's own. */
const slot: Copy = (value) =>
  asObject(value)?.reference === undefined ? logicalReference(value) : literalReference(value);

const extension: Copy = (value) => {
  const sent = asObject(value) ?? {};
  return sent.url === EXTENSION.appointmentOperator
    ? { url: sent.url, valueReference: logicalReference(sent.valueReference) }
    : { url: sent.url, valueCodeableConcept: concept(sent.valueCodeableConcept) };
};

const APPOINTMENT: Readonly<Record<string, Copy>> = {
  extension: listOf(extension),
  identifier: listOf(identifier),
  status: asIs,
  cancelationReason: concept,
  serviceCategory: listOf(concept),
  serviceType: listOf(concept),
  specialty: listOf(concept),
  appointmentType: concept,
  priority: asIs,
  start: asIs,
  end: asIs,
  minutesDuration: asIs,
  slot: listOf(slot),
  created: asIs,
  participant: listOf(objectOf({ type: listOf(concept), actor, required: asIs, status: asIs, period })),
  requestedPeriod: listOf(period),
};

/** The elements that may be kept, labels left out. */
export function keepContent(resource: JsonObject): JsonObject {
  return copyOf(resource, APPOINTMENT) ?? {};
}

/** True when a label stays behind: a name or a text that a code or an identifier says already. */
export function hasLabels(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasLabels);
  const object = asObject(value);
  if (object === undefined) return false;
  return (
    typeof object.display === 'string' ||
    typeof object.text === 'string' ||
    Object.values(object).some((item) => typeof item === 'object' && hasLabels(item))
  );
}
