// `npm run pki -- --out DIR`: makes the imitation authority and the default identities, prints what is there.

import { parseArgs } from 'node:util';
import { ensureRefusedCertificates } from './cases.ts';
import { type Credential, ensureSandboxPki } from './sandbox-pki.ts';

const USAGE = 'Usage : npm run pki -- --out DOSSIER [--ca-bits 2048|3072|4096] [--cases DOSSIER]';

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === 'string') {
    console.error(`${options}\n${USAGE}`);
    return 2;
  }
  try {
    const pki = await ensureSandboxPki(options.out, { caKeyBits: options.caBits });
    console.log(`Autorité d'imitation : ${pki.caFile}`);
    for (const file of pki.crlFiles) console.log(`Liste de révocation : ${file}`);
    for (const [id, pair] of pki.vendors) printPair(id, pair.server, pair.client);
    printPair('relais', pki.relay.server, pki.relay.client);
    if (options.cases !== undefined) {
      const made = await ensureRefusedCertificates(pki, options.cases);
      for (const file of made) console.log(`À refuser par les serveurs : ${file}`);
    }
    return 0;
  } catch (error) {
    console.error(
      `Impossible d’écrire dans ${options.out} : ${error instanceof Error ? error.message : error}`,
    );
    return 1;
  }
}

function printPair(id: string, server: Credential, client: Credential): void {
  for (const [kind, credential] of [
    ['serveur', server],
    ['client', client],
  ] as const) {
    const state = credential.created ? 'créé' : 'déjà là';
    console.log(`${id}, ${kind} (${state}) : CN=${credential.cn} OU=${credential.ou} ${credential.certFile}`);
  }
}

interface Options {
  readonly out: string;
  readonly caBits: number;
  /** Folder of the certificates that servers must refuse. */
  readonly cases: string | undefined;
}

function readOptions(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        out: { type: 'string' },
        'ca-bits': { type: 'string', default: '3072' },
        cases: { type: 'string' },
      },
    });
    if (!values.out) return 'Il manque --out.';
    const caBits = Number(values['ca-bits']);
    if (![2048, 3072, 4096].includes(caBits)) return 'La taille de clé --ca-bits vaut 2048, 3072 ou 4096.';
    return { out: values.out, caBits, cases: values.cases };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

process.exitCode = await main(process.argv.slice(2));
