// One message about one account, from the hub to a relay that serves the vendor. What a lost link leaves unsaid is
// never sent again here: only the ledger knows whether that is safe.

import { rejectLate, within } from '../../shared/deadline.ts';
import type { AccountRequest } from '../../shared/link/accounts.ts';
import type { HubAccountReply } from './hub-calls.ts';
import type { RelayLink } from './link/relay-link.ts';

/** What the hop back may take once the relay has spent its budget. */
const HOP_MS = 500;

/** `links`: those that serve. Never rejects; waits at most the request's budget and the hop back. */
export async function carryAccount(
  request: AccountRequest,
  links: readonly RelayLink[],
): Promise<HubAccountReply> {
  const startedMs = Date.now();
  const link = links.filter(({ vendors }) => vendors.has(request.editor)).sort((a, b) => a.load - b.load)[0];
  if (link === undefined) {
    const isBroken = links.some(({ outOfOrder }) => outOfOrder.has(request.editor));
    const reason = isBroken ? 'out-of-order' : 'relay-absent';
    return { kind: 'failed', reason, sent: false, durationMs: 0 };
  }
  try {
    return await within(link.sendAccount(request), request.budgetMs + HOP_MS, rejectLate);
  } catch {
    return { kind: 'failed', reason: 'relay-lost', sent: true, durationMs: Date.now() - startedMs };
  }
}
