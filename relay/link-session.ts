// What one connection serves to the edge: RelayApi over Cap'n Web. Only its prototype's methods can be called
// from the other side; everything else is behind `#`. Checks what arrives, then hands it to the searches.

import { RpcTarget } from 'capnweb';
import type { AccountReply, AccountRequest } from '../shared/link/accounts.ts';
import type { AnswerSink, RelayApi, SearchPlan } from '../shared/link/relay.ts';
import type { Accounts } from './accounts.ts';
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
  readonly #accounts: Accounts | undefined;
  readonly #events: SessionEvents;

  constructor(searches: Searches, events: SessionEvents, accounts?: Accounts) {
    super();
    this.#accounts = accounts;
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

  async sendAccount(request: AccountRequest): Promise<AccountReply> {
    const reply = await this.#accounts?.send(request, this);
    if (reply !== undefined) return reply;
    this.#events.onRefusedPlan();
    throw new Error('message refused');
  }
}
