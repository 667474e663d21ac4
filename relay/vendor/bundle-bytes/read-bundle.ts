// From the bytes of a vendor's JSON to a value: what this vendor has sent before is found again (known-entries.ts), the rest
// is measured for depth and parsed once.

import type { VendorFailure } from '../../../shared/failure.ts';
import { countKept, countWritten } from '../../../shared/fhir/json-bounds.ts';
import { VENDOR_JSON_DEPTH_MAX } from '../../../shared/limits.ts';
import { err, ok, type Result } from '../../../shared/result.ts';
import type { KnownEntries } from './known-entries.ts';

/**
 * V8 parses without recursion, so a small body may be parsed before its depth is known: a million brackets cost
 * 0.1 s and 80 MB at the very worst. A larger one is measured first.
 */
const PARSE_FIRST_BYTES_MAX = 1024 * 1024;

/** `bytes` are UTF-8 without a byte order mark; `known`: entries that this vendor has sent before. */
export function readBundle(
  bytes: Buffer,
  known: KnownEntries | undefined,
): Result<unknown, Extract<VendorFailure, 'not-json' | 'too-deep'>> {
  const bundle = known?.read(bytes, VENDOR_JSON_DEPTH_MAX);
  if (bundle !== undefined) return ok(bundle);
  let written = bytes.length > PARSE_FIRST_BYTES_MAX ? countWritten(bytes, VENDOR_JSON_DEPTH_MAX) : undefined;
  if (written === -1) return err('too-deep');
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch {
    return err('not-json');
  }
  const kept = countKept(json, VENDOR_JSON_DEPTH_MAX);
  if (kept === -1) return err('too-deep');
  written ??= countWritten(bytes, VENDOR_JSON_DEPTH_MAX);
  return kept === written ? ok(json) : err('not-json');
}
