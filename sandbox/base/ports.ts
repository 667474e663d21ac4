// Says, before anything is started, which ports cannot be opened and which option takes another. Only for a clear
// sentence: between this look and the opening a port may still be lost.

import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

const RELEASE_MS = 1500;
const RELEASE_POLL_MS = 50;

export interface WantedPort {
  readonly host: string;
  /** 0 takes a free one, which always works. */
  readonly port: number;
  /** What changes it, e.g. `--port`. */
  readonly option: string;
}

/** One French sentence for each port that cannot be opened, and for each wanted twice. */
export async function findPortProblems(wanted: readonly WantedPort[]): Promise<readonly string[]> {
  const seen = new Map<string, string>();
  const problems: string[] = [];
  for (const { host, port, option } of wanted) {
    const known = port === 0 ? undefined : seen.get(`${host} ${port}`);
    seen.set(`${host} ${port}`, option);
    const code = known === undefined ? await awaitPort(host, port) : undefined;
    if (known !== undefined)
      problems.push(`${known} et ${option} donnent le même port ${port} : il en faut deux.`);
    else if (code !== undefined)
      problems.push(`${describePort(host, port, code)} ${option} en choisit un autre.`);
  }
  return problems;
}

function describePort(host: string, port: number, code: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Le port ${port} de ${host} est déjà pris, peut-être par un autre lancement ;`;
    case 'EACCES':
      return `Le port ${port} de ${host} demande des droits que ce compte n’a pas ;`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `L’adresse ${host} n’est pas une adresse de cette machine (${code}) ; corrigez-la. Pour le port ${port},`;
    default:
      return `Le port ${port} de ${host} ne peut pas être ouvert (${code}) ;`;
  }
}

/** A runtime whose program was killed keeps its port until its guard notices (guarded.sh): that is no problem. */
async function awaitPort(host: string, port: number): Promise<string | undefined> {
  const endMs = Date.now() + RELEASE_MS;
  for (;;) {
    const code = await tryPort(host, port);
    if (code !== 'EADDRINUSE' || Date.now() > endMs) return code;
    await wait(RELEASE_POLL_MS);
  }
}

/** Why the port cannot be opened, as Node's code. */
function tryPort(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** A port of loopback that was free a moment ago. */
export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
