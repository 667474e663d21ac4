// One check per primitive type of FHIR R4, called by the walk on each primitive value. They report at the
// checker's current path. Page: https://hl7.org/fhir/R4/datatypes.html
import type { Checker } from './checker.ts';
import { BASE64, BLANK, CODE, DATE, ID, instantMs, isDateTime, TIME } from './formats.ts';

export type PrimitiveCheck = (c: Checker, value: unknown) => void;

/** R4: a string is at most 1 MB; counted in UTF-16 units, which is never more permissive by much. */
const STRING_LENGTH_MAX = 1_048_576;

const INTEGER_MAX = 2_147_483_647;

/** True when `value` is a usable string: every textual primitive starts here. */
function isText(c: Checker, value: unknown): value is string {
  if (typeof value !== 'string') {
    c.fail(value === null ? 'r4-ele-1' : 'r4-type');
    return false;
  }
  if (value.length === 0) c.fail('r4-ele-1');
  else if (value.length > STRING_LENGTH_MAX) c.fail('r4-string-length');
  else if (!value.isWellFormed()) c.fail('r4-unicode');
  else return true;
  return false;
}

/** Control characters other than tab, line feed and carriage return. */
function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 32 && unit !== 9 && unit !== 10 && unit !== 13) return true;
  }
  return false;
}

/** Plain ASCII ends cannot be blanks; anything else is left to the engine's own notion of a blank. */
function isInk(unit: number): boolean {
  return unit > 32 && unit < 127;
}

function string(c: Checker, value: unknown): void {
  if (!isText(c, value)) return;
  if (hasControl(value)) c.fail('r4-string');
  if (isInk(value.charCodeAt(0)) && isInk(value.charCodeAt(value.length - 1))) return;
  const trimmed = value.trim();
  if (trimmed === '') c.fail('r4-string');
  else if (trimmed !== value) c.fail('r4-string-trim');
}

function code(c: Checker, value: unknown): void {
  if (isText(c, value) && !CODE.test(value)) c.fail('r4-code');
}

function id(c: Checker, value: unknown): void {
  if (isText(c, value) && !ID.test(value)) c.fail('r4-id');
}

function uri(c: Checker, value: unknown): void {
  if (isText(c, value) && BLANK.test(value)) c.fail('r4-uri');
}

function instant(c: Checker, value: unknown): void {
  if (isText(c, value) && Number.isNaN(instantMs(value))) c.fail('r4-instant');
}

function dateTime(c: Checker, value: unknown): void {
  if (isText(c, value) && !isDateTime(value)) c.fail('r4-date-time');
}

function date(c: Checker, value: unknown): void {
  if (isText(c, value) && !DATE.test(value)) c.fail('r4-date-time');
}

function time(c: Checker, value: unknown): void {
  if (isText(c, value) && !TIME.test(value)) c.fail('r4-date-time');
}

function base64Binary(c: Checker, value: unknown): void {
  if (isText(c, value) && !BASE64.test(value)) c.fail('r4-base64');
}

function xhtml(c: Checker, value: unknown): void {
  if (isText(c, value) && !(value.startsWith('<div') && value.endsWith('>'))) c.fail('r4-xhtml');
}

function boolean(c: Checker, value: unknown): void {
  if (typeof value !== 'boolean') c.fail(value === null ? 'r4-ele-1' : 'r4-type');
}

/** JSON has no infinity, but 1e999 parses as one. */
function decimal(c: Checker, value: unknown): void {
  if (typeof value !== 'number') c.fail(value === null ? 'r4-ele-1' : 'r4-type');
  else if (!Number.isFinite(value)) c.fail('r4-number');
}

function integerFrom(minimum: number): PrimitiveCheck {
  return (c, value) => {
    if (typeof value !== 'number') c.fail(value === null ? 'r4-ele-1' : 'r4-type');
    else if (!Number.isInteger(value) || value < minimum || value > INTEGER_MAX) c.fail('r4-number');
  };
}

/** `resourceType` has been read before the walk starts. */
function nothing(): void {}

export const PRIMITIVES: ReadonlyMap<string, PrimitiveCheck> = new Map<string, PrimitiveCheck>([
  ['string', string],
  ['markdown', string],
  ['code', code],
  ['id', id],
  ['uri', uri],
  ['url', uri],
  ['canonical', uri],
  ['oid', uri],
  ['uuid', uri],
  ['instant', instant],
  ['dateTime', dateTime],
  ['date', date],
  ['time', time],
  ['base64Binary', base64Binary],
  ['xhtml', xhtml],
  ['boolean', boolean],
  ['decimal', decimal],
  ['integer', integerFrom(-INTEGER_MAX - 1)],
  ['unsignedInt', integerFrom(0)],
  ['positiveInt', integerFrom(1)],
  ['resourceType', nothing],
]);
