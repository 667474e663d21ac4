// Tells relays, behind the answer to a vendor, that a message is due: it leaves at once, and not when they next ask.

import { within } from '../../shared/deadline.ts';
import type { Env } from '../base/env.ts';
import { hubAt } from '../hub/reach/hub-of.ts';

const TELL_MS = 4_000;

/** Every relay has a link to each hub: the first one tells them. Never rejects. */
export async function tellRelays(env: Env): Promise<void> {
  await within(hubAt(env, 0).publishDue(), TELL_MS, () => undefined).catch(() => undefined);
}
