// npm run edge -- [--port 8787] [--host H] [--state DIR] [--env-file F] [--export DIR]: the edge alone, as it will run.

import { logLine, openLines } from '../../host/log/lines.ts';
import { findSettingProblems } from '../../worker/base/settings.ts';
import { closeOnSignal, portNumber, readFlags, refuseUsage } from '../base/flags.ts';
import { findPortProblems } from '../base/ports.ts';
import { describeFailure } from '../base/say.ts';
import { COMMAND_HOST, type EdgeProcess } from './edge/edge-process.ts';
import { mergeSettings, nameSettings, readEnvFile, type Settings } from './edge/env-file.ts';
import { startLocalEdge } from './edge/local-edge.ts';
import { localSettings, openLocalState } from './local/state.ts';

const LOG_TIMEOUT_MS = 500;

const flags = readFlags('npm run edge -- [options]', {
  port: {
    kind: 'text',
    hint: 'N',
    default: '8787',
    check: portNumber,
    about: 'port HTTP (0 : un port libre)',
  },
  host: { kind: 'text', hint: 'HÔTE', default: '127.0.0.1', about: "adresse d'écoute" },
  state: {
    kind: 'text',
    hint: 'DOSSIER',
    default: '.passerelle/edge',
    about: 'base de données, émetteur de jetons et clés des relais ; créé au besoin',
  },
  export: {
    kind: 'text',
    hint: 'DOSSIER',
    about: 'où chaque nuit exporte les changements des rendez-vous (NDJSON) ; sans elle, nulle part',
  },
  'env-file': {
    kind: 'text',
    hint: 'FICHIER',
    about: 'réglages (NOM=valeur) qui passent devant les réglages locaux ; exemple : docs/samples/edge.env',
  },
});
// Whatever it writes, or has written for it, is its owner's alone.
process.umask(0o077);
const lines = openLines();
const where = {
  runsOn: COMMAND_HOST,
  runsLong: true,
  host: flags.host,
  port: Number(flags.port),
  stateDir: flags.state,
  command: 'npm run edge',
  onLog: lines.say,
  ...(flags.export !== undefined && { exportDir: flags.export }),
};

/** Of the file; none without one. */
async function readOwnSettings(): Promise<Settings> {
  const file = flags['env-file'];
  if (file === undefined) return {};
  const read = await readEnvFile(file).catch((cause: unknown) =>
    refuseUsage(`--env-file : ${describeFailure(cause, file)}`),
  );
  return read.problems.length === 0 ? read.settings : refuseUsage(read.problems.join('\n'));
}

async function start(): Promise<EdgeProcess> {
  const own = await readOwnSettings();
  const taken = await findPortProblems([{ host: flags.host, port: where.port, option: '--port' }]);
  if (taken.length > 0) throw new Error(taken.join('\n'));
  const local = await localSettings(await openLocalState(flags.state));
  const problems = findSettingProblems(mergeSettings(local, own));
  if (problems.length > 0) {
    throw new Error(`réglages :\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
  const edge = await startLocalEdge({ ...where, settings: own });
  lines.say(logLine('info', 'edge-settings', { ...nameSettings(local, own) }));
  return edge;
}

let running: EdgeProcess | undefined;
closeOnSignal(async () => {
  await running?.close();
  await lines.finish(LOG_TIMEOUT_MS);
});
try {
  const edge = await start();
  running = edge;
  lines.say(logLine('info', 'edge-ready', { event: 'edge-ready', url: edge.url }));
} catch (cause) {
  process.stderr.write(`L'accès n'a pas démarré : ${describeFailure(cause, flags.state)}\n`);
  process.exit(1);
}
