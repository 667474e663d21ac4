// Judges of one entry alone: a product judges it inside its Bundle.

import { checkHealthcareService } from '../../../shared/sas/rules/healthcare-service.ts';
import { checkLocation, type LocationProfile } from '../../../shared/sas/rules/location.ts';
import { checkOrganization, type OrganizationProfile } from '../../../shared/sas/rules/organization.ts';
import { checkPractitioner } from '../../../shared/sas/rules/practitioner.ts';
import { checkPractitionerRole } from '../../../shared/sas/rules/practitioner-role.ts';
import type { Finding } from '../../../shared/sas/rules/r4/checker.ts';
import { judge } from '../../../shared/sas/rules/r4/judge.ts';
import { checkSchedule, type ScheduleProfile } from '../../../shared/sas/rules/schedule.ts';

type Findings = readonly Finding[];

export const judgeSchedule = (value: unknown, profile: ScheduleProfile): Findings =>
  judge(value, 'Schedule', checkSchedule, profile);
export const judgeLocation = (value: unknown, profile: LocationProfile): Findings =>
  judge(value, 'Location', checkLocation, profile);
export const judgeOrganization = (value: unknown, profile: OrganizationProfile): Findings =>
  judge(value, 'Organization', checkOrganization, profile);
export const judgePractitioner = (value: unknown): Findings =>
  judge(value, 'Practitioner', checkPractitioner, undefined);
export const judgePractitionerRole = (value: unknown): Findings =>
  judge(value, 'PractitionerRole', checkPractitionerRole, undefined);
export const judgeHealthcareService = (value: unknown): Findings =>
  judge(value, 'HealthcareService', checkHealthcareService, undefined);
