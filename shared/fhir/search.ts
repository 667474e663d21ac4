// Query strings and token parameters of FHIR searches, read by hand: `URLSearchParams` turns the `+` of a date
// into a blank. docs/guide.md G-205 (encodings seen), G-605 (tokens). Pure.

import { err, ok, type Result } from '../result.ts';

export interface SearchParameter {
  readonly name: string;
  readonly value: string;
}

const QUERY_PARAMETERS_MAX = 2_000;

/**
 * Decodes `a=b&c=d` (a query string without `?`, or a form body). `+` stays `+`: only dates hold it, and there
 * it is what the caller meant; elsewhere the readers trim it with the blanks. The error names the parameter
 * that cannot be decoded, or `''` when there are too many.
 */
export function parseQuery(raw: string): Result<SearchParameter[], string> {
  const parameters: SearchParameter[] = [];
  for (const pair of raw.split('&')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const name = decode(at < 0 ? pair : pair.slice(0, at));
    const value = at < 0 ? '' : decode(pair.slice(at + 1));
    if (name === undefined || value === undefined) return err(name ?? pair.slice(0, 64));
    parameters.push({ name, value });
    if (parameters.length > QUERY_PARAMETERS_MAX) return err('');
  }
  return ok(parameters);
}

function decode(text: string): string | undefined {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/**
 * The query as a legal URI component for `Bundle.link.url`: what was sent, with only the characters that no URI
 * may hold escaped (`|`, blanks, quotes, `<>`…), so that a client that compares finds its own parameters.
 */
export function echoQuery(raw: string): string {
  return raw
    .replace(/%(?![0-9A-Fa-f]{2})/g, '%25')
    .replace(/[^A-Za-z0-9\-._~:/?@!$&'()*+,;=%]/gu, (char) =>
      isLoneSurrogate(char) ? '%EF%BF%BD' : encodeURIComponent(char),
    );
}

function isLoneSurrogate(char: string): boolean {
  const code = char.charCodeAt(0);
  return char.length === 1 && code >= 0xd800 && code <= 0xdfff;
}

/**
 * The values of an or-list, apart by commas; `\,` is a comma inside a value. Each comes as written, escapes and all:
 * `parseToken` or `unescapeValue` reads it. R4 search.html#escaping.
 */
export function splitValues(text: string): string[] {
  return splitAt(text, ',').map((value) => value.trim());
}

/** Splits at a character that has no backslash before it; an escaped backslash is none. */
function splitAt(text: string, separator: string): string[] {
  if (!text.includes('\\')) return text.split(separator);
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === separator) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

/** `\,` `\|` `\$` `\\` as what they stand for; any other backslash is one. */
export function unescapeValue(text: string): string {
  return text.includes('\\') ? text.replace(/\\([,|$\\])/g, '$1') : text;
}

/** The value as a searcher must write it. */
function escapeValue(value: string): string {
  return value.replace(/[,|$\\]/g, '\\$&');
}

/** `system|value` as a query holds it: escaped, then encoded. */
export function encodeToken(system: string, value: string): string {
  return `${encodeURIComponent(escapeValue(system))}%7C${encodeURIComponent(escapeValue(value))}`;
}

export interface Token {
  /** Undefined for `value` alone and for `|value`. */
  readonly system: string | undefined;
  readonly value: string;
}

/**
 * One `system|value`, `|value` or `value`, escapes read; blanks around are trimmed. Undefined for an empty value, for a
 * second bar and for a comma, unless they are escaped.
 */
export function parseToken(text: string): Token | undefined {
  if (splitAt(text, ',').length > 1) return undefined;
  const parts = splitAt(text.trim(), '|').map((part) => unescapeValue(part.trim()));
  if (parts.length > 2) return undefined;
  const value = (parts.length === 2 ? parts[1] : parts[0]) ?? '';
  const system = parts.length === 2 ? parts[0] : undefined;
  if (value === '') return undefined;
  return { system: system === '' ? undefined : system, value };
}
