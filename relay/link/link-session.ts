// What one connection serves to the edge: RelayApi over Cap'n Web. Only its prototype's methods can be called
// from the other side; everything else is behind `#`. Checks what arrives, then hands it to the searches.
// docs/decisions/0005-capnweb.md.

import { RpcTarget } from 'capnweb';
import type { AccountReply, AccountRequest } from '../../shared/link/accounts.ts';
import { writeFrameHead } from '../../shared/link/answer-frame.ts';
import type { RelayApi, SearchPlan } from '../../shared/link/relay.ts';
import type { Searches } from '../search/searches.ts';
import type { Frame } from '../search/write-frames.ts';
import type { Accounts } from '../vendor/accounts.ts';
import { checkCancel, checkPlan } from './check-plan.ts';

export interface SessionEvents {
  readonly onRefusedPlan: () => void;
  /** A message for Hub Santé is due. */
  readonly onPublishDue: () => void;
  /** Hands an answer frame to the socket, as UTF-8; false when the link is gone. */
  readonly send: (frame: Buffer) => boolean;
}

/** What the edge calls over one link: each message is checked here, then carried out. Rejects what is malformed. */
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

  async search(input: SearchPlan): Promise<void> {
    const plan = checkPlan(input);
    if (plan === undefined) {
      this.#events.onRefusedPlan();
      // The edge's own mistake, not a vendor's: there is no call to answer for.
      throw new Error('plan refused');
    }
    const sink = ({ heads, body }: Frame): boolean =>
      this.#events.send(Buffer.concat([Buffer.from(writeFrameHead({ search: plan.id, heads })), ...body]));
    await this.#searches.run(plan, sink, this);
  }

  cancel(id: string, calls?: readonly number[]): void {
    const checked = checkCancel(id, calls);
    if (checked === undefined) {
      this.#events.onRefusedPlan();
      throw new Error('cancel refused');
    }
    this.#searches.cancel(checked.id, this, checked.calls);
  }

  publishDue(): void {
    this.#events.onPublishDue();
  }

  async sendAccount(request: AccountRequest): Promise<AccountReply> {
    const reply = await this.#accounts?.send(request, this);
    if (reply !== undefined) return reply;
    this.#events.onRefusedPlan();
    throw new Error('message refused');
  }
}
