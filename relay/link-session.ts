// What one connection serves to the edge: RelayApi over Cap'n Web. Only its prototype's methods can be called
// from the other side; everything else is behind `#`. Checks what arrives, then hands it to the searches.

import { RpcTarget } from 'capnweb';
import type { AnswerSink, RelayApi, SearchPlan } from '../shared/link/relay.ts';
import type { Frame } from './frames.ts';
import { checkPlan } from './plan.ts';
import type { Searches } from './search.ts';

export class LinkSession extends RpcTarget implements RelayApi {
  readonly #searches: Searches;
  readonly #onRefusedPlan: () => void;

  constructor(searches: Searches, onRefusedPlan: () => void) {
    super();
    this.#searches = searches;
    this.#onRefusedPlan = onRefusedPlan;
  }

  async search(input: SearchPlan, sink: AnswerSink): Promise<void> {
    const plan = checkPlan(input);
    if (plan === undefined || typeof sink !== 'function') {
      this.#onRefusedPlan();
      // The edge's own mistake, not a vendor's: there is no call to answer for.
      throw new Error('plan refused');
    }
    // The call is made here and now, so that a broken link rejects instead of throwing.
    const deliver = async ({ heads, answers }: Frame): Promise<void> => sink(heads, answers);
    await this.#searches.run(plan, deliver, this);
  }

  cancel(id: string): void {
    this.#searches.cancel(id, this);
  }
}
