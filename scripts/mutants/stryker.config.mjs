// Stryker over one subject of subjects.ts, named by MUTANTS; started by main.ts.
import { SUBJECTS } from './subjects.ts';

const name = process.env.MUTANTS;

export default {
  mutate: SUBJECTS[name].mutate,
  testRunner: 'vitest',
  // A thread starts faster than a process.
  vitest: { configFile: 'scripts/mutants/vitest.config.ts', pool: 'threads' },
  plugins: ['@stryker-mutator/vitest-runner', './scripts/mutants/ignore-sentences.mjs'],
  ignorers: ['sentences'],
  concurrency: 1,
  // On a busy machine a test may wait for the processor; only an endless loop waits that long.
  timeoutMS: 60_000,
  // Its reader is of an older TypeScript; nothing here needs one.
  tsconfigFile: 'none',
  reporters: ['json'],
  jsonReporter: { fileName: `dist/mutants/${name}.json` },
  tempDirName: 'dist/mutants/work',
  ignorePatterns: ['dist', '.types', '.passerelle', 'docs'],
  disableTypeChecks: false,
};
