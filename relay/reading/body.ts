// From the bytes a vendor sent to a parsed value: decoded under a bound, measured for depth and number of values, parsed
// once. The content type is not needed: what parses is JSON (docs/guide.md G-103). Its charset counts where the bytes are not UTF-8.

import { isUtf8 } from 'node:buffer';
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, type ZlibOptions } from 'node:zlib';
import { decodeText, wideLabel } from '../../shared/charset.ts';
import type { FailedCall } from '../../shared/failure.ts';
import { VENDOR_VALUES_MAX } from '../../shared/limits.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import type { KnownEntries } from './bundle-bytes/known-entries.ts';
import { readBundle } from './bundle-bytes/read-bundle.ts';

/** Synchronous: an answer of some size is read on a thread of its own, and a small one unfolds in microseconds. */
const DECODERS: Readonly<Record<string, (body: Buffer, options: ZlibOptions) => Buffer>> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  br: brotliDecompressSync,
  deflate: inflateSync,
  'deflate-raw': inflateRawSync,
};

export interface Parsed {
  readonly json: unknown;
  /** After decoding. */
  readonly bytes: number;
  /** JSON values in it. */
  readonly values: number;
}

export type BodyFailure = Pick<FailedCall, 'bound'> & {
  readonly reason: 'not-json' | 'too-deep' | 'too-large';
};

/** Headers of the answer, as they were sent. */
export interface BodyHeaders {
  /** Content-Encoding. */
  readonly encoding?: string | undefined;
  readonly contentType?: string | undefined;
}

/** What a body may come to. */
export interface BodyBounds {
  /** Once decoded. */
  readonly bytesMax: number;
  /** Absent: as many as a whole answer may have. */
  readonly valuesMax?: number;
}

/** `known`: entries that this vendor has sent before. */
export function readBody(
  body: Buffer,
  { encoding, contentType }: BodyHeaders,
  { bytesMax, valuesMax = VENDOR_VALUES_MAX }: BodyBounds,
  known?: KnownEntries,
): Result<Parsed, BodyFailure> {
  const decoded = decode(body, encoding?.trim().toLowerCase() ?? '', bytesMax);
  if (!decoded.ok) return decoded;
  // The same bytes are UTF-8 for whoever compares them and for whoever parses them, whatever was sent.
  const text = utf8Of(decoded.value, contentType);
  if (text === undefined) return err({ reason: 'not-json' });
  const read = readBundle(text, valuesMax, known);
  if (read.ok) return ok({ ...read.value, bytes: decoded.value.length });
  return err(
    read.error === 'too-many-values' ? { reason: 'too-large', bound: 'values' } : { reason: read.error },
  );
}

function decode(body: Buffer, coding: string, bytesMax: number): Result<Buffer, BodyFailure> {
  if (coding === '' || coding === 'identity') return ok(body);
  const name = coding === 'deflate' && !isZlib(body) ? 'deflate-raw' : coding;
  const decoder = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined;
  if (decoder === undefined) return err({ reason: 'not-json' });
  try {
    // The bound stops a small body that would unfold into gigabytes.
    return ok(decoder(body, { maxOutputLength: Math.max(bytesMax, 1) }));
  } catch (error) {
    const isPast = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    return err({ reason: isPast ? 'too-large' : 'not-json' });
  }
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
