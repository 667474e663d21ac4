// Every path about regulators' accounts: written and read by SAS, watched by operators. Part of the table in
// worker/routes.ts.

import { PROFILE } from '../../../shared/sas/canonical.ts';
import type { Need } from '../../http/auth.ts';
import { ERASURE } from '../../http/operator.ts';
import type { Capability, Route } from '../../http/route.ts';
import { answerErasures, eraseRegulator } from '../erase.ts';
import { answerAccounts, answerDrift, answerExposure, confirmWithdrawals } from '../operators.ts';
import { loginPractitioner } from './login.ts';
import { readPractitioner, searchPractitioners } from './read.ts';
import { createPractitioner, updatePractitioner } from './write.ts';

const need = (...permissions: ('c' | 'r' | 'u' | 's')[]): readonly Need[] =>
  permissions.map((permission) => ({ resource: 'Practitioner', permission }));

// Who may write an account may read it back: the scope of SAS is system/Practitioner.cu.
const READ = need('r', 'c', 'u');
const SEARCH = need('s', 'c', 'u');

const rests = 'core';

const capability: Capability = {
  type: 'Practitioner',
  interactions: ['search-type', 'read', 'create', 'update'],
  searchParameters: ['identifier', 'active', '_id'],
  includes: [],
  revIncludes: [],
  profiles: [PROFILE.regulator],
  behaviour: { versioning: 'versioned', readHistory: false, updateCreate: true, conditionalUpdate: true },
};

/** The rows of this subject. */
export const PRACTITIONER_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/fhir/Practitioner',
    needs: need('c'),
    rests,
    handler: createPractitioner,
    capability,
  },
  { method: 'PUT', path: '/fhir/Practitioner', needs: need('u'), rests, handler: updatePractitioner },
  { method: 'GET', path: '/fhir/Practitioner', needs: SEARCH, rests, handler: searchPractitioners },
  { method: 'POST', path: '/fhir/Practitioner/_search', needs: SEARCH, rests, handler: searchPractitioners },
  { method: 'GET', path: '/fhir/Practitioner/:id', needs: READ, rests, handler: readPractitioner },
  {
    method: 'POST',
    path: '/fhir/Practitioner/:id/\\$login',
    needs: need('u'),
    rests,
    handler: loginPractitioner,
  },
  { method: 'GET', path: '/admin/accounts', needs: ['admin'], handler: answerAccounts },
  { method: 'GET', path: '/admin/accounts/exposure', needs: ['admin'], handler: answerExposure },
  { method: 'GET', path: '/admin/accounts/drift', needs: ['admin'], handler: answerDrift },
  {
    method: 'POST',
    path: '/admin/accounts/waves/:wave/confirm',
    needs: ['admin'],
    handler: confirmWithdrawals,
  },
  { method: 'GET', path: '/admin/regulators/erasures', needs: ['admin'], handler: answerErasures },
  {
    method: 'POST',
    path: '/admin/regulators/:id/erase',
    needs: ['admin'],
    handler: eraseRegulator,
    body: ERASURE,
  },
];
