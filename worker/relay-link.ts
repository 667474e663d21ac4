// One connected relay, as the hub sees it: the session over its WebSocket, what it announced, what it is busy
// with. A relay that has not announced yet, that drains or that is gone is given nothing.

import { newWebSocketRpcSession, type RpcStub, RpcTarget } from 'capnweb';
import type { AccountReply, AccountRequest } from '../shared/link/accounts.ts';
import type { Announcement, HubApi } from '../shared/link/hub.ts';
import { FRAME_BYTES_MAX } from '../shared/link/limits.ts';
import type { AnswerSink, RelayApi, SearchPlan } from '../shared/link/relay.ts';

type LinkState =
  | { readonly kind: 'connected' }
  | { readonly kind: 'serving'; readonly editors: ReadonlySet<string>; readonly version: string }
  | { readonly kind: 'draining' }
  | { readonly kind: 'lost' };

/** A relay as operators see it. */
export interface RelayDescription {
  readonly id: string;
  readonly state: LinkState['kind'];
  readonly editors: readonly string[];
  readonly version?: string;
  /** Vendor calls under way. */
  readonly load: number;
  readonly connectedAt: string;
}

export interface LinkEvents {
  readonly announced: (announcement: Announcement) => Promise<void>;
  readonly lost: () => void;
}

export class RelayLink {
  readonly id: string;
  #state: LinkState = { kind: 'connected' };
  readonly #socket: WebSocket;
  readonly #events: LinkEvents;
  readonly #session: RpcStub<RpcTarget & RelayApi>;
  readonly #connectedMs = Date.now();
  #load = 0;

  /** `socket` is accepted already; from now on this link owns it. */
  constructor(id: string, socket: WebSocket, events: LinkEvents) {
    this.id = id;
    this.#socket = socket;
    this.#events = events;
    this.#session = newWebSocketRpcSession<RpcTarget & RelayApi>(socket, new Hub(this), {
      limits: { maxMessageSize: FRAME_BYTES_MAX },
    });
    this.#session.onRpcBroken(() => this.#lose());
  }

  /** Vendor calls under way. */
  get load(): number {
    return this.#load;
  }

  /** The vendors it can be asked for; empty unless it serves. */
  get editors(): ReadonlySet<string> {
    return this.#state.kind === 'serving' ? this.#state.editors : new Set();
  }

  get isServing(): boolean {
    return this.#state.kind === 'serving';
  }

  describe(): RelayDescription {
    const state = this.#state;
    return {
      id: this.id,
      state: state.kind,
      editors: [...this.editors],
      ...(state.kind === 'serving' ? { version: state.version } : {}),
      load: this.#load,
      connectedAt: new Date(this.#connectedMs).toISOString(),
    };
  }

  /** Rejects when the link is lost before the relay has answered everything. */
  async search(plan: SearchPlan, sink: AnswerSink): Promise<void> {
    this.#load += plan.calls.length;
    try {
      await this.#session.search(plan, sink);
    } finally {
      this.#load -= plan.calls.length;
    }
  }

  /** Rejects when the link is lost before the relay has answered: nobody knows then what became of it. */
  async sendAccount(request: AccountRequest): Promise<AccountReply> {
    this.#load += 1;
    try {
      return await this.#session.sendAccount(request);
    } finally {
      this.#load -= 1;
    }
  }

  cancel(id: string): void {
    // A lost link has nothing left to cancel.
    Promise.resolve(this.#session.cancel(id)).catch(() => undefined);
  }

  /** Takes the announcement only once it is stored: a relay that is served is a relay the registry knows. */
  async announce(announcement: Announcement): Promise<void> {
    await this.#events.announced(announcement);
    if (this.#state.kind !== 'connected' && this.#state.kind !== 'serving') return;
    const editors = new Set(announcement.editors.map((editor) => editor.id));
    this.#state = { kind: 'serving', editors, version: announcement.version };
  }

  drain(): void {
    if (this.#state.kind !== 'lost') this.#state = { kind: 'draining' };
  }

  close(code: number, reason: string): void {
    this.#lose();
    try {
      this.#socket.close(code, reason);
    } catch {
      // Already closed by the other side.
    }
  }

  #lose(): void {
    if (this.#state.kind === 'lost') return;
    this.#state = { kind: 'lost' };
    (this.#session as unknown as Disposable)[Symbol.dispose]();
    this.#events.lost();
  }
}

/** What the relay sees of us. */
class Hub extends RpcTarget implements HubApi {
  readonly #link: RelayLink;

  constructor(link: RelayLink) {
    super();
    this.#link = link;
  }

  async announce(announcement: Announcement): Promise<void> {
    await this.#link.announce(announcement);
  }

  async drain(): Promise<void> {
    this.#link.drain();
  }
}
