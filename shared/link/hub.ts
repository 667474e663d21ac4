// What a relay may ask of the edge over the link, and how it signs in. Types and the token's facts only.

import type { Flow } from '../sas/query.ts';
import type { Build } from '../version.ts';
import type { RelayReport } from './report.ts';

export type EditorFlow = Flow | 'INT_R02' | 'INT_R03';

/** A vendor as a relay knows it: no secret, no certificate, no URL. */
export interface EditorAnnouncement {
  readonly id: string;
  readonly name: string;
  readonly flows: readonly EditorFlow[];
  readonly redirectHosts: readonly string[];
  /** The system of its appointments' identifiers; absent when it sends none. Older relays say none. */
  readonly appointmentSystem?: string;
  /** Expiry of the client certificate we show this vendor, ISO instant. */
  readonly certificateNotAfter: string;
  /** Its entry at the relay is broken: named, so that it is not taken for absent, and asked of another relay if one serves it. */
  readonly outOfOrder?: boolean;
}

export interface Announcement {
  readonly relay: string;
  /** Of the relay's process, made anew at each start: tells it, dialling again, from another one. Older relays say none. */
  readonly instance?: string;
  readonly version: string;
  /** Absent when the relay runs from its sources. Older relays say none. */
  readonly build?: Build;
  readonly editors: readonly EditorAnnouncement[];
  /** The client id of a relay that carries messages to Hub Santé (hub-sante.ts). */
  readonly hubSante?: string;
}

/** What the edge serves to a relay once it has proved who it is. */
export interface HubApi {
  /** Replaces all that this relay said before. Called on connecting and after each reload of its vendors. */
  announce(announcement: Announcement): Promise<void>;
  /** From now on nothing new is sent to this relay; what runs is finished. */
  drain(): Promise<void>;
  /** What the relay says of itself, replacing what it said before: once a minute, to the first hub. An older edge has none. */
  report?(report: RelayReport): Promise<void>;
}

/**
 * A token of a relay: a JWT signed with its Ed25519 key (`alg` EdDSA, `kid` = `iss` = `sub` = relayId) in the
 * `Authorization` header, valid for two minutes at most, `aud` one of the two below. It is for one request to one edge, once
 * (`jti`), and says so in these claims.
 */
export interface RequestClaims {
  /** Host, with a port that is not the scheme's own, of the edge as the relay's file names it. */
  readonly edge: string;
  readonly method: string;
  /** Path and query below the edge's base address. */
  readonly target: string;
}

export const RELAY_TOKEN_LIFETIME_S = 120;
/** Of the token for the WebSocket upgrade: its claims are those of every token. */
export const LINK_AUDIENCE = 'passerelle-link';
export const LINK_PATH = '/link';
/** Of an edge with several hubs, which one is dialled: its number from 1 on; absent, the first (0). */
export const HUB_PARAMETER = 'hub';
/** On the answer to the upgrade: how many hubs the edge has. An older edge says none, and has one. */
export const HUBS_HEADER = 'X-Passerelle-Hubs';

/** Codes with which the edge closes a link; each has its name in both programs' logs. */
export const LINK_CLOSE = {
  /** Unsupported data (RFC 6455). */
  unreadable: 1003,
  /** The relay has dialled again, or fell silent and another process took its id. */
  replaced: 4001,
  silent: 4002,
  /** Another living process serves under this relay id: this one must not go on. */
  relayIdTaken: 4003,
  /** Nothing was announced in time. */
  mute: 4004,
} as const;

/** Of the token for what a relay forwards from its mTLS port (appointments). */
export const INBOUND_AUDIENCE = 'passerelle-inbound';

/** What such a token says besides. */
export interface SenderClaims {
  /** The vendor that its client certificate proved. */
  readonly editor: string;
  /** The only identifier system that this vendor may use. */
  readonly appointmentSystem: string;
  /** SHA-256 of the body's bytes, base64url. */
  readonly bodySha256: string;
}
