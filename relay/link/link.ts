// The link to the edge: dials, signs in, announces, watches that the other side is alive, dials again. One
// WebSocket, one Cap'n Web session over it. docs/link-protocol.md.

import { newWebSocketRpcSession, type RpcStub } from 'capnweb';
import { WebSocket } from 'ws';
import { rejectLate, within } from '../../shared/deadline.ts';
import { FRAME_BYTES_MAX, LINK_PING_MS } from '../../shared/limits.ts';
import {
  type Announcement,
  HUB_PARAMETER,
  HUBS_HEADER,
  type HubApi,
  LINK_CLOSE,
  LINK_PATH,
} from '../../shared/link/hub.ts';
import type { RelayReport } from '../../shared/link/report.ts';
import type { Log, LogFields } from '../../shared/log.ts';
import { VERSION } from '../../shared/version.ts';
import type { Searches } from '../search/searches.ts';
import type { Accounts } from '../vendor/accounts.ts';
import { LinkSession } from './link-session.ts';

const HANDSHAKE_TIMEOUT_MS = 10_000;
const ANNOUNCE_TIMEOUT_MS = 10_000;
const BACKLOG_BYTES_MAX = 4 * FRAME_BYTES_MAX;
const CLOSE_TIMEOUT_MS = 1000;
const REPORT_MS = 60_000;
const BACKOFF_BASE_MS = 250;
const BACKOFF_MAX_MS = 10_000;
/** After the loss of a good link: the edge has restarted, and what it is asked meanwhile waits for its relays. */
const AT_ONCE_MS = 100;
/** A link that lived this long was a good one. */
const LIVED_MS = 500;

const CLOSE_REASONS: ReadonlyMap<number, string> = new Map([
  [LINK_CLOSE.unreadable, 'unreadable'],
  [LINK_CLOSE.replaced, 'replaced'],
  [LINK_CLOSE.silent, 'silent'],
  [LINK_CLOSE.relayIdTaken, 'relay-id-taken'],
  [LINK_CLOSE.mute, 'mute'],
]);

export interface LinkSettings {
  /** Of the edge, http(s). */
  readonly url: string;
  /** The number of the hub that is dialled; absent: the first one. */
  readonly hub?: number;
  /** How many hubs the edge has, as it says each time it is dialled. */
  readonly onHubs?: (count: number) => void;
  /** A new token for this upgrade; path and query. */
  readonly sign: (target: string) => Promise<string>;
  readonly announcement: () => Announcement;
  readonly searches: Searches;
  /** Absent: messages about accounts are refused. */
  readonly accounts?: Accounts;
  readonly log: Log;
  readonly onDial?: () => void;
  /** The edge says that a message for Hub Santé is due. */
  readonly onPublishDue?: () => void;
  /** Another process serves under this relay's id; the link dials no more. */
  readonly onIdTaken?: () => void;
  /** The link asks what the relay says of itself now, and tells it to the first hub only. */
  readonly report?: () => RelayReport;
  readonly pingMs?: number;
  /** Answers that the edge has not taken yet; past this it is as good as gone. */
  readonly backlogBytesMax?: number;
  /** 0..1, for the jitter. */
  readonly random?: () => number;
}

interface Open {
  readonly socket: WebSocket;
  readonly hub: RpcStub<HubApi>;
  readonly openedMs: number;
}

type State =
  | { readonly name: 'idle' }
  | { readonly name: 'signing' }
  | { readonly name: 'dialling'; readonly socket: WebSocket }
  | ({ readonly name: 'announcing' } & Open)
  | ({ readonly name: 'up' } & Open)
  | { readonly name: 'waiting'; readonly timer: NodeJS.Timeout }
  | { readonly name: 'closed' };

/** One link to one hub of the edge: the relay dials it, holds it, and dials again when it ends, until it is closed. */
export class Link {
  readonly #settings: LinkSettings;
  readonly #url: string;
  readonly #host: string;
  readonly #pingMs: number;
  #state: State = { name: 'idle' };
  #attempt = 0;
  #draining = false;

  constructor(settings: LinkSettings) {
    this.#settings = settings;
    this.#url = linkUrl(settings.url, settings.hub);
    this.#host = new URL(this.#url).host;
    this.#pingMs = settings.pingMs ?? LINK_PING_MS;
  }

