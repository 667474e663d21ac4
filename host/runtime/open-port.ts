// Opens a port once, for one runtime after the other: each is given the open socket, and what dials while none is there
// waits in the system's queue. Node would accept connections on whatever it listens on itself, so a child opens the port,
// hands the socket over and ends.

import { spawn } from 'node:child_process';

/** An open port that nobody here accepts from. */
export interface OpenPort {
  /** For `stdio` of a child. */
  readonly fd: number;
  readonly port: number;
  close(): void;
}

interface Handle {
  readonly fd: number;
  close(): void;
}

/** Connections that wait while no runtime accepts them; the system's own bound may be lower. */
const BACKLOG = 1_024;

const PROGRAM = `
const server = require('node:net').createServer();
server.once('error', ({ code }) => process.send({ code }, () => process.disconnect()));
const [host, port] = process.argv.slice(1);
server.listen({ host, port: Number(port), backlog: ${BACKLOG} }, () =>
  process.send({ port: server.address().port }, server._handle, () => process.exit(0)));
`;

/** `port` 0 takes a free one. @throws Error with Node's code in `code`, as EADDRINUSE. */
export function openPort(host: string, port: number): Promise<OpenPort> {
  const child = spawn(process.execPath, ['-e', PROGRAM, '--', host, String(port)], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the port could not be opened (${code})`)));
    child.once('message', (said: { readonly port?: number; readonly code?: string }, handle: unknown) => {
      if (said.port === undefined) {
        reject(Object.assign(new Error(`listen ${said.code} ${host}:${port}`), { code: said.code }));
        return;
      }
      const socket = handle as Handle;
      resolve({ fd: socket.fd, port: said.port, close: () => socket.close() });
    });
  });
}
