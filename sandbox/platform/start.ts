// npm start: the whole system on this machine. Three simulated vendors over real mTLS, the relay, the edge, and Hub Santé
// with an LRM where RabbitMQ is installed; prints the addresses, a token and a command that returns real slots. Ctrl-C stops everything.

import { join } from 'node:path';
import { openLines } from '../../host/log/lines.ts';
import { lockState } from '../../host/state/state-lock.ts';
import { closeOnSignal, portNumber, readFlags } from '../base/flags.ts';
import { findFreePort, findPortProblems } from '../base/ports.ts';
import { describeFailure } from '../base/say.ts';
import { NO_RABBIT } from '../hub-sante/broker/rabbit-files.ts';
import { ensureSandboxPki } from '../pki/sandbox-pki.ts';
import { type Child, startChild } from './child.ts';
import { COMMAND_HOST } from './edge/edge-process.ts';
import { startLocalEdge } from './edge/local-edge.ts';
import { type ExampleSearch, exampleAppointment, makeExamples, waitUntilReady } from './examples.ts';
import {
  declareRegulator,
  HUB_SANTE_SETTINGS,
  LOCAL_LRM,
  type StartedHubSante,
  startLocalHubSante,
} from './local/hub-sante.ts';
import { type LocalVendor, startLocalRelay } from './local/relay.ts';
import { consoleLink, openLocalState, signConsoleCode, signToken } from './local/state.ts';

const LOG_TIMEOUT_MS = 500;

const PORT = { kind: 'text', hint: 'N', check: portNumber } as const;
const flags = readFlags('npm start -- [options]', {
  state: {
    kind: 'text',
    hint: 'DOSSIER',
    default: '.passerelle',
    about: 'ce qui est gardé ; créé au besoin',
  },
  port: { ...PORT, default: '8787', about: "port de l'accès (0 : un port libre)" },
  'mtls-port': { ...PORT, default: '8443', about: 'port mTLS des rendez-vous' },
  'admin-port': { ...PORT, default: '9090', about: 'port des mesures du relais' },
  verbose: { kind: 'switch', about: 'montre aussi les journaux' },
});
const edgeStateDir = join(flags.state, 'edge');
const VENDORS = [
  { id: 'agenda-a', name: 'Agenda A', seed: '1' },
  { id: 'agenda-b', name: 'Agenda B', seed: '2' },
  { id: 'agenda-c', name: 'Agenda C', seed: '3' },
] as const;

// Whatever it writes, or has written for it, is its owner's alone.
process.umask(0o077);
const lines = openLines();
const say = lines.say;
const onLog = (line: string): void => {
  if (flags.verbose) say(line);
};

interface StartedVendor extends LocalVendor {
  readonly control: string;
}

const stops: (() => Promise<unknown>)[] = [];
let isStopping = false;

async function stop(): Promise<void> {
  isStopping = true;
  for (let close = stops.pop(); close !== undefined; close = stops.pop()) await close();
  await lines.finish(LOG_TIMEOUT_MS);
}

/** A part that dies takes the rest down with one clear line: a half system answers questions wrongly. */
function watch(child: Child, name: string): Child {
  stops.push(() => child.stop());
  const onExit = (code: number | null): void => {
    if (isStopping) return;
    process.stderr.write(`${name} s'est arrêté (code ${code}) : le reste s'arrête aussi.\n`);
    void stop().finally(() => process.exit(1));
  };
  if (child.process.exitCode === null && child.process.signalCode === null)
    child.process.once('exit', onExit);
  else onExit(child.process.exitCode);
  return child;
}

async function startVendors(pkiDir: string, mtlsPort: number): Promise<StartedVendor[]> {
  const sas = `https://127.0.0.1:${mtlsPort}/fhir`;
  // The edge remembers the appointments of earlier starts; the vendors do not.
  const run = String(Date.now());
  const command = ['sandbox/vendors/main.ts', '--sas', sas, '--run', run];
  const started = VENDORS.map(async ({ id, name, seed }): Promise<StartedVendor> => {
    const child = await startChild({
      command: [...command, '--id', id, '--seed', seed, '--port', '0', '--pki', pkiDir],
      readyEvent: 'vendor-ready',
      onLine: onLog,
    });
    watch(child, name);
    return { id, name, url: String(child.ready.url), control: String(child.ready.control) };
  });
  return Promise.all(started);
}

