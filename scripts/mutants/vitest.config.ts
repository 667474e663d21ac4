// The tests of one subject, in the process that holds its mutants.
import { defineConfig } from 'vitest/config';
import { SUBJECTS } from './subjects.ts';

export default defineConfig({
  test: {
    include: [...(SUBJECTS[process.env.MUTANTS ?? '']?.tests ?? [])],
    // RSA keys of the run: one mutant costs no new ones.
    globalSetup: ['test/support/global-setup.ts'],
    isolate: false,
    testTimeout: 60_000,
  },
});
