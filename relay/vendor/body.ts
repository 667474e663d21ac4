// From the bytes a vendor sent to a parsed value: decoded under a bound, measured for depth, parsed once. The content
// type is not needed: what parses is JSON (docs/guide.md G-103). Its charset counts where the bytes are not UTF-8.

import { isUtf8 } from 'node:buffer';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';
import { decodeText, wideLabel } from '../../shared/charset.ts';
import type { VendorFailure } from '../../shared/failure.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import type { KnownEntries } from './bundle-bytes/known-entries.ts';
import { readBundle } from './bundle-bytes/read-bundle.ts';

const DECODERS = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  br: promisify(brotliDecompress),
  deflate: promisify(inflate),
  'deflate-raw': promisify(inflateRaw),
} as const;

export interface Parsed {
  readonly json: unknown;
  /** After decoding. */
  readonly bytes: number;
}

type BodyFailure = Extract<VendorFailure, 'not-json' | 'too-deep' | 'too-large'>;

/** Headers of the answer, as they were sent. */
export interface BodyHeaders {
  /** Content-Encoding. */
  readonly encoding?: string | undefined;
  readonly contentType?: string | undefined;
}

interface Reading {
  readonly contentType: string | undefined;
  /** Entries that this vendor has sent before. */
  readonly known: KnownEntries | undefined;
}

/** A promise only when there is something to decode. `known`: entries that this vendor has sent before. */
export function readBody(
  chunks: readonly Buffer[],
  { encoding, contentType }: BodyHeaders,
  bytesMax: number,
  known?: KnownEntries,
): Result<Parsed, BodyFailure> | Promise<Result<Parsed, BodyFailure>> {
  const first = chunks[0];
  const whole = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
  const coding = encoding?.trim().toLowerCase() ?? '';
  const reading = { contentType, known };
  if (coding === '' || coding === 'identity') return parse(whole, reading);
  return decode(whole, coding, bytesMax, reading);
}

async function decode(
  body: Buffer,
  coding: string,
  bytesMax: number,
  reading: Reading,
): Promise<Result<Parsed, BodyFailure>> {
  const name = coding === 'deflate' && !isZlib(body) ? 'deflate-raw' : coding;
  if (!Object.hasOwn(DECODERS, name)) return err('not-json');
  let decoded: Buffer;
  try {
    // The bound stops a small body that would unfold into gigabytes.
    decoded = await DECODERS[name as keyof typeof DECODERS](body, { maxOutputLength: Math.max(bytesMax, 1) });
  } catch (error) {
    return err((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'too-large' : 'not-json');
  }
  return parse(decoded, reading);
}

/** The same bytes are UTF-8 for whoever compares them and for whoever parses them, whatever was sent. */
function parse(body: Buffer, { contentType, known }: Reading): Result<Parsed, BodyFailure> {
  const bytes = body.length;
  const text = utf8Of(body, contentType);
  if (text === undefined) return err('not-json');
  const json = readBundle(text, known);
  return json.ok ? ok({ json: json.value, bytes }) : json;
}

/** Without a byte order mark. The usual body is only looked at, which costs microseconds. */
function utf8Of(body: Buffer, contentType: string | undefined): Buffer | undefined {
  if (wideLabel(body) === undefined && isUtf8(body)) {
    const bom = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
    return bom ? body.subarray(3) : body;
  }
  const text = decodeText(body, contentType);
  return text === undefined ? undefined : Buffer.from(text);
}

/** Some servers send raw DEFLATE under `deflate`, others wrap it (RFC 1950: method 8, header divisible by 31). */
function isZlib(body: Buffer): boolean {
  return body.length >= 2 && ((body[0] ?? 0) & 0x0f) === 8 && body.readUInt16BE(0) % 31 === 0;
}
