// Every path about messages to LRMs (INT_L02). Part of the table in worker/routes.ts.

import { HUB_SANTE_PATHS } from '../../shared/link/hub-sante.ts';
import type { Route } from '../http/route.ts';
import { leaseMessages } from './lease.ts';
import { answerAppointment, answerLrm, answerMessages, resendMessage } from './operators.ts';
import { receiveMessages } from './receive.ts';
import { settleMessages } from './settle.ts';

const rests = 'appointments';

/** The rows of this subject; `open`: a relay has a token of its own (carrier.ts). */
export const LRM_ROUTES: readonly Route[] = [
  { method: 'POST', path: HUB_SANTE_PATHS.lease, needs: 'open', rests, handler: leaseMessages },
  { method: 'POST', path: HUB_SANTE_PATHS.settle, needs: 'open', rests, handler: settleMessages },
  { method: 'POST', path: HUB_SANTE_PATHS.receive, needs: 'open', rests, handler: receiveMessages },
  { method: 'GET', path: '/admin/lrm', needs: ['admin'], handler: answerLrm },
  { method: 'GET', path: '/admin/lrm/messages', needs: ['admin'], handler: answerMessages },
  { method: 'GET', path: '/admin/lrm/appointments/:id', needs: ['admin'], handler: answerAppointment },
  { method: 'POST', path: '/admin/lrm/:id/resend', needs: ['admin'], handler: resendMessage },
];
