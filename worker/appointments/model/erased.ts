// An erasure leaves of an appointment, or of its regulator, times without a person, and a content that says that a name was
// there. Pure.

import { asObject, type JsonObject, objectsOf } from '../../../shared/fhir/json.ts';
import { EXTENSION } from '../../../shared/sas/canonical.ts';
import { contentHash } from './identity.ts';
import type { AppointmentMessage } from './message.ts';
import type { AppointmentTimes } from './taken-times.ts';

/** R4 extension data-absent-reason, code masked: it is not shown, for reasons of privacy. */
const MASKED = {
  extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'masked' }],
};

/** JSON of a content whose regulator is named no more. `content`: as stored. */
export function maskOperator(content: string): string {
  const resource = asObject(JSON.parse(content)) ?? {};
  const extension = objectsOf(resource.extension).map(
    (one): JsonObject =>
      one.url === EXTENSION.appointmentOperator ? { url: one.url, valueReference: MASKED } : one,
  );
  return JSON.stringify(extension.length === 0 ? resource : { ...resource, extension });
}

/** The same message without its regulator, and its hash. */
export async function withoutOperator(
  message: AppointmentMessage,
): Promise<{ readonly message: AppointmentMessage; readonly hash: string }> {
  const content = maskOperator(message.content);
  return {
    message: { ...message, operator: undefined, content },
    hash: await contentHash(message.profile, content),
  };
}

/**
 * What the hub may keep until it is over: that vendor's slots, by the vendor's own ids, and those of an association by their
 * times. A practitioner's slot that the appointment did not name is left to the vendor's own agenda.
 */
export function timesOfNobody({ id, vendor, updatedMs, times }: AppointmentTimes): AppointmentTimes {
  return {
    id,
    vendor,
    // Newer than any word of it that is still under way.
    updatedMs: updatedMs + 1,
    times: times
      .filter(({ isCurrent, isSos, slots }) => isCurrent && (isSos || slots !== undefined))
      .map((time) => ({
        ...time,
        practitioner: undefined,
        places: time.isSos ? time.places : undefined,
      })),
  };
}
