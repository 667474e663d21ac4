// The baseline: what a team would write without Passerelle, in one Node process. Takes a search, puts the same
// request to every vendor over mTLS, merges, answers. As fast as plain code gets: undici pools with keep-alive,
// one JSON.parse per vendor, one JSON.stringify. It lacks all that costs: no token, no check of what vendors
// send, no pruning, no ledger, no registry, no bound on bytes. Argument: a JSON file of `PlainSettings`.

import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';

export interface PlainSettings {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string;
  readonly crlFiles: readonly string[];
  /** FHIR bases. */
  readonly vendors: readonly string[];
  /** Connections per vendor. */
  readonly connections: number;
}

interface Entry {
  readonly fullUrl: string;
  readonly resource: { readonly resourceType: string };
}

interface Answer {
  readonly entry?: readonly Entry[];
}

const TIMEOUT_MS = 7_000;
const HEADERS = { accept: 'application/fhir+json' };

const settings = JSON.parse(await readFile(process.argv[2] ?? '', 'utf8')) as PlainSettings;
const connect = {
  cert: await readFile(settings.certFile, 'utf8'),
  key: await readFile(settings.keyFile, 'utf8'),
  ca: await readFile(settings.caFile, 'utf8'),
  crl: await Promise.all(settings.crlFiles.map((file) => readFile(file, 'utf8'))),
};
const vendors = settings.vendors.map((base) => {
  const { origin, pathname } = new URL(base);
  const pool = new Pool(origin, {
    connections: settings.connections,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    connect,
  });
  return { pool, pathname };
});

const server = createServer((request, response) => {
  // `/fhir/Slot?…` here is `<base>/Slot?…` at each vendor.
  const path = (request.url ?? '').slice('/fhir'.length);
  search(path, response).catch(() => response.writeHead(502).end());
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ event: 'plain-ready', port })}\n`);
});
process.once('SIGTERM', () => process.exit(0));

async function search(path: string, response: ServerResponse): Promise<void> {
  const answers = await Promise.all(
    vendors.map(async ({ pool, pathname }): Promise<Answer> => {
      const reply = await pool.request({ method: 'GET', path: pathname + path, headers: HEADERS });
      if (reply.statusCode !== 200) throw new Error(`vendor answered ${reply.statusCode}`);
      return JSON.parse(await reply.body.text()) as Answer;
    }),
  );
  const body = JSON.stringify(merge(answers, path));
  response.writeHead(200, {
    'Content-Type': 'application/fhir+json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}

function merge(answers: readonly Answer[], path: string) {
  const entries = new Map<string, Entry>();
  let total = 0;
  for (const { entry = [] } of answers) {
    for (const one of entry) {
      if (entries.has(one.fullUrl)) continue;
      entries.set(one.fullUrl, one);
      if (one.resource.resourceType === 'Slot') total += 1;
    }
  }
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    total,
    link: [{ relation: 'self', url: path }],
    entry: [...entries.values()],
  };
}
