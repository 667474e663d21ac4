// One appointment as one line of an export: NDJSON (the resource) or CSV (RFC 4180). No I/O.

import type { AppointmentFacts } from '../tables/search.ts';

/** The first line, with its end. */
export const CSV_HEADER =
  'last_updated,id,vendor,identifier_system,identifier,version,profile,status,start,end,practitioner,' +
  'operator_system,operator\r\n';

/** One line, with its end. */
export function csvLine(facts: AppointmentFacts): string {
  const fields = [
    new Date(facts.updatedMs).toISOString(),
    facts.id,
    facts.editor,
    facts.system,
    facts.value,
    String(facts.version),
    facts.profile,
    facts.status,
    new Date(facts.startMs).toISOString(),
    new Date(facts.endMs).toISOString(),
    facts.practitioner ?? '',
    facts.operatorSystem ?? '',
    facts.operator ?? '',
  ];
  return `${fields.map(csvField).join(',')}\r\n`;
}

/** A spreadsheet runs what begins like a formula: a vendor's text must not. */
function csvField(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
