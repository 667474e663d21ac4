// The edge as it runs on one's own machines (host/), with what tests ask of it besides: its databases and its objects, a hub
// of another release, an end without waiting. Chosen by EDGE_HOST=workerd.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownSettings } from '../../../host/config/own-settings.ts';
import { type DatabaseName, MIGRATIONS } from '../../../host/databases/migrations.ts';
import { type EdgeSettings, startEdgeHost } from '../../../host/edge-host.ts';
import { edgeLine, logLine, openLines } from '../../../host/log/lines.ts';
import type { CapnpStruct } from '../../../host/runtime/capnp-text.ts';
import { COMPATIBILITY_DATE, OBJECTS, type WorkerdConfig } from '../../../host/runtime/edge-config.ts';
import { findWorkerd } from '../../../host/runtime/find-workerd.ts';
import { askUnix } from '../../../host/runtime/unix-request.ts';
import { buildDatabase } from './build-database.ts';
import { buildWorker } from './build-worker.ts';
import { type Ask, d1Over } from './d1-client.ts';
import type { EdgeOptions, EdgeProcess } from './edge-options.ts';

/** `POST /{binding}/{name}` calls a method of an object, or its `fetch`, with JSON both ways. */
const OBJECTS_SCRIPT = `export default {
  async fetch(request, env) {
    const [, binding, name] = new URL(request.url).pathname.split('/').map(decodeURIComponent);
    const object = env[binding].get(env[binding].idFromName(name));
    const { method, args } = await request.json();
    try {
      if (method === 'fetch') {
        const answer = await object.fetch(...args);
        return Response.json({ value: { status: answer.status, text: await answer.text() } });
      }
      return Response.json({ value: await object[method](...args) });
    } catch (error) {
      return Response.json({ error: error.message });
    }
  },
};`;

/** @throws what startEdgeHost throws. */
export async function startOnWorkerd(options: EdgeOptions): Promise<EdgeProcess> {
  const say = options.onLog ?? openLines().say;
  const isKept = options.stateDir !== undefined;
  const stateDir = options.stateDir ?? (await mkdtemp(join(tmpdir(), 'passerelle-edge-')));
  const settingsOf = (values: Readonly<Record<string, string>>): EdgeSettings => ({
    values: { ...values, ...ownSettings(options.host) },
  });
  const host = await startEdgeHost({
    host: options.host,
    port: options.port,
    stateDir,
    script: options.script ?? (await buildWorker()),
    modules: options.modules,
    migrations: options.migrations ?? MIGRATIONS,
    settings: settingsOf(options.settings),
    exportDir: options.exportDir,
    workerd: findWorkerd(),
    ...(options.runsLong === true && { databaseProgram: await buildDatabase(stateDir) }),
    drainMs: 0,
    onLine: (line) => say(edgeLine(line)),
    onEvent: ({ event, ...fields }) => {
      if (event === 'database-file-refused') say(logLine('error', event, fields));
      else if (event === 'runtime-ended') say(logLine('error', 'edge-runtime-restarted', {}));
    },
    extend: (config, folder) => withObjects(withHub(config, options.hubScript), join(folder, 'objects.sock')),
    ...(options.inspect === true && { inspect: true }),
  });
  const objects = join(host.folder, 'objects.sock');
  const databases = new Map<DatabaseName, unknown>();
  return {
    url: `http://${options.host}:${host.port}`,
    configure: (settings) => host.configure(settingsOf(settings)),
    runSchedule: async (at = new Date(), what = 'everything') => {
      const query = new URLSearchParams({
        at: String(at.getTime()),
        cron: what === 'everything' ? '' : what,
      });
      return (await askUnix(host.controlSocket, `/scheduled?${query}`, { method: 'POST' })).status === 200;
    },
    database: async (name = 'DB') => {
      const known = databases.get(name) ?? d1Over(askDatabase(host.databaseSocket(name)));
      databases.set(name, known);
      return known as Awaited<ReturnType<EdgeProcess['database']>>;
    },
    object: async (binding, name) => objectOver(objects, `/${binding}/${encodeURIComponent(name)}`),
    inspectorUrl: async () => new URL(`ws://127.0.0.1:${host.inspectorPort()}`),
    close: async () => {
      await host.close();
      if (!isKept) await rm(stateDir, { recursive: true, force: true });
    },
  };
}

