// Tells the hub what an appointment takes, once it is written and before it is acknowledged: from then on no search shows
// it. A vendor that hears 503 sends again, and the hub is told again, as a message that says nothing new tells it too.
// docs/appointments.md § 6.

import { within } from '../../shared/deadline.ts';
import type { Env } from '../base/env.ts';
import { HubFailure } from '../hub/reach/failure.ts';
import { hubIndexOf } from '../hub/reach/hub-index.ts';
import { hubsOf } from '../hub/reach/hub-of.ts';
import type { AppointmentTimes } from './model/taken-times.ts';

/** A hub that starts again does so within it. */
const TELL_MS = 4_000;
const OTHERS_MS = 300;

/**
 * The vendor's own hub must know. The others are told too, if they hear it in a moment: while the setting HUBS changes, one
 * of them has the vendor for some Workers already, or still.
 * @throws HubFailure: the vendor's hub could not be told, not by a second try either.
 */
export async function tellHub(env: Env, times: AppointmentTimes): Promise<void> {
  const hubs = hubsOf(env).map((hub) => hub.takeAppointment(times));
  const own = hubIndexOf(times.vendor, hubs.length);
  const others = Promise.allSettled(hubs.filter((_, index) => index !== own));
  await within(hubs[own] ?? Promise.resolve(), TELL_MS, () => {
    throw new HubFailure('hub-lost');
  });
  if (hubs.length > 1) await within(others, OTHERS_MS, () => undefined);
}
