// The paths of reservation links, and their figures. Part of the table in worker/routes.ts.

import type { Route } from '../../http/route.ts';
import { openSlot } from './open-slot.ts';
import { reportRedirects } from './report.ts';

/** The rows of this subject. */
export const REDIRECT_ROUTES: readonly Route[] = [
  { method: 'GET', path: '/r/:slot', needs: 'open', handler: openSlot },
  // The front's host hands only /aggregator/ to the edge.
  { method: 'GET', path: '/aggregator/r/:slot', needs: 'open', handler: openSlot },
  { method: 'GET', path: '/admin/redirects', needs: ['admin'], handler: reportRedirects },
];
