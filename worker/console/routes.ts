// The console's rows of the route table. They need no bearer token, as each is opened by the session's own check (guard.ts); none
// is served at the door of the front's browsers. docs/console.md.

import type { Route } from '../http/route.ts';
import { opened, SCREENS } from './screens.ts';

const serveScreen = opened('serveScreen');

/** Every row. */
export const CONSOLE_ROUTES: readonly Route[] = [
  { method: 'GET', path: '/console/entree', needs: 'open', door: 'server', handler: opened('answerEntry') },
  { method: 'POST', path: '/console/entree', needs: 'open', door: 'server', handler: opened('useEntry') },
  {
    method: 'GET',
    path: '/console/assets/:file',
    needs: 'open',
    door: 'server',
    handler: opened('answerAsset'),
  },
  ...SCREENS.map(
    (screen): Route => ({
      method: screen.method,
      path: screen.path,
      needs: 'open',
      door: 'server',
      handler: (context) => serveScreen(screen, SCREENS, context),
    }),
  ),
];
