import { defineConfig } from 'vitest/config';
import { UnitsLast } from './test/support/units-last.ts';

const UNIT = 'test/unit/**/*.test.ts';
// Only a hang reaches these, also on a busy machine.
const LIMITS = { testTimeout: 300_000, hookTimeout: 300_000, expect: { poll: { timeout: 120_000 } } };

// Every layer of tests runs in Node 24; the edge under test is the built bundle in workerd, started by
// test/support. Files run in few workers because each integration file starts real processes.
export default defineConfig({
  test: {
    globalSetup: ['./test/support/global-setup.ts'],
    // More than two cores: a file waits for processes and timers half of its time.
    maxWorkers: 4,
    sequence: { sequencer: UnitsLast },
    reporters: ['default', './test/support/count-reporter.ts'],
    projects: [
      {
        test: {
          name: 'system',
          include: ['test/**/*.test.ts'],
          exclude: ['node_modules/**', UNIT],
          ...LIMITS,
        },
      },
      // Pure code: a worker imports it once for all files.
      { test: { name: 'unit', include: [UNIT], isolate: false, ...LIMITS } },
    ],
  },
});
