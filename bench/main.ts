// npm run bench -- [search|memory|accounts|front|appointments|lrm|edge-host …] [--quick] [--json FILE] [--profile DIR]:
// measurements, each with its load and machine. Without a name, all of them. Ends with 1 when a budget is not kept.

import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { nearestOf, readFlagsAndWords } from '../sandbox/base/flags.ts';
import { findRabbit, NO_RABBIT } from '../sandbox/hub-sante/broker/rabbit-files.ts';
import { accountMisses, accountTables, benchAccounts, FULL_ACCOUNTS, QUICK_ACCOUNTS } from './accounts.ts';
import { benchAppointments } from './appointments/appointments.ts';
import { appointmentTables } from './appointments/report.ts';
import { benchEdgeHost, FULL_HOST, hostMisses, hostTable, QUICK_HOST } from './edge-host.ts';
import { benchFront, FULL_FRONT, frontMisses, frontTables, QUICK_FRONT } from './front/front.ts';
import { benchHanging, FULL_HANGING, hangingTables, QUICK_HANGING } from './front/hanging.ts';
import { benchLots, FULL_LOTS, lotMisses, lotTables, QUICK_LOTS } from './front/lots.ts';
import { benchLrm, FULL_LRM, QUICK_LRM } from './lrm/lrm.ts';
import { lrmTables } from './lrm/report.ts';
import { benchMemory, FULL_MEMORY, memoryMisses, memoryTables, QUICK_MEMORY } from './memory.ts';
import { benchSearch, type Cell, FULL_CELLS, FULL_EFFORT, QUICK_CELLS, QUICK_EFFORT } from './search.ts';
import { cellLine, describeMachine, misses, searchTables } from './search-report.ts';

const NAMES = ['search', 'memory', 'accounts', 'front', 'appointments', 'lrm', 'edge-host'] as const;
const { values: flags, words } = readFlagsAndWords(
  `npm run bench -- [${NAMES.join('|')}]… [options]`,
  {
    quick: { kind: 'switch', about: 'court, et imprécis' },
    json: { kind: 'text', hint: 'FICHIER', about: 'écrit aussi les mesures en JSON' },
    profile: {
      kind: 'text',
      hint: 'DOSSIER',
      about: 'search : profils CPU du relais et du programme témoin',
    },
    cells: {
      kind: 'text',
      hint: 'DÉBUT',
      default: '',
      about: 'search : seulement les cellules dont « vendors,slots,latency,concurrency » commence ainsi',
    },
    fresh: { kind: 'switch', about: "search : chaque recherche demande d'autres professionnels" },
  },
  findProblems,
);

function findProblems(
  values: { readonly quick: boolean; readonly cells: string; readonly json: string | undefined },
  names: readonly string[],
): string[] {
  const problems = names
    .filter((name) => !NAMES.some((known) => known === name))
    .map((name) => {
      const nearest = nearestOf(name, NAMES);
      return `Il n'y a pas de mesure « ${name} »${nearest === undefined ? '' : ` ; vouliez-vous dire ${nearest} ?`}`;
    });
  if (cellsOf(values).length === 0)
    problems.push(`--cells : aucune cellule ne commence par « ${values.cells} ».`);
  // An hour of measurements must not end on a file that cannot be written.
  if (values.json !== undefined && !isWritable(values.json)) {
    problems.push(`--json : ${values.json} ne peut pas être écrit.`);
  }
  return problems;
}

function cellsOf({ quick, cells }: { readonly quick: boolean; readonly cells: string }): readonly Cell[] {
  return (quick ? QUICK_CELLS : FULL_CELLS).filter(({ vendors, slots, latencyMs, concurrency }) =>
    `${vendors},${slots},${latencyMs},${concurrency}`.startsWith(cells),
  );
}

function isWritable(file: string): boolean {
  try {
    accessSync(existsSync(file) ? file : dirname(resolve(file)), constants.W_OK);
    return !existsSync(file) || statSync(file).isFile();
  } catch {
    return false;
  }
}

/** What a bench hands to `--json`, and the budgets it did not keep. */
interface Report {
  readonly results: unknown;
  readonly misses: readonly string[];
}

