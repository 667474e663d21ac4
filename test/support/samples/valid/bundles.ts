// Valid Bundles of the three flows: a small one of each, with every kind of entry at a known index, and large
// ones for the benchmark and the growth tests.

import { PROFILE } from '../../../../shared/sas/canonical.ts';
import type { Flow } from '../../../../shared/sas/query.ts';
import * as valid from './resources.ts';

const BASE = 'https://agenda.example/fhir';

export function entry(resource: valid.Sample, mode: 'match' | 'include'): valid.Sample {
  return { fullUrl: `${BASE}/${resource.resourceType}/${resource.id}`, resource, search: { mode } };
}

function bundle(profile: string, total: number, entries: readonly valid.Sample[]): valid.Sample {
  return {
    resourceType: 'Bundle',
    meta: { profile: [profile] },
    type: 'searchset',
    total,
    link: [{ relation: 'self', url: `${BASE}/Slot?status=free` }],
    ...(entries.length === 0 ? {} : { entry: entries }),
  };
}

/** The answer when nothing is free, or nobody is known. */
export function emptyBundle(profile: string): valid.Sample {
  return bundle(profile, 0, []);
}

/** 0-1 slots, 2-3 schedules, 4 practitioner, 5-6 roles. */
export function individualBundle(): valid.Sample {
  return bundle(PROFILE.bundleIndividual, 2, [
    entry(valid.individualSlot(1, 1), 'match'),
    entry(valid.individualSlot(2, 2), 'match'),
    ...places(),
  ]);
}

/** 0 CPTS slot, 1 plain slot, 2-6 as above, 7 service, 8 organization. */
export function cptsBundle(): valid.Sample {
  return bundle(PROFILE.bundleCpts, 2, [
    entry(valid.cptsSlot(1, 1), 'match'),
    entry(valid.individualSlot(2, 2), 'match'),
    ...places(),
    entry(valid.healthcareService(), 'include'),
    entry(valid.cptsOrganization(), 'include'),
  ]);
}

function places(): readonly valid.Sample[] {
  return [
    entry(valid.schedule(1), 'include'),
    entry(valid.schedule(2), 'include'),
    entry(valid.practitioner(), 'include'),
    entry(valid.role(1), 'include'),
    entry(valid.role(2), 'include'),
  ];
}

/** 0-1 slots, 2-3 schedules, 4-5 locations, 6 organization. */
export function sosBundle(): valid.Sample {
  return bundle(PROFILE.bundleSos, 2, [
    entry(valid.sosSlot(1, 1), 'include'),
    entry(valid.sosSlot(2, 2), 'include'),
    entry(valid.sosSchedule(1), 'match'),
    entry(valid.sosSchedule(2), 'match'),
    entry(valid.sosLocation(1), 'include'),
    entry(valid.sosLocation(2), 'include'),
    entry(valid.sosOrganization(), 'include'),
  ]);
}

const PLACE_COUNT = 50;

/** `count` slots over fifty places: what twenty-five practitioners with two places each would answer. */
export function largeBundle(flow: Flow, count: number): valid.Sample {
  const entries: valid.Sample[] = [];
  const profile = { INT_R01: PROFILE.bundleIndividual, INT_R04: PROFILE.bundleCpts, SOS: PROFILE.bundleSos }[
    flow
  ];
  for (let n = 1; n <= count; n += 1) {
    const place = 1 + (n % PLACE_COUNT);
    if (flow === 'SOS') entries.push(entry(valid.sosSlot(n, place), 'include'));
    else if (flow === 'INT_R04') entries.push(entry(valid.cptsSlot(n, place), 'match'));
    else entries.push(entry(valid.individualSlot(n, place), 'match'));
  }
  for (let place = 1; place <= PLACE_COUNT; place += 1) {
    const person = Math.ceil(place / 2);
    if (flow === 'SOS') {
      entries.push(entry(valid.sosSchedule(place), 'match'), entry(valid.sosLocation(place), 'include'));
      continue;
    }
    entries.push(
      entry(valid.schedule(place, person), 'include'),
      entry(valid.role(place, person), 'include'),
    );
    if (place % 2 === 1) entries.push(entry(valid.practitioner(person), 'include'));
  }
  if (flow === 'INT_R04') entries.push(entry(valid.healthcareService(), 'include'));
  if (flow === 'INT_R04') entries.push(entry(valid.cptsOrganization(), 'include'));
  if (flow === 'SOS') entries.push(entry(valid.sosOrganization(), 'include'));
  return bundle(profile, count, entries);
}
