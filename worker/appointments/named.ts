// What an appointment names besides a practitioner and a time: the vendor's own slots, and its place. No I/O.

import { asObject, objectsOf } from '../../shared/fhir/json.ts';
import { readReference } from '../../shared/fhir/reference.ts';
import { SYSTEM } from '../../shared/sas/canonical.ts';
import { normaliseSiret } from '../../shared/sas/identifier.ts';

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
