// What one connection serves to the edge: RelayApi over Cap'n Web. Only its prototype's methods can be called
// from the other side; everything else is behind `#`. Checks what arrives, then hands it to the searches.

import { RpcTarget } from 'capnweb';
import type { AnswerSink, RelayApi, SearchPlan } from '../shared/link/relay.ts';
import type { Frame } from './frames.ts';
import { checkPlan } from './plan.ts';
import type { Searches } from './search.ts';

export interface SessionEvents {
  readonly onRefusedPlan: () => void;
  /** Called after each message has been handed to the socket. */
  readonly onDelivered: () => void;
}

export class LinkSession extends RpcTarget implements RelayApi {
  readonly #searches: Searches;
  readonly #events: SessionEvents;

  constructor(searches: Searches, events: SessionEvents) {
    super();
    this.#searches = searches;
    this.#events = events;
  }

  async search(input: SearchPlan, sink: AnswerSink): Promise<void> {
    const plan = checkPlan(input);
    if (plan === undefined || typeof sink !== 'function') {
      this.#events.onRefusedPlan();
      // The edge's own mistake, not a vendor's: there is no call to answer for.
      throw new Error('plan refused');
    }
    // The call is made here and now, so that a broken link rejects instead of throwing.
    const deliver = async ({ heads, answers }: Frame): Promise<void> => {
      const delivered = sink(heads, answers);
      this.#events.onDelivered();
      await delivered;
    };
    await this.#searches.run(plan, deliver, this);
  }

  cancel(id: string): void {
    this.#searches.cancel(id, this);
  }
}
