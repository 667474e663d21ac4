// One entry of a searchset Bundle: its envelope (fullUrl, search mode) and its resource, judged by the profile
// that the flow gives to its type. What it is and what it points to goes into the graph.

import { PROFILE } from '../canonical.ts';
import type { Flow } from '../query.ts';
import type { BundleGraph } from './bundle-graph.ts';
import { checkHealthcareService } from './healthcare-service.ts';
import { checkLocation } from './location.ts';
import { checkOrganization } from './organization.ts';
import { checkPractitioner } from './practitioner.ts';
import { checkPractitionerRole } from './practitioner-role.ts';
import { type Checker, isObject, type Json, list } from './r4/checker.ts';
import { judgeInto } from './r4/judge.ts';
import { SHAPES } from './r4/shapes.ts';
import { walkResource } from './r4/walk.ts';
import { checkSchedule } from './schedule.ts';
import { checkSlot, hasCptsKind } from './slot.ts';
import { serviceReferences } from './slot-service-type.ts';

/** The element the search is about; everything else in the answer was included. docs/guide.md G-305. */
const MATCH: Readonly<Record<Flow, string>> = { INT_R01: 'Slot', INT_R04: 'Slot', SOS: 'Schedule' };

/** Reports into `c`, whose path stands at the entry; `index`: of the entry in its Bundle. */
export function checkEntry(c: Checker, entry: Json, index: number, flow: Flow, graph: BundleGraph): void {
  if (entry.request !== undefined) c.fail('r4-bdl-3', 'request');
  if (entry.response !== undefined) c.fail('r4-bdl-4', 'response');
  const resource = entry.resource;
  if (resource === undefined) c.fail('r4-bdl-5');
  if (!isObject(resource)) return;
  const type = typeof resource.resourceType === 'string' ? resource.resourceType : '';
  checkMode(c, entry.search, type, flow);
  c.enter('resource');
  const judge = JUDGES[flow].get(type);
  if (judge === undefined) judgeForeign(c, resource, type);
  else judge(c, resource);
  c.leave();
  // An outcome entry speaks of the answer: nothing refers to it, and it has no address.
  if (type === 'OperationOutcome') return;
  graph.add(c, entry, resource, type, index);
}

function checkMode(c: Checker, search: unknown, type: string, flow: Flow): void {
  const mode = isObject(search) ? search.mode : undefined;
  if (mode === undefined) c.fail('bundle-search-mode-present', 'search');
  else {
    const expected = type === MATCH[flow] ? 'match' : type === 'OperationOutcome' ? 'outcome' : 'include';
    // A mode outside the R4 list is already reported by the walk.
    if (mode !== expected && (mode === 'match' || mode === 'include' || mode === 'outcome')) {
      c.fail('bundle-search-mode', 'search', 'mode');
    }
  }
}

type EntryJudge = (c: Checker, resource: Json) => void;

const slots: EntryJudge = (c, r) => judgeInto(c, r, 'Slot', checkSlot, 'individual');
const sosSlots: EntryJudge = (c, r) => judgeInto(c, r, 'Slot', checkSlot, 'sos');
const schedules: EntryJudge = (c, r) => judgeInto(c, r, 'Schedule', checkSchedule, 'individual');
const sosSchedules: EntryJudge = (c, r) => judgeInto(c, r, 'Schedule', checkSchedule, 'sos');
const practitioners: EntryJudge = (c, r) => judgeInto(c, r, 'Practitioner', checkPractitioner, undefined);
const roles: EntryJudge = (c, r) => judgeInto(c, r, 'PractitionerRole', checkPractitionerRole, undefined);
const locations: EntryJudge = (c, r) => judgeInto(c, r, 'Location', checkLocation, 'sos');
const associations: EntryJudge = (c, r) => judgeInto(c, r, 'Organization', checkOrganization, 'sos');
const communities: EntryJudge = (c, r) => judgeInto(c, r, 'Organization', checkOrganization, 'cpts');
const services: EntryJudge = (c, r) =>
  judgeInto(c, r, 'HealthcareService', checkHealthcareService, undefined);
const outcomes: EntryJudge = (c, r) => {
  walkResource(c, r, 'OperationOutcome');
};

/** docs/guide.md G-110: the profile of each type in each flow. What is absent is foreign to the flow. */
const JUDGES: Readonly<Record<Flow, ReadonlyMap<string, EntryJudge>>> = {
  INT_R01: new Map([
    ['Slot', slots],
    ['Schedule', schedules],
    ['Practitioner', practitioners],
    ['PractitionerRole', roles],
    ['OperationOutcome', outcomes],
  ]),
  INT_R04: new Map([
    ['Slot', judgeMixedSlot],
    ['Schedule', schedules],
    ['Practitioner', practitioners],
    ['PractitionerRole', roles],
    ['HealthcareService', services],
    ['Organization', communities],
    ['OperationOutcome', outcomes],
  ]),
  SOS: new Map([
    ['Slot', sosSlots],
    ['Schedule', sosSchedules],
    ['Location', locations],
    ['Organization', associations],
    ['OperationOutcome', outcomes],
  ]),
};

/** The Bundle profiles are open: another resource is no error, but nobody reads it. */
function judgeForeign(c: Checker, resource: Json, type: string): void {
  if (SHAPES.get(type)?.fields.has('resourceType')) walkResource(c, resource, type);
  else if (!/^[A-Z][A-Za-z]+$/.test(type)) {
    c.fail('r4-resource-type');
    return;
  }
  c.fail('bundle-entry-foreign');
}

/** docs/guide.md G-216: an INT_R04 answer mixes CPTS slots and plain ones; the declared profile says which. */
function judgeMixedSlot(c: Checker, slot: Json): void {
  const [declared] = isObject(slot.meta) ? list(slot.meta.profile) : [];
  if (declared !== PROFILE.slotIndividual) {
    judgeInto(c, slot, 'Slot', checkSlot, 'cpts');
    return;
  }
  judgeInto(c, slot, 'Slot', checkSlot, 'individual');
  if (hasCptsKind(slot) || serviceReferences(slot).length > 0)
    c.fail('slot-cpts-profile', 'meta', 'profile', 0);
}
