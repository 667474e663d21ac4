// From the bytes of a vendor's JSON to a value: what this vendor has sent before is found again (known-entries.ts), the rest
// is measured, then parsed once. Nothing is parsed that has not been measured.

import { countKept, type JsonExcess, measureAll } from '../../../shared/fhir/json-bounds.ts';
import { VENDOR_JSON_DEPTH_MAX } from '../../../shared/limits.ts';
import { err, ok, type Result } from '../../../shared/result.ts';
import type { KnownEntries, ReadBundle } from './known-entries.ts';

/**
 * `bytes` are UTF-8 without a byte order mark; `valuesMax`: JSON values that this call may still bring; `known`: entries
 * that this vendor has sent before.
 */
export function readBundle(
  bytes: Buffer,
  valuesMax: number,
  known: KnownEntries | undefined,
): Result<ReadBundle, JsonExcess | 'not-json'> {
  const bounds = { depthMax: VENDOR_JSON_DEPTH_MAX, valuesMax };
  const bundle = known?.read(bytes, bounds);
  if (bundle !== undefined) return typeof bundle === 'string' ? err(bundle) : ok(bundle);
  const written = measureAll(bytes, bounds);
  if (typeof written === 'string') return err(written);
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch {
    return err('not-json');
  }
  const { keys, values } = written;
  return countKept(json, VENDOR_JSON_DEPTH_MAX) === keys ? ok({ json, values }) : err('not-json');
}
