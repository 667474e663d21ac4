// workerd's configuration of the edge: what wrangler.toml says to the platform. Pure. The structure is workerd.capnp's, of
// the npm package workerd.

import { DATABASES, type DatabaseName } from '../databases/migrations.ts';
import { type CapnpStruct, capnpText } from './capnp-text.ts';
import { ENTRY } from './entry.ts';

/** As in wrangler.toml. */
export const COMPATIBILITY_DATE = '2026-07-30';
export const COMPATIBILITY_FLAGS: readonly string[] = ['enable_request_signal'];
/** The Durable Objects: binding, class, and the key that their storage and ids go by, which must never change. */
export const OBJECTS = [
  { binding: 'RELAY_HUB', className: 'RelayHub', uniqueKey: 'passerelle-RelayHub' },
  { binding: 'GATE', className: 'Gate', uniqueKey: 'passerelle-Gate' },
  { binding: 'SCHEDULER', className: 'Scheduler', uniqueKey: 'passerelle-Scheduler' },
] as const;

/** The sockets by their names: the edge's own is given to workerd open. */
export const EDGE_SOCKET = 'edge';

/** Key and chain, PEM. */
export interface TlsPair {
  readonly privateKey: string;
  readonly certificateChain: string;
}

export interface EdgeConfig {
  /** The Worker's main module. */
  readonly script: string;
  /** Modules that the Worker loads when somebody first asks for them: file name → code. */
  readonly modules?: ReadonlyMap<string, string> | undefined;
  /** Names of settings; workerd reads their values in its environment, where no other account sees them. */
  readonly settings: readonly string[];
  /** Undefined: plain HTTP, behind a proxy or on loopback. */
  readonly tls: TlsPair | undefined;
  /** Folder of the objects' storage. */
  readonly objects: string;
  /** Path of each database's Unix socket. */
  readonly databases: Readonly<Record<DatabaseName, string>>;
  /** Unix socket of host-server.ts. */
  readonly host: string;
  /** Unix socket that workerd opens for the host alone (entry.ts). */
  readonly control: string;
  readonly exports: boolean;
  /** Authorities, PEM, that the issuer's server may have besides the system's. */
  readonly authorities: readonly string[];
}

/** Services and sockets of a workerd configuration. */
export interface WorkerdConfig {
  readonly services: readonly CapnpStruct[];
  readonly sockets: readonly CapnpStruct[];
}

/** The environment variable that carries a setting. */
export const variableOf = (setting: string): string => `SETTING_${setting}`;

export function edgeConfig(config: EdgeConfig): WorkerdConfig {
  const { script, modules = [], tls, control } = config;
  const unix = (path: string): string => `unix:${path}`;
  const external = (name: string, path: string): CapnpStruct => ({
    name,
    external: { address: unix(path), http: {} },
  });
  const worker = {
    modules: [
      { name: 'entry.js', esModule: ENTRY },
      { name: 'worker.js', esModule: script },
      ...[...modules].map(([name, esModule]) => ({ name, esModule })),
    ],
    compatibilityDate: COMPATIBILITY_DATE,
    compatibilityFlags: COMPATIBILITY_FLAGS,
    bindings: bindingsOf(config),
    durableObjectNamespaces: OBJECTS.map(({ className, uniqueKey }) => ({
      className,
      uniqueKey,
      enableSql: true,
    })),
    durableObjectStorage: { localDisk: 'objects' },
  };
  const tlsOptions = { keypair: tls && { ...tls }, minVersion: Symbol('tls1Dot2') };
  return {
    services: [
      { name: 'edge', worker },
      { name: 'objects', disk: { path: config.objects, writable: true } },
      // The issuer of tokens may be in one's own network: it is all that the Worker ever calls.
      {
        name: 'internet',
        network: {
          allow: ['public', 'private'],
          tlsOptions: { trustBrowserCas: true, trustedCertificates: config.authorities },
        },
      },
      external('host', config.host),
      ...DATABASES.map(({ name }) => external(name, config.databases[name])),
    ],
    sockets: [
      {
        name: EDGE_SOCKET,
        ...(tls === undefined ? { http: {} } : { https: { options: {}, tlsOptions } }),
        service: 'edge',
      },
      {
        name: 'control',
        address: unix(control),
        http: {},
        service: { name: 'edge', entrypoint: 'control' },
      },
    ],
  };
}

function bindingsOf({ settings, exports }: EdgeConfig): CapnpStruct[] {
  return [
    ...settings.map((name) => ({ name, fromEnvironment: variableOf(name) })),
    ...DATABASES.map(({ name }) => ({
      name,
      wrapped: {
        moduleName: 'cloudflare-internal:d1-api',
        innerBindings: [{ name: 'fetcher', service: name }],
      },
    })),
    ...OBJECTS.map(({ binding, className }) => ({ name: binding, durableObjectNamespace: className })),
    { name: 'STORE_FAULTS', service: 'host' },
    ...(exports ? [{ name: 'EXPORT_FOLDER', service: 'host' }] : []),
  ];
}

/** The file's text. */
export function configText(config: WorkerdConfig): string {
  return [
    'using Workerd = import "/workerd/workerd.capnp";',
    `const config :Workerd.Config = ${capnpText({ ...config })};\n`,
  ].join('\n');
}