async function runSearch(): Promise<Report> {
  const cells = cellsOf(flags);
  const effort = { ...(flags.quick ? QUICK_EFFORT : FULL_EFFORT), isFresh: flags.fresh };
  console.log(
    `search: ${cells.length} cells; ${effort.rounds} rounds a side in turns, each of at most ` +
      `${effort.searchesPerRound} searches or ${effort.roundLimitMs / 1_000} s`,
  );
  const results = await benchSearch(
    cells,
    effort,
    (result) => console.log(cellLine(result)),
    flags.profile === undefined ? undefined : resolve(flags.profile),
  );
  console.log(['', ...searchTables(results), ''].join('\n'));
  return { results: { cells: results }, misses: misses(results) };
}

async function runMemory(): Promise<Report> {
  const results = await benchMemory(flags.quick ? QUICK_MEMORY : FULL_MEMORY);
  console.log(['', ...memoryTables(results), ''].join('\n'));
  return { results, misses: memoryMisses(results) };
}

async function runAccounts(): Promise<Report> {
  const effort = flags.quick ? QUICK_ACCOUNTS : FULL_ACCOUNTS;
  console.log(`accounts: ${effort.regulators} regulators over ${effort.vendors} vendors`);
  const results = await benchAccounts(effort, (line) => console.log(line));
  console.log(['', ...accountTables(results), ''].join('\n'));
  return { results, misses: accountMisses(results) };
}

async function runFront(): Promise<Report> {
  const effort = flags.quick ? QUICK_FRONT : FULL_FRONT;
  const results = await benchFront(effort);
  console.log([...frontTables(results), ''].join('\n'));
  const lots = await benchLots(flags.quick ? QUICK_LOTS : FULL_LOTS);
  console.log([...lotTables(lots), ''].join('\n'));
  const hanging = await benchHanging(flags.quick ? QUICK_HANGING : FULL_HANGING);
  console.log([...hangingTables(hanging), ''].join('\n'));
  return {
    results: { calls: results, lots, hanging },
    misses: [...frontMisses([...results, ...hanging]), ...lotMisses(lots)],
  };
}

async function runEdgeHost(): Promise<Report> {
  const results = await benchEdgeHost(flags.quick ? QUICK_HOST : FULL_HOST, ({ concurrency, cpuRatio }) =>
    console.log(`edge-host: x${concurrency}, CPU ratio ${cpuRatio.toFixed(2)}`),
  );
  console.log(['', ...hostTable(results), ''].join('\n'));
  return { results, misses: hostMisses(results) };
}

async function runLrm(): Promise<Report> {
  if (findRabbit() === undefined) {
    console.log(NO_RABBIT);
    return { results: 'skipped', misses: [] };
  }
  const report = await benchLrm(flags.quick ? QUICK_LRM : FULL_LRM, (line) => console.log(line));
  console.log(['', ...lrmTables(report), ''].join('\n'));
  return report;
}

const BENCHES: Readonly<Record<(typeof NAMES)[number], () => Promise<Report>>> = {
  search: runSearch,
  memory: runMemory,
  accounts: runAccounts,
  front: runFront,
  appointments: async () => {
    const report = await benchAppointments(flags.quick);
    console.log(appointmentTables(report).join('\n'));
    return report;
  },
  lrm: runLrm,
  'edge-host': runEdgeHost,
};

async function versionOf(name: string): Promise<string> {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(await readFile(file, 'utf8')) as { version: string }).version;
}

const names = NAMES.filter((name) => words.length === 0 || words.includes(name));
const machine = describeMachine({
  node: process.versions.node,
  workerd: await versionOf('workerd'),
  undici: await versionOf('undici'),
});
const date = new Date().toISOString();
console.log(`${date}  ${machine}\n`);
const reports: Record<string, Report> = {};
for (const name of names) {
  reports[name] = await BENCHES[name]();
  console.log('');
}
const missed = Object.values(reports).flatMap((report) => report.misses);
for (const line of missed) console.log(`over budget: ${line}`);
if (missed.length === 0) console.log('every budget is kept');
if (flags.json !== undefined) {
  await writeFile(flags.json, `${JSON.stringify({ date, machine, ...reports }, null, 2)}\n`);
}
process.exit(missed.length === 0 ? 0 : 1);
