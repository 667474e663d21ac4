// What can be judged, by name: a valid sample and its judge. The failing samples refer to these names.

import { PROFILE } from '../../../shared/sas/canonical.ts';
import { judgeAppointment } from '../../../shared/sas/rules/appointment/appointment.ts';
import { judgeBundle } from '../../../shared/sas/rules/bundle.ts';
import type { BundleOptions } from '../../../shared/sas/rules/bundle-graph.ts';
import type { Finding } from '../../../shared/sas/rules/r4/checker.ts';
import { judgeRegulator } from '../../../shared/sas/rules/regulator.ts';
import { judgeSlot } from '../../../shared/sas/rules/slot.ts';
import {
  judgeHealthcareService,
  judgeLocation,
  judgeOrganization,
  judgePractitioner,
  judgePractitionerRole,
  judgeSchedule,
} from '../oracles/entry-judges.ts';
import * as bundles from './valid/bundles.ts';
import * as valid from './valid/resources.ts';

export interface Subject {
  readonly make: () => valid.Sample;
  readonly judge: (value: unknown, options?: BundleOptions) => readonly Finding[];
}

const subject = (make: Subject['make'], judge: Subject['judge']): Subject => ({ make, judge });

function contained(): valid.Sample {
  const [place] = valid.role().contained as readonly valid.Sample[];
  return place ?? {};
}

export const SUBJECTS = {
  slot: subject(valid.individualSlot, (value) => judgeSlot(value, 'individual')),
  'slot cpts': subject(valid.cptsSlot, (value) => judgeSlot(value, 'cpts')),
  'slot sos': subject(valid.sosSlot, (value) => judgeSlot(value, 'sos')),
  schedule: subject(valid.schedule, (value) => judgeSchedule(value, 'individual')),
  'schedule sos': subject(valid.sosSchedule, (value) => judgeSchedule(value, 'sos')),
  practitioner: subject(valid.practitioner, judgePractitioner),
  role: subject(valid.role, judgePractitionerRole),
  location: subject(contained, (value) => judgeLocation(value, 'contained')),
  'location sos': subject(valid.sosLocation, (value) => judgeLocation(value, 'sos')),
  'organization cpts': subject(valid.cptsOrganization, (value) => judgeOrganization(value, 'cpts')),
  'organization sos': subject(valid.sosOrganization, (value) => judgeOrganization(value, 'sos')),
  service: subject(valid.healthcareService, judgeHealthcareService),
  appointment: subject(valid.appointment, (value) => judgeAppointment(value, 'individual')),
  'appointment sos': subject(valid.sosAppointment, (value) => judgeAppointment(value, 'sos')),
  regulator: subject(valid.regulator, judgeRegulator),
  bundle: subject(bundles.individualBundle, (value, options) => judgeBundle(value, 'INT_R01', options)),
  'bundle cpts': subject(bundles.cptsBundle, (value, options) => judgeBundle(value, 'INT_R04', options)),
  'bundle sos': subject(bundles.sosBundle, (value, options) => judgeBundle(value, 'SOS', options)),
  'bundle empty': subject(
    () => bundles.emptyBundle(PROFILE.bundleIndividual),
    (value, options) => judgeBundle(value, 'INT_R01', options),
  ),
  'bundle empty cpts': subject(
    () => bundles.emptyBundle(PROFILE.bundleCpts),
    (value) => judgeBundle(value, 'INT_R04'),
  ),
  'bundle empty sos': subject(
    () => bundles.emptyBundle(PROFILE.bundleSos),
    (value) => judgeBundle(value, 'SOS'),
  ),
} as const satisfies Record<string, Subject>;

export type SubjectName = keyof typeof SUBJECTS;
