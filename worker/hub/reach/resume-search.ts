// A search whose hub ends in mid-search: what is not answered yet is asked again of the hub that begins then, in the time
// that is left, by the plan that stands. Searches only ask, so that asking twice does no harm. Called by one-hub.ts.

import type { HubPlan } from '../memory/search-memory.ts';
import type { HubEvent, HubListener, HubOutcome, HubSearch } from './calls.ts';
import { hubFailureOf } from './failure.ts';

/** With less left, no vendor could answer. */
const WORTH_ANOTHER_HUB_MS = 300;
/** One search meets at most so many ends of a hub; more are no restart. */
const TRIES_MAX = 4;
/** Before the next try; with jitter, as all who were in the hub come back at once. */
const AGAIN_MS = 100;

/** One try at a hub. Rejects with HubFailure. */
type AskHub = (search: HubSearch, listener: HubListener) => Promise<HubOutcome>;

/** `onId`: by which id the hub knows the search from now on. @throws HubFailure when no hub could end it. */
export async function searchAndResume(
  ask: AskHub,
  search: HubSearch,
  listener: HubListener,
  onId: (id: string) => void,
): Promise<HubOutcome> {
  const endMs = Date.now() + search.budgetMs;
  let plan: HubPlan | undefined;
  const open = new Set<number>();
  for (let count = 1; ; count += 1) {
    const numbers = [...open];
    const rest = plan && {
      askedWindow: plan.askedWindow,
      calls: plan.calls.filter((_, number) => open.has(number)),
    };
    // Two searches never share an id, at the relays either, which may have the first one's calls still.
    const id = count === 1 ? search.id : `${search.id}.${count}`;
    onId(id);
    const part = { ...search, id, budgetMs: Math.max(0, endMs - Date.now()), ...(rest && { rest }) };
    try {
      return await ask(part, (event) => {
        if (event.kind === 'planned') {
          plan = event.plan;
          for (const number of plan.calls.keys()) open.add(number);
          return listener(event);
        }
        const told = rest === undefined ? event : renumber(event, numbers);
        for (const number of answeredBy(told)) if (number !== null) open.delete(number);
        return listener(told);
      });
    } catch (cause) {
      const isWorthIt = endMs - Date.now() >= WORTH_ANOTHER_HUB_MS && count < TRIES_MAX;
      if (!hubFailureOf(cause).isRestart || !isWorthIt) throw cause;
      if (plan !== undefined && plan.calls.length > 0 && open.size === 0) return { kind: 'done' };
      await scheduler.wait(Math.random() * AGAIN_MS);
    }
  }
}

/** `numbers`: of the whole search, by those of the try. */
function renumber(event: HubEvent, numbers: readonly number[]): HubEvent {
  const ofAll = (number: number): number => numbers[number] ?? -1;
  switch (event.kind) {
    case 'failed':
      return { ...event, calls: event.calls.map(ofAll) };
    case 'answers':
      return {
        ...event,
        numbers: event.numbers.map((number) => (number === null ? null : ofAll(number))),
        shared: event.shared.map(ofAll),
      };
    default:
      return event;
  }
}

function answeredBy(event: HubEvent): readonly (number | null)[] {
  if (event.kind === 'failed') return event.calls;
  return event.kind === 'answers' ? event.numbers : [];
}
