// One connected relay, as the hub sees it: the session over its WebSocket, what it announced, what it is busy
// with. A relay that has not announced yet, that drains or that is gone is given nothing.

import { newWebSocketRpcSession, type RpcStub, RpcTarget } from 'capnweb';
import { within } from '../../../shared/deadline.ts';
import { FRAME_BYTES_MAX } from '../../../shared/limits.ts';
import type { AccountReply, AccountRequest } from '../../../shared/link/accounts.ts';
import { type AnswerFrame, isFrame, readFrame } from '../../../shared/link/answer-frame.ts';
import { type Announcement, type HubApi, LINK_CLOSE } from '../../../shared/link/hub.ts';
import type { RelayApi, SearchPlan } from '../../../shared/link/relay.ts';
import type { Build } from '../../../shared/version.ts';
import { log } from '../../base/log.ts';
import { LinkWatch } from './link-watch.ts';

type LinkState =
  | { readonly kind: 'connected' }
  | {
      readonly kind: 'serving';
      readonly announcement: Announcement;
      readonly vendors: ReadonlySet<string>;
      readonly outOfOrder: ReadonlySet<string>;
    }
  | { readonly kind: 'draining' }
  | { readonly kind: 'lost' };

/** A relay as operators see it. */
export interface RelayDescription {
  readonly id: string;
  readonly state: LinkState['kind'];
  readonly editors: readonly string[];
  /** Vendors whose entry at this relay is broken; absent when there is none. */
  readonly outOfOrder?: readonly string[];
  /** Vendors that it announces and may not be, until an operator says so; absent when there is none. */
  readonly held?: readonly string[];
  readonly version?: string;
  /** Absent when the relay runs from its sources, or is older. */
  readonly build?: Build;
  /** Which hub says so, when there are several. */
  readonly hub?: number;
  /** Vendor calls under way. */
  readonly load: number;
  readonly connectedAt: string;
}

/** Receives the frames of one plan, in the order they arrive. */
export type AnswerSink = (frame: AnswerFrame) => void;

/** As long as LinkWatch waits: a relay that says nothing for so long is taken for lost. */
const LIFE_MS = 3000;

/** A plan that the relay has not ended. */
interface RunningPlan {
  readonly sink: AnswerSink;
  /** Calls neither answered nor given up. */
  readonly open: Set<number>;
}

/** What the hub is told of a link. */
export interface LinkEvents {
  /** Returns the ids of the vendors that it may serve. */
  readonly announced: (announcement: Announcement) => Promise<ReadonlySet<string>>;
  /** What it says of itself. @throws when it is no report. */
  readonly reported: (report: unknown) => void;
  readonly lost: () => void;
  /** What it can be asked for has changed. */
  readonly changed: () => void;
}

/** The link to one relay, from its connection to its end. */
export class RelayLink {
  readonly id: string;
  #state: LinkState = { kind: 'connected' };
  readonly #socket: WebSocket;
  readonly #events: LinkEvents;
  readonly #session: RpcStub<RpcTarget & Required<RelayApi>>;
  readonly #connectedMs = Date.now();
  readonly #plans = new Map<string, RunningPlan>();
  readonly #watch: LinkWatch;
  #accounts = 0;
  #heardMs = this.#connectedMs;
  #hasAnnounced = false;

