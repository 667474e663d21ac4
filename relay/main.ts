// The relay program: `npm run relay -- [fetch-crl] --config FILE [--check | --print-jwk [--generate-key] [--trust DIR]]`.
// Exit codes: 0 done, 1 something is wrong with the settings or the files, 2 wrong command line.

import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { describeVersion } from '../shared/version.ts';
import { type RelayConfig, readConfig } from './base/config.ts';
import { openLog } from './base/log.ts';
import { isBlocking, type Problem, stopsStart } from './base/problem.ts';
import { Signals } from './base/signals.ts';
import { HUB_SANTE_SCOPE, LISTEN_SCOPE, ListMarks } from './certificates/list-marks.ts';
import { checkFiles, describeProblems } from './check.ts';
import { type Command, readCommand, USAGE } from './command.ts';
import { fetchLists } from './crl/fetch-lists.ts';
import { fetchProblems } from './crl/fetch-report.ts';
import { logFetched } from './events.ts';
import { loadHubSante } from './hub-sante/files.ts';
import { loadInbound } from './inbound/files.ts';
import { ensureIdentityKey, readIdentityKey, toPublicJwk, trustLocally } from './link/identity-key.ts';
import { Readers } from './reading/readers.ts';
import { startRelay } from './relay.ts';
import { VendorSet } from './vendor/vendor-set.ts';

const LOG_TIMEOUT_MS = 500;

async function main(args: readonly string[]): Promise<void> {
  // Whatever it writes is its owner's alone.
  process.umask(0o077);
  // Whoever reads what this prints may have gone (`| head`): nothing to tell, and nobody to tell it to.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const command = readCommand(args, process.env);
  if (!command.ok) {
    process.stderr.write(`${command.error}\n\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  if (command.value.name === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  if (command.value.name === 'version') {
    process.stdout.write(`passerelle-relay ${describeVersion()}\n`);
    return;
  }
  // Once and for all: the folder the process stands in may be replaced later.
  const file = resolve(command.value.config);
  const config = readConfig(file);
  if (!config.ok) return refuse(config.error);
  switch (command.value.name) {
    case 'check':
      return check(config.value);
    case 'fetch-crl':
      return fetchCrl(config.value);
    case 'print-jwk':
      return printJwk(config.value, command.value);
    case 'run':
      return run(config.value, file);
  }
}

function check(config: RelayConfig): void {
  const problems = checkFiles(config, Date.now());
  if (problems.length > 0) refuse(problems);
  else process.stdout.write(`Configuration correcte : ${config.editors.length} éditeur(s).\n`);
}

/** Exit code 1 when the list of one authority did not come: what serves stays, and the operator has hours to act. */
async function fetchCrl(config: RelayConfig): Promise<void> {
  const { log, finish } = openLog(config.relayId);
  const startedMs = performance.now();
  const fetched = await fetchLists(config, Date.now);
  logFetched(log, fetched, performance.now() - startedMs);
  const broken = config.broken.flatMap(({ problems }) => problems);
  const problems = [...broken, ...fetched.problems, ...fetchProblems(fetched.authorities)];
  await finish(LOG_TIMEOUT_MS);
  if (problems.length > 0) refuse(problems);
}

function printJwk(config: RelayConfig, command: Extract<Command, { name: 'print-jwk' }>): void {
  try {
    if (command.generate) ensureIdentityKey(config.edge.keyFile);
  } catch {
    refuse([{ field: 'edge.keyFile', text: 'ne peut pas être écrit' }]);
    return;
  }
  const key = readIdentityKey(config.edge.keyFile);
  if (!key.ok) {
    refuse([key.error]);
    return;
  }
  const jwk = toPublicJwk(key.value, config.relayId);
  try {
    if (command.trust !== undefined) trustLocally(command.trust, jwk);
    process.stdout.write(`${JSON.stringify(jwk)}\n`);
  } catch {
    refuse([{ field: '--trust', text: 'relay-jwks.json ne peut pas être lu ou écrit dans ce dossier' }]);
  }
}

async function run(config: RelayConfig, file: string): Promise<void> {
  const signals = new Signals();
  const key = readIdentityKey(config.edge.keyFile);
  const marks = ListMarks.open(config.stateFolder);
  const readers = new Readers();
  const vendors = VendorSet.open(file, config, marks, readers);
  const { listen, hubSante, editors, broken } = config;
  const inbound =
    listen && loadInbound(listen, editors, undefined, Date.now(), broken, marks.scoped(LISTEN_SCOPE));
  const ofInbound = inbound?.problems ?? [];
  const toHubSante = hubSante && loadHubSante(hubSante, undefined, Date.now(), marks.scoped(HUB_SANTE_SCOPE));
  const ofHubSante = toHubSante?.problems ?? [];
  const problems = [...(key.ok ? [] : [key.error]), ...vendors.problems, ...ofInbound, ...ofHubSante];
  if (!key.ok || problems.some(stopsStart)) return refuse(problems.filter(isBlocking));
  const out = openLog(config.relayId);
  try {
    await startRelay({
      config,
      key: key.value,
      vendors: vendors.set,
      marks,
      readers,
      inbound: inbound?.state,
      hubSante: toHubSante?.state,
      problems: { vendors: vendors.problems, inbound: ofInbound, 'hub-sante': ofHubSante },
      out,
      signals,
    });
  } catch (error) {
    return refuse(await describePortFailure(config, error));
  }
}

/** The port that failed, and the other one when it would fail too: the operator mends both at once. */
async function describePortFailure(config: RelayConfig, error: unknown): Promise<readonly Problem[]> {
  const wanted = Object.entries({ 'listen.port': config.listen, 'admin.port': config.admin });
  const problems: Problem[] = [];
  for (const [field, at] of wanted) {
    const code = at && (await tryPort(at.host, at.port));
    if (code !== undefined) {
      const why = code === 'EADDRINUSE' ? 'déjà pris' : code;
      problems.push({ field, text: `le port ${at?.port} de ${at?.host} ne peut pas être ouvert (${why})` });
    }
  }
  if (problems.length > 0) return problems;
  const code = (error as NodeJS.ErrnoException).code ?? 'erreur inconnue';
  return [{ field: 'listen, admin', text: `un port ne peut pas être ouvert (${code})` }];
}

/** Why a port cannot be opened, as Node's code. */
function tryPort(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code = 'erreur inconnue' }: NodeJS.ErrnoException) => resolve(code));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

function refuse(problems: readonly Problem[]): void {
  process.stderr.write(describeProblems(problems));
  process.exitCode = 1;
}

await main(process.argv.slice(2));
