// passerelle-essai: what a newcomer needs to try a release on a machine that has nothing else: writes the settings of an edge and
// of two relays (write-trial.ts), then is three simulated vendors until a signal. docs/exploitation/essai.md. Exit codes: 0, 1
// when something cannot be written or opened, 2 for a wrong command line.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PRIVATE_FILE } from '../../host/state/private-folder.ts';
import { closeOnSignal, readFlags } from '../base/flags.ts';
import { findPortProblems } from '../base/ports.ts';
import { describeFailure } from '../base/say.ts';
import { searchUrl } from '../platform/examples.ts';
import { type LocalState, signToken } from '../platform/local/state.ts';
import { startVendor } from '../vendors/vendor.ts';
import { Directory } from '../vendors/world/directory.ts';
import { EDGE_URL, HOST, SAS_URL, writeTrial } from './write-trial.ts';

/** The imitation authority knows them. `seed` decides whom each knows. */
const VENDORS = [
  { id: 'agenda-a', name: 'Agenda A', seed: 1, port: 9101 },
  { id: 'agenda-b', name: 'Agenda B', seed: 2, port: 9102 },
  { id: 'agenda-c', name: 'Agenda C', seed: 3, port: 9103 },
] as const;
/** From a vendor's port to that of its control. */
const CONTROL = 100;
/** Practitioners of one search. */
const ASKED_MAX = 3;

const flags = readFlags('passerelle-essai [options]', {
  state: { kind: 'text', hint: 'DOSSIER', default: 'essai-etat', about: 'ce qui est écrit ; créé au besoin' },
  prepare: {
    kind: 'switch',
    about: "écrit les réglages, l'autorité d'imitation et essai.env, et se termine",
  },
});

/** Known to every vendor, with a place that has free slots at each. */
function findShared(): readonly string[] {
  const known = VENDORS.map(({ seed }) =>
    new Directory(seed).practitioners
      .filter(({ roles }) => roles.some(({ full }) => !full))
      .map(({ person }) => person.identifier),
  );
  return (known[0] ?? []).filter((one) => known.every((people) => people.includes(one)));
}

/** What a shell reads: an address to search, and tokens of 8 hours. */
async function writeVariables(state: LocalState): Promise<void> {
  const variables = {
    EDGE: EDGE_URL,
    TOKEN: await signToken(state, 'system/Slot.s'),
    ADMIN_TOKEN: await signToken(state, 'admin'),
    SEARCH_URL: searchUrl(EDGE_URL, findShared().slice(0, ASKED_MAX)),
  };
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}='${value}'\n`);
  await writeFile(join(flags.state, 'essai.env'), lines.join(''), { mode: PRIVATE_FILE });
}

async function main(): Promise<void> {
  const urls = VENDORS.map(({ id, name, port }) => ({ id, name, url: `https://${HOST}:${port}/fhir` }));
  const { pkiDir, state } = await writeTrial(flags.state, urls);
  await writeVariables(state);
  if (flags.prepare) return;
  const wanted = VENDORS.flatMap(({ port }) => [port, port + CONTROL]);
  const taken = await findPortProblems(wanted.map((port) => ({ host: HOST, port, option: String(port) })));
  if (taken.length > 0) throw new Error(taken.join('\n'));
  const run = String(Date.now());
  const vendors = await Promise.all(
    VENDORS.map(({ id, seed, port }) =>
      startVendor({ id, seed, port, controlPort: port + CONTROL, pki: pkiDir, sasUrl: SAS_URL, run }),
    ),
  );
  closeOnSignal(async () => {
    await Promise.all(vendors.map((vendor) => vendor.close()));
  });
  for (const { id, url, controlUrl: control } of vendors)
    console.log(JSON.stringify({ event: 'vendor-ready', id, url, control }));
}

try {
  await main();
} catch (cause) {
  process.stderr.write(`L'essai n'a pas commencé : ${describeFailure(cause, flags.state)}\n`);
  process.exit(1);
}
