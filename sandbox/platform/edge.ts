// npm run edge -- --port 8787 --state DIR [--env-file F] [--host H]: the edge alone, as it will run.

import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { runEachMinute } from './cron.ts';
import { type EdgeProcess, startEdge } from './edge-process.ts';
import { closeOnSignal, readFlags, readPort, refuseUsage } from './flags.ts';
import { startLocalEdge } from './local-edge.ts';
import { logLine, openLines } from './output.ts';

const LOG_TIMEOUT_MS = 500;

const flags = readFlags(
  'Usage : npm run edge -- [--port 8787] [--host 127.0.0.1] [--state DIR] [--env-file F]',
  {
    port: '8787',
    host: '127.0.0.1',
    state: '.passerelle/edge',
    'env-file': '',
  },
);
const lines = openLines();
const where = {
  host: flags.host,
  port: readPort(flags.port, 'port'),
  stateDir: flags.state,
  command: 'npm run edge',
  onLog: lines.say,
};

async function start(): Promise<EdgeProcess> {
  if (flags['env-file'] === '') return startLocalEdge(where);
  const text = await readFile(flags['env-file'], 'utf8').catch(() =>
    refuseUsage(`--env-file : ${flags['env-file']} ne peut être lu.`),
  );
  const entries = Object.entries(parseEnv(text)).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return startEdge({ ...where, settings: Object.fromEntries(entries) });
}

let running: EdgeProcess | undefined;
closeOnSignal(async () => {
  await running?.close();
  await lines.finish(LOG_TIMEOUT_MS);
});
try {
  const edge = await start();
  running = edge;
  runEachMinute(edge);
  lines.say(logLine('info', 'edge-ready', { event: 'edge-ready', url: edge.url }));
} catch (cause) {
  process.stderr.write(
    `L'accès n'a pas démarré : ${cause instanceof Error ? cause.message : String(cause)}\n`,
  );
  process.exit(1);
}
