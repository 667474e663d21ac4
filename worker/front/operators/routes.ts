// What operators keep for the SAS front's face: its users, the SAMU, the associations SOS Médecins, what
// practitioners declare. Part of the table in worker/routes.ts. docs/front.md § 5.

import type { Route } from '../../http/route.ts';
import {
  ASSOCIATIONS,
  answerDeclarationChanges,
  answerDeclared,
  answerSamus,
  answerSos,
  DECLARED,
  replaceDeclared,
  replaceSamus,
  replaceSos,
  SAMUS,
} from './data.ts';
import { answerFrontUsers, FRONT_USER, putFrontUser, removeFrontUser } from './users.ts';

const PATH = '/admin/front';
const admin = ['admin'] as const;

/** The rows of /admin/front. */
export const FRONT_ADMIN_ROUTES: readonly Route[] = [
  { method: 'GET', path: `${PATH}/users`, needs: admin, handler: answerFrontUsers },
  { method: 'PUT', path: `${PATH}/users/:name`, needs: admin, handler: putFrontUser, body: FRONT_USER },
  { method: 'DELETE', path: `${PATH}/users/:name`, needs: admin, handler: removeFrontUser },
  { method: 'GET', path: `${PATH}/samulrms`, needs: admin, handler: answerSamus },
  { method: 'PUT', path: `${PATH}/samulrms`, needs: admin, handler: replaceSamus, body: SAMUS },
  { method: 'GET', path: `${PATH}/sos`, needs: admin, handler: answerSos },
  { method: 'PUT', path: `${PATH}/sos`, needs: admin, handler: replaceSos, body: ASSOCIATIONS },
  { method: 'GET', path: `${PATH}/declarations`, needs: admin, handler: answerDeclared },
  { method: 'PUT', path: `${PATH}/declarations`, needs: admin, handler: replaceDeclared, body: DECLARED },
  { method: 'GET', path: `${PATH}/declarations/changes`, needs: admin, handler: answerDeclarationChanges },
];
