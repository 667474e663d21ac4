// The link between a CPTS slot and its CPTS. Profile sas-cpts-healthcareservice-aggregator.

import { PROFILE } from '../canonical.ts';
import { checkProfile, checkReference, checkSpecialties, checkTelecoms } from './elements.ts';
import { type Checker, type Json, list } from './r4/checker.ts';

/** Reports into `c`. */
export function checkHealthcareService(c: Checker, service: Json): void {
  checkProfile(c, service, PROFILE.healthcareService);
  if (service.id === undefined) c.fail('healthcare-service-id', 'id');
  checkReference(c, service, 'providedBy', 'Organization', 'healthcare-service-provided-by');
  if (list(service.category).length > 1) c.fail('healthcare-service-category-max', 'category');
  checkSpecialties(c, service);
  checkTelecoms(c, service);
}
