// What the host itself answers to the Worker, on a Unix socket: the folder of exports (binding EXPORT_FOLDER), and what was
// last the matter with a database's file (binding STORE_FAULTS), which the Worker is not told where it asks the database.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { writeExport } from './export-folder.ts';

export interface HostServerOptions {
  /** Path of the Unix socket. */
  readonly socket: string;
  /** Folder that changes of appointments are exported to. */
  readonly exportDir: string | undefined;
  /** SQLite's words about a file, or nothing. */
  readonly fault: () => string;
}

/** Resolves when it listens. */
export function serveHost(options: HostServerOptions): Promise<Server> {
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    answer(options, request, response).catch(() => response.destroy());
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.socket, () => resolve(server));
  });
}

async function answer(
  { exportDir, fault }: HostServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.headers.host === 'store') {
    response.end(fault());
    return;
  }
  const isExport = request.headers.host === 'export' && request.method === 'PUT' && exportDir !== undefined;
  const status = isExport
    ? await writeExport(exportDir, `http://export${request.url}`, await buffer(request))
    : 404;
  response.writeHead(status).end();
}
