// `npm run vendor -- --port N --seed S [--fault KIND]`: one simulated vendor until a signal.

import { readFile } from 'node:fs/promises';
import { closeOnSignal, nearestOf, portNumber, readFlags, wholeNumber } from '../base/flags.ts';
import { findPortProblems } from '../base/ports.ts';
import { describeFailure } from '../base/say.ts';
import { FAULT_KINDS, FAULTS } from './faults/fault-kinds.ts';
import { readFaults } from './faults/faults.ts';
import { startVendor, type VendorOptions } from './vendor.ts';

const SEED_MAX = 2 ** 31;
const TEXT = { kind: 'text' } as const;
const PORT = { ...TEXT, hint: 'N', default: '0', check: portNumber } as const;
const FAULT_LIST = `\nPannes :\n${FAULT_KINDS.map((kind) => `  ${kind} : ${FAULTS[kind].sentence}`).join('\n')}\n`;

interface Files {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

const flags = readFlags(
  'npm run vendor -- [options]',
  {
    port: { ...PORT, about: 'port HTTPS ; 0 : un port libre' },
    seed: {
      ...TEXT,
      hint: 'S',
      default: '1',
      check: wholeNumber(0, SEED_MAX),
      about: "graine de l'annuaire et de l'agenda",
    },
    fault: {
      kind: 'texts',
      hint: 'PANNE',
      check: knownFaults,
      about: 'une panne dès le départ ; ou plusieurs, avec des virgules',
    },
    id: {
      ...TEXT,
      hint: 'NOM',
      check: (value) =>
        /^[a-z0-9][a-z0-9-]{0,40}$/.test(value)
          ? undefined
          : 'des minuscules, chiffres et tirets sont attendus',
      about: "nom de l'éditeur ; sans lui, agenda-a pour la graine 1, etc.",
    },
    host: { ...TEXT, hint: 'HÔTE', default: '127.0.0.1', about: "adresse d'écoute" },
    'control-port': { ...PORT, about: 'port de pilotage, sur la boucle locale ; 0 : un port libre' },
    pki: { ...TEXT, hint: 'DOSSIER', about: "autorité d'imitation (.passerelle/pki), faite si elle manque" },
    sas: { ...TEXT, hint: 'URL', check: httpsUrl, about: 'où dire les rendez-vous (port mTLS du relais)' },
    run: { ...TEXT, hint: 'TEXTE', about: 'distingue les rendez-vous de ce lancement de ceux des autres' },
    'server-cert': {
      ...TEXT,
      hint: 'FICHIER',
      about: 'un autre certificat que le sien, avec les deux suivants',
    },
    'server-key': { ...TEXT, hint: 'FICHIER', about: 'sa clé' },
    ca: { ...TEXT, hint: 'FICHIER', about: 'les autorités de ses appelants' },
  },
  (values) => {
    const files = [values['server-cert'], values['server-key'], values.ca].filter(
      (file) => file !== undefined,
    );
    return files.length % 3 === 0 ? [] : ['--server-cert, --server-key et --ca vont ensemble.'];
  },
  FAULT_LIST,
);

function knownFaults(names: string): string | undefined {
  const wrong = names.split(',').filter((name) => typeof readFaults(name) === 'string');
  if (wrong.length === 0) return undefined;
  const meant = wrong.map((name) => nearestOf(name, FAULT_KINDS)).filter((name) => name !== undefined);
  return `une panne connue est attendue (--help les liste${meant.length > 0 ? ` ; vouliez-vous dire ${meant.join(', ')} ?` : ''})`;
}

function httpsUrl(value: string): string | undefined {
  return URL.parse(value)?.protocol === 'https:' ? undefined : 'une adresse https est attendue';
}

async function run(options: VendorOptions, files: Files | undefined): Promise<void> {
  try {
    const taken = await findPortProblems([
      { host: flags.host, port: Number(flags.port), option: '--port' },
      { host: '127.0.0.1', port: Number(flags['control-port']), option: '--control-port' },
    ]);
    if (taken.length > 0) throw new Error(taken.join('\n'));
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
    console.error(`L'éditeur simulé n'a pas démarré : ${describeFailure(error, flags.pki)}`);
    process.exitCode = 1;
  }
}

function optionsOf(): VendorOptions {
  const { id, pki, sas, run: life } = flags;
  return {
    port: Number(flags.port),
    controlPort: Number(flags['control-port']),
    seed: Number(flags.seed),
    host: flags.host,
    faults: flags.fault.flatMap((names) => names.split(',')),
    ...(id && { id }),
    ...(pki && { pki }),
    ...(sas && { sasUrl: sas }),
    ...(life && { run: life }),
  };
}

function filesOf(): Files | undefined {
  const { 'server-cert': cert, 'server-key': key, ca } = flags;
  return cert === undefined || key === undefined || ca === undefined ? undefined : { cert, key, ca };
}

await run(optionsOf(), filesOf());
