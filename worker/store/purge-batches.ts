// Forgetting many rows without holding up the others who use the database: a bounded number in a statement, and as many
// statements as it takes.

import { guardIdempotent } from './guard.ts';

/** What one statement of a purge forgets at most; each costs a few rows read. */
export const PURGED_ROWS = 5_000;

/**
 * Runs a statement that deletes `PURGED_ROWS` at most until it deletes fewer; returns how many were forgotten.
 * @throws GatewayError storage-unavailable; what was forgotten stays so.
 */
export async function purgeInBatches(statement: D1PreparedStatement): Promise<number> {
  let forgotten = 0;
  for (;;) {
    const { meta } = await guardIdempotent(() => statement.run());
    forgotten += meta.changes;
    if (meta.changes < PURGED_ROWS) return forgotten;
  }
}
