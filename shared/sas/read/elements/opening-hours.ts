// Opening hours of an SOS place. docs/guide.md G-308: days `mon`..`sun`, times `hh:mm:ss`.

import { asText, type JsonObject, objectsOf, textsOf } from '../../../fhir/json.ts';
import type { ReadRuleId } from './rules.ts';

const DAYS = new Set(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']);
const TIME = /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/;

/** Hours that cannot be read are left out; `repairs` takes the rules that mended one. */
export function readOpeningHours(value: unknown, repairs: ReadRuleId[]): JsonObject[] {
  const hours: JsonObject[] = [];
  for (const item of objectsOf(value)) {
    const written = textsOf(item.daysOfWeek);
    const daysOfWeek = written.map((day) => day.toLowerCase().slice(0, 3)).filter((day) => DAYS.has(day));
    const openingTime = readTime(item.openingTime);
    const closingTime = readTime(item.closingTime);
    const changed =
      daysOfWeek.join() !== written.join() ||
      openingTime !== item.openingTime ||
      closingTime !== item.closingTime;
    if (changed) repairs.push('opening-hours-form');
    const row = {
      ...(daysOfWeek.length > 0 ? { daysOfWeek } : {}),
      ...(item.allDay === true ? { allDay: true } : {}),
      ...(openingTime === undefined ? {} : { openingTime }),
      ...(closingTime === undefined ? {} : { closingTime }),
    };
    if (Object.keys(row).length > 0) hours.push(row);
  }
  return hours;
}

function readTime(value: unknown): string | undefined {
  const text = asText(value);
  if (text === undefined || !TIME.test(text)) return undefined;
  return text.length === 5 ? `${text}:00` : text;
}
