// Writes the configuration of a local relay, introduces its key to the local edge, and starts it as a process.

import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { makePrivateFolder, PRIVATE_FILE } from '../../../host/state/private-folder.ts';
import type { Credential, SandboxPki } from '../../pki/sandbox-pki.ts';
import { type Child, runChild, startChild } from '../child.ts';

export interface LocalVendor {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  /** It is sent `traceparent`. */
  readonly traceparent?: boolean;
}

/** What its file is written of. */
export interface RelayConfigOptions {
  readonly id: string;
  /** Folder of the configuration and of the link's key. */
  readonly dir: string;
  readonly edgeUrl: string;
  readonly pki: SandboxPki;
  readonly vendors: readonly LocalVendor[];
  readonly flows?: readonly string[];
  /** 0 takes a free port. */
  readonly adminPort: number;
  /** Of the mTLS port for appointments; 0 takes a free one, named by the log line `relay-listening`. */
  readonly listenPort?: number;
  /** Where it carries messages to LRMs; absent, it carries none. */
  readonly hubSante?: LocalHubSante;
}

export interface LocalRelayOptions extends RelayConfigOptions {
  readonly edgeStateDir: string;
  readonly onLog: (line: string) => void;
}

export interface LocalHubSante {
  readonly clientId: string;
  readonly port: number;
  /** What proves that client id. */
  readonly credential: Pick<Credential, 'certFile' | 'keyFile'>;
}

export async function startLocalRelay(options: LocalRelayOptions): Promise<Child> {
  const config = await writeRelayConfig(options);
  await introduce(config, options);
  return startChild({
    command: ['relay/main.ts', '--config', config],
    readyEvent: 'relay-ready',
    onLine: options.onLog,
  });
}

/** Returns the path of the file. */
export async function writeRelayConfig(options: RelayConfigOptions): Promise<string> {
  makePrivateFolder(options.dir);
  const { pki } = options;
  const flows = options.flows ?? ['INT_R01', 'INT_R02', 'INT_R03', 'INT_R04', 'SOS'];
  const file = join(options.dir, 'relay.json');
  const config = {
    relayId: options.id,
    edge: { url: options.edgeUrl, keyFile: 'link.key.pem' },
    ...(options.listenPort !== undefined && {
      listen: {
        host: '127.0.0.1',
        port: options.listenPort,
        certFile: resolve(pki.relay.server.certFile),
        keyFile: resolve(pki.relay.server.keyFile),
        caFile: resolve(pki.caFile),
        crlFiles: pki.crlFiles.map((crl) => resolve(crl)),
      },
    }),
    ...(options.hubSante !== undefined && { hubSante: describeHubSante(options.hubSante, pki) }),
    admin: { host: '127.0.0.1', port: options.adminPort },
    editors: options.vendors.map(({ id, name, url, traceparent }) => {
      const vendor = pki.vendors.get(id);
      if (vendor === undefined) throw new Error(`no certificates for ${id}`);
      return {
        id,
        name,
        baseUrl: url,
        flows,
        certFile: resolve(pki.relay.client.certFile),
        keyFile: resolve(pki.relay.client.keyFile),
        caFile: resolve(pki.caFile),
        crlFiles: pki.crlFiles.map((crl) => resolve(crl)),
        server: { cn: vendor.server.cn, ou: vendor.server.ou },
        client: { cn: vendor.client.cn, ou: vendor.client.ou },
        appointmentSystem: `https://${id}.sandbox.test/rdv`,
        redirectHosts: [`${id}.sandbox.test`, new URL(url).host],
        ...(traceparent === true && { traceparent }),
      };
    }),
  };
  await writeFile(file, `${JSON.stringify(config, null, 2)}\n`, { mode: PRIVATE_FILE });
  return file;
}

function describeHubSante({ clientId, port, credential }: LocalHubSante, pki: SandboxPki): object {
  return {
    clientId,
    host: '127.0.0.1',
    port,
    certFile: resolve(credential.certFile),
    keyFile: resolve(credential.keyFile),
    caFile: resolve(pki.caFile),
    crlFiles: pki.crlFiles.map((crl) => resolve(crl)),
  };
}

async function introduce(config: string, { edgeStateDir, onLog }: LocalRelayOptions): Promise<void> {
  const lines: string[] = [];
  const args = [
    'relay/main.ts',
    '--config',
    config,
    '--print-jwk',
    '--generate-key',
    '--trust',
    edgeStateDir,
  ];
  const code = await runChild(args, (line) => lines.push(line));
  if (code === 0) return;
  for (const line of lines) onLog(line);
  throw new Error(`the relay's key could not be introduced:\n${lines.join('\n')}`);
}
