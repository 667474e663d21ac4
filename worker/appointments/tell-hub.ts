// Tells the hub what an appointment takes, once it is written and before it is acknowledged: from then on no search shows
// it. A vendor that hears 503 sends again, and the hub is told again, as a message that says nothing new tells it too.
// docs/appointments.md § 6.

import { within } from '../../shared/deadline.ts';
import type { Env } from '../base/env.ts';
import { HubFailure } from '../hub/hub-failure.ts';
import { hubOf } from '../hub/hub-of.ts';
import type { AppointmentTimes } from './model/taken-times.ts';

/** A hub that starts again does so within it. */
const TELL_MS = 4_000;

/** @throws HubFailure: the hub could not be told, not by a second try either. */
export async function tellHub(env: Env, times: AppointmentTimes): Promise<void> {
  await within(hubOf(env, times.vendor).takeAppointment(times), TELL_MS, () => {
    throw new HubFailure('hub-lost');
  });
}
