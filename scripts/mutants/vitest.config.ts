// The tests of one subject, in the process that holds its mutants. No global setup: they start nothing.
import { defineConfig } from 'vitest/config';
import { SUBJECTS } from './subjects.ts';

export default defineConfig({
  test: {
    include: [...(SUBJECTS[process.env.MUTANTS ?? '']?.tests ?? [])],
    isolate: false,
    testTimeout: 60_000,
  },
});
