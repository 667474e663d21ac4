// Which relay may report appointments of which vendor: the vendor's hub tells, which has the registry in its memory, and takes
// each token once. No database is asked.

import { within } from '../../shared/deadline.ts';
import { GatewayError } from '../../shared/error.ts';
import type { Env } from '../base/env.ts';
import { log } from '../base/log.ts';
import { type Sender, tokenUsed } from '../http/relay-token.ts';
import { HubFailure } from '../hub/reach/failure.ts';
import { hubOf } from '../hub/reach/hub-of.ts';
import { isAnnouncedFor } from '../store/editors.ts';
import { guardIdempotent } from '../store/guard.ts';

/** Of appointments. */
const FLOW = 'INT_R03';
/** A hub that starts again answers within it. */
const ADMIT_MS = 4_000;

/**
 * Uses the sender's token, and throws unless this relay may write for this vendor under this system.
 * @throws GatewayError token-invalid, editor-not-announced, storage-unavailable; HubFailure.
 */
export async function admitSender(env: Env, sender: Sender, requestId: string): Promise<void> {
  const { token, relay, editor, appointmentSystem } = sender;
  const claim = { token, by: crypto.randomUUID(), editor, appointmentSystem };
  const verdict =
    (await within(hubOf(env, editor).admitSender(claim), ADMIT_MS, () => {
      throw new HubFailure('hub-lost');
    })) ?? (await verdictOfBefore(env, sender));
  if (verdict === 'admitted') return;
  log('warn', 'sender-refused', { requestId, relay, editor, reason: verdict });
  switch (verdict) {
    case 'used':
      throw tokenUsed();
    case 'full':
      throw new HubFailure('hub-overloaded');
    case 'other-system':
      throw refused("Ce système d'identifiants n'est pas celui qui est inscrit pour cet éditeur.");
    case 'not-announced':
      throw refused("Ce relais n'a pas annoncé cet éditeur pour le flux des rendez-vous (INT_R03).");
  }
}

/** While a hub of the release before answers, for moments at a deployment: the registry in D1. */
async function verdictOfBefore(env: Env, { relay, editor }: Sender): Promise<'admitted' | 'not-announced'> {
  const isAnnounced =
    (await guardIdempotent(() => isAnnouncedFor(env.DB, relay, editor, FLOW))) ||
    (await hubOf(env, editor).hasJustAnnounced(relay, editor, FLOW));
  return isAnnounced ? 'admitted' : 'not-announced';
}

function refused(text: string): GatewayError {
  return new GatewayError({ reason: 'editor-not-announced', text });
}
