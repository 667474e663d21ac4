// Every screen of the console, and which roles open it: the one table that the router of this wing goes by, the menu is made
// from, and a test walks role by role. `editeur` sees its own vendor alone (screens/vendors.ts, screens/explain.ts).

import { lazily } from '../http/route.ts';
import type { ConsoleRoute } from './model/context.ts';
import type { ParameterTable } from './model/parameters.ts';
import { ROLES } from './model/roles.ts';

const STAFF = ['exploitant', 'raccordement'] as const;
const WITH_VENDORS = [...STAFF, 'editeur'] as const;
const JOURNAL = ['exploitant', 'habilitations'] as const;

const SEARCH_FILTERS: ParameterTable = {
  inconnues: /^(oui)?$/,
  lentes: /^(oui)?$/,
  editeur: /^[a-z0-9-]{0,64}$/,
  flux: /^(INT_R01|INT_R04|SOS)?$/,
  // The screen reads the moment; it names the parameter too.
  avant: /^.{0,40}$/,
};

/** Of what the rows open, a function by its name. */
export const opened = lazily(() => import('./opened.ts'));

/** Every row. */
export const SCREENS: readonly ConsoleRoute[] = [
  { method: 'GET', path: '/console', roles: ROLES, screen: opened('homeScreen') },
  { method: 'POST', path: '/console/sortie', roles: ROLES, screen: opened('leave') },
  { method: 'POST', path: '/console/recherche', roles: STAFF, screen: opened('findScreen') },
  { method: 'GET', path: '/console/veille', roles: STAFF, menu: 'Veille', screen: opened('watchScreen') },
  {
    method: 'GET',
    path: '/console/editeurs',
    roles: STAFF,
    menu: 'Éditeurs',
    screen: opened('vendorsScreen'),
  },
  {
    method: 'GET',
    path: '/console/editeurs/:editor',
    roles: WITH_VENDORS,
    parameters: { fait: /^(couper|remettre|reglages|deja)$/ },
    screen: opened('vendorScreen'),
  },
  { method: 'POST', path: '/console/editeurs/:editor', roles: ['exploitant'], screen: opened('switchAct') },
  {
    method: 'GET',
    path: '/console/recherches',
    roles: STAFF,
    menu: 'Recherches',
    parameters: SEARCH_FILTERS,
    screen: opened('searchesScreen'),
  },
  { method: 'GET', path: '/console/recherches/:id', roles: STAFF, screen: opened('searchScreen') },
  {
    method: 'GET',
    path: '/console/expliquer',
    roles: WITH_VENDORS,
    menu: 'Expliquer',
    parameters: { editeur: /^[a-z0-9-]{0,64}$/, flux: /^(INT_R01|INT_R04|SOS)$/ },
    screen: opened('explainForm'),
  },
  { method: 'POST', path: '/console/expliquer', roles: WITH_VENDORS, screen: opened('explainAnswer') },
  {
    method: 'GET',
    path: '/console/comptes',
    roles: ['exploitant'],
    menu: 'Comptes',
    parameters: { fait: /^vague$/ },
    screen: opened('accountsScreen'),
  },
  {
    method: 'POST',
    path: '/console/comptes/vagues/:wave',
    roles: ['exploitant'],
    screen: opened('confirmWaveAct'),
  },
  {
    method: 'GET',
    path: '/console/certificats',
    roles: STAFF,
    menu: 'Certificats',
    screen: opened('certificatesScreen'),
  },
  {
    method: 'GET',
    path: '/console/maintenances',
    roles: STAFF,
    menu: 'Maintenances',
    screen: opened('maintenancesScreen'),
  },
  {
    method: 'POST',
    path: '/console/maintenances',
    roles: ['exploitant'],
    screen: opened('maintenanceAct'),
  },
  {
    method: 'GET',
    path: '/console/journal',
    roles: JOURNAL,
    menu: 'Journal',
    screen: opened('journalScreen'),
  },
  { method: 'GET', path: '/console/journal/export', roles: JOURNAL, screen: opened('exportJournal') },
];
