// Judges every import of the tree by the rules of .dependency-cruiser.mjs; folders of worker/, relay/ and shared/ once
// more by their exact path, as dependency-cruiser takes a folder and those in it for one; and the sizes of folders and
// files. Run: npm run imports
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path/posix';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import { readFlags } from '../sandbox/base/flags.ts';

const TREES = ['worker', 'relay', 'shared', 'host', 'conformance', 'sandbox', 'scripts', 'bench', 'test'];
/** Fewer files or imports than these mean that the parser did not read the tree, not that the tree is good. */
const FILES_MIN = 500;
const IMPORTS_MIN = 2_000;
const SHOWN_MAX = 30;
/** At fifteen files of a folder one looks for its second subject. */
const FOLDER_FILES_MAX = 16;
/** Past three hundred lines of a file one looks for its second subject. */
const FILE_LINES_MAX = 350;

readFlags('npm run imports', {});
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

const problems = summary.violations.map(
  ({ rule, from, to, cycle }) =>
    `${rule.name}: ${[from, ...(cycle?.map(({ name }) => name) ?? [to])].join(' > ')}`,
);
const circle = findCircle();
if (circle !== undefined) problems.push(`folders in a circle: ${circle}`);
const files = modules.filter(({ source }) => source.endsWith('.ts')).length;
const imports = summary.totalDependenciesCruised ?? 0;
if (files < FILES_MIN || imports < IMPORTS_MIN) {
  problems.push(`only ${files} files and ${imports} imports were read`);
}
const sizes = new Map<string, number>();
for (const { source } of modules) {
  if (!/^(worker|relay|shared|host|conformance|sandbox|scripts|bench)\/.*\.ts$/.test(source)) continue;
  sizes.set(dirname(source), (sizes.get(dirname(source)) ?? 0) + 1);
  const lines = readFileSync(source, 'utf8').split('\n').length - 1;
  if (lines > FILE_LINES_MAX) problems.push(`${source}: ${lines} lines in one file`);
}
for (const [folder, size] of sizes) {
  if (size > FOLDER_FILES_MAX) problems.push(`${folder}: ${size} files in one folder`);
}
// One import that runs back makes many circles; what it breaks besides says which one it is.
problems.sort((a, b) => Number(a.includes('circle')) - Number(b.includes('circle')));
for (const problem of problems.slice(0, SHOWN_MAX)) console.log(problem);
console.log(`imports: ${files} files, ${imports} imports, ${problems.length} problems`);
if (problems.length > 0) process.exitCode = 1;
