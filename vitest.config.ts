import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

const UNIT = 'test/unit/**/*.test.ts';
// Only a hang reaches these, also on a busy machine.
const LIMITS = { testTimeout: 600_000, hookTimeout: 600_000, expect: { poll: { timeout: 240_000 } } };

// Every layer of tests runs in Node 24; the edge under test is the built bundle in workerd, started by
// test/support. Files run in few workers because each integration file starts real processes; a worker imports what
// they share once for all its files, which keep no state in modules (begin-file.ts).
export default defineConfig({
  test: {
    globalSetup: ['./test/support/global-setup.ts'],
    // More than two cores: a file waits for processes and timers half of its time.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    reporters: ['default', './test/support/count-reporter.ts'],
    projects: [
      {
        test: {
          name: 'system',
          include: ['test/**/*.test.ts'],
          exclude: ['node_modules/**', UNIT],
          isolate: false,
          setupFiles: ['./test/support/begin-file.ts'],
          ...LIMITS,
        },
      },
      // Pure code.
      { test: { name: 'unit', include: [UNIT], isolate: false, ...LIMITS } },
    ],
  },
});
