// INT_L02 between edge and relay: the edge keeps the outbox and writes the messages, a relay carries them to Hub Santé and
// brings back what comes. Plain HTTPS requests that the relay signs with its own key, as it signs an appointment
// (shared/link/hub.ts): the token's audience is the one below, it is for one method, target and body, once. Types and facts only.

/** Of the token for each of the three requests below. */
export const HUB_SANTE_AUDIENCE = 'passerelle-hub-sante';

/** All POST, `application/json`. */
export const HUB_SANTE_PATHS = {
  /** `LeaseRequest` → `LeaseAnswer`. */
  lease: '/hub-sante/lease',
  /** `SettleRequest` → `CountAnswer`. */
  settle: '/hub-sante/settle',
  /** `ReceiveRequest` → `CountAnswer`: all stored, or none. */
  receive: '/hub-sante/receive',
} as const;

/** What the relay's token says besides. */
export interface HubSanteClaims {
  /** SHA-256 of the body's bytes, base64url. */
  readonly bodySha256: string;
}

/** Messages of one lease at most. */
export const LEASE_MESSAGES_MAX = 100;
/** A received message is cut here; what comes from Hub Santé is a few kilobytes. */
export const RECEIVED_BYTES_MAX = 256 * 1024;
export const RECEIVED_MESSAGES_MAX = 50;

/** Who asks: the client id that the relay's certificate proves to Hub Santé, and the relay's process. */
export interface HubSanteClient {
  /** `fr.health.ptfsas`, `fr.health.test.ptfsas`. */
  readonly clientId: string;
  /** Of the relay's process, made anew at each start: a lease is one process's. */
  readonly instance: string;
}

export interface LeaseRequest extends HubSanteClient {
  /** 1 to `LEASE_MESSAGES_MAX`. */
  readonly max: number;
}

export interface LeaseAnswer {
  /**
   * Counted from before the relay sent its request, on its own steady clock: after it the relay publishes none of these any
   * more. The edge gives none of them away again before this and a margin are over on its own clock.
   */
  readonly leaseMs: number;
  /** At most one of each appointment; in the order in which they are to leave. */
  readonly messages: readonly OutgoingMessage[];
  /** More wait than were given: ask again at once. */
  readonly more: boolean;
  /** When to ask again unless told to (`publishDue` over the link), milliseconds from now. */
  readonly nextMs: number;
}

export interface OutgoingMessage {
  /** `<clientId>_<uuid>`: of this one attempt, never used again. */
  readonly distributionId: string;
  /** The EDXL-DE envelope as JSON text: what is published, byte for byte. */
  readonly body: string;
}

/** What became of one attempt to publish. */
export type PublishOutcome =
  /** The broker confirmed it: queued for the dispatcher, no more. */
  | 'confirmed'
  /** The broker said no (basic.nack): it has nothing. */
  | 'nacked'
  /** It never left: no channel, or the lease was over first. */
  | 'unsent'
  /** It left and the channel ended before the broker's word: it may have arrived. */
  | 'unknown';

export interface SettleRequest extends HubSanteClient {
  readonly outcomes: readonly { readonly distributionId: string; readonly outcome: PublishOutcome }[];
  /**
   * Published, and a broker that takes nothing for want of room has not read them: the edge gives none of their appointments away
   * before a lease from now on is over. An edge of before passes over it.
   */
  readonly holding?: readonly string[];
}

export interface ReceiveRequest extends HubSanteClient {
  readonly messages: readonly ReceivedMessage[];
}

export interface ReceivedMessage {
  readonly queue: 'ack' | 'info';
  /** As it came, decoded as UTF-8. */
  readonly body: string;
  /** The broker says that it gave it before. */
  readonly redelivered: boolean;
  /** The body was longer than `RECEIVED_BYTES_MAX`, and was cut. */
  readonly cut?: boolean;
}

export interface CountAnswer {
  /** How many of those named were known (settle), or stored (receive). */
  readonly count: number;
}

/*
 * Over the link (shared/link/hub.ts, relay.ts), best effort, so that nothing waits for `nextMs`:
 * - `Announcement.hubSante?: string`: the client id of a relay that carries messages;
 * - `RelayApi.publishDue?(): void`: the edge tells such relays, behind the acknowledgement of a write, that something is due.
 */
