// npm run mutants: faults put into the modules of subjects.ts one by one, and which of them no test notices. Prints each
// survivor and the share that was noticed; `npm run mutants -- --subjects ledger,deadline` for some alone. The reports stay
// in dist/mutants/. docs/mutants.md, docs/decisions/0017-mutants.md.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFlags } from '../../sandbox/base/flags.ts';
import { SUBJECTS } from './subjects.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Least share of mutants that the tests must notice, per cent. */
const NOTICED_MIN = 85;

/** Of Stryker's report, what is read here. */
interface Report {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly Mutant[] }>>;
}
interface Mutant {
  readonly status:
    | 'Killed'
    | 'Timeout'
    | 'Survived'
    | 'NoCoverage'
    | 'Ignored'
    | 'CompileError'
    | 'RuntimeError';
  readonly replacement?: string;
  readonly location: { readonly start: Position; readonly end: Position };
}
interface Position {
  readonly line: number;
  readonly column: number;
}

const flags = readFlags('npm run mutants -- [options]', {
  subjects: { kind: 'text', hint: 'NOMS', default: Object.keys(SUBJECTS).join(','), about: 'lesquels' },
});
let noticed = 0;
let all = 0;
for (const subject of flags.subjects.split(',')) {
  if (SUBJECTS[subject] === undefined) throw new Error(`unknown subject: ${subject}`);
  const stryker = join(ROOT, 'node_modules/@stryker-mutator/core/bin/stryker.js');
  const { status } = spawnSync(process.execPath, [stryker, 'run', 'scripts/mutants/stryker.config.mjs'], {
    cwd: ROOT,
    env: { ...process.env, MUTANTS: subject },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error(`${subject}: no report; see the lines above`);
  const counts = tell(JSON.parse(readFileSync(join(ROOT, `dist/mutants/${subject}.json`), 'utf8')) as Report);
  console.log(`${subject}: ${counts.noticed} of ${counts.all} noticed (${percent(counts)} %)`);
  noticed += counts.noticed;
  all += counts.all;
}
console.log(`together: ${noticed} of ${all} noticed (${percent({ noticed, all })} %)`);
if (percent({ noticed, all }) < NOTICED_MIN) process.exitCode = 1;

/** Prints the survivors. */
function tell({ files }: Report): { noticed: number; all: number } {
  const judged = Object.entries(files).flatMap(([file, { source, mutants }]) =>
    mutants
      .filter(({ status }) => ['Killed', 'Timeout', 'Survived', 'NoCoverage'].includes(status))
      .map((mutant) => ({ file, source, mutant })),
  );
  const survivors = judged.filter(({ mutant }) => ['Survived', 'NoCoverage'].includes(mutant.status));
  for (const { file, source, mutant } of survivors) {
    const { start } = mutant.location;
    const was = textAt(source, mutant.location);
    console.log(
      `  ${file}:${start.line}:${start.column} ${oneLine(was)} -> ${oneLine(mutant.replacement ?? '')}`,
    );
  }
  return { noticed: judged.length - survivors.length, all: judged.length };
}

/** The text between two positions, both counted from 1. */
function textAt(source: string, { start, end }: Mutant['location']): string {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  const last = lines.length - 1;
  return lines
    .map((line, at) => line.slice(at === 0 ? start.column - 1 : 0, at === last ? end.column - 1 : undefined))
    .join('\n');
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}

function percent({ noticed, all }: { readonly noticed: number; readonly all: number }): number {
  return all === 0 ? 100 : Math.floor((100 * noticed) / all);
}
