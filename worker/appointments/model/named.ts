// What an appointment names besides a practitioner and a time: the vendor's own slots, and its place; and the Slots that
// it carries inside. Reads any JSON; never throws. No I/O.

import { asList, asObject, type JsonObject, objectsOf } from '../../../shared/fhir/json.ts';
import { readReference } from '../../../shared/fhir/reference.ts';
import { SYSTEM } from '../../../shared/sas/canonical.ts';
import { normaliseSiret } from '../../../shared/sas/identifier.ts';

/** The vendor's ids of the slots in `Appointment.slot`, whatever the form of the reference; undefined without any. */
export function namedSlots(slots: unknown): readonly string[] | undefined {
  const ids = objectsOf(slots).flatMap(({ reference }) => {
    const target = typeof reference === 'string' ? readReference(reference) : undefined;
    return target === undefined || (target.type ?? 'Slot') !== 'Slot' ? [] : [target.id];
  });
  return ids.length === 0 ? undefined : ids;
}

const PLACE_TYPES: ReadonlySet<string> = new Set(['Location', 'PractitionerRole']);

/**
 * The places among `Appointment.participant`: `Location/id` and `PractitionerRole/id` by reference, `system|value` by
 * identifier, the prefixed SIRET of an association. Undefined without any: the place is not known.
 */
export function namedPlaces(participants: unknown): readonly string[] | undefined {
  const names = objectsOf(participants).flatMap(({ actor }): string[] => {
    const { identifier, reference } = asObject(actor) ?? {};
    const { system, value } = asObject(identifier) ?? {};
    if (typeof system === 'string' && typeof value === 'string') {
      if (system === SYSTEM.idnps) return [];
      return [system === SYSTEM.idnst ? (normaliseSiret(value) ?? value) : `${system}|${value}`];
    }
    const target = typeof reference === 'string' ? readReference(reference) : undefined;
    return target?.type !== undefined && PLACE_TYPES.has(target.type) ? [`${target.type}/${target.id}`] : [];
  });
  return names.length === 0 ? undefined : names;
}

/** What a Slot has that says nothing of a patient. */
const SLOT_ELEMENTS: ReadonlySet<string> = new Set([
  'resourceType',
  'id',
  'meta',
  'identifier',
  'serviceCategory',
  'serviceType',
  'specialty',
  'appointmentType',
  'schedule',
  'status',
  'start',
  'end',
  'overbooked',
]);

/**
 * The appointment with the Slots sent inside it replaced by their references; undefined when anything else is inside,
 * which is for the rules to refuse.
 */
export function withoutContainedSlots(sent: JsonObject): JsonObject | undefined {
  const { contained, ...rest } = sent;
  const slots = objectsOf(contained);
  const ids = new Set(slots.flatMap(({ id }) => (typeof id === 'string' ? [`#${id}`] : [])));
  const isReferred = (id: unknown): boolean =>
    objectsOf(sent.slot).some(({ reference }) => reference === `#${String(id)}`);
  const areSlotsAlone =
    slots.length > 0 &&
    slots.length === asList(contained).length &&
    slots.every(
      (slot) =>
        slot.resourceType === 'Slot' &&
        isReferred(slot.id) &&
        Object.keys(slot).every((name) => SLOT_ELEMENTS.has(name)),
    ) &&
    !/Patient|Person/.test(JSON.stringify(slots));
  if (!areSlotsAlone) return undefined;
  const slot = objectsOf(sent.slot).map((item) =>
    typeof item.reference === 'string' && ids.has(item.reference)
      ? { ...item, reference: `Slot/${item.reference.slice(1)}` }
      : item,
  );
  return { ...rest, slot };
}
