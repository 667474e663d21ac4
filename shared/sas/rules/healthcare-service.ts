// The link between a CPTS slot and its CPTS. Profile sas-cpts-healthcareservice-aggregator.

import { PROFILE } from '../canonical.ts';
import { type Checker, type Json, list } from './checker.ts';
import { checkProfile, checkReference, checkSpecialties, checkTelecoms } from './elements.ts';
import { judge } from './judge.ts';
import type { Finding } from './rule.ts';

export function judgeHealthcareService(value: unknown): readonly Finding[] {
  return judge(value, 'HealthcareService', checkHealthcareService, undefined);
}

export function checkHealthcareService(c: Checker, service: Json): void {
  checkProfile(c, service, PROFILE.healthcareService);
  if (service.id === undefined) c.fail('healthcare-service-id', 'id');
  checkReference(c, service, 'providedBy', 'Organization', 'healthcare-service-provided-by');
  if (list(service.category).length > 1) c.fail('healthcare-service-category-max', 'category');
  checkSpecialties(c, service);
  checkTelecoms(c, service);
}
