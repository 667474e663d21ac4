// The relay's mTLS port for tests, in this process: an authority with vendors A and B, a port on a free number, an
// edge behind it, and all that it logs. For the relay as a process, see relay-scene.ts.

import { generateKeyPairSync } from 'node:crypto';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { checkConfig, type RelayConfig } from '../../relay/config.ts';
import { EdgeClient } from '../../relay/inbound-edge.ts';
import { loadInbound } from '../../relay/inbound-files.ts';
import { InboundPort } from '../../relay/inbound-port.ts';
import { pick } from '../../relay/log.ts';
import {
  type Authority,
  type Leaf,
  type LeafRequest,
  openAuthority,
  writeLeaf,
} from '../../sandbox/pki/authority.ts';
import type { LogFields } from '../../shared/log.ts';
import { type AppointmentEdge, startAppointmentEdge } from './inbound-edge.ts';

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

export interface LogLine extends LogFields {
  readonly level: string;
  readonly message: string;
}

export interface InboundScene {
  readonly dir: string;
  readonly edge: AppointmentEdge;
  readonly port: number;
  readonly inbound: InboundPort;
  readonly config: RelayConfig;
  readonly log: LogLine[];
  readonly files: Readonly<Record<'cert' | 'key' | 'ca' | 'rootCrl' | 'orgCrl', string>>;
  reload(): readonly string[];
  /** One line of the metrics page, its value; undefined when it is not there. */
  metric(line: string): Promise<number | undefined>;
  close(): Promise<void>;
}

export async function makeInboundAuthority(): Promise<InboundAuthority> {
  const dir = await mkdtemp(join(tmpdir(), 'inbound-pki-'));
  const authority = await openAuthority(dir, { caKeyBits: 2048 });
  return {
    ...authority,
    ca: authority.signers.org.certPem + authority.signers.root.certPem,
    show: (change = {}) => authority.issueClient({ ...A, ...change }),
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

export interface SceneChange {
  /** Fields of `listen`. */
  readonly listen?: Readonly<Record<string, unknown>>;
  readonly limits?: Readonly<Record<string, number>>;
  readonly edge?: AppointmentEdge;
}

export async function openInbound(
  authority: InboundAuthority,
  change: SceneChange = {},
): Promise<InboundScene> {
  const dir = await mkdtemp(join(tmpdir(), 'inbound-'));
  const server = await authority.issueServer({
    cn: 'relais',
    ou: A.ou,
    dns: ['localhost'],
    ips: ['127.0.0.1'],
  });
  await writeLeaf(dir, 'server', server);
  await writeFile(join(dir, 'igc.pem'), authority.ca);
  await copyFile(authority.files.rootCrl, join(dir, 'root.crl'));
  await copyFile(authority.files.intermediateOrgCrl, join(dir, 'org.crl'));
  const edge = change.edge ?? (await startAppointmentEdge());
  const config = makeConfig(dir, edge.url, change);
  const { listen, editors, relayId } = config;
  if (listen === undefined) throw new Error('no listen');
  const { state, problems } = loadInbound(listen, editors, undefined, Date.now());
  if (state === undefined) throw new Error(JSON.stringify(problems));
  const log: LogLine[] = [];
  const registry = new Registry();
  const { privateKey: key } = generateKeyPairSync('ed25519');
  const client = new EdgeClient({ url: config.edge.url, relayId, key, timeoutMs: listen.limits.edgeMs });
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
    config,
    log,
    files: {
      cert: join(dir, 'server.crt'),
      key: join(dir, 'server.key'),
      ca: join(dir, 'igc.pem'),
      rootCrl: join(dir, 'root.crl'),
      orgCrl: join(dir, 'org.crl'),
    },
    reload: () => inbound.reload(listen, editors).map(({ field, text }) => `${field} : ${text}`),
    metric: async (line) => {
      const page = await registry.metrics();
      const found = page.split('\n').find((one) => one.startsWith(`passerelle_relay_inbound_${line} `));
      return found === undefined ? undefined : Number(found.slice(found.lastIndexOf(' ') + 1));
    },
    close: async () => {
      await inbound.close();
      if (change.edge === undefined) await edge.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function makeConfig(dir: string, edgeUrl: string, { listen = {}, limits = {} }: SceneChange): RelayConfig {
  const editor = (id: string, client: object, flows: readonly string[]): object => ({
    id,
    name: id,
    baseUrl: `https://${id}.example/fhir`,
    flows,
    certFile: 'server.crt',
    keyFile: 'server.key',
    caFile: 'igc.pem',
    client,
    appointmentSystem: `https://${id}.example/rdv`,
  });
  const checked = checkConfig(
    {
      relayId: 'relay-test',
      edge: { url: `${edgeUrl}/sas`, keyFile: 'link.key.pem' },
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
    },
    dir,
  );
  if (!checked.ok) throw new Error(JSON.stringify(checked.error));
  return checked.value;
}
