// The relay's program as a release has it, of these sources: one file, which starts in a third of the time.

import { join } from 'node:path';
import { inject } from 'vitest';

/** Absolute path of its first file, which global-setup.ts has written. */
export const builtRelay = (): string => join(inject('runDir'), 'relay/main.js');
