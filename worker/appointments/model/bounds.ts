// The Worker refuses appointments that SAS cannot have: years ahead, before SAS, longer than a week, larger than the profiles
// need. It would keep such a one until it is over, so for ever. docs/appointments.md § 2. No I/O; the clock is passed in.

import type { ErrorIssue } from '../../../shared/error.ts';

const DAY_MS = 86_400_000;
/** Agendas open weeks ahead, some specialties a year. */
const AHEAD_MS = 731 * DAY_MS;
/** SAS began in 2020; what ended before the retention's limit is forgotten the next night, whenever it was. */
const EARLIEST_MS = Date.parse('2020-01-01T00:00:00Z');
/** An appointment takes minutes. */
const LENGTH_MS = 7 * DAY_MS;
/** Of what is kept; the guide's examples take 1 to 2 kB. */
const CONTENT_BYTES_MAX = 16 * 1024;

/** Empty when it is within all bounds. */
export function outOfBounds(
  { startMs, endMs, content }: { readonly startMs: number; readonly endMs: number; readonly content: string },
  nowMs: number,
): readonly ErrorIssue[] {
  const issues: ErrorIssue[] = [];
  const say = (text: string, expression: string): void => {
    issues.push({ reason: 'rule-broken', text, expression, rule: 'appointment-bounds' });
  };
  if (endMs > nowMs + AHEAD_MS) say('Un rendez-vous se termine dans les deux ans.', 'Appointment.end');
  if (startMs < EARLIEST_MS) say('Un rendez-vous ne commence pas avant 2020.', 'Appointment.start');
  if (endMs - startMs > LENGTH_MS) say('Un rendez-vous dure sept jours au plus.', 'Appointment.end');
  if (new TextEncoder().encode(content).length > CONTENT_BYTES_MAX) {
    say(`Le contenu à garder dépasse ${CONTENT_BYTES_MAX / 1024} Kio.`, 'Appointment');
  }
  return issues;
}
