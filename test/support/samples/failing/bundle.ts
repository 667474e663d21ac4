// One failing sample at least per rule of the Bundle, its entries and their references.

import { edit, type FailingSamples } from '../edit.ts';
import { entry } from '../valid/bundles.ts';
import { cptsOrganization, healthcareService, practitioner, rpps } from '../valid/resources.ts';

const BASE = 'https://agenda.example/fhir';
const START_MS = Date.parse('2026-03-02T08:00:00Z');

const envelope: FailingSamples = {
  '[bundle-searchset] a history': edit('bundle empty', { type: 'history' }),
  '[bundle-searchset] no type': edit('bundle empty', { type: undefined }),
  '[bundle-total-present] none': edit('bundle', { total: undefined }),
  '[bundle-total] counts every entry': edit('bundle', { total: 7 }),
  '[bundle-total] counts the schedules': edit('bundle sos', { total: 3 }),
  '[bundle-link-self] none': edit('bundle', { link: undefined }),
  '[bundle-link-self] a next page': edit('bundle cpts', {
    'link[1]': { relation: 'next', url: `${BASE}/Slot?page=2` },
  }),
  '[bundle-link-self] another relation': edit('bundle sos', { 'link[0].relation': 'next' }),
  '[bundle-link-url] a raw bar': edit('bundle', { 'link[0].url': `${BASE}/Slot?actor=urn:oid:1|2` }),
  '[bundle-slice-min] services alone': edit('bundle cpts', {
    total: 0,
    entry: [entry(healthcareService(), 'include'), entry(cptsOrganization(), 'include')],
  }),
  '[r4-bdl-1] a total in a collection': edit(
    'bundle empty',
    { type: 'collection' },
    { also: ['bundle-searchset'] },
  ),
  '[r4-bdl-2] search modes in a history': edit('bundle', { type: 'history' }, { also: ['bundle-searchset'] }),
};

const entries: FailingSamples = {
  '[r4-bdl-3] a request': edit('bundle', { 'entry[0].request': { method: 'GET', url: 'Slot' } }),
  '[r4-bdl-4] a response': edit('bundle', { 'entry[0].response': { status: '200' } }),
  '[r4-bdl-5] no resource': edit('bundle', { 'entry[7]': { search: { mode: 'include' } } }),
  '[r4-bdl-7] the same address twice': edit('bundle', {
    'entry[1].fullUrl': `${BASE}/Slot/slot-1`,
    'entry[1].resource.id': 'slot-1',
  }),
  '[r4-bdl-8] a version': edit('bundle', { 'entry[0].fullUrl': `${BASE}/Slot/slot-1/_history/1` }),
  '[bundle-full-url] none': edit('bundle', { 'entry[4].fullUrl': undefined }),
  '[bundle-full-url-absolute] a placeholder': edit('bundle', {
    'entry[0].fullUrl': 'https://<base>/Slot/slot-1',
  }),
  '[bundle-full-url-absolute] a path': edit('bundle', { 'entry[0].fullUrl': '/Slot/slot-1' }),
  '[bundle-full-url-id] another id': edit('bundle', { 'entry[0].fullUrl': `${BASE}/Slot/slot-9` }),
  '[bundle-full-url-id] an id that the resource lacks': edit('bundle', { 'entry[0].resource.id': undefined }),
  '[bundle-full-url-base] another server': edit('bundle', {
    'entry[1].fullUrl': 'https://autre.example/fhir/Slot/slot-2',
  }),
  '[bundle-search-mode-present] none': edit('bundle', { 'entry[4].search': undefined }),
  '[bundle-search-mode] a slot that was included': edit('bundle', { 'entry[0].search.mode': 'include' }),
  '[bundle-search-mode] an SOS slot that matched': edit('bundle sos', { 'entry[0].search.mode': 'match' }),
  '[bundle-entry-foreign] an organization for one practitioner': edit('bundle', {
    'entry[7]': entry(cptsOrganization(), 'include'),
  }),
};

const graph: FailingSamples = {
  '[bundle-reference] a schedule that is not there': edit('bundle', {
    'entry[0].resource.schedule.reference': 'Schedule/schedule-9',
  }),
  '[bundle-reference] a practitioner that is not there': edit('bundle', { 'entry[4]': undefined }),
  '[bundle-reference] a service that is not there': edit('bundle cpts', { 'entry[7]': undefined }),
  '[bundle-reference] an association that is not there': edit(
    'bundle sos',
    { 'entry[6]': undefined },
    { also: ['bundle-slice-min'] },
  ),
  '[bundle-orphan] a schedule without slot': edit('bundle', {
    'entry[1].resource.schedule.reference': 'Schedule/schedule-1',
  }),
  '[bundle-schedule-one] two schedules for one role': edit('bundle', {
    'entry[3].resource.actor[1].reference': 'PractitionerRole/role-1',
  }),
  '[bundle-schedule-one] two schedules for one place': edit('bundle sos', {
    'entry[3].resource.actor[0].reference': 'Location/location-1',
  }),
  '[bundle-schedule-practitioner] the role of someone else': edit('bundle', {
    'entry[5].resource.practitioner.reference': 'Practitioner/practitioner-2',
    'entry[7]': entry(practitioner(2), 'include'),
  }),
  '[bundle-practitioner-once] one person under two ids': edit('bundle', {
    'entry[7]': entry({ ...practitioner(1), id: 'practitioner-9' }, 'include'),
  }),
  '[bundle-organization-once] one community under two ids': edit('bundle cpts', {
    'entry[9]': entry({ ...cptsOrganization(1), id: 'organization-9' }, 'include'),
  }),
  '[bundle-service-one] two services for one community': edit('bundle cpts', {
    'entry[9]': entry({ ...healthcareService(1), id: 'service-9' }, 'include'),
  }),
};

const answer: FailingSamples = {
  '[bundle-slot-window] one millisecond before': edit(
    'bundle',
    {},
    { options: { window: { fromMs: START_MS + 1, toMs: START_MS + 1000 } } },
  ),
  '[bundle-slot-window] one millisecond after': edit(
    'bundle sos',
    {},
    { options: { window: { fromMs: START_MS - 1000, toMs: START_MS - 1 } } },
  ),
  '[bundle-slot-past] started a millisecond ago': edit('bundle', {}, { options: { nowMs: START_MS + 1 } }),
  '[bundle-subject] a practitioner nobody asked for': edit(
    'bundle',
    {},
    { options: { subjects: [rpps(2)] } },
  ),
  '[bundle-subject] an association nobody asked for': edit(
    'bundle sos',
    {},
    { options: { subjects: ['399999999900099'] } },
  ),
};

export const FAILING_BUNDLE: FailingSamples = { ...envelope, ...entries, ...graph, ...answer };
