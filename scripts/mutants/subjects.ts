// Lists what Stryker mutates, subject by subject: modules whose faults would be silent, and the tests that must notice. It
// names tests of pure code and of real keys only: one mutant costs a second, a workerd would cost ten. docs/mutants.md.

interface Subject {
  /** Globs of the repository. */
  readonly mutate: readonly string[];
  readonly tests: readonly string[];
}

export const SUBJECTS: Readonly<Record<string, Subject>> = {
  ledger: {
    mutate: ['worker/search/ledger.ts', 'worker/front/slots/lot-ledger.ts'],
    tests: ['test/unit/search/ledger*.test.ts', 'test/unit/front/lot-ledger.test.ts'],
  },
  deadline: {
    mutate: ['shared/deadline.ts', 'worker/search/deadline.ts', 'worker/hub/link/awaited-relays.ts'],
    tests: ['test/unit/search/deadlines.test.ts'],
  },
  lattice: {
    mutate: [
      'worker/appointments/model/{lattice,tolerance,content,identity}.ts',
      'worker/appointments/target.ts',
    ],
    tests: ['test/unit/appointments/*.test.ts'],
  },
  identity: {
    mutate: [
      'shared/sas/{identifier,canonical,individual}.ts',
      'worker/http/{auth,relay-token,known-tokens}.ts',
      'relay/link/token.ts',
    ],
    tests: ['test/unit/sas/*.test.ts', 'test/unit/http/*token*.test.ts'],
  },
  certificates: {
    mutate: ['relay/certificates/{trust,authority-pool,authorities,held-lists,server-trust}.ts'],
    tests: ['test/unit/inbound/chain-*.test.ts'],
  },
  withdrawal: {
    mutate: ['worker/accounts/model/*.ts'],
    tests: ['test/unit/accounts/*.test.ts'],
  },
  lrm: {
    mutate: ['worker/lrm/message/*.ts', 'worker/lrm/people/read-said.ts'],
    tests: ['test/unit/lrm/*.test.ts'],
  },
};
