// What of a vendor's answer may stand in a report: its shape. Codes, dates, references and addresses of profiles
// are kept; names, streets, phone numbers, free texts and the identifiers that the engineer did not type are
// replaced letter by letter. An allow-list: an element nobody thought of is masked.

const KEPT = new Set(
  [
    'resourceType id system code status start end reference url profile relation mode fullUrl use source unit',
    'postalCode daysOfWeek openingTime closingTime language versionId lastUpdated severity type contentType',
  ]
    .join(' ')
    .split(' '),
);
const KEY = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
const STRING_CHARS_MAX = 300;
const MASKED_CHARS_MAX = 40;
const ITEMS_MAX = 60;
const DEPTH_MAX = 24;
/** From this length on, a run of digits can be somebody's national number. */
const NUMBER = /\d{9,}/g;

export class Mask {
  readonly #typed: ReadonlySet<string>;

  /** `typed`: the identifiers that the engineer gave, which may be shown. */
  constructor(typed: readonly string[]) {
    this.#typed = new Set(typed.flatMap((identifier) => [identifier, identifier.slice(1)]));
  }

  /** A copy that may be shown. */
  value(value: unknown, key = '', depth = 0): unknown {
    if (typeof value === 'string') return this.#string(value, key);
    if (typeof value !== 'object' || value === null) return value;
    if (depth >= DEPTH_MAX) return '…';
    if (Array.isArray(value)) {
      const shown = value.slice(0, ITEMS_MAX).map((item) => this.value(item, key, depth + 1));
      return value.length > ITEMS_MAX ? [...shown, `… ${value.length - ITEMS_MAX} de plus`] : shown;
    }
    const outcome = 'resourceType' in value && value.resourceType === 'OperationOutcome';
    const entries = Object.entries(value).slice(0, ITEMS_MAX);
    return Object.fromEntries(
      entries.map(([name, item]) => [
        KEY.test(name) ? name : '•',
        // What a server says of its own failure is the first thing its engineer wants to read.
        outcome ? this.#outcome(item, depth + 1) : this.value(item, name, depth + 1),
      ]),
    );
  }

  /** A text of ours or of a server's own, with numbers masked. */
  text(text: string): string {
    return text
      .slice(0, STRING_CHARS_MAX)
      .replace(NUMBER, (digits) => (this.#typed.has(digits) ? digits : maskDigits(digits)));
  }

  /** An address given by a vendor: its path can name somebody. */
  address(text: string): string {
    const match = /^([A-Za-z][A-Za-z0-9+.-]{0,20}:\/\/[A-Za-z0-9.:[\]-]{1,120})([^?#]*)(\?.*)?/.exec(text);
    if (match === null) return this.#shape(text);
    return `${match[1]}${match[2] === '' ? '' : '/•••'}${match[3] === undefined ? '' : '?•••'}`;
  }

  #outcome(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value !== 'object' || value === null) return value;
    if (depth >= DEPTH_MAX) return '…';
    if (Array.isArray(value)) return value.slice(0, ITEMS_MAX).map((item) => this.#outcome(item, depth + 1));
    return Object.fromEntries(
      Object.entries(value)
        .slice(0, ITEMS_MAX)
        .map(([name, item]) => [KEY.test(name) ? name : '•', this.#outcome(item, depth + 1)]),
    );
  }

  #string(text: string, key: string): string {
    if (text === '') return text;
    if (key === 'comment') return this.address(text);
    if (this.#typed.has(text)) return text;
    return KEPT.has(key) ? this.text(text) : this.#shape(text);
  }

  /** Same length and punctuation, the first sign of a number kept: enough to see a missing prefix. */
  #shape(text: string): string {
    if (/^[+\d][\d\s.()/+-]*$/.test(text)) return maskDigits(text.slice(0, MASKED_CHARS_MAX));
    const masked = text.slice(0, MASKED_CHARS_MAX).replace(/[\p{L}\p{N}]/gu, '•');
    return text.length > MASKED_CHARS_MAX ? `${masked}…` : masked;
  }
}

/** `+33199000001` → `+33•••••••••`, `899900010137` → `8•••••••••••`. */
function maskDigits(text: string): string {
  const kept = /^(\+\d{1,2}|00\d{2}|\d)/.exec(text)?.[0] ?? '';
  return kept + text.slice(kept.length).replace(/\d/g, '•');
}
