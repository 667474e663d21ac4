// TLS in front of the edge, by the files that we ship for nginx and haproxy with addresses and certificates alone put in: a
// relay's link and searches pass, long ones too, and the edge is told where a caller comes from, not where he says.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureSandboxPki } from '../../../sandbox/pki/sandbox-pki.ts';
import { RelayKeys, ScriptedRelay } from '../../support/doubles/scripted-relay.ts';
import { TEST_KEYS } from '../../support/samples/rsa-keys.ts';
import { System, slotPath } from '../../support/scenes/system.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';
import { until } from '../../support/wait/until.ts';

const FOLDER = resolve(import.meta.dirname, '../../../packaging/proxy');
const isThere = (program: string): boolean => spawnSync(program, ['-v']).status === 0;

let dir: string;
let files: { readonly certFile: string; readonly keyFile: string };
let proxy: ChildProcess | undefined;
const authorities = getCACertificates('default');

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'proxy-'));
  const pki = await ensureSandboxPki(join(dir, 'pki'), { vendorIds: ['agenda-a'], ...TEST_KEYS });
  files = pki.relay.server;
  setDefaultCACertificates([...authorities, await readFile(pki.caFile, 'utf8')]);
});
afterEach(async () => {
  setDefaultCACertificates(authorities);
  if (proxy !== undefined && proxy.exitCode === null) {
    proxy.kill('SIGKILL');
    await once(proxy, 'exit');
  }
  proxy = undefined;
  await removeFolder(dir);
});

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Replaces each that must be there. */
function place(text: string, over: readonly (readonly [string, string])[]): string {
  return over.reduce((placed, [from, to]) => {
    expect(placed).toContain(from);
    return placed.replace(from, () => to);
  }, text);
}

/** Before the server at this port, under the account of the test; resolves with its own. */
const START = {
  haproxy: async (upstream: number): Promise<number> => {
    const port = await freePort();
    const pem = join(dir, 'passerelle.pem');
    const pair = await Promise.all([files.certFile, files.keyFile].map((file) => readFile(file, 'utf8')));
    await writeFile(pem, pair.join('\n'), { mode: 0o600 });
    const config = place(await readFile(join(FOLDER, 'haproxy.cfg'), 'utf8'), [
      ['bind :443', `bind 127.0.0.1:${port}`],
      ['/etc/haproxy/passerelle.pem', pem],
      ['127.0.0.1:8787', `127.0.0.1:${upstream}`],
      ['    user haproxy\n    group haproxy\n', ''],
    ]);
    await writeFile(join(dir, 'haproxy.cfg'), config);
    return begin(port, 'haproxy', '-db', '-f', join(dir, 'haproxy.cfg'));
  },
  nginx: async (upstream: number): Promise<number> => {
    const port = await freePort();
    const config = place(await readFile(join(FOLDER, 'nginx.conf'), 'utf8'), [
      ['listen 443', `listen 127.0.0.1:${port}`],
      ['/etc/nginx/passerelle.crt', files.certFile],
      ['/etc/nginx/passerelle.key', files.keyFile],
      ['127.0.0.1:8787', `127.0.0.1:${upstream}`],
    ]);
    await writeFile(join(dir, 'passerelle.conf'), config);
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const temporary = paths.map((name) => `${name}_temp_path ${join(dir, name)};`).join(' ');
    const main = `daemon off; pid ${join(dir, 'pid')}; worker_processes 1; error_log stderr;
      events {} http { ${temporary} include ${join(dir, 'passerelle.conf')}; }`;
    await writeFile(join(dir, 'nginx.conf'), main);
    // Its process that works is ended with the one that keeps it only when that is asked to.
    return begin(
      port,
      'nginx',
      '-e',
      'stderr',
      '-p',
      dir,
      '-g',
      'master_process off;',
      '-c',
      join(dir, 'nginx.conf'),
    );
  },
} as const;

async function begin(port: number, program: string, ...args: string[]): Promise<number> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  proxy = child;
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await until(program, () => {
    if (child.exitCode !== null) throw new Error(said);
    return listens(port);
  });
  return port;
}

function listens(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1', () => done(true)).on('error', () => done(false));
    socket.on('connect', () => socket.destroy());
  });
}

describe.each(['haproxy', 'nginx'] as const)('%s', (name) => {
  it.skipIf(!isThere(name))('carries a relay’s link, and searches of any length', async () => {
    const keys = new RelayKeys('relay-a');
    const settings = { ...keys.settings, CLIENT_ADDRESS_HEADER: 'X-Forwarded-For' };
    const system = await System.start({ vendors: [], relay: false, settings });
    let relay: ScriptedRelay | undefined;
    try {
      const url = `https://localhost:${await START[name](Number(new URL(system.url).port))}`;
      relay = await ScriptedRelay.join(url, keys, 'relay-a', ['agenda-s']);
      relay.onPlan = (arrived) => arrived.answerAll();
      const headers = { Authorization: `Bearer ${system.token}`, Connection: 'close' };
      // 300 people: a URL of 13 kB.
      const people = Array.from({ length: 300 }, (_, index) => `8999${String(10_000_000 + index)}`);
      const path = slotPath(people);
      expect(path.length).toBeGreaterThan(10_000);
      const answer = await fetch(url + path, { headers });
      expect([answer.status, (await answer.text()).slice(0, 24)]).toEqual([200, '{"resourceType":"Bundle"']);
      const [base = '', body = ''] = path.split('?');
      const posted = await fetch(`${url}${base}/_search`, {
        method: 'POST',
        body,
        headers: { ...headers, 'Content-Type': 'application/x-www-form-urlencoded' },
      });
      expect([posted.status, (await posted.text()).length > 0]).toEqual([200, true]);
      expect(relay.closedWith).toBeUndefined();
    } finally {
      relay?.close();
      await system.stop();
    }
  });

  it.skipIf(!isThere(name))('tells the name it was asked by, and the address it was asked from', async () => {
    let told: IncomingHttpHeaders = {};
    const upstream = createServer((asked, response) => {
      told = asked.headers;
      response.end('whole');
    }).listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    try {
      const port = await START[name]((upstream.address() as AddressInfo).port);
      const forged = { 'X-Forwarded-For': '192.0.2.7', Forwarded: 'for=192.0.2.7', Connection: 'close' };
      const answer = await fetch(`https://localhost:${port}/healthz`, { headers: forged });
      expect(await answer.text()).toBe('whole');
      expect(told).toMatchObject({ host: `localhost:${port}`, 'x-forwarded-for': '127.0.0.1' });
      expect(told.forwarded).toBeUndefined();
      await expect(askInClear(port)).rejects.toThrow();
    } finally {
      upstream.closeAllConnections();
      upstream.close();
    }
  });
});

/** @throws Error unless plain HTTP is answered as if it were meant. */
function askInClear(port: number): Promise<void> {
  return new Promise((done, reject) => {
    const sent = request({ host: '127.0.0.1', port, path: '/healthz', agent: false }, (answer) => {
      answer.resume();
      if (answer.statusCode === 200) done();
      else reject(new Error(`answered ${answer.statusCode}`));
    });
    sent.once('error', reject);
    sent.end();
  });
}
