// Forgetting many rows without holding up the others who use the database: a bounded number in a statement, and as many
// statements as the budget of the run allows; the next run goes on.

import type { Budget } from './budget.ts';
import { guardIdempotent } from './guard.ts';

/** What one statement of a purge forgets at most; each costs a few rows read. */
export const PURGED_ROWS = 5_000;

/** How many rows were forgotten, and whether there may be more. */
export interface Forgotten {
  readonly count: number;
  readonly isBehind: boolean;
}

/**
 * Runs a statement that deletes `PURGED_ROWS` at most until it deletes fewer, or until the budget is at its end.
 * @throws GatewayError storage-unavailable; what was forgotten stays so.
 */
export async function purgeInBatches(statement: D1PreparedStatement, budget: Budget): Promise<Forgotten> {
  let count = 0;
  while (budget.allows(1)) {
    const { meta } = await guardIdempotent(() => statement.run());
    count += meta.changes;
    if (meta.changes < PURGED_ROWS) return { count, isBehind: false };
  }
  return { count, isBehind: true };
}