  get state(): State['name'] {
    return this.#state.name;
  }

  start(): void {
    if (this.#state.name === 'idle') void this.#dial();
  }

  /** Says again what this relay serves; nothing to do when it is not up, since dialling does it. */
  announce(): void {
    if (this.#state.name !== 'up') return;
    const { hub, socket } = this.#state;
    this.#tell(hub.announce(this.#settings.announcement()), socket);
  }

  /** Says how this relay is; an older edge does not listen, and nothing is lost by it. */
  report(): void {
    const { hub = 0, report } = this.#settings;
    if (this.#state.name !== 'up' || hub > 0 || report === undefined) return;
    const told = (this.#state.hub as RpcStub<Required<HubApi>>).report(report());
    Promise.resolve(told).catch(() => undefined);
  }

  /** Asks the edge for nothing new; resolves when it has understood, or cannot any more. */
  async drain(timeoutMs: number): Promise<void> {
    this.#draining = true;
    if (this.#state.name !== 'up') return;
    await within(this.#state.hub.drain(), timeoutMs, rejectLate).catch(() => {});
  }

  /** Resolves when the socket is closed: what was said before has then reached the edge, or never will. */
  async close(): Promise<void> {
    const state = this.#state;
    this.#state = { name: 'closed' };
    switch (state.name) {
      case 'waiting':
        clearTimeout(state.timer);
        break;
      case 'dialling':
        state.socket.terminate();
        break;
      case 'announcing':
      case 'up':
        await closeSocket(state.socket);
        break;
      case 'idle':
      case 'signing':
      case 'closed':
    }
    this.#log('info', 'link-closed');
  }

  async #dial(): Promise<void> {
    this.#state = { name: 'signing' };
    this.#attempt += 1;
    this.#settings.onDial?.();
    const token = await this.#settings.sign(linkTarget(this.#settings.hub));
    if (this.#state.name !== 'signing') return;
    const socket = new WebSocket(this.#url, {
      headers: { authorization: `Bearer ${token}`, 'user-agent': `passerelle-relay/${VERSION.number}` },
      maxPayload: FRAME_BYTES_MAX,
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      // Masks protect proxies from what a browser's page may write; here they would only cost a copy of each
      // answer. A zero mask is legal, and `ws` then skips the work.
      generateMask: (mask) => mask.fill(0),
    });
    this.#state = { name: 'dialling', socket };
    this.#log('info', 'link-dialling', { host: this.#host, attempt: this.#attempt });
    let why: LogFields = {};
    socket.on('unexpected-response', (request, response) => {
      why = { status: response.statusCode ?? 0 };
      request.destroy();
      socket.terminate();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      why = { ...why, detail: error.code ?? error.name };
    });
    socket.once('upgrade', ({ headers }) => {
      const count = Number(headers[HUBS_HEADER.toLowerCase()] ?? 1);
      if (Number.isSafeInteger(count)) this.#settings.onHubs?.(count);
    });
    socket.once('open', () => this.#open(socket));
    socket.once('close', (code) => {
      const reason = CLOSE_REASONS.get(code);
      this.#lost(socket, { detail: String(code), ...(reason !== undefined && { reason }), ...why });
      if (code === LINK_CLOSE.relayIdTaken) this.#yield();
    });
  }

  #open(socket: WebSocket): void {
    if (this.#state.name !== 'dialling') return;
    const { searches, accounts } = this.#settings;
    const session = new LinkSession(
      searches,
      {
        onRefusedPlan: () => this.#log('error', 'link-plan-refused'),
        send: (frame) => this.#send(socket, frame),
        onPublishDue: () => this.#settings.onPublishDue?.(),
      },
      accounts,
    );
    // `ws` and the web's WebSocket are close enough for Cap'n Web (its README says so); their types are not.
    const hub = newWebSocketRpcSession<HubApi>(socket as unknown as globalThis.WebSocket, session, {
      limits: { maxMessageSize: FRAME_BYTES_MAX },
      onSendError: () => new Error('relay error'),
    });
    this.#state = { name: 'announcing', socket, hub, openedMs: performance.now() };
    this.#watch(socket);
    socket.once('close', () => {
      searches.abandon(session);
      accounts?.abandon(session);
    });
    const announced = within(hub.announce(this.#settings.announcement()), ANNOUNCE_TIMEOUT_MS, rejectLate);
    this.#tell(announced, socket, () => {
      if (this.#state.name !== 'announcing') return;
      this.#state = { ...this.#state, name: 'up' };
      this.#log('info', 'link-up', { host: this.#host, attempt: this.#attempt });
      this.report();
      const reports = setInterval(() => this.report(), REPORT_MS);
      socket.once('close', () => clearInterval(reports));
    });
  }

  /** False when the socket takes nothing more; a link that takes too little is left. */
  #send(socket: WebSocket, frame: Buffer): boolean {
    if (socket.readyState !== WebSocket.OPEN) return false;
    socket.send(frame, { binary: false });
    if (socket.bufferedAmount > (this.#settings.backlogBytesMax ?? BACKLOG_BYTES_MAX)) {
      this.#log('warn', 'link-clogged', { bytes: socket.bufferedAmount });
      socket.terminate();
    }
    return true;
  }

  #tell(told: PromiseLike<unknown>, socket: WebSocket, then?: () => void): void {
    told.then(then, () => {
      if (socket.readyState !== WebSocket.OPEN) return;
      this.#log('warn', 'link-announce-failed');
      socket.terminate();
    });
  }

  /** Pings, and gives up a link on which nothing at all has been heard for two pings' time. */
  #watch(socket: WebSocket): void {
    const silence = setTimeout(() => {
      this.#log('warn', 'link-silent', { delayMs: 2 * this.#pingMs });
      socket.terminate();
    }, 2 * this.#pingMs);
    const heard = (): void => {
      silence.refresh();
    };
    const pings = setInterval(() => socket.ping(), this.#pingMs);
    socket.on('message', heard);
    socket.on('pong', heard);
    socket.on('ping', heard);
    socket.once('close', () => {
      clearTimeout(silence);
      clearInterval(pings);
    });
  }

  #lost(socket: WebSocket, why: LogFields): void {
    const state = this.#state;
    if (!('socket' in state) || state.socket !== socket) return;
    const livedMs = 'openedMs' in state ? performance.now() - state.openedMs : 0;
    const wasGood = state.name === 'up' && livedMs >= LIVED_MS;
    if (wasGood) this.#attempt = 0;
    const backoffMs = Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** Math.min(this.#attempt, 16));
    const ceilingMs = wasGood ? AT_ONCE_MS : backoffMs;
    // Full jitter: after an edge restart the relays do not all come back at once.
    const delayMs = Math.round((this.#settings.random ?? Math.random)() * ceilingMs);
    this.#log(this.#draining ? 'info' : 'warn', 'link-down', {
      ...why,
      delayMs,
      durationMs: Math.round(livedMs),
    });
    // A relay that is closing has nothing left to announce.
    if (this.#draining) this.#state = { name: 'closed' };
    else this.#state = { name: 'waiting', timer: setTimeout(() => void this.#dial(), delayMs) };
  }

  /** Dialling again would only trouble the other one. */
  #yield(): void {
    if (this.#state.name === 'waiting') clearTimeout(this.#state.timer);
    this.#state = { name: 'closed' };
    this.#log('error', 'relay-id-taken', { host: this.#host });
    this.#settings.onIdTaken?.();
  }

  #log(level: 'info' | 'warn' | 'error', message: string, fields?: LogFields): void {
    const { hub, log } = this.#settings;
    log(level, message, hub === undefined ? fields : { ...fields, hub });
  }
}

/** `https://edge.example/x` → `wss://edge.example/x/link`, with `?hub=1` for the second hub. */
export function linkUrl(edgeUrl: string, hub = 0): string {
  const url = new URL(edgeUrl);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.origin + url.pathname.replace(/\/+$/, '') + linkTarget(hub);
}

/** Path and query of the upgrade, below the edge's base address. */
function linkTarget(hub = 0): string {
  return hub > 0 ? `${LINK_PATH}?${HUB_PARAMETER}=${hub}` : LINK_PATH;
}

/** Says goodbye, and does not wait for ever to hear it back. */
async function closeSocket(socket: WebSocket): Promise<void> {
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.close(1001);
  await within(closed, CLOSE_TIMEOUT_MS, () => socket.terminate());
  await closed;
}
