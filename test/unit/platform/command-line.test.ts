// What a person types: every problem of a command line is told at once, in sentences that say what to type instead.

import { expect, test } from 'vitest';
import {
  describeUsage,
  oneOf,
  portNumber,
  readCommandLine,
  wholeNumber,
} from '../../../shared/command-line.ts';

const FLAGS = {
  config: { kind: 'text', hint: 'FICHIER', required: true, about: 'la configuration' },
  port: { kind: 'text', hint: 'N', default: '8787', check: portNumber, about: 'le port' },
  state: { kind: 'text', hint: 'DOSSIER', about: 'le dossier' },
  fault: { kind: 'texts', hint: 'PANNE', about: 'une panne' },
  quick: { kind: 'switch', about: 'vite' },
} as const;
const problemsOf = (args: readonly string[], env = {}): readonly string[] =>
  readCommandLine(args, FLAGS, { env }).problems;

test('reads values after a blank or an equals sign, repeated ones, switches and defaults', () => {
  const args = ['--config', 'a b', '--fault=x', '--fault', 'y', '--quick', '--state=a=b'];
  expect(readCommandLine(args, FLAGS)).toEqual({
    help: false,
    values: { config: 'a b', port: '8787', state: 'a=b', fault: ['x', 'y'], quick: true },
    words: [],
    problems: [],
  });
});

test('tells every problem at once', () => {
  expect(problemsOf(['--prot', '1', '--port', '65536', '--state', '--quick=oui', 'x'])).toEqual([
    '--prot est une option inconnue ; vouliez-vous dire --port ?',
    'Inattendu : « x ». Une option commence par deux tirets, et npm ne transmet que ce qui suit « -- ».',
    'Il manque --config FICHIER.',
    '--port : un port de 0 à 65535 est attendu, pas « 65536 ».',
    '--state attend une valeur : DOSSIER.',
    '--quick ne prend pas de valeur.',
  ]);
});

test.each([
  ['--confg', 'config'],
  ['--conf', 'config'],
  ['--stat', 'state'],
  ['--faults', 'fault'],
  ['--Quick', 'quick'],
])('names the flag that %s most likely meant', (typed, meant) => {
  expect(problemsOf(['--config', 'a', typed])).toContain(
    `${typed} est une option inconnue ; vouliez-vous dire --${meant} ?`,
  );
});

test('repeats no more of what was typed than a line takes', () => {
  const long = 'a'.repeat(100_000);
  const problems = problemsOf(['--config', 'a', `--${long}`, '--port', long, '--quick', long]);
  expect(problems).toHaveLength(3);
  for (const problem of problems) {
    expect(problem).toContain('a…');
    expect(problem.length).toBeLessThan(250);
  }
});

test('proposes nothing for what is near to no flag', () => {
  expect(problemsOf(['--config', 'a', '--verbose'])).toEqual(['--verbose est une option inconnue.']);
});

test.each(['-1', '1.5', '1e3', '0x10', 'abc', ' 80', '65536', '99999999999999999999'])(
  'refuses %j as a port, and takes none of it',
  (port) => {
    expect(problemsOf(['--config', 'a', '--port', port])).toHaveLength(1);
  },
);

test('a number is accepted at its bounds and refused one past', () => {
  const check = wholeNumber(1, 26);
  expect(['0', '1', '26', '27'].map((text) => check(text) === undefined)).toEqual([false, true, true, false]);
  expect(oneOf('a', 'b')('c')).toBe('a, b : un de ces mots est attendu');
});

test('refuses one flag given twice, which would hide one of the two', () => {
  expect(problemsOf(['--config', 'a', '--port', '1', '--port', '2'])).toEqual([
    '--port est donné 2 fois ; une seule est attendue.',
  ]);
});

test('says that npm kept a flag for itself when the two dashes were left out', () => {
  const env = { npm_lifecycle_event: 'edge', npm_config_port: '8788', npm_config_state: '' };
  expect(problemsOf(['--config', 'a'], env)).toEqual([
    'npm a gardé --port pour lui : il manque « -- », comme dans npm run edge -- --port …',
    'npm a gardé --state pour lui : il manque « -- », comme dans npm run edge -- --state …',
  ]);
  expect(problemsOf(['--config', 'a', '--port', '1', '--state', 'x'], env)).toEqual([]);
});

test.each([['--help'], ['-h'], ['--port', 'x', '--help']])('asks for help with %j', (...args) => {
  expect(readCommandLine(args, FLAGS).help).toBe(true);
});

test('the usage names every flag, what it takes, and its default', () => {
  expect(describeUsage('npm run x -- [options]', FLAGS)).toBe(`Usage : npm run x -- [options]
  --config FICHIER   la configuration (obligatoire)
  --port N           le port (8787)
  --state DOSSIER    le dossier
  --fault PANNE      une panne (répétable)
  --quick            vite
  --help             cette aide
`);
});