async function start(): Promise<void> {
  const lock = lockState(flags.state, 'npm start');
  stops.push(async () => lock.release());
  const taken = await findPortProblems(
    (['port', 'mtls-port', 'admin-port'] as const).map((name) => ({
      host: '127.0.0.1',
      port: Number(flags[name]),
      option: `--${name}`,
    })),
  );
  if (taken.length > 0) throw new Error(taken.join('\n'));
  const pkiDir = join(flags.state, 'pki');
  say('Certificats de test…');
  const pki = await ensureSandboxPki(pkiDir);
  say('Éditeurs simulés, relais, accès…');
  // The vendors are told it before the relay opens it.
  const mtlsPort = Number(flags['mtls-port']) || (await findFreePort());
  const [vendors, hubSante] = await Promise.all([
    startVendors(pkiDir, mtlsPort),
    startLocalHubSante(flags.state, pki, onLog),
  ]);
  if (hubSante === undefined) say(NO_RABBIT);
  else watch(hubSante.child, 'Hub Santé simulé');
  const edge = await startLocalEdge({
    runsOn: COMMAND_HOST,
    runsLong: true,
    host: '127.0.0.1',
    port: Number(flags.port),
    stateDir: edgeStateDir,
    command: 'npm start',
    ...(hubSante !== undefined && { settings: HUB_SANTE_SETTINGS }),
    onLog,
  });
  stops.push(() => edge.close());
  const relay = await startLocalRelay({
    id: 'relay-a',
    dir: join(flags.state, 'relay'),
    edgeUrl: edge.url,
    edgeStateDir,
    pki,
    vendors,
    adminPort: Number(flags['admin-port']),
    listenPort: mtlsPort,
    ...(hubSante !== undefined && { hubSante }),
    onLog,
  });
  watch(relay, 'Le relais');
  await waitUntilReady(edge.url);
  if (hubSante !== undefined) await declareRegulator(edge.url);
  await tell({
    edgeUrl: edge.url,
    adminUrl: `http://127.0.0.1:${String(relay.ready.port)}`,
    vendors,
    mtlsPort,
    hubSante,
  });
}

interface Started {
  readonly edgeUrl: string;
  readonly adminUrl: string;
  readonly vendors: readonly StartedVendor[];
  readonly mtlsPort: number;
  readonly hubSante: StartedHubSante | undefined;
}

async function tell({ edgeUrl, adminUrl, vendors, mtlsPort, hubSante }: Started): Promise<void> {
  const scope = 'system/Slot.s system/Appointment.rs';
  const state = await openLocalState(edgeStateDir);
  const token = await signToken(state, scope);
  const { variables, searches } = await makeExamples(edgeUrl, vendors, token);
  say(`
Passerelle est prête.

  Ce que c'est        ${edgeUrl}/
  Documentation       ${edgeUrl}/docs
  Accès (FHIR)        ${edgeUrl}/fhir/metadata
  Rendez-vous (mTLS)  https://127.0.0.1:${mtlsPort}/fhir/Appointment
  Relais (métriques)  ${adminUrl}/metrics`);
  for (const { name, url, control } of vendors) say(`  ${name}            ${url}   commande : ${control}`);
  if (hubSante !== undefined) {
    const { port, control } = hubSante;
    say(`  Hub Santé           amqps://127.0.0.1:${port}   commande : ${control}`);
  }
  say(`
Console d'exploitation, par un lien à usage unique (dix minutes ; un autre : npm run console-link) :
  ${consoleLink(edgeUrl, await signConsoleCode(state, ['exploitant']))}`);
  say(`
À coller dans un autre terminal, pour ces commandes et celles des pages (jeton de 8 heures) :
${Object.entries(variables)
  .map(([name, value]) => `  export ${name}='${value}'`)
  .join('\n')}
`);
  const appointments = exampleAppointment(edgeUrl, vendors[0], variables.RPPS);
  for (const { title, command } of [...searches, ...appointments, ...exampleLrm(hubSante)]) {
    say(`${title} :\n  ${command}\n`);
  }
  say('Ctrl-C arrête tout.');
}

function exampleLrm(hubSante: StartedHubSante | undefined): ExampleSearch[] {
  if (hubSante === undefined) return [];
  const command = `curl -s '${hubSante.control}/appointments/${LOCAL_LRM}'`;
  return [{ title: 'Ce que le LRM en a reçu, par Hub Santé (INT_L02)', command }];
}

closeOnSignal(stop);
try {
  await start();
} catch (cause) {
  // Told to end in the midst of its start, it ends in that order and has nothing to say of it.
  if (isStopping) await new Promise(() => {});
  process.stderr.write(`Le démarrage a échoué : ${describeFailure(cause, flags.state)}\n`);
  await stop();
  process.exit(1);
}
