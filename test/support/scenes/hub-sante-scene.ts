// The simulated Hub Santé for tests: a broker of its own in a temporary folder, fresh certificates, its dispatcher and
// LRMs in this process. Where RabbitMQ is not installed, files of tests skip with one line: `describe.skipIf(hubSanteMissing)`.

import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChannelModel, connect, credentials } from 'amqplib';
import { findRabbit, NO_RABBIT } from '../../../sandbox/hub-sante/broker/rabbit-files.ts';
import { HubSante, type HubSanteOptions } from '../../../sandbox/hub-sante/hub-sante.ts';
import { ensureHubSanteCertificates, type HubSanteCertificates } from '../../../sandbox/pki/hub-sante-pki.ts';
import { ensureSandboxPki, type SandboxPki } from '../../../sandbox/pki/sandbox-pki.ts';
import { TEST_KEYS } from '../samples/rsa-keys.ts';
import { removeFolder } from '../wait/remove-folder.ts';

export const hubSanteMissing = findRabbit() === undefined;
if (hubSanteMissing) console.warn(NO_RABBIT);

export const SAS_ID = 'fr.health.test.ptfsas';
export const SAMU_ID = 'fr.health.samu330';
export const OTHER_SAMU_ID = 'fr.health.samu750';

export interface HubSanteScene {
  readonly hub: HubSante;
  readonly pki: SandboxPki;
  readonly certificates: HubSanteCertificates;
  /** A connection as that client, or as whom the certificate of another says. */
  connect(clientId: string, vhost?: string): Promise<ChannelModel>;
  close(): Promise<void>;
}

/** `pki`: of a system that runs beside; made when absent. */
export async function openHubSante(
  options: Partial<HubSanteOptions> & { readonly sandboxPki?: SandboxPki } = {},
): Promise<HubSanteScene> {
  const files = findRabbit();
  if (files === undefined) throw new Error(NO_RABBIT);
  const dir = await mkdtemp(join(tmpdir(), 'hub-sante-'));
  const pki =
    options.sandboxPki ?? (await ensureSandboxPki(join(dir, 'pki'), { vendorIds: [], ...TEST_KEYS }));
  const certificates = await ensureHubSanteCertificates(pki);
  const hub = await HubSante.start({
    files,
    dir: join(dir, 'broker'),
    pki: certificates,
    clients: [SAS_ID],
    lrms: [SAMU_ID, OTHER_SAMU_ID],
    schema: '26.07.29',
    ...options,
  });
  const opened: ChannelModel[] = [];
  return {
    hub,
    pki,
    certificates,
    connect: async (clientId, vhost = hub.vhost) => {
      const { certFile, keyFile } = await certificates.credential(clientId);
      const where = { protocol: 'amqps', hostname: '127.0.0.1', port: hub.broker.port, vhost };
      const model = await connect(where, {
        ca: await readFile(certificates.caFile, 'utf8'),
        cert: await readFile(certFile, 'utf8'),
        key: await readFile(keyFile, 'utf8'),
        credentials: credentials.external(),
      });
      model.on('error', () => undefined);
      opened.push(model);
      return model;
    },
    close: async () => {
      for (const model of opened) await model.close().catch(() => undefined);
      await hub.close();
      await removeFolder(dir);
    },
  };
}
