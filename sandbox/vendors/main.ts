// `npm run vendor -- --port N --seed S [--fault KIND]`: one simulated vendor until a signal.

import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { closeOnSignal } from '../platform/flags.ts';
import { FAULT_KINDS, FAULTS, readFaults } from './faults.ts';
import { startVendor, type VendorOptions } from './vendor.ts';

const PORT_MAX = 65_535;
const SEED_MAX = 2 ** 31;
const USAGE = `Usage : npm run vendor -- --port N --seed S [--fault PANNE]...
  --port N            port HTTPS (0 : un port libre)
  --seed S            graine de l'annuaire et de l'agenda (1 par défaut)
  --fault PANNE       une panne dès le départ ; répétable, ou séparées par des virgules
  --id NOM            nom de l'éditeur (agenda-a pour la graine 1, etc.)
  --host HÔTE         adresse d'écoute (127.0.0.1)
  --control-port N    port de pilotage sur la boucle locale (0 : un port libre)
  --pki DOSSIER       autorité d'imitation (.passerelle/pki), faite si elle manque
  --server-cert F --server-key F --ca F   d'autres certificats que les siens
  --help`;

interface Files {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

type Command =
  | { readonly does: 'help' }
  | { readonly does: 'refuse'; readonly problem: string }
  | { readonly does: 'start'; readonly options: VendorOptions; readonly files: Files | undefined };

async function main(args: readonly string[]): Promise<void> {
  const command = readCommand(args);
  switch (command.does) {
    case 'help':
      console.log(
        `${USAGE}\n\nPannes :\n${FAULT_KINDS.map((kind) => `  ${kind} : ${FAULTS[kind].sentence}`).join('\n')}`,
      );
      return;
    case 'refuse':
      console.error(`${command.problem}\n${USAGE}`);
      process.exitCode = 2;
      return;
    case 'start':
      await run(command.options, command.files);
  }
}

async function run(options: VendorOptions, files: Files | undefined): Promise<void> {
  try {
    const tls = files && {
      cert: await readFile(files.cert, 'utf8'),
      key: await readFile(files.key, 'utf8'),
      ca: await readFile(files.ca, 'utf8'),
    };
    const vendor = await startVendor(tls === undefined ? options : { ...options, tls });
    closeOnSignal(() => vendor.close());
    const { id, url, controlUrl: control } = vendor;
    console.log(JSON.stringify({ event: 'vendor-ready', id, url, control }));
  } catch (error) {
    console.error(
      `L'éditeur simulé n'a pas démarré : ${error instanceof Error ? error.message : String(error)}`,
    );
    process.exitCode = 1;
  }
}

function readCommand(args: readonly string[]): Command {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', default: '0' },
        seed: { type: 'string', default: '1' },
        fault: { type: 'string', multiple: true, default: [] },
        id: { type: 'string' },
        host: { type: 'string', default: '127.0.0.1' },
        'control-port': { type: 'string', default: '0' },
        pki: { type: 'string' },
        sas: { type: 'string' },
        run: { type: 'string' },
        'server-cert': { type: 'string' },
        'server-key': { type: 'string' },
        ca: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return { does: 'help' };
    const port = readWhole('--port', values.port, PORT_MAX);
    const controlPort = readWhole('--control-port', values['control-port'], PORT_MAX);
    const seed = readWhole('--seed', values.seed, SEED_MAX);
    const faults = readFaults(values.fault.flatMap((names) => names.split(',')));
    if (typeof faults === 'string') return { does: 'refuse', problem: faults };
    if (values.id !== undefined && !/^[a-z0-9][a-z0-9-]{0,40}$/.test(values.id)) {
      return { does: 'refuse', problem: '--id s’écrit en minuscules, chiffres et tirets.' };
    }
    const files = readFiles(values['server-cert'], values['server-key'], values.ca);
    const { id, host, pki, sas, run } = values;
    const names = values.fault.flatMap((list) => list.split(','));
    return {
      does: 'start',
      files,
      options: {
        port,
        controlPort,
        seed,
        host,
        faults: names,
        ...(id && { id }),
        ...(pki && { pki }),
        ...(sas && { sasUrl: sas }),
        ...(run && { run }),
      },
    };
  } catch (error) {
    return { does: 'refuse', problem: error instanceof Error ? error.message : String(error) };
  }
}

function readFiles(
  cert: string | undefined,
  key: string | undefined,
  ca: string | undefined,
): Files | undefined {
  if (cert === undefined && key === undefined && ca === undefined) return undefined;
  if (cert === undefined || key === undefined || ca === undefined) {
    throw new Error('--server-cert, --server-key et --ca vont ensemble.');
  }
  return { cert, key, ca };
}

function readWhole(name: string, text: string, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > max) throw new Error(`${name} est un entier de 0 à ${max}.`);
  return value;
}

await main(process.argv.slice(2));
