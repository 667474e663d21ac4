// What the console's rows open, as one module that the Worker loads when somebody opens the console (screens.ts, routes.ts).

export { answerAsset } from './frame/assets.ts';
export { accountsScreen, confirmWaveAct } from './screens/accounts.ts';
export { certificatesScreen } from './screens/certificates.ts';
export { explainAnswer, explainForm } from './screens/explain.ts';
export { findScreen, homeScreen } from './screens/home.ts';
export { exportJournal, journalScreen } from './screens/journal.ts';
export { maintenanceAct, maintenancesScreen } from './screens/maintenances.ts';
export { searchesScreen, searchScreen } from './screens/searches.ts';
export { switchAct, vendorScreen, vendorsScreen } from './screens/vendors.ts';
export { watchScreen } from './screens/watch.ts';
export { answerEntry, leave, useEntry } from './sign-in/entry.ts';
export { serveScreen } from './sign-in/guard.ts';
