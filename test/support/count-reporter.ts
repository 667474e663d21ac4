// Prints the last line of every test run: what really ran, in one line that CI reads.
import type { Reporter, TestCase, TestModule } from 'vitest/node';

export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const add = (test: TestCase): void => {
      const state = test.result().state;
      if (state === 'passed') counts.passed += 1;
      else if (state === 'failed') counts.failed += 1;
      else counts.skipped += 1;
    };
    for (const module of modules) {
      for (const test of module.children.allTests()) add(test);
      // A file that could not be loaded has no tests: it counts as one failure, never as nothing.
      if (module.errors().length > 0) counts.failed += 1;
    }
    // The default reporter writes its summary in the same hook; print after it.
    process.on('exit', () => {
      process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
    });
  }
}
