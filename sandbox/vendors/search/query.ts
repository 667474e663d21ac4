// Reads the raw query of a search by hand, because a form decoder would turn the `+` of an offset into a blank.
// Accepts the encodings the guide shows (raw or encoded `|`, blank after a comma, repeated parameter) and refuses
// the rest with a sentence. A parameter the guide does not name is refused: a vendor here is strict on purpose.

import { Refusal } from '../outcome.ts';
import type { Interval } from '../world/agenda.ts';
import type { ZoneClock } from '../world/zones.ts';

export interface Parameter {
  readonly name: string;
  readonly value: string;
}

const IGNORED = new Set(['_format', '_count', '_pretty']);
const DATE = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/;
const MINUTE_MS = 60_000;
const SECOND_MS = 1000;

export function parseQuery(raw: string): readonly Parameter[] {
  return raw
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const cut = part.indexOf('=');
      return cut < 0
        ? { name: decode(part), value: '' }
        : { name: decode(part.slice(0, cut)), value: decode(part.slice(cut + 1)) };
    });
}

/** Every value of a parameter; others than the names listed are refused. */
export class Query {
  readonly #parameters: readonly Parameter[];

  constructor(raw: string, allowed: readonly string[]) {
    this.#parameters = parseQuery(raw);
    for (const { name } of this.#parameters) {
      if (!allowed.includes(name) && !IGNORED.has(name)) {
        throw new Refusal(400, 'not-supported', `paramètre inconnu : ${name}`);
      }
    }
  }

  all(...names: readonly string[]): readonly string[] {
    return this.#parameters.filter(({ name }) => names.includes(name)).map(({ value }) => value);
  }

  /** Comma-joined or repeated, without doubles. */
  list(name: string, countMax: number): readonly string[] {
    const values = this.all(name).flatMap((value) => value.split(',').map((item) => item.trim()));
    const unique = [...new Set(values)].filter((value) => value !== '');
    if (unique.length === 0) throw new Refusal(400, 'required', `paramètre absent ou vide : ${name}`);
    if (unique.length > countMax) {
      throw new Refusal(400, 'too-costly', `${unique.length} valeurs de ${name}, ${countMax} au plus`);
    }
    return unique;
  }

  only(name: string, expected: string): void {
    const values = this.all(name);
    if (values.length !== 1 || values[0] !== expected) {
      throw new Refusal(400, 'value', `${name} doit valoir ${expected}, une seule fois`);
    }
  }

  /** The `ge` and `le` bounds of one date parameter, both mandatory, both inclusive. */
  window(name: string, clock: ZoneClock): Interval {
    const bounds = this.all(name);
    const from = bounds.filter((value) => value.startsWith('ge'));
    const to = bounds.filter((value) => value.startsWith('le'));
    if (from.length !== 1 || to.length !== 1 || bounds.length !== 2) {
      throw new Refusal(400, 'required', `${name} doit porter une borne ge et une borne le`);
    }
    return {
      fromMs: parseDate(from[0]?.slice(2) ?? '', clock).fromMs,
      toMs: parseDate(to[0]?.slice(2) ?? '', clock).toMs,
    };
  }
}

/** The instants a FHIR date stands for: a date without seconds covers its whole minute, and so on. */
export function parseDate(text: string, clock: ZoneClock): Interval {
  // A sender that leaves `+` raw and a hop that decodes it leave a blank before the offset.
  const match = DATE.exec(text.replace(/ (\d\d:\d\d)$/, '+$1'));
  if (match === null) throw new Refusal(400, 'value', `date illisible : ${text}`);
  const [, year, month = '01', day = '01', hour = '00', minute = '00', second = '00', fraction = ''] = match;
  const local = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(local)) throw new Refusal(400, 'value', `date impossible : ${text}`);
  const localMs = local + Math.floor(Number(`0${fraction}`) * SECOND_MS);
  const fromMs = localMs - readOffset(match[8], localMs, clock) * MINUTE_MS;
  return { fromMs, toMs: fromMs + precisionOf(match, localMs) - 1 };
}

/** Length in milliseconds of what the written precision covers. */
function precisionOf(match: RegExpExecArray, localMs: number): number {
  if (match[7] !== undefined) return 1;
  if (match[6] !== undefined) return SECOND_MS;
  if (match[4] !== undefined) return MINUTE_MS;
  if (match[3] !== undefined) return 24 * 60 * MINUTE_MS;
  const start = new Date(localMs);
  const year = start.getUTCFullYear();
  const end = match[2] === undefined ? Date.UTC(year + 1, 0) : Date.UTC(year, start.getUTCMonth() + 1);
  return end - localMs;
}

function readOffset(zone: string | undefined, localMs: number, clock: ZoneClock): number {
  if (zone === 'Z') return 0;
  if (zone === undefined) {
    const guess = clock.offsetMinutes('Europe/Paris', localMs);
    return clock.offsetMinutes('Europe/Paris', localMs - guess * MINUTE_MS);
  }
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
  return zone.startsWith('-') ? -minutes : minutes;
}

/** The value of a `system|value` token of that system; undefined when the token is of another system. */
export function readToken(token: string, system: string, shape: RegExp): string | undefined {
  const cut = token.lastIndexOf('|');
  const value = token.slice(cut + 1);
  if (!shape.test(value)) throw new Refusal(400, 'value', `identifiant illisible : ${token}`);
  const given = cut < 0 ? '' : token.slice(0, cut);
  return given === '' || given === system || `urn:oid:${given}` === system ? value : undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refusal(400, 'value', `encodage illisible : ${text}`);
  }
}
