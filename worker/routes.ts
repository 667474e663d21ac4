// Every path this edge answers, in one table: the router serves it, the CapabilityStatement is made from it, and
// what is not in it is a 404 (no such path) or a 405 (other methods).

import { LINK_PATH } from '../shared/link/hub.ts';
import { PROFILE } from '../shared/sas/canonical.ts';
import { INDIVIDUAL_PARAMETERS } from '../shared/sas/individual.ts';
import { SOS_PARAMETERS } from '../shared/sas/sos.ts';
import { PRACTITIONER_ROUTES } from './accounts/fhir/routes.ts';
import { APPOINTMENT_ROUTES } from './appointments/routes.ts';
import { CONSOLE_ROUTES } from './console/routes.ts';
import { capabilityHandler } from './fhir/metadata.ts';
import { searchSchedules, searchSlots } from './fhir/slot-search.ts';
import { FRONT_ADMIN_ROUTES } from './front/operators/routes.ts';
import { REDIRECT_ROUTES } from './front/redirect/routes.ts';
import { FRONT_ROUTES } from './front/routes.ts';
import type { Need } from './http/auth.ts';
import { type Capability, lazily, type Route } from './http/route.ts';
import { acceptRelay } from './hub/accept-relay.ts';
import { LRM_ROUTES } from './lrm/routes.ts';
import { MAINTENANCE_ROUTES } from './maintenances/routes.ts';
import { EXPLAINED, explainSlots } from './operators/explain.ts';
import { reportPractitionerClaims } from './operators/practitioner-claims.ts';
import { answerHealth, answerReadiness } from './operators/probes.ts';
import { answerRelayReports } from './operators/relay-reports.ts';
import { answerOneSearch, answerSearches } from './operators/searches.ts';
import { ACCEPTED, acceptStorage, answerStorage } from './operators/storage.ts';
import { answerClaims, answerDecision, CLAIM_DECISION } from './operators/vendors/claims.ts';
import { answerRelays, answerVendorRules, answerVendors } from './operators/vendors/rules.ts';
import { SWITCHES, switchVendor } from './operators/vendors/switches.ts';
import { answerWelcome } from './operators/welcome.ts';
import { answerSchedule } from './schedule/report.ts';

const SEARCH_SLOTS: readonly Need[] = [{ resource: 'Slot', permission: 's' }];
const SEARCH_SCHEDULES: readonly Need[] = [...SEARCH_SLOTS, { resource: 'Schedule', permission: 's' }];

const slotCapability: Capability = {
  type: 'Slot',
  interactions: ['search-type'],
  searchParameters: INDIVIDUAL_PARAMETERS,
  includes: [
    'Slot:schedule',
    'Schedule:actor',
    'Slot:service-type-reference',
    'HealthcareService:organization',
  ],
  revIncludes: [],
  profiles: [PROFILE.slotIndividual, PROFILE.slotCpts],
};

const scheduleCapability: Capability = {
  type: 'Schedule',
  interactions: ['search-type'],
  searchParameters: SOS_PARAMETERS,
  includes: ['Schedule:actor:Location', 'Location:organization'],
  revIncludes: ['Slot:schedule'],
  profiles: [PROFILE.scheduleSos],
};

const openApi = lazily(() => import('./openapi/handlers.ts'));
const metrics = lazily(() => import('./operators/metrics/answer-metrics.ts'));

/** Every row; the order is the router's. */
export const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/', needs: 'open', handler: answerWelcome },
  {
    method: 'GET',
    path: '/fhir/metadata',
    needs: 'open',
    handler: capabilityHandler(() => ROUTES.flatMap(({ capability }) => capability ?? [])),
  },
  {
    method: 'GET',
    path: '/fhir/Slot',
    needs: SEARCH_SLOTS,
    handler: searchSlots,
    streams: true,
    capability: slotCapability,
  },
  { method: 'POST', path: '/fhir/Slot/_search', needs: SEARCH_SLOTS, handler: searchSlots, streams: true },
  {
    method: 'GET',
    path: '/fhir/Schedule',
    needs: SEARCH_SCHEDULES,
    handler: searchSchedules,
    streams: true,
    capability: scheduleCapability,
  },
  {
    method: 'POST',
    path: '/fhir/Schedule/_search',
    needs: SEARCH_SCHEDULES,
    handler: searchSchedules,
    streams: true,
  },
  { method: 'GET', path: '/admin/relays', needs: ['admin'], handler: answerRelays },
  { method: 'GET', path: '/admin/searches', needs: ['admin'], handler: answerSearches },
  { method: 'GET', path: '/admin/searches/:id', needs: ['admin'], handler: answerOneSearch },
  { method: 'GET', path: '/admin/relay-reports', needs: ['admin'], handler: answerRelayReports },
  { method: 'GET', path: '/admin/metrics', needs: ['metrics', 'admin'], handler: metrics('answerMetrics') },
  { method: 'GET', path: '/admin/schedule', needs: ['admin'], handler: answerSchedule },
  { method: 'GET', path: '/admin/editors', needs: ['admin'], handler: answerVendors },
  { method: 'PUT', path: '/admin/editors/:editor', needs: ['admin'], handler: switchVendor, body: SWITCHES },
  { method: 'GET', path: '/admin/editors/:editor/rules', needs: ['admin'], handler: answerVendorRules },
  { method: 'GET', path: '/admin/claims', needs: ['admin'], handler: answerClaims },
  {
    method: 'PUT',
    path: '/admin/claims/:relay/:editor',
    needs: ['admin'],
    handler: answerDecision,
    body: CLAIM_DECISION,
  },
  { method: 'GET', path: '/admin/storage', needs: ['admin'], handler: answerStorage },
  { method: 'GET', path: '/admin/practitioner-claims', needs: ['admin'], handler: reportPractitionerClaims },
  {
    method: 'POST',
    path: '/admin/storage/:database/accept',
    needs: ['admin'],
    handler: acceptStorage,
    body: ACCEPTED,
  },
  { method: 'POST', path: '/admin/explain', needs: ['admin'], handler: explainSlots, body: EXPLAINED },
  ...APPOINTMENT_ROUTES,
  ...PRACTITIONER_ROUTES,
  ...FRONT_ROUTES,
  ...FRONT_ADMIN_ROUTES,
  ...REDIRECT_ROUTES,
  ...LRM_ROUTES,
  ...MAINTENANCE_ROUTES,
  ...CONSOLE_ROUTES,
  { method: 'GET', path: '/openapi.json', needs: 'open', handler: openApi('answerOpenApi') },
  { method: 'GET', path: '/docs', needs: 'open', handler: openApi('answerDocs') },
  { method: 'GET', path: LINK_PATH, needs: 'open', handler: acceptRelay },
  { method: 'GET', path: '/healthz', needs: 'open', handler: answerHealth },
  { method: 'GET', path: '/readyz', needs: 'open', handler: answerReadiness },
];
