// The two schedule profiles: practitioners (INT_R01, INT_R04) and SOS Médecins. A schedule is one place: of a
// practitioner by his role, of an association by its location. Profiles FrScheduleAgregateur,
// sas-sos-schedule-aggregator; FAQ.

import { PROFILE } from '../canonical.ts';
import { checkProfile, checkSpecialties, referenceProblem, referenceProblemAmong } from './elements.ts';
import { type Checker, isObject, type Json, list } from './r4/checker.ts';

export type ScheduleProfile = 'individual' | 'sos';

const ACTOR_TYPES: ReadonlySet<string> = new Set([
  'Device',
  'PractitionerRole',
  'RelatedPerson',
  'HealthcareService',
  'Location',
  'Patient',
  'Practitioner',
]);

/** Reports into `c`. */
export function checkSchedule(c: Checker, schedule: Json, profile: ScheduleProfile): void {
  checkProfile(c, schedule, profile === 'sos' ? PROFILE.scheduleSos : PROFILE.schedule);
  if (schedule.serviceType !== undefined) c.fail('schedule-service-type', 'serviceType');
  if (list(schedule.serviceCategory).length > 1) c.fail('schedule-service-category-max', 'serviceCategory');
  checkSpecialties(c, schedule);
  checkActors(c, schedule, profile);
}

function checkActors(c: Checker, schedule: Json, profile: ScheduleProfile): void {
  const actors = schedule.actor;
  if (actors === undefined) c.fail('schedule-actor', 'actor');
  if (!Array.isArray(actors) || actors.length === 0) return;
  let practitioners = 0;
  let roles = 0;
  for (let index = 0; index < actors.length; index += 1) {
    const actor: unknown = actors[index];
    if (!isObject(actor)) continue;
    const reference = actor.reference;
    if (reference === undefined) c.fail('schedule-actor', 'actor', index);
    if (typeof reference !== 'string') continue;
    if (reference.startsWith('Practitioner/')) practitioners += 1;
    else if (reference.startsWith('PractitionerRole/')) roles += 1;
    const problem =
      profile === 'sos'
        ? referenceProblem(reference, 'Location')
        : referenceProblemAmong(reference, ACTOR_TYPES);
    if (problem === undefined) continue;
    const types = profile === 'sos' ? ['Location'] : [...ACTOR_TYPES];
    c.failExpecting(problem, () => types.map((type) => `${type}/id`).join(', '), 'actor', index, 'reference');
  }
  if (profile === 'sos') {
    if (actors.length !== 1) c.fail('schedule-sos-actor-one', 'actor');
    return;
  }
  if (practitioners !== 1) c.fail('schedule-actor-practitioner', 'actor');
  if (roles !== 1) c.fail('schedule-actor-role', 'actor');
}

/** The reference of the first actor of that type, if any. */
export function actorReference(schedule: Json, type: string): string | undefined {
  for (const actor of list(schedule.actor)) {
    const reference = isObject(actor) ? actor.reference : undefined;
    if (typeof reference === 'string' && reference.startsWith(`${type}/`)) return reference;
  }
  return undefined;
}
