// The rows of the route table about maintenances.

import type { Route } from '../http/route.ts';
import {
  answerChanged,
  answerDeclared,
  answerMaintenances,
  answerWithdrawn,
  CHANGED,
  DECLARED,
} from './operators.ts';

const ONE = '/admin/maintenances/:maintenance';

/** Every row. */
export const MAINTENANCE_ROUTES: readonly Route[] = [
  { method: 'GET', path: '/admin/maintenances', needs: ['admin'], handler: answerMaintenances },
  { method: 'POST', path: '/admin/maintenances', needs: ['admin'], handler: answerDeclared, body: DECLARED },
  { method: 'PUT', path: ONE, needs: ['admin'], handler: answerChanged, body: CHANGED },
  { method: 'DELETE', path: ONE, needs: ['admin'], handler: answerWithdrawn },
];
