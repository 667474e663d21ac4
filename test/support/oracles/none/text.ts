// The second reader's way from the bytes of a vendor's answer to JSON, by docs/divergences.md and RFC 8259. It shares no
// code with the gateway's: two readers that agree by accident of one function prove nothing.

import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';

/** One HTTP answer, as it was sent. */
export interface SentPage {
  readonly body: Buffer;
  readonly status: number;
  readonly contentType?: string;
  readonly encoding?: string;
}

export type Obj = Readonly<Record<string, unknown>>;

export function isObj(value: unknown): value is Obj {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A list, whatever stands alone for one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
}

/** Undefined: nothing of it can be told, or it can be told in two ways. */
export function jsonOf({ body, contentType = '', encoding = '' }: SentPage): unknown {
  const plain = unfolded(body, encoding.trim().toLowerCase());
  const text = plain && lettersOf(plain, contentType);
  if (text === undefined) return undefined;
  try {
    const json: unknown = JSON.parse(text);
    return keysIn(json) === keysWritten(text) ? json : undefined;
  } catch {
    return undefined;
  }
}

function unfolded(body: Buffer, encoding: string): Buffer | undefined {
  try {
    if (encoding === '' || encoding === 'identity') return body;
    if (encoding === 'gzip') return gunzipSync(body);
    if (encoding === 'br') return brotliDecompressSync(body);
    return encoding === 'deflate' ? inflateSync(body) : undefined;
  } catch {
    return undefined;
  }
}

function lettersOf(body: Buffer, contentType: string): string | undefined {
  const [first = 0, second = 0] = body;
  if (first === 0xff || (first !== 0 && second === 0)) return decoded(body, 'utf-16le');
  if (first === 0xfe || first === 0) return decoded(body, 'utf-16be');
  const utf8 = decoded(body, 'utf-8');
  if (utf8 !== undefined) return utf8;
  const declared = /charset="?([\w-]+)/i.exec(contentType)?.[1]?.toLowerCase();
  const isDeclared = declared !== undefined && !declared.startsWith('utf');
  const text = decoded(body, isDeclared ? declared : 'windows-1252');
  const isMixed = !isDeclared && /[ÂÃ][\u0080-\u00bf\u0152-\u2122]|â€/.test(text ?? '');
  return text === undefined || isMixed || /[\u0080-\u009f]/.test(text) ? undefined : text;
}

function decoded(body: Buffer, label: string): string | undefined {
  try {
    return new TextDecoder(label, { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}

/** Of one key written twice JSON.parse keeps the last: whoever reads the first reads something else. */
function keysIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce<number>((sum, inner) => sum + keysIn(inner), own);
}

function keysWritten(text: string): number {
  let count = 0;
  for (const [, colon] of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)) if (colon !== undefined) count += 1;
  return count;
}