  /** `socket` is accepted already; from now on this link owns it. */
  constructor(id: string, socket: WebSocket, events: LinkEvents) {
    this.id = id;
    this.#socket = socket;
    this.#events = events;
    const calls = withoutFrames(socket, (message) => this.#take(message));
    socket.addEventListener('message', () => this.#hear());
    this.#session = newWebSocketRpcSession<RpcTarget & Required<RelayApi>>(calls, new Hub(this), {
      limits: { maxMessageSize: FRAME_BYTES_MAX },
    });
    this.#session.onRpcBroken(() => this.#lose());
    this.#watch = new LinkWatch({
      // Every relay answers this, and there is nothing to give up by it.
      askForLife: () => this.cancel('', []),
      silent: () => {
        log('warn', 'relay-silent', { relay: id });
        this.close(LINK_CLOSE.silent, 'silent');
      },
    });
  }

  /** Vendor calls under way. */
  get load(): number {
    let load = this.#accounts;
    for (const { open } of this.#plans.values()) load += open.size;
    return load;
  }

  /** The vendors it can be asked for; empty unless it serves. */
  get vendors(): ReadonlySet<string> {
    return this.#state.kind === 'serving' ? this.#state.vendors : new Set();
  }

  /** The vendors that it names and cannot ask: their entries there are broken. */
  get outOfOrder(): ReadonlySet<string> {
    return this.#state.kind === 'serving' ? this.#state.outOfOrder : new Set();
  }

  /** Those that it announces and may not be. */
  get held(): readonly string[] {
    const { announcement, vendors } = this;
    const held = announcement?.editors.filter(({ id }) => !vendors.has(id) && !this.outOfOrder.has(id));
    return held?.map(({ id }) => id) ?? [];
  }

  /** What it announces; undefined unless it serves. */
  get announcement(): Announcement | undefined {
    return this.#state.kind === 'serving' ? this.#state.announcement : undefined;
  }

  /** An announcement of it has come, and has not been refused. */
  get hasAnnounced(): boolean {
    return this.#hasAnnounced;
  }

  get isServing(): boolean {
    return this.#state.kind === 'serving';
  }

  get isDraining(): boolean {
    return this.#state.kind === 'draining';
  }

  get isLost(): boolean {
    return this.#state.kind === 'lost';
  }

  /** Asks it for a sign of life; false when none comes. */
  async isAlive(): Promise<boolean> {
    if (this.isLost) return false;
    const answer = Promise.resolve(this.#session.cancel('', [])).then(
      () => true,
      () => !this.isLost,
    );
    return within(answer, LIFE_MS, () => false);
  }

  describe(): RelayDescription {
    const state = this.#state;
    return {
      id: this.id,
      state: state.kind,
      editors: [...this.vendors],
      ...(this.outOfOrder.size > 0 && { outOfOrder: [...this.outOfOrder] }),
      ...(this.held.length > 0 && { held: this.held }),
      ...(state.kind === 'serving' && {
        version: state.announcement.version,
        ...(state.announcement.build && { build: state.announcement.build }),
      }),
      load: this.load,
      connectedAt: new Date(this.#connectedMs).toISOString(),
    };
  }

  /** False when nothing at all has come from it since then. */
  hasSpokenSince(ms: number): boolean {
    return this.#heardMs >= ms;
  }

  /**
   * `sink` receives each frame of answers as it arrives. Rejects when the link is lost before all have arrived; a relay that
   * gives no sign of life meanwhile is one.
   */
  async search(plan: SearchPlan, sink: AnswerSink): Promise<void> {
    this.#plans.set(plan.id, { sink, open: new Set(plan.calls.keys()) });
    this.#watch.begin();
    try {
      await this.#session.search(plan);
    } finally {
      this.#plans.delete(plan.id);
      if (this.#plans.size === 0) this.#watch.end();
    }
  }

  /** One message about one account to one vendor. Rejects when the link is lost before the relay has answered. */
  async sendAccount(request: AccountRequest): Promise<AccountReply> {
    this.#accounts += 1;
    try {
      return await this.#session.sendAccount(request);
    } finally {
      this.#accounts -= 1;
    }
  }

  /** It carries messages of INT_L02: one is due. */
  publishDue(): void {
    if (this.announcement?.hubSante === undefined) return;
    // It asks by itself too.
    Promise.resolve(this.#session.publishDue()).catch(() => undefined);
  }

  #hear(): void {
    this.#heardMs = Date.now();
    this.#watch.heard();
  }

  /** A frame of a plan that was given up is left unread. */
  #take(message: string): void {
    try {
      const frame = readFrame(message);
      const plan = this.#plans.get(frame.search);
      for (const { call } of frame.heads) plan?.open.delete(call);
      plan?.sink(frame);
    } catch {
      this.close(LINK_CLOSE.unreadable, 'unreadable frame');
    }
  }

  /** Gives up these calls of a search. */
  cancel(id: string, calls: readonly number[]): void {
    for (const call of calls) this.#plans.get(id)?.open.delete(call);
    // A lost link has nothing left to cancel.
    Promise.resolve(this.#session.cancel(id, calls)).catch(() => undefined);
  }

  /** It serves as soon as the hub has taken its announcement; D1 hears of it later. */
  async announce(announcement: Announcement): Promise<void> {
    this.#hasAnnounced = true;
    try {
      this.serve(announcement, await this.#events.announced(announcement));
    } catch (cause) {
      // A link that serves nobody after its word is as mute as one without.
      if (this.#state.kind !== 'serving') this.close(LINK_CLOSE.unreadable, 'announcement refused');
      throw cause;
    }
  }

  /** From now on it can be asked for these of the vendors that it announces. */
  serve(announcement: Announcement, allowed: ReadonlySet<string>): void {
    if (this.#state.kind !== 'connected' && this.#state.kind !== 'serving') return;
    const idsOf = (outOfOrder: boolean): ReadonlySet<string> =>
      new Set(
        announcement.editors
          .filter((one) => allowed.has(one.id) && (one.outOfOrder === true) === outOfOrder)
          .map(({ id }) => id),
      );
    this.#state = { kind: 'serving', announcement, vendors: idsOf(false), outOfOrder: idsOf(true) };
    this.#events.changed();
  }

  /** What it says of itself counts only once it serves under its name. @throws when it is no report. */
  report(report: unknown): void {
    if (this.isServing) this.#events.reported(report);
  }

  drain(): void {
    if (this.#state.kind === 'lost') return;
    this.#state = { kind: 'draining' };
    this.#events.changed();
  }

  /** The socket first: the session's own end would close it with a code that says nothing. */
  close(code: number, reason: string): void {
    try {
      this.#socket.close(code, reason);
    } catch {
      // Already closed by the other side.
    }
    this.#lose();
  }

  #lose(): void {
    if (this.#state.kind === 'lost') return;
    this.#state = { kind: 'lost' };
    this.#watch.end();
    (this.#session as unknown as Disposable)[Symbol.dispose]();
    this.#events.lost();
  }
}

/** The socket as Cap'n Web may see it: frames of answers go to `onFrame` and never reach it. */
function withoutFrames(socket: WebSocket, onFrame: (message: string) => void): WebSocket {
  const calls = {
    binaryType: 'arraybuffer',
    get readyState() {
      return socket.readyState;
    },
    send: (message: string) => socket.send(message),
    close: (code?: number, reason?: string) => {
      if (socket.readyState === WebSocket.OPEN) socket.close(code, reason);
    },
    addEventListener: (type: 'message' | 'close' | 'error' | 'open', listen: (event: Event) => void) => {
      if (type !== 'message') return socket.addEventListener(type as 'close', listen);
      socket.addEventListener('message', (event) => {
        if (isFrame(event.data)) onFrame(event.data);
        else listen(event);
      });
    },
  };
  return calls as unknown as WebSocket;
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

  async report(report: unknown): Promise<void> {
    this.#link.report(report);
  }
}
