// A relay as carrier to Hub Santé: the real program, with a real broker on one side and the double of the edge on the other.

import { copyFile, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { ensureIdentityKey } from '../../../relay/link/identity-key.ts';
import { writeLeaf } from '../../../sandbox/pki/authority.ts';
import type { PublishOutcome } from '../../../shared/link/hub-sante.ts';
import { startTestEdge, type TestEdge } from '../doubles/edge.ts';
import type { TestOutbox } from '../doubles/edge-outbox.ts';
import { sampleReport } from '../samples/hub-sante-report.ts';
import { removeFolder } from '../wait/remove-folder.ts';
import { until } from '../wait/until.ts';
import { type HubSanteScene, openHubSante, SAMU_ID, SAS_ID } from './hub-sante-scene.ts';
import { type RelayProcess, spawnRelay } from './relay/process.ts';

const CLIENT = { ou: '399990000000019' } as const;

export interface CarrierScene {
  readonly dir: string;
  readonly hub: HubSanteScene;
  /** The one that stands now. */
  edge: TestEdge;
  readonly outbox: TestOutbox;
  /** The newest. */
  relay: RelayProcess;
  /** Changes the fields of `hubSante` and writes the file, which the relay then reads by itself. */
  change(fields: Readonly<Record<string, unknown>>): Promise<void>;
  /** Another certificate under the same name; returns its serial. */
  renew(): Promise<string>;
  startRelay(): RelayProcess;
  /** Puts reports into the outbox; their ids, in order. */
  owe(count: number, appointment?: Readonly<Record<string, unknown>>): readonly string[];
  /** When all of these are told, what of each was told last. */
  told(ids: readonly string[]): Promise<readonly (PublishOutcome | undefined)[]>;
  /** One line of the metrics page (without `hub_sante_`), its value; undefined when it is not there. */
  metric(line: string): Promise<number | undefined>;
  close(): Promise<void>;
}

/** A relay that an edge knows: its id, and the file of its private key. */
export interface KnownRelay {
  readonly edgeUrl: string;
  readonly relayId: string;
  readonly keyFile: string;
}

/** `fields` of `hubSante`, whose `clientId` is the CN of the certificate; `known`: by another edge than the double. */
export async function openCarrier(
  hub: HubSanteScene,
  fields: Readonly<Record<string, unknown>> = {},
  known?: KnownRelay,
): Promise<CarrierScene> {
  const dir = await mkdtemp(join(tmpdir(), 'carrier-'));
  const { authority } = hub.pki;
  const { clientId = SAS_ID } = fields as { readonly clientId?: string };
  const renew = async (): Promise<string> => {
    const leaf = await authority.issueClient({ ...CLIENT, cn: clientId });
    await writeLeaf(dir, 'client', leaf);
    return leaf.serial;
  };
  await renew();
  await copyFile(authority.files.rootCrl, join(dir, 'root.crl'));
  await copyFile(authority.files.intermediateOrgCrl, join(dir, 'org.crl'));
  ensureIdentityKey(join(dir, 'link.key.pem'));
  const edge = await startTestEdge();
  const configFile = join(dir, 'relay.json');
  let hubSante: Readonly<Record<string, unknown>> = {
    clientId,
    host: 'localhost',
    port: hub.hub.broker.port,
    certFile: 'client.crt',
    keyFile: 'client.key',
    caFile: authority.files.caBundle,
    crlFiles: ['root.crl', 'org.crl'],
    ...fields,
  };
  const change: CarrierScene['change'] = async (more) => {
    hubSante = { ...hubSante, ...more };
    const settings = {
      relayId: known?.relayId ?? 'relay-test',
      edge: { url: known?.edgeUrl ?? `${edge.url}/sas`, keyFile: known?.keyFile ?? 'link.key.pem' },
      admin: { port: 0 },
      hubSante,
      editors: [],
    };
    await writeFile(configFile, JSON.stringify(settings));
  };
  await change({});
  const relays: RelayProcess[] = [];
  const startRelay = (): RelayProcess => {
    scene.relay = spawnRelay(['--config', configFile]);
    relays.push(scene.relay);
    return scene.relay;
  };
  const scene = {
    dir,
    hub,
    edge,
    outbox: edge.outbox,
    change,
    renew,
    startRelay,
    owe: (count: number, appointment: Readonly<Record<string, unknown>> = {}) => {
      const reports = Array.from({ length: count }, () =>
        sampleReport({ from: SAS_ID, to: SAMU_ID, appointment }),
      );
      const messages = reports.map((report) => ({
        distributionId: report.distributionID,
        body: JSON.stringify(report),
      }));
      edge.outbox.due.push(...messages);
      return messages.map(({ distributionId }) => distributionId);
    },
    told: (ids: readonly string[]) =>
      until(`outcomes of ${ids.length} messages: ${JSON.stringify(edge.outbox.count())}`, () => {
        const outcomes = ids.map((id) => edge.outbox.outcomes.get(id)?.at(-1));
        return !outcomes.includes(undefined) && outcomes;
      }),
    metric: async (line: string) => {
      const page = await (await fetch(`${await scene.relay.adminUrl()}/metrics`)).text();
      const found = page.split('\n').find((one) => one.startsWith(`passerelle_relay_hub_sante_${line} `));
      return found === undefined ? undefined : Number(found.slice(found.lastIndexOf(' ') + 1));
    },
    close: async () => {
      await Promise.all(relays.map((relay) => relay.stop()));
      await scene.edge.close();
      await removeFolder(dir);
    },
  } as unknown as CarrierScene;
  startRelay();
  return scene;
}

/** What a relay that was killed had not acknowledged. */
export async function emptyQueues(hub: HubSanteScene): Promise<void> {
  const model = await hub.connect(SAS_ID);
  const channel = await model.createChannel();
  channel.on('error', () => undefined);
  for (const queue of ['ack', 'info']) await channel.purgeQueue(`${SAS_ID}.${queue}`);
  await model.close();
}

/** For the tests of the describe that calls it: one Hub Santé for all, a connected relay of its own for each; `set` gets both. */
export function carrierForEachTest(
  set: (made: { readonly hub: HubSanteScene; readonly scene: CarrierScene }) => void,
): void {
  let hub: HubSanteScene;
  let scene: CarrierScene | undefined;
  beforeAll(async () => {
    hub = await openHubSante();
  });
  afterAll(() => hub?.close());
  beforeEach(async () => {
    scene = await openCarrier(hub);
    set({ hub, scene });
    await scene.relay.said('hub-sante-up');
  });
  afterEach(async () => {
    await scene?.close();
    await emptyQueues(hub);
    await hub.hub.lrm(SAMU_ID).reset();
  });
}
