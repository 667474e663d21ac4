// Asks the hub's object itself, as the Worker does: what it would do for a search, with what it remembers. No relay serves.

import type { EdgeProcess } from '../../../sandbox/platform/edge/edge-process.ts';
import type { Flow } from '../../../shared/sas/query.ts';
import type { BookedSlot } from '../../../worker/hub/memory/booked-slots-table.ts';
import type { HubOutcome, HubSearch } from '../../../worker/hub/reach/calls.ts';

interface Hub {
  search(search: HubSearch): Promise<HubOutcome>;
}

/** What appointments take near this window, as the hub knows it now; in the order of their times. */
export async function bookedAt(
  edge: EdgeProcess | undefined,
  subjects: readonly string[],
  window: { readonly fromMs: number; readonly toMs: number },
  flow: Flow = 'INT_R01',
): Promise<BookedSlot[]> {
  const hub = (await edge?.object('RELAY_HUB', 'hub')) as unknown as Hub;
  const query = { flow, window, subjects };
  const outcome = await hub.search({ id: 'test', query, budgetMs: 0, gatherMs: 0, isTraced: false });
  const plan = outcome.kind === 'throttled' ? undefined : outcome.plan;
  if (plan === undefined) throw new Error('a relay serves: the plan went elsewhere');
  return [...plan.booked].sort((a, b) => a.startMs - b.startMs);
}
