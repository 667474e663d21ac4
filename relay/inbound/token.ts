// The relay's word to the edge about who sends an appointment: a short token signed with the link's key, one per
// vendor, used again while it is fresh. Never logged. shared/link/hub.ts.

import { type KeyObject, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { INBOUND_AUDIENCE, INBOUND_TOKEN_LIFETIME_S } from '../../shared/link/hub.ts';
import type { InboundEditor } from '../certificates/trust.ts';

/** Half its life: what leaves with it arrives while it is valid, also at an edge whose clock is a little ahead. */
const FRESH_MS = (INBOUND_TOKEN_LIFETIME_S * 1000) / 2;

interface Signed {
  readonly token: Promise<string>;
  readonly signedMs: number;
}

export class InboundTokens {
  readonly #key: KeyObject;
  readonly #relayId: string;
  readonly #signed = new Map<string, Signed>();

  constructor(key: KeyObject, relayId: string) {
    this.#key = key;
    this.#relayId = relayId;
  }

  of(editor: InboundEditor, nowMs: number): Promise<string> {
    const name = JSON.stringify([editor.id, editor.appointmentSystem]);
    const held = this.#signed.get(name);
    // A clock that was set back makes a token of the future: not to be used.
    if (held !== undefined && held.signedMs <= nowMs && nowMs - held.signedMs < FRESH_MS) return held.token;
    for (const [other, { signedMs }] of this.#signed) {
      if (nowMs - signedMs >= FRESH_MS) this.#signed.delete(other);
    }
    const token = this.#sign(editor, nowMs);
    this.#signed.set(name, { token, signedMs: nowMs });
    return token;
  }

  /** Signs anew next time: the edge did not take one of these. */
  forget(): void {
    this.#signed.clear();
  }

  #sign({ id, appointmentSystem }: InboundEditor, nowMs: number): Promise<string> {
    const nowS = Math.floor(nowMs / 1000);
    return new SignJWT({ editor: id, appointmentSystem })
      .setProtectedHeader({ alg: 'EdDSA', kid: this.#relayId })
      .setIssuer(this.#relayId)
      .setSubject(this.#relayId)
      .setAudience(INBOUND_AUDIENCE)
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + INBOUND_TOKEN_LIFETIME_S)
      .setJti(randomUUID())
      .sign(this.#key);
  }
}
