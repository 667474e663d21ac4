// Every screen of the console, and which roles open it: the one table that the router of this wing goes by, the menu is made
// from, and a test walks role by role. `editeur` sees its own vendor alone (screens/vendors.ts, screens/explain.ts).

import type { ConsoleRoute } from './model/context.ts';
import { ROLES } from './model/roles.ts';
import { accountsScreen, confirmWaveAct } from './screens/accounts.ts';
import { explainAnswer, explainForm } from './screens/explain.ts';
import { findScreen, homeScreen } from './screens/home.ts';
import { exportJournal, journalScreen } from './screens/journal.ts';
import { switchAct, vendorScreen, vendorsScreen } from './screens/vendors.ts';
import { watchScreen } from './screens/watch.ts';
import { leave } from './sign-in/entry.ts';

const STAFF = ['exploitant', 'raccordement'] as const;
const WITH_VENDORS = [...STAFF, 'editeur'] as const;
const JOURNAL = ['exploitant', 'habilitations'] as const;

/** Every row. */
export const SCREENS: readonly ConsoleRoute[] = [
  { method: 'GET', path: '/console', roles: ROLES, screen: homeScreen },
  { method: 'POST', path: '/console/sortie', roles: ROLES, screen: leave },
  { method: 'POST', path: '/console/recherche', roles: STAFF, screen: findScreen },
  { method: 'GET', path: '/console/veille', roles: STAFF, menu: 'Veille', screen: watchScreen },
  { method: 'GET', path: '/console/editeurs', roles: STAFF, menu: 'Éditeurs', screen: vendorsScreen },
  { method: 'GET', path: '/console/editeurs/:editor', roles: WITH_VENDORS, screen: vendorScreen },
  { method: 'POST', path: '/console/editeurs/:editor', roles: ['exploitant'], screen: switchAct },
  { method: 'GET', path: '/console/expliquer', roles: WITH_VENDORS, menu: 'Expliquer', screen: explainForm },
  { method: 'POST', path: '/console/expliquer', roles: WITH_VENDORS, screen: explainAnswer },
  { method: 'GET', path: '/console/comptes', roles: ['exploitant'], menu: 'Comptes', screen: accountsScreen },
  { method: 'POST', path: '/console/comptes/vagues/:wave', roles: ['exploitant'], screen: confirmWaveAct },
  { method: 'GET', path: '/console/journal', roles: JOURNAL, menu: 'Journal', screen: journalScreen },
  { method: 'GET', path: '/console/journal/export', roles: JOURNAL, screen: exportJournal },
];
