// The answer to a slot search, judged whole: the envelope, every entry by the profile its flow gives it, then
// what the entries owe each other (bundle-graph.ts). Profiles BundleAgregateur, sas-cpts-bundle-aggregator,
// sas-sos-bundle-aggregator; pages PS, CPTS, SOS, FAQ; R4 bdl-*.

import { PROFILE } from '../canonical.ts';
import type { Flow } from '../query.ts';
import { checkEntry } from './bundle-entry.ts';
import { BundleGraph, type BundleOptions } from './bundle-graph.ts';
import { checkProfile } from './elements.ts';
import { Checker, type Finding, isObject, type Json, list } from './r4/checker.ts';
import { URL_ILLEGAL } from './r4/formats.ts';
import { walkResource } from './r4/walk.ts';

const CANONICAL: Readonly<Record<Flow, string>> = {
  INT_R01: PROFILE.bundleIndividual,
  INT_R04: PROFILE.bundleCpts,
  SOS: PROFILE.bundleSos,
};

/** Types of which a Bundle that is not empty holds at least one, by the minimums of its slices. */
const MINIMUM: Readonly<Record<Flow, readonly string[]>> = {
  INT_R01: [],
  INT_R04: ['Slot', 'Schedule', 'Practitioner', 'PractitionerRole'],
  SOS: ['Slot', 'Schedule', 'Location', 'Organization'],
};

/** Never throws; time grows with the size of the value, findings are bounded. */
export function judgeBundle(value: unknown, flow: Flow, options: BundleOptions = {}): readonly Finding[] {
  const c = new Checker('Bundle');
  if (!walkResource(c, value, 'Bundle') || c.full) return c.findings;
  checkProfile(c, value, CANONICAL[flow]);
  const searchset = value.type === 'searchset';
  if (!searchset) checkOtherType(c, value);
  checkLinks(c, value);
  const graph = new BundleGraph(flow);
  const entries = list(value.entry);
  for (let index = 0; index < entries.length && !c.full; index += 1) {
    const entry = entries[index];
    if (!isObject(entry)) continue;
    c.enter('entry');
    c.enter(index);
    if (!searchset && entry.search !== undefined) c.fail('r4-bdl-2', 'search');
    checkEntry(c, entry, index, flow, graph);
    c.leave();
    c.leave();
  }
  checkTotal(c, value, graph.count('Slot'));
  if (graph.size > 0) {
    for (const type of MINIMUM[flow]) if (graph.count(type) === 0) c.fail('bundle-slice-min', 'entry');
  }
  graph.check(c, options);
  return c.findings;
}

/** bdl-1 allows a total in a history too; entry.search is for searchsets alone (bdl-2). */
function checkOtherType(c: Checker, bundle: Json): void {
  c.fail('bundle-searchset', 'type');
  if (bundle.type !== undefined && bundle.type !== 'history' && bundle.total !== undefined)
    c.fail('r4-bdl-1', 'total');
}

function checkTotal(c: Checker, bundle: Json, slots: number): void {
  if (bundle.total === undefined) c.fail('bundle-total-present', 'total');
  else if (typeof bundle.total === 'number' && Number.isInteger(bundle.total) && bundle.total !== slots) {
    c.fail('bundle-total', 'total');
  }
}

/** One `self` and nothing else: no flow of the guide pages. */
function checkLinks(c: Checker, bundle: Json): void {
  const links = list(bundle.link);
  const [self] = links;
  if (links.length !== 1 || (isObject(self) && self.relation !== 'self')) c.fail('bundle-link-self', 'link');
  links.forEach((link, index) => {
    const url = isObject(link) ? link.url : undefined;
    if (typeof url === 'string' && URL_ILLEGAL.test(url)) c.fail('bundle-link-url', 'link', index, 'url');
  });
}
