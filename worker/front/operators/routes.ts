// What operators keep for the SAS front's face: its users, the SAMU, the associations SOS Médecins, what
// practitioners declare. Part of the table in worker/routes.ts. docs/front.md § 5.

import type { Route } from '../../http/route.ts';
import {
  answerDeclarationChanges,
  answerDeclared,
  answerSamus,
  answerSos,
  replaceDeclared,
  replaceSamus,
  replaceSos,
} from './data.ts';
import { answerFrontUsers, putFrontUser, removeFrontUser } from './users.ts';

const PATH = '/admin/front';
const admin = ['admin'] as const;

/** The rows of /admin/front. */
export const FRONT_ADMIN_ROUTES: readonly Route[] = [
  { method: 'GET', path: `${PATH}/users`, needs: admin, handler: answerFrontUsers },
  { method: 'PUT', path: `${PATH}/users/:name`, needs: admin, handler: putFrontUser },
  { method: 'DELETE', path: `${PATH}/users/:name`, needs: admin, handler: removeFrontUser },
  { method: 'GET', path: `${PATH}/samulrms`, needs: admin, handler: answerSamus },
  { method: 'PUT', path: `${PATH}/samulrms`, needs: admin, handler: replaceSamus },
  { method: 'GET', path: `${PATH}/sos`, needs: admin, handler: answerSos },
  { method: 'PUT', path: `${PATH}/sos`, needs: admin, handler: replaceSos },
  { method: 'GET', path: `${PATH}/declarations`, needs: admin, handler: answerDeclared },
  { method: 'PUT', path: `${PATH}/declarations`, needs: admin, handler: replaceDeclared },
  { method: 'GET', path: `${PATH}/declarations/changes`, needs: admin, handler: answerDeclarationChanges },
];
