// What the last `fetch-crl` brought, by authority, kept in the relay's state folder: that program writes it, a running
// relay reads it for its metrics and for what stands at `/problems`. A file that cannot be read counts as none.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { writeDurably } from '../base/durable-file.ts';
import type { Problem } from '../base/problem.ts';

const REPORT_FILE = 'crl-fetch.json';

const outcome = v.strictObject({
  /** The authority's CN. */
  name: v.string(),
  keyId: v.string(),
  /** `fetched`: a newer list stands in its files; `unchanged`: it was there already; `failed`: the old one stays. */
  outcome: v.picklist(['fetched', 'unchanged', 'failed']),
  reason: v.optional(v.string()),
  /** When a sound list came last; absent when none ever did. */
  succeeded: v.optional(v.pipe(v.string(), v.isoTimestamp())),
});
const report = v.strictObject({ authorities: v.array(outcome) });

export type AuthorityOutcome = Readonly<v.InferOutput<typeof outcome>>;

/** Empty when `fetch-crl` never ran here. */
export function readFetchReport(stateFolder: string): readonly AuthorityOutcome[] {
  try {
    return v.parse(report, JSON.parse(readFileSync(join(stateFolder, REPORT_FILE), 'utf8'))).authorities;
  } catch {
    return [];
  }
}

/** @throws what the file system says. */
export function writeFetchReport(stateFolder: string, authorities: readonly AuthorityOutcome[]): void {
  writeDurably(join(stateFolder, REPORT_FILE), `${JSON.stringify({ authorities }, null, 1)}\n`);
}

/** One for each authority whose list did not come; dated, since the list before serves until its own end. */
export function fetchProblems(authorities: readonly AuthorityOutcome[]): readonly Problem[] {
  return authorities.flatMap(({ name, outcome: what, reason }) =>
    what === 'failed'
      ? [
          {
            field: 'fetch-crl',
            text: `la liste de « ${name} » n’a pas pu être récupérée (${reason})`,
            dated: true,
          },
        ]
      : [],
  );
}
