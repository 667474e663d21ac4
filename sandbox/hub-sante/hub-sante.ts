// Hub Santé as our programs meet it: the broker, its dispatcher, the LRM of some SAMU, and a control port over all of them.
// Started by `npm start`, by `npm run hub-sante` and by tests.

import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { makeControlServer } from '../base/control-server.ts';
import type { HubSanteCertificates } from '../pki/hub-sante-pki.ts';
import { Broker } from './broker/broker.ts';
import { DISPATCHER_ID } from './broker/definitions.ts';
import type { RabbitFiles } from './broker/rabbit-files.ts';
import { ACTIONS } from './control.ts';
import { Dispatcher } from './dispatcher/dispatcher.ts';
import { Lrm } from './lrm/lrm.ts';
import { makeJudge } from './message/judge.ts';
import type { SchemaVersion } from './message/schema.ts';

const QUEUE_TTL_MS = 86_400_000;

export interface HubSanteOptions {
  readonly files: RabbitFiles;
  /** Of the broker; what it holds of an earlier start is found again. */
  readonly dir: string;
  /** Of the broker and of everybody who connects to it. */
  readonly pki: HubSanteCertificates;
  /** Client ids with queues and rights, and no double: the SAS platform. */
  readonly clients: readonly string[];
  /** Client ids of the LRMs that listen. */
  readonly lrms: readonly string[];
  readonly schema: SchemaVersion;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly controlPort?: number;
}

export class HubSante {
  readonly broker: Broker;
  readonly dispatcher: Dispatcher;
  readonly lrms: ReadonlyMap<string, Lrm>;
  readonly vhost: string;
  /** Of the control port. */
  readonly controlUrl: string;
  readonly #closeControl: () => void;

  private constructor(parts: Pick<HubSante, 'broker' | 'dispatcher' | 'lrms' | 'vhost'>, control: Control) {
    this.broker = parts.broker;
    this.dispatcher = parts.dispatcher;
    this.lrms = parts.lrms;
    this.vhost = parts.vhost;
    this.controlUrl = control.url;
    this.#closeControl = control.close;
  }

  static async start(options: HubSanteOptions): Promise<HubSante> {
    const { pki, lrms: names } = options;
    const vhost = '/';
    const clients = [...options.clients, ...names];
    const broker = await Broker.start({
      files: options.files,
      dir: options.dir,
      port: options.port ?? 0,
      tls: { ...pki.server, caFile: pki.caFile },
      vhost,
      clients,
      queueTtlMs: QUEUE_TTL_MS,
    });
    const opened: { close(): Promise<void> }[] = [];
    try {
      const where = async (id: string) => ({ port: broker.port, vhost, tls: await readTls(pki, id) });
      const judge = makeJudge(options.schema);
      const dispatcher = await Dispatcher.start({
        ...(await where(DISPATCHER_ID)),
        judge,
        clients,
        queueTtlMs: QUEUE_TTL_MS,
      });
      opened.push(dispatcher);
      const lrms = new Map<string, Lrm>();
      for (const clientId of names) {
        const lrm = await Lrm.start({ ...(await where(clientId)), clientId });
        opened.push(lrm);
        lrms.set(clientId, lrm);
      }
      const control = await openControl({ broker, dispatcher, lrms }, options.controlPort ?? 0);
      return new HubSante({ broker, dispatcher, lrms, vhost }, control);
    } catch (cause) {
      for (const one of opened) await one.close();
      await broker.stop();
      throw cause;
    }
  }

  /** The LRM of that client id. @throws Error when there is none. */
  lrm(clientId: string): Lrm {
    const lrm = this.lrms.get(clientId);
    if (lrm === undefined) throw new Error(`no LRM ${clientId}`);
    return lrm;
  }

  async close(): Promise<void> {
    this.#closeControl();
    for (const lrm of this.lrms.values()) await lrm.close();
    await this.dispatcher.close();
    await this.broker.stop();
  }
}

interface Control {
  readonly url: string;
  readonly close: () => void;
}

async function openControl(
  inside: Pick<HubSante, 'broker' | 'dispatcher' | 'lrms'>,
  port: number,
): Promise<Control> {
  const server = makeControlServer(ACTIONS, inside);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function readTls(pki: HubSanteCertificates, clientId: string) {
  const { certFile, keyFile } = await pki.credential(clientId);
  const [ca, cert, key] = await Promise.all(
    [pki.caFile, certFile, keyFile].map((file) => readFile(file, 'utf8')),
  );
  return { ca: ca ?? '', cert: cert ?? '', key: key ?? '' };
}
