// Instants and durations as the console writes them: on the clock of Paris, whatever the browser's, with the offset where the
// hour alone would be ambiguous (the doubled hour of autumn). Pure.

import { type Html, html } from '../../../shared/html.ts';
import { formatInstant, parisOffsetMinutes } from '../../../shared/time.ts';

const HOUR_MS = 3_600_000;
const MONTHS = [
  'janv.',
  'févr.',
  'mars',
  'avr.',
  'mai',
  'juin',
  'juil.',
  'août',
  'sept.',
  'oct.',
  'nov.',
  'déc.',
];

const offsetName = (ms: number): string => `UTC+${parisOffsetMinutes(ms) / 60}`;

/** The clocks change within an hour of it. */
function isAmbiguous(ms: number): boolean {
  const offset = parisOffsetMinutes(ms);
  return parisOffsetMinutes(ms + HOUR_MS) !== offset || parisOffsetMinutes(ms - HOUR_MS) !== offset;
}

/** `14:02`, with the day when it is another than that of `nowMs`. Milliseconds since 1970. */
export function writeMoment(ms: number, nowMs: number): Html {
  const at = formatInstant(ms, parisOffsetMinutes(ms));
  const today = formatInstant(nowMs, parisOffsetMinutes(nowMs));
  const [year = '', month = '', day = ''] = at.slice(0, 10).split('-');
  const isToday = at.slice(0, 10) === today.slice(0, 10);
  const ofYear = at.slice(0, 4) === today.slice(0, 4) ? '' : ` ${year}`;
  const date = isToday ? '' : `${Number(day)} ${MONTHS[Number(month) - 1] ?? ''}${ofYear}, `;
  const offset = isAmbiguous(ms) ? ` (${offsetName(ms)})` : '';
  return html`<time datetime="${at}">${date}${at.slice(11, 16)}${offset}</time>`;
}

/** The page's own moment, to the second, with its zone in words. */
export function writeClock(ms: number): Html {
  const at = formatInstant(ms, parisOffsetMinutes(ms));
  return html`<time datetime="${at}">${at.slice(11, 19)}</time>, heure de Paris (${offsetName(ms)})`;
}

/** `30 s`, `4 min`, `2 h 05`, `3 j`. */
export function writeDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, '0')}`;
  return `${Math.floor(hours / 24)} j`;
}

/** `3 éditeurs`: a count and its noun. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('fr-FR')} ${count > 1 ? many : one}`;
}
