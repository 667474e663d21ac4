import { defineConfig } from 'vitest/config';

// Every layer of tests runs in Node 24; the edge under test is the built bundle in workerd, started by
// test/support. Files run in few workers because each integration file starts real processes.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['node_modules/**'],
    globalSetup: ['./test/support/global-setup.ts'],
    // Only a hang reaches these, also on a busy machine.
    testTimeout: 120_000,
    hookTimeout: 240_000,
    // More than two cores: a third of the time a file waits for processes and timers.
    maxWorkers: 3,
    reporters: ['default', './test/support/count-reporter.ts'],
  },
});
