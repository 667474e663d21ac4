// Judges every import of the tree by the rules of .dependency-cruiser.mjs, and folders of worker/, relay/ and shared/
// once more by their exact path: dependency-cruiser takes a folder and those in it for one. Run: npm run imports
import { dirname } from 'node:path/posix';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import { readFlags } from '../sandbox/base/flags.ts';

const TREES = ['worker', 'relay', 'shared', 'conformance', 'sandbox', 'scripts', 'bench', 'test'];
/** Fewer files or imports than these mean that the parser did not read the tree, not that the tree is good. */
const FILES_MIN = 500;
const IMPORTS_MIN = 2_000;

const { all } = readFlags('npm run imports -- [options]', {
  all: { kind: 'switch', about: 'dit aussi les avertissements' },
});
const options = await extractDepcruiseOptions('./.dependency-cruiser.mjs');
const { output } = await cruise(TREES, options);
const { modules, summary } = output as ICruiseResult;

/** Two folders that reach each other, as "a > b > … > a"; undefined when there are none. */
function findCircle(): string | undefined {
  const below = new Map<string, Set<string>>();
  for (const { source, dependencies } of modules) {
    const from = dirname(source);
    if (!/^(worker|relay|shared)\b/.test(from)) continue;
    for (const { resolved } of dependencies) {
      const to = dirname(resolved);
      if (to !== from && TREES.includes(to.split('/')[0] ?? '')) {
        below.set(from, (below.get(from) ?? new Set()).add(to));
      }
    }
  }
  const done = new Set<string>();
  const walk = (folder: string, path: readonly string[]): string | undefined => {
    if (path.includes(folder)) return [...path.slice(path.indexOf(folder)), folder].join(' > ');
    if (done.has(folder)) return undefined;
    for (const next of below.get(folder) ?? []) {
      const circle = walk(next, [...path, folder]);
      if (circle !== undefined) return circle;
    }
    done.add(folder);
    return undefined;
  };
  for (const folder of below.keys()) {
    const circle = walk(folder, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

const problems = summary.violations.map(({ rule, from, to, cycle }) => ({
  severity: rule.severity,
  text: `${rule.name}: ${[from, ...(cycle?.map(({ name }) => name) ?? [to])].join(' > ')}`,
}));
const circle = findCircle();
if (circle !== undefined) problems.push({ severity: 'warn', text: `folders in a circle: ${circle}` });
const files = modules.filter(({ source }) => source.endsWith('.ts')).length;
const imports = summary.totalDependenciesCruised ?? 0;
if (files < FILES_MIN || imports < IMPORTS_MIN) {
  problems.push({ severity: 'error', text: `only ${files} files and ${imports} imports were read` });
}
const errors = problems.filter(({ severity }) => severity === 'error');
for (const { text } of all ? problems : errors) console.log(text);
console.log(
  `imports: ${files} files, ${imports} imports, ${errors.length} errors, ${problems.length - errors.length} warnings`,
);
if (errors.length > 0) process.exitCode = 1;
