// Every path of the published SAS front's aggregator API, docs/front.md. Part of the table in worker/routes.ts.
// `needs: 'front'`: a token of login_check. `door: 'server'`: not served at a browsers' host name.

import type { Route } from '../routes.ts';
import { answerLoginCheck } from './login-check.ts';

const API = '/aggregator/api-sas/v1';

export const FRONT_ROUTES: readonly Route[] = [
  { method: 'POST', path: `${API}/login_check`, needs: 'open', door: 'server', handler: answerLoginCheck },
];
