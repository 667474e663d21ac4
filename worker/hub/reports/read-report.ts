// Reads what a relay says of itself: input like any other, even from a relay that proved its name.

import * as v from 'valibot';
import { EDITOR_ID } from '../../../shared/editor-id.ts';
import { EDITOR_ID_LENGTH_MAX } from '../../../shared/limits.ts';
import { REPORTED_ROLES, type RelayReport } from '../../../shared/link/report.ts';

const text = v.pipe(v.string(), v.maxLength(300));
const id = v.pipe(v.string(), v.regex(EDITOR_ID), v.maxLength(EDITOR_ID_LENGTH_MAX));
const editor = v.optional(id);
const ms = v.pipe(v.number(), v.finite());
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
/** 500 vendors have some authorities each. */
const LISTED_MAX = 5_000;
const many = <T extends v.GenericSchema>(one: T) => v.pipe(v.array(one), v.maxLength(LISTED_MAX));

/** A role of a newer relay is left out; what is not named here is dropped. */
const schema = v.object({
  version: text,
  certificates: many(
    v.object({
      role: text,
      editor,
      authority: v.optional(text),
      serial: v.pipe(v.string(), v.regex(/^[0-9A-F]{1,64}$/)),
      notAfterMs: ms,
      seenMs: v.optional(ms),
    }),
  ),
  lists: many(v.object({ editor, authority: text, thisUpdateMs: ms, nextUpdateMs: v.optional(ms) })),
  alarms: many(v.object({ field: text, text, editor })),
  queues: many(v.object({ editor: id, running: count, waiting: count, connections: count })),
  reload: v.picklist(['done', 'failed']),
});

/** @throws valibot's error when it is no report. */
export function readReport(value: unknown): RelayReport {
  const report = v.parse(schema, value);
  const certificates = report.certificates.filter(({ role }) =>
    (REPORTED_ROLES as readonly string[]).includes(role),
  );
  return { ...report, certificates } as RelayReport;
}
