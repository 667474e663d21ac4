// Query strings and token parameters of FHIR searches, read by hand: `URLSearchParams` turns the `+` of a date
// into a blank. flows.md § 3.2 (encodings seen), identifiers.md § 5 (tokens). Pure.

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

export interface Token {
  /** Undefined for `value` alone and for `|value`. */
  readonly system: string | undefined;
  readonly value: string;
}

/** `system|value`, `|value` or `value`; blanks around are trimmed. Undefined for an empty value or a second bar. */
export function parseToken(text: string): Token | undefined {
  const parts = text.trim().split('|');
  if (parts.length > 2) return undefined;
  const value = (parts.length === 2 ? parts[1] : parts[0])?.trim() ?? '';
  const system = parts.length === 2 ? parts[0]?.trim() : undefined;
  if (value === '') return undefined;
  return { system: system === '' ? undefined : system, value };
}
