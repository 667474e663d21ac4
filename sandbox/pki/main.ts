// `npm run pki -- --out DIR`: makes the imitation authority and the default identities, prints what is there.

import { oneOf, readFlags } from '../base/flags.ts';
import { describeFailure } from '../base/say.ts';
import { ensureRefusedCertificates } from './cases.ts';
import { type Credential, ensureSandboxPki } from './sandbox-pki.ts';

const flags = readFlags('npm run pki -- --out DOSSIER [options]', {
  out: {
    kind: 'text',
    hint: 'DOSSIER',
    required: true,
    about: "où est l'autorité d'imitation ; créé au besoin",
  },
  'ca-bits': {
    kind: 'text',
    hint: 'N',
    default: '3072',
    check: oneOf('2048', '3072', '4096'),
    about: 'taille des clés des autorités : 2048, 3072 ou 4096',
  },
  cases: {
    kind: 'text',
    hint: 'DOSSIER',
    about: 'où écrire les certificats que les serveurs doivent refuser',
  },
});

async function main(): Promise<number> {
  try {
    const pki = await ensureSandboxPki(flags.out, { caKeyBits: Number(flags['ca-bits']) });
    console.log(`Autorité d'imitation : ${pki.caFile}`);
    for (const file of pki.crlFiles) console.log(`Liste de révocation : ${file}`);
    for (const [id, pair] of pki.vendors) printPair(id, pair.server, pair.client);
    printPair('relais', pki.relay.server, pki.relay.client);
    if (flags.cases !== undefined) {
      const made = await ensureRefusedCertificates(pki, flags.cases);
      for (const file of made) console.log(`À refuser par les serveurs : ${file}`);
    }
    return 0;
  } catch (error) {
    console.error(`Impossible d’écrire dans ${flags.out} : ${describeFailure(error, flags.out)}`);
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

process.exitCode = await main();
