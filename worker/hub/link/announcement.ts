// Reads what a relay announces: frames are input like any other, even from a relay that proved its name.

import * as v from 'valibot';
import { EDITOR_ID } from '../../../shared/editor-id.ts';
import { EDITOR_ID_LENGTH_MAX } from '../../../shared/limits.ts';
import type { Announcement } from '../../../shared/link/hub.ts';

const VENDORS_PER_RELAY_MAX = 500;
const text = v.pipe(v.string(), v.nonEmpty(), v.maxLength(200));

const schema = v.object({
  relay: text,
  instance: v.optional(text),
  version: text,
  hubSante: v.optional(text),
  build: v.optional(v.object({ commit: v.optional(text), time: text })),
  editors: v.pipe(
    v.array(
      v.object({
        id: v.pipe(v.string(), v.regex(EDITOR_ID), v.maxLength(EDITOR_ID_LENGTH_MAX)),
        name: text,
        // A flow that this edge does not know yet is a newer relay's: kept, never asked.
        flows: v.pipe(v.array(text), v.maxLength(20)),
        redirectHosts: v.pipe(v.array(text), v.maxLength(100)),
        appointmentSystem: v.optional(v.pipe(v.string(), v.nonEmpty(), v.maxLength(1_024))),
        certificateNotAfter: text,
        outOfOrder: v.optional(v.boolean()),
      }),
    ),
    v.maxLength(VENDORS_PER_RELAY_MAX),
    v.check((vendors) => new Set(vendors.map(({ id }) => id)).size === vendors.length, 'ids repeat'),
  ),
});

/** @throws valibot's error when the frame is not an announcement of that relay. */
export function readAnnouncement(value: unknown, relay: string): Announcement {
  const announcement = v.parse(schema, value);
  if (announcement.relay !== relay) throw new TypeError('announcement of another relay');
  return announcement as Announcement;
}
