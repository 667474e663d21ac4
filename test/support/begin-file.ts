// Before each file, since a worker runs many with the same modules: what one file changed is not the next one's.

import { afterAll, vi } from 'vitest';
import { drawFromFirst } from './samples/rsa-keys.ts';

drawFromFirst();
afterAll(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});
