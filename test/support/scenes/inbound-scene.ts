// The relay's mTLS port for tests, in this process: an authority with vendors A and B, a port on a free number, an
// edge behind it, and all that it logs. For the relay as a process, see relay/scene.ts.

import { generateKeyPairSync } from 'node:crypto';
import { copyFile, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { checkConfig } from '../../../relay/base/config.ts';
import { pick } from '../../../relay/base/log.ts';
import { EdgeClient } from '../../../relay/inbound/edge-client.ts';
import { loadInbound } from '../../../relay/inbound/files.ts';
import { InboundPort } from '../../../relay/inbound/port.ts';
import { ensureIdentityKey } from '../../../relay/link/identity-key.ts';
import {
  type Authority,
  type Leaf,
  type LeafRequest,
  openAuthority,
  writeLeaf,
} from '../../../sandbox/pki/authority.ts';
import type { LogFields } from '../../../shared/log.ts';
import { startTestEdge, type TestEdge } from '../doubles/edge.ts';
import { TEST_KEYS } from '../samples/rsa-keys.ts';
import { removeFolder } from '../wait/remove-folder.ts';
import { type RelayProcess, spawnRelay } from './relay/process.ts';

export const A = { cn: 'agenda-alpha-client', ou: '399990000000118' } as const;
export const B = { cn: 'agenda-beta-client', ou: '399990000000218' } as const;
/** A vendor that reads slots only. */
export const C = { cn: 'agenda-gamma-client', ou: '399990000000318' } as const;

export interface InboundAuthority extends Authority {
  /** ORG intermediate and root, PEM. */
  readonly ca: string;
  /** A certificate of vendor A, changed. */
  show(change?: Partial<LeafRequest>): Promise<Leaf>;
  remove(): Promise<void>;
}

interface LogLine extends LogFields {
  readonly level: string;
  readonly message: string;
}

type SceneFiles = Readonly<Record<'cert' | 'key' | 'ca' | 'rootCrl' | 'orgCrl', string>>;

interface Settings extends Record<string, unknown> {
  readonly listen: Readonly<Record<string, unknown>>;
  readonly editors: readonly Record<string, unknown>[];
}

interface Common {
  readonly dir: string;
  readonly edge: TestEdge;
  readonly port: number;
  readonly files: SceneFiles;
  /** One line of the metrics page (without its prefix), its value; undefined when it is not there. */
  metric(line: string): Promise<number | undefined>;
  close(): Promise<void>;
}

export interface InboundScene extends Common {
  readonly inbound: InboundPort;
  readonly log: LogLine[];
  /** What it complains of. */
  reload(): readonly string[];
}

export interface InboundProcess extends Common {
  readonly relay: RelayProcess;
  readonly configFile: string;
  readonly settings: Settings;
}

export async function makeInboundAuthority(): Promise<InboundAuthority> {
  const dir = await mkdtemp(join(tmpdir(), 'inbound-pki-'));
  const authority = await openAuthority(dir, { ...TEST_KEYS });
  return {
    ...authority,
    ca: authority.signers.org.certPem + authority.signers.root.certPem,
    show: (change = {}) => authority.issueClient({ ...A, ...change }),
    remove: () => removeFolder(dir),
  };
}

export interface SceneChange {
  /** Fields of `listen`. */
  readonly listen?: Readonly<Record<string, unknown>>;
  readonly limits?: Readonly<Record<string, number>>;
  readonly edge?: TestEdge;
}

/** The port in this process. */
export async function openInbound(
  authority: InboundAuthority,
  change: SceneChange = {},
): Promise<InboundScene> {
  const edge = change.edge ?? (await startTestEdge());
  const { dir, files, settings } = await writeFolder(authority, edge.url, change);
  const checked = checkConfig(settings, dir);
  if (!checked.ok || checked.value.listen === undefined) throw new Error(JSON.stringify(checked));
  const { listen, editors, relayId } = checked.value;
  const { state, problems } = loadInbound(listen, editors, undefined, Date.now());
  if (state === undefined) throw new Error(JSON.stringify(problems));
  const log: LogLine[] = [];
  const registry = new Registry();
  const { privateKey: key } = generateKeyPairSync('ed25519');
  const url = checked.value.edge.url;
  const client = new EdgeClient({ url, relayId, key, timeoutMs: listen.limits.edgeMs });
  const inbound = await InboundPort.open({
    listen,
    state,
    edge: client,
    registry,
    log: (level, message, fields = {}) => log.push({ level, message, ...pick(fields) }),
  });
  return {
    dir,
    edge,
    port: inbound.port,
    inbound,
    log,
    files,
    reload: () => inbound.reload(listen, editors).map(({ field, text }) => `${field} : ${text}`),
    metric: async (line) => readMetric(await registry.metrics(), `inbound_${line}`),
    close: async () => {
      await inbound.close();
      if (change.edge === undefined) await edge.close();
      await removeFolder(dir);
    },
  };
}

/** The port of a whole relay, as a process; its link has nobody to talk to. */
export async function spawnInbound(
  authority: InboundAuthority,
  change: SceneChange = {},
): Promise<InboundProcess> {
  const edge = change.edge ?? (await startTestEdge());
  const { dir, files, settings } = await writeFolder(authority, edge.url, change);
  const configFile = join(dir, 'relay.json');
  ensureIdentityKey(join(dir, 'link.key.pem'));
  await writeFile(configFile, JSON.stringify(settings));
  const relay = spawnRelay(['--config', configFile]);
  const admin = async (path: string): Promise<string> =>
    (await fetch(`${await relay.adminUrl()}${path}`)).text();
  await relay.said('relay-ready');
  return {
    dir,
    edge,
    relay,
    files,
    configFile,
    settings,
    port: Number((await relay.said('relay-listening')).port),
    metric: async (line) => readMetric(await admin('/metrics'), line),
    close: async () => {
      await relay.stop();
      if (change.edge === undefined) await edge.close();
      await removeFolder(dir);
    },
  };
}

function readMetric(page: string, line: string): number | undefined {
  const found = page.split('\n').find((one) => one.startsWith(`passerelle_relay_${line} `));
  return found === undefined ? undefined : Number(found.slice(found.lastIndexOf(' ') + 1));
}

export interface Folder {
  readonly dir: string;
  readonly files: SceneFiles;
  readonly settings: Settings;
}

/** The files of a port, and the settings that name them. */
export async function writeFolder(
  authority: InboundAuthority,
  edgeUrl: string,
  change: SceneChange,
): Promise<Folder> {
  const dir = await mkdtemp(join(tmpdir(), 'inbound-'));
  const name = { cn: 'relais', ou: A.ou };
  await writeLeaf(
    dir,
    'server',
    await authority.issueServer({ ...name, dns: ['localhost'], ips: ['127.0.0.1'] }),
  );
  await writeLeaf(dir, 'client', await authority.issueClient(name));
  await writeFile(join(dir, 'igc.pem'), authority.ca);
  await copyFile(authority.files.rootCrl, join(dir, 'root.crl'));
  await copyFile(authority.files.intermediateOrgCrl, join(dir, 'org.crl'));
  const files = {
    cert: join(dir, 'server.crt'),
    key: join(dir, 'server.key'),
    ca: join(dir, 'igc.pem'),
    rootCrl: join(dir, 'root.crl'),
    orgCrl: join(dir, 'org.crl'),
  };
  return { dir, files, settings: makeSettings(`${edgeUrl}/sas`, change) };
}

function makeSettings(edgeUrl: string, { listen = {}, limits = {} }: SceneChange): Settings {
  const editor = (id: string, client: object, flows: readonly string[]): Record<string, unknown> => ({
    id,
    name: id,
    baseUrl: `https://${id}.example/fhir`,
    flows,
    certFile: 'client.crt',
    keyFile: 'client.key',
    caFile: 'igc.pem',
    client,
    appointmentSystem: `https://${id}.example/rdv`,
  });
  return {
    relayId: 'relay-test',
    edge: { url: edgeUrl, keyFile: 'link.key.pem' },
    admin: { port: 0 },
    listen: {
      host: '127.0.0.1',
      port: 0,
      certFile: 'server.crt',
      keyFile: 'server.key',
      caFile: 'igc.pem',
      crlFiles: ['root.crl', 'org.crl'],
      ...listen,
      limits,
    },
    editors: [
      editor('alpha', A, ['INT_R03']),
      editor('beta', B, ['INT_R01', 'INT_R03']),
      editor('gamma', C, ['INT_R01']),
    ],
  };
}
