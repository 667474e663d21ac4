// Forms of the values the guide and R4 constrain: instants, ids, phones, URLs.
// Pure; every pattern is linear in the length of its input.

export const ID = /^[A-Za-z0-9\-.]{1,64}$/;
export const CODE = /^\S+(?: \S+)*$/;
export const BLANK = /\s/;
export const BASE64 = /^[A-Za-z0-9+/=\s]+$/;
export const DATE = /^\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?$/;
export const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?$/;

export const E164 = /^\+[1-9]\d{6,14}$/;
/** The country codes that the guide and the ANS kit expect, each with nine digits. */
export const PHONE_FRENCH = /^\+(?:33|262|590|594|596)\d{9}$/;
export const POSTAL_CODE = /^\d{5}$/;

/** A structure and a number of its own, or an RPPS. docs/guide.md G-602; other national identifiers: ../identifier.ts. */
export const REGULATOR_ID = /^(?:8\d{11}|[35][0-9AB]{9,14}\/[A-Za-z0-9._-]+)$/;

/** Absolute http(s) URL without credentials, blank or control character. */
export const HTTP_URL = /^https?:\/\/[^\s/?#@\\<>"|^`{}]+(?:[/?#][^\s<>"\\^`{}]*)?$/;
/** Characters that strict URL parsers refuse in a link. */
export const URL_ILLEGAL = /[|<>"\\^`{}]/;

const DAYS_IN_MONTH = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Two digits at `at`, or a number below every bound. */
function two(text: string, at: number): number {
  const high = text.charCodeAt(at) - 48;
  const low = text.charCodeAt(at + 1) - 48;
  return high >= 0 && high <= 9 && low >= 0 && low <= 9 ? high * 10 + low : -1000;
}

/** Minutes east of UTC of the `Z` or `±hh:mm` that fills the text from `at`, or NaN. */
function offsetMinutes(text: string, at: number): number {
  const sign = text.charCodeAt(at);
  if (sign === 90) return text.length === at + 1 ? 0 : Number.NaN;
  if ((sign !== 43 && sign !== 45) || text.length !== at + 6 || text.charCodeAt(at + 3) !== 58)
    return Number.NaN;
  const hours = two(text, at + 1);
  const minutes = two(text, at + 4);
  if (hours < 0 || hours > 14 || minutes < 0 || minutes > 59 || (hours === 14 && minutes > 0))
    return Number.NaN;
  return (sign === 43 ? 1 : -1) * (hours * 60 + minutes);
}

/** Index just after the fraction of a second that starts at 19, or -1 when it has no digit. */
function fractionEnd(text: string): number {
  if (text.charCodeAt(19) !== 46) return 19;
  let at = 20;
  for (let digit = text.charCodeAt(at); digit >= 48 && digit <= 57; digit = text.charCodeAt(at)) at += 1;
  return at === 20 ? -1 : at;
}

/**
 * Milliseconds since the epoch of an R4 instant (seconds and offset mandatory, a date that exists), NaN for
 * anything else. By hand, because it runs twice per slot and `Date.parse` accepts far more than R4.
 */
export function instantMs(text: string): number {
  const year = two(text, 0) * 100 + two(text, 2);
  const month = two(text, 5);
  const day = two(text, 8);
  const hour = two(text, 11);
  const minute = two(text, 14);
  const second = two(text, 17);
  if (year < 1000 || month < 1 || month > 12 || day < 1 || hour < 0 || hour > 23) return Number.NaN;
  if (minute < 0 || minute > 59 || second < 0 || second > 60 || day > (DAYS_IN_MONTH[month] ?? 0))
    return Number.NaN;
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45 || text.charCodeAt(10) !== 84) return Number.NaN;
  if (text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return Number.NaN;
  if (month === 2 && day === 29 && (year % 4 !== 0 || (year % 100 === 0 && year % 400 !== 0)))
    return Number.NaN;
  const end = fractionEnd(text);
  if (end < 0) return Number.NaN;
  const offset = offsetMinutes(text, end);
  const millisecond =
    end === 19 ? 0 : Math.trunc(Number(`0${text.slice(19, Math.min(end, 23))}`) * 1000 + 1e-6);
  return Date.UTC(year, month - 1, day, hour, minute, second, millisecond) - offset * 60_000;
}

/** `YYYY-MM-DDThh:mm:ss.SSS±hh:mm` exactly, given that `text` is an R4 instant. */
export function isGuideInstant(text: string): boolean {
  return text.length === 29 && text.charCodeAt(19) === 46 && text.charCodeAt(23) !== 90;
}

const DATE_TIME_DATE = 10;

/** FHIR's date, or an instant. */
export function isDateTime(text: string): boolean {
  return text.length <= DATE_TIME_DATE ? DATE.test(text) : !Number.isNaN(instantMs(text));
}
