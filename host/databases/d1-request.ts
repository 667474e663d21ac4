// A request of D1's binding, checked, and the answer to it as bytes. Called on the thread that has the file. Pure but for
// what `run` does.
// cloudflare-internal:d1-api of workerd sends POST /query or /execute?resultsFormat=… with {sql, params}, or a list of them.

import * as v from 'valibot';
import { type Query, type ResultsFormat, SqliteFailure } from './sqlite-file.ts';

/** An answer as it goes over the wire. */
export interface D1Answer {
  readonly status: number;
  readonly body: Uint8Array;
}

const byte = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255));
const query = v.object({
  sql: v.string(),
  params: v.nullish(v.array(v.union([v.number(), v.string(), v.null(), v.array(byte)]))),
});
const body = v.union([
  v.array(query),
  v.pipe(
    query,
    v.transform((one) => [one]),
  ),
]);
const format = v.fallback(v.picklist(['ARRAY_OF_OBJECTS', 'ROWS_AND_COLUMNS', 'NONE']), 'ARRAY_OF_OBJECTS');
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Never throws: what `run` throws is said in D1's form. `search`: of the URL. */
export function answerD1(
  request: { readonly search: string; readonly body: Uint8Array },
  run: (queries: readonly Query[], format: ResultsFormat) => unknown,
): D1Answer {
  let queries: Query[];
  try {
    queries = v.parse(body, JSON.parse(decoder.decode(request.body))) as Query[];
  } catch {
    return refusal('the request is none of the binding', 400);
  }
  const wanted = v.parse(format, new URLSearchParams(request.search).get('resultsFormat'));
  try {
    return { status: 200, body: encoder.encode(JSON.stringify(run(queries, wanted))) };
  } catch (cause) {
    // Another error than SQLite's is a fault of ours: its words may hold anything.
    return refusal(cause instanceof SqliteFailure ? cause.message : 'internal error; reference = host');
  }
}

/** In D1's form: the binding throws `D1_ERROR: {message}`. */
export function refusal(message: string, status = 500): D1Answer {
  return { status, body: encoder.encode(JSON.stringify({ success: false, error: message })) };
}
