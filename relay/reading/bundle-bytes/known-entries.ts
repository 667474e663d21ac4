// The entries of a vendor's Bundles that it has sent before in the very same bytes: found again by comparing bytes,
// not parsed again, and given out as the very same objects, so that the reader knows what it has read them as
// (shared/sas/read/reader-memory.ts). From search to search most of an answer is such: a practitioner, his places and
// most of his free slots. What comes out is always what JSON.parse would give. One per vendor; bounded in bytes, and
// what is not met again within minutes is forgotten. docs/relay.md.

import type { JsonObject } from '../../../shared/fhir/json.ts';
import {
  countKept,
  type JsonBounds,
  type JsonExcess,
  measureAll,
  measureObject,
} from '../../../shared/fhir/json-bounds.ts';
import { entryListStart, skipBlanks } from './entry-list.ts';

/** As JSON text; parsed they take about four times as much. An answer of 25 practitioners has 0.1 to 0.6 MB. */
const KEPT_BYTES_MAX = 2 * 1024 * 1024;
/** What has not been met for so long is forgotten, at the latest after twice that. */
const KEPT_MS = 5 * 60_000;
/** Long enough to hold the resource's id behind `{"fullUrl":"https://…/PractitionerRole/`; entries are longer. */
const KEY_BYTES = 160;
/** An answer of which more than this and more than half is new is mostly parsed as a whole, which costs less: … */
const NEW_BYTES_MAX = 4 * 1024;
/** … one is learnt, then one of two, of four, of eight, at last one of so many, until answers are known again. */
const SKIPS_MAX = 32;
/** Array and Bundle around an entry. */
const DEPTH_AROUND = 2;

const COMMA = 0x2c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
/** Stands for the entries while the rest is parsed. */
const HOLE = '"entries"';

interface Known {
  readonly key: string;
  readonly bytes: Buffer;
  readonly value: JsonObject;
  /** How many JSON values it is. */
  readonly values: number;
  turn: number;
  /** What came behind it last time: mostly it does again. */
  next: Known | undefined;
}

export interface ReadBundle {
  readonly json: unknown;
  /** JSON values in it, as json-bounds.ts counts them. */
  readonly values: number;
}

/** What one vendor has sent; its own bytes only, so that no vendor reads another's. */
export class KnownEntries {
  /** Met since the last turn; `#older`: met in the turn before. */
  #recent = new Map<string, Known>();
  #older = new Map<string, Known>();
  #recentBytes = 0;
  #turn = 0;
  #first: Known | undefined;
  /** Mostly new answers to be parsed as a whole before one is learnt, and how many have been. */
  #skips = 0;
  #skipped = 0;
  #timer: NodeJS.Timeout | undefined;

  get size(): number {
    return this.#recent.size + this.#older.size;
  }

  /**
   * The Bundle that these bytes are and how many JSON values that is; or that they go past the bounds; or undefined when
   * neither can be told entry by entry (no Bundle, not JSON): then it is to be parsed as a whole. Nothing is built of
   * bytes that have not been measured.
   */
  read(body: Buffer, bounds: JsonBounds): ReadBundle | JsonExcess | undefined {
    const start = body.length > KEPT_BYTES_MAX ? -1 : entryListStart(body, bounds.depthMax);
    if (start < 0) return undefined;
    const entries: Known[] = [];
    try {
      const end = this.#readEntries(body, start, entries, bounds);
      if (typeof end === 'string' || end < 0) return typeof end === 'string' ? end : undefined;
      const inside = valuesOf(entries);
      const text = Buffer.concat([body.subarray(0, start), Buffer.from(HOLE), body.subarray(end)]);
      const written = measureAll(text, { ...bounds, valuesMax: bounds.valuesMax - inside });
      if (typeof written === 'string') return written;
      const rest: unknown = JSON.parse(text.toString('utf8'));
      if (countKept(rest, bounds.depthMax) !== written.keys) return undefined;
      const values = entries.map(({ value }) => value);
      if (!fill(rest, values)) return undefined;
      this.#remember(entries);
      return { json: rest, values: inside + written.values };
    } catch {
      return undefined;
    }
  }

