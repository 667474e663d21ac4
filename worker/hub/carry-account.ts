// One message about one account, from the hub to a relay that serves the vendor. What a lost link leaves unsaid is
// never sent again here: only the ledger knows whether that is safe.

import { rejectLate, within } from '../../shared/deadline.ts';
import type { AccountRequest } from '../../shared/link/accounts.ts';
import { type AwaitedRelays, waitEndMs } from './link/awaited-relays.ts';
import type { RelayLink } from './link/relay-link.ts';
import type { HubAccountReply } from './reach/calls.ts';

/** What the hop back may take once the relay has spent its budget. */
const HOP_MS = 500;

/** The way to a relay. */
export interface AccountWay {
  /** Those that serve now. */
  readonly links: () => readonly RelayLink[];
  readonly awaited: AwaitedRelays;
}

/** Never rejects; waits at most the request's budget and the hop back. */
export async function carryAccount(request: AccountRequest, way: AccountWay): Promise<HubAccountReply> {
  const { editor: vendor, budgetMs } = request;
  const startedMs = Date.now();
  const find = (): RelayLink | undefined =>
    way
      .links()
      .filter(({ vendors }) => vendors.has(vendor))
      .sort((a, b) => a.load - b.load)[0];
  const untilMs = waitEndMs(startedMs, budgetMs);
  await way.awaited.wait({ isThere: () => find() !== undefined, vendor, untilMs });
  const link = find();
  const waitedMs = Date.now() - startedMs;
  if (link === undefined) {
    const isBroken = way.links().some(({ outOfOrder }) => outOfOrder.has(vendor));
    const reason = isBroken ? 'out-of-order' : 'relay-absent';
    return { kind: 'failed', reason, sent: false, durationMs: waitedMs };
  }
  try {
    const leftMs = Math.max(0, budgetMs - waitedMs);
    return await within(link.sendAccount({ ...request, budgetMs: leftMs }), leftMs + HOP_MS, rejectLate);
  } catch {
    return { kind: 'failed', reason: 'relay-lost', sent: true, durationMs: Date.now() - startedMs };
  }
}
