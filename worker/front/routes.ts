// Every path of the published SAS front's aggregator API, docs/front.md. Part of the table in worker/routes.ts.
// `needs: 'front'`: a token of login_check. `door: 'server'`: not served at a browsers' host name.

import type { Route } from '../http/route.ts';
import { answerFrontVendors, answerMarketplace } from './data/editors.ts';
import { answerExist } from './data/exist.ts';
import { answerIndexRange } from './data/index-range.ts';
import { answerDeclarations, DECLARED_EDITORS, replaceBulk } from './data/practitioner-editors.ts';
import { logInRegulator, REGULATOR, recordRegulator } from './data/regulators.ts';
import { answerSamuLrms } from './data/samulrms.ts';
import { answerLoginCheck, CREDENTIALS } from './sign-in/login-check.ts';
import { answerDashboardSlots, answerPractitionerSlots } from './slots/lot-answer.ts';

const API = '/aggregator/api-sas/v1';

/** The rows of the front's API. */
export const FRONT_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: `${API}/login_check`,
    needs: 'open',
    door: 'server',
    rests: 'core',
    handler: answerLoginCheck,
    body: CREDENTIALS,
  },
  { method: 'POST', path: `${API}/PractitionerSlots`, needs: 'front', handler: answerPractitionerSlots },
  { method: 'POST', path: `${API}/dashboard/getSlots`, needs: 'front', handler: answerDashboardSlots },
  { method: 'GET', path: `${API}/editors`, needs: 'front', handler: answerFrontVendors },
  {
    method: 'GET',
    path: `${API}/practitioners/national-id/:id+`,
    needs: 'front',
    rests: 'core',
    handler: answerDeclarations,
  },
  {
    method: 'PUT',
    path: `${API}/practitioner-editors/:id/bulk`,
    needs: 'front',
    rests: 'core',
    handler: replaceBulk,
    body: DECLARED_EDITORS,
  },
  // `+`: an id that is empty or holds a slash is not known either, and hears so.
  {
    method: 'GET',
    path: `${API}/practitioner/:id+/exist`,
    needs: 'front',
    door: 'server',
    handler: answerExist,
  },
  {
    method: 'PUT',
    path: `${API}/regulators`,
    needs: 'front',
    door: 'server',
    rests: 'core',
    handler: recordRegulator,
    body: REGULATOR,
  },
  {
    method: 'PUT',
    path: `${API}/regulators/login`,
    needs: 'front',
    door: 'server',
    rests: 'core',
    handler: logInRegulator,
    body: REGULATOR,
  },
  {
    method: 'GET',
    path: `${API}/index/pro-id-by-date-range`,
    needs: 'front',
    door: 'server',
    handler: answerIndexRange,
  },
  { method: 'GET', path: `${API}/samulrms`, needs: 'front', door: 'server', handler: answerSamuLrms },
  // Asked beside the front's other first calls, maybe before it has a token; there is nothing in it to keep.
  {
    method: 'GET',
    path: '/aggregator/marketplace/api/v1/editors',
    needs: 'open',
    handler: answerMarketplace,
  },
];
