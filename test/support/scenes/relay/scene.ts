// What most of the relay's tests need together: an authority, one or more vendors, an edge, a settings file and
// a relay process between them. Everything is closed by `close`, in any order of failure.

import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureIdentityKey } from '../../../../relay/link/identity-key.ts';
import type { SearchPlan } from '../../../../shared/link/relay.ts';
import { startTestEdge, type TestEdge } from '../../doubles/edge.ts';
import { type Handler, startTestVendor, type TestVendor } from '../../doubles/relay-vendor.ts';
import { RPPS_A } from '../../samples/relay-bundle.ts';
import { removeFolder } from '../../wait/remove-folder.ts';
import { makeTestAuthority, type TestAuthority, VENDOR_NAME } from './authority.ts';
import { type RelayProcess, spawnRelay } from './process.ts';

export interface Scene {
  readonly dir: string;
  readonly authority: TestAuthority;
  readonly edge: TestEdge;
  readonly vendors: readonly TestVendor[];
  readonly configFile: string;
  /** Of the certificate that every vendor shows. */
  readonly vendorSerial: string;
  /** The settings as an object, to change and write again. */
  readonly config: SceneConfig;
  writeConfig(config: object): Promise<void>;
  /** `main`: another program file than that of the tree. */
  startRelay(main?: string): RelayProcess;
  close(): Promise<void>;
}

interface SceneConfig {
  relayId: string;
  edge: { url: string; keyFile: string };
  admin: { host: string; port: number };
  editors: Record<string, unknown>[];
}

/** `shared` is an authority that outlives the scene, for tests that leave its files alone. */
export async function makeScene(handlers: readonly Handler[], shared?: TestAuthority): Promise<Scene> {
  const dir = await mkdtemp(join(tmpdir(), 'relay-scene-'));
  const authority = shared ?? (await makeTestAuthority());
  const client = await authority.client('relay');
  const leaf = await authority.server('vendor');
  const ca = authority.signers.org.certPem + authority.signers.root.certPem;
  const vendors = await Promise.all(handlers.map((handler) => startTestVendor(leaf, ca, handler)));
  const edge = await startTestEdge();
  const relays: RelayProcess[] = [];
  const configFile = join(dir, 'relay.json');
  ensureIdentityKey(join(dir, 'link.key.pem'));
  const config: SceneConfig = {
    relayId: 'relay-test',
    edge: { url: edge.url, keyFile: 'link.key.pem' },
    admin: { host: '127.0.0.1', port: 0 },
    editors: vendors.map(({ baseUrl }, index) => ({
      id: `agenda-${index + 1}`,
      name: `Agenda ${index + 1}`,
      baseUrl,
      flows: ['INT_R01', 'INT_R04', 'SOS'],
      certFile: client.certFile,
      keyFile: client.keyFile,
      caFile: authority.files.caBundle,
      crlFiles: [authority.files.rootCrl, authority.files.intermediateOrgCrl],
      server: VENDOR_NAME,
      redirectHosts: ['agenda.example'],
    })),
  };
  const writeConfig = (value: object): Promise<void> => writeFile(configFile, JSON.stringify(value, null, 2));
  await writeConfig(config);
  return {
    dir,
    authority,
    edge,
    vendors,
    configFile,
    vendorSerial: leaf.serial,
    config,
    writeConfig,
    startRelay: (main) => {
      const relay = spawnRelay(['--config', configFile], main);
      relays.push(relay);
      return relay;
    },
    close: async () => {
      await Promise.all(relays.map((relay) => relay.stop()));
      await Promise.all([edge.close(), ...vendors.map((vendor) => vendor.close())]);
      if (shared === undefined) await authority.remove();
      await removeFolder(dir);
    },
  };
}

let plans = 0;

export function makePlan(editors: readonly string[], change: Partial<SearchPlan> = {}): SearchPlan {
  plans += 1;
  const nowMs = Date.now();
  return {
    id: `plan-${plans}`,
    flow: 'INT_R01',
    fromMs: nowMs,
    toMs: nowMs + 3 * 24 * 3600 * 1000,
    // Only a hang reaches it.
    budgetMs: 25_000,
    gatherMs: 0,
    calls: editors.map((editor) => ({ editor, subjects: [RPPS_A] })),
    ...change,
  };
}