  /** Nothing is kept any more. */
  forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#turnOver();
    this.#turnOver();
  }

  /** From behind the bracket; index of the closing bracket, or -1. @throws SyntaxError */
  #readEntries(
    body: Buffer,
    from: number,
    entries: Known[],
    { depthMax, valuesMax }: JsonBounds,
  ): number | JsonExcess {
    let at = skipBlanks(body, from);
    if (body[at] === CLOSE_ARRAY) return at;
    let newBytes = 0;
    let valuesLeft = valuesMax;
    for (;;) {
      if (body[at] !== OPEN_OBJECT) return -1;
      let known = this.#find(body, at, entries.at(-1));
      if (known === undefined) {
        if (newBytes > NEW_BYTES_MAX && 2 * newBytes > at - from && this.#isSkipped()) return -1;
        const read = readEntry(body, at, { depthMax: depthMax - DEPTH_AROUND, valuesMax: valuesLeft });
        if (read === undefined || typeof read === 'string') return read ?? -1;
        known = read;
        newBytes += known.bytes.length;
      }
      valuesLeft -= known.values;
      if (valuesLeft < 0) return 'too-many-values';
      entries.push(known);
      at = skipBlanks(body, at + known.bytes.length);
      if (body[at] === CLOSE_ARRAY) break;
      if (body[at] !== COMMA) return -1;
      at = skipBlanks(body, at + 1);
    }
    this.#skips = 2 * newBytes > at - from ? Math.min(2 * this.#skips + 1, SKIPS_MAX) : 0;
    this.#skipped = 0;
    return at;
  }

  #isSkipped(): boolean {
    if (this.#skipped >= this.#skips) return false;
    this.#skipped += 1;
    return true;
  }

  #remember(entries: readonly Known[]): void {
    let before: Known | undefined;
    for (const known of entries) {
      if (known.turn !== this.#turn) this.#keep(known);
      if (before === undefined) this.#first = known;
      else before.next = known;
      before = known;
    }
    if (before !== undefined) before.next = undefined;
  }

  #find(body: Buffer, at: number, before: Known | undefined): Known | undefined {
    const likely = before === undefined ? this.#first : before.next;
    if (likely !== undefined && isAt(body, at, likely.bytes)) return likely;
    const key = keyAt(body, at);
    const known = this.#recent.get(key) ?? this.#older.get(key);
    return known !== undefined && isAt(body, at, known.bytes) ? known : undefined;
  }

  #keep(known: Known): void {
    if (this.#recentBytes + known.bytes.length > KEPT_BYTES_MAX / 2) this.#turnOver();
    if (this.#older.get(known.key) === known) this.#older.delete(known.key);
    const replaced = this.#recent.get(known.key);
    if (replaced !== undefined) {
      this.#recentBytes -= replaced.bytes.length;
      this.#drop(replaced);
    }
    known.turn = this.#turn;
    this.#recent.set(known.key, known);
    this.#recentBytes += known.bytes.length;
    this.#timer ??= setTimeout(this.#age, KEPT_MS).unref();
  }

  readonly #age = (): void => {
    this.#timer = undefined;
    this.#turnOver();
    if (this.size > 0) this.#timer = setTimeout(this.#age, KEPT_MS).unref();
  };

  #turnOver(): void {
    for (const known of this.#older.values()) this.#drop(known);
    this.#older = this.#recent;
    this.#recent = new Map();
    this.#recentBytes = 0;
    this.#turn += 1;
  }

  /** Nothing dropped leads to anything else. */
  #drop(known: Known): void {
    known.next = undefined;
    if (this.#first === known) this.#first = undefined;
  }
}

function valuesOf(entries: readonly Known[]): number {
  let values = 0;
  for (const known of entries) values += known.values;
  return values;
}

/** One not met before; undefined when it is no sound object. @throws SyntaxError */
function readEntry(body: Buffer, at: number, bounds: JsonBounds): Known | JsonExcess | undefined {
  const written = measureObject(body, at, bounds);
  if (written === undefined || typeof written === 'string') return written;
  const { end, keys, values } = written;
  const value = JSON.parse(body.toString('utf8', at, end)) as JsonObject;
  if (countKept(value, bounds.depthMax) !== keys) return undefined;
  // A copy: a part of the body would keep all of it.
  return {
    key: keyAt(body, at),
    bytes: Buffer.from(body.subarray(at, end)),
    value,
    values,
    turn: -1,
    next: undefined,
  };
}

function keyAt(body: Buffer, at: number): string {
  return body.toString('latin1', at, Math.min(at + KEY_BYTES, body.length));
}

function isAt(body: Buffer, at: number, bytes: Buffer): boolean {
  const end = at + bytes.length;
  return end <= body.length && body.compare(bytes, 0, bytes.length, at, end) === 0;
}

/** False when the hole is not where it was made: the Bundle names its `entry` twice. */
function fill(rest: unknown, entries: readonly JsonObject[]): boolean {
  if (typeof rest !== 'object' || rest === null || !('entry' in rest)) return false;
  const { entry } = rest;
  if (!Array.isArray(entry) || entry.length !== 1 || JSON.stringify(entry[0]) !== HOLE) return false;
  rest.entry = entries;
  return true;
}