function askDatabase(socket: string): Ask {
  return async (statements) => {
    const queries = statements.map(({ sql, values }) => ({ sql, params: values.map(paramOf) }));
    const answer = await askUnix(socket, '/query', { method: 'POST', body: JSON.stringify(queries) });
    const said = JSON.parse(answer.body.toString()) as { readonly error?: string };
    if (said.error !== undefined) throw new Error(`D1_ERROR: ${said.error}`);
    return said as unknown as Awaited<ReturnType<Ask>>;
  };
}

/** As D1's binding sends it. */
function paramOf(value: unknown): unknown {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value instanceof Uint8Array ? Array.from(value) : value;
}

function objectOver(socket: string, path: string): Awaited<ReturnType<EdgeProcess['object']>> {
  const call = async (method: string, args: readonly unknown[]): Promise<unknown> => {
    const { body } = await askUnix(socket, path, { method: 'POST', body: JSON.stringify({ method, args }) });
    const { value, error } = JSON.parse(body.toString()) as { value?: unknown; error?: string };
    if (error !== undefined) throw new Error(error);
    return value;
  };
  const fetch = async (url: string): Promise<Response> => {
    const { status, text } = (await call('fetch', [url])) as { status: number; text: string };
    return new Response(text, { status });
  };
  return new Proxy(
    { fetch },
    {
      get: (own, name) => {
        // It is awaited, and no promise.
        if (name === 'fetch' || name === 'then' || typeof name === 'symbol') return Reflect.get(own, name);
        return (...args: unknown[]) => call(name, args);
      },
    },
  );
}

function withObjects(config: WorkerdConfig, socket: string): WorkerdConfig {
  const hub = config.services.some(({ name }) => name === 'hub') ? 'hub' : 'edge';
  const bindings = OBJECTS.map(({ binding, className }) => ({
    name: binding,
    durableObjectNamespace: { className, serviceName: binding === 'RELAY_HUB' ? hub : 'edge' },
  }));
  const worker = {
    modules: [{ name: 'objects.js', esModule: OBJECTS_SCRIPT }],
    compatibilityDate: COMPATIBILITY_DATE,
    bindings,
  };
  return {
    services: [...config.services, { name: 'test-objects', worker }],
    sockets: [
      ...config.sockets,
      { name: 'test-objects', address: `unix:${socket}`, http: {}, service: 'test-objects' },
    ],
  };
}

/** `script`: another code for the hub, as for the minutes of a deployment: a service of its own has the hub then. */
function withHub(config: WorkerdConfig, script: string | undefined): WorkerdConfig {
  if (script === undefined) return config;
  const services = config.services.flatMap((service) => {
    if (service.name !== 'edge') return [service];
    const worker = service.worker as Worker;
    return [
      { ...service, worker: shareOf(worker, 'edge', ['GATE', 'SCHEDULER']) },
      {
        name: 'hub',
        worker: {
          ...shareOf(worker, 'hub', ['RELAY_HUB']),
          modules: [{ name: 'hub.js', esModule: script }],
        },
      },
    ];
  });
  return { ...config, services };
}

type Worker = CapnpStruct & Readonly<Record<'bindings' | 'durableObjectNamespaces', readonly CapnpStruct[]>>;

/** The Worker as the service that has these objects; it reaches the others at the other service. */
function shareOf(worker: Worker, service: 'edge' | 'hub', own: readonly string[]): Worker {
  const others = OBJECTS.filter(({ binding }) => !own.includes(binding));
  return {
    ...worker,
    durableObjectNamespaces: worker.durableObjectNamespaces.filter(
      (one) => !others.some(({ className }) => className === one.className),
    ),
    bindings: worker.bindings.map((one) => {
      const { className } = others.find(({ binding }) => binding === one.name) ?? {};
      const serviceName = service === 'edge' ? 'hub' : 'edge';
      return className === undefined ? one : { ...one, durableObjectNamespace: { className, serviceName } };
    }),
  };
}
