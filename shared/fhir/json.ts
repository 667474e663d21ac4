// Reading JSON that somebody else wrote: each accessor gives the value when it has the type asked, and
// undefined otherwise, so that a wrong type reads as an absent element. No I/O, never throws.

export type JsonObject = Readonly<Record<string, unknown>>;

/** Undefined for null and for lists too. */
export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

const EMPTY: readonly unknown[] = [];

/** The list, or an empty one. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : EMPTY;
}

/** The objects of a list; whatever else stands in it is passed over. */
export function objectsOf(value: unknown): JsonObject[] {
  const found: JsonObject[] = [];
  for (const item of asList(value)) {
    const object = asObject(item);
    if (object !== undefined) found.push(object);
  }
  return found;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what FHIR strings must not hold
const CONTROL = /[\u0000-\u001f\u007f]+/g;
const TEXT_LENGTH_MAX = 4_000;

/** What stands for a lost character: U+FFFD, half a surrogate pair. */
const LOST = /\ufffd/g;

/**
 * A FHIR string: trimmed, control characters made blanks, lost characters made question marks, at most 4,000
 * characters; undefined when empty.
 */
export function asText(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const trimmed = value.trim();
  if (trimmed === '') return undefined;
  const text = trimmed.isWellFormed() && !trimmed.includes('\ufffd') ? trimmed : withoutLost(trimmed);
  const clean = text.search(CONTROL) < 0 ? text : text.replace(CONTROL, ' ').trim();
  if (clean === '') return undefined;
  return clean.length > TEXT_LENGTH_MAX ? clean.slice(0, TEXT_LENGTH_MAX) : clean;
}

function withoutLost(text: string): string {
  return text.toWellFormed().replace(LOST, '?');
}

/** The texts of a list, in order. */
export function textsOf(value: unknown): string[] {
  const found: string[] = [];
  for (const item of asList(value)) {
    const text = asText(item);
    if (text !== undefined) found.push(text);
  }
  return found;
}

/** Undefined for NaN and infinite numbers too. */
export function asFiniteNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
