// The relay's connection to the broker after a refusal: a reload and a timer may allow it to publish at the same moment.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkConfig } from '../../../relay/base/config.ts';
import { Broker } from '../../../relay/hub-sante/broker.ts';
import { type HubSanteState, loadHubSante } from '../../../relay/hub-sante/files.ts';
import { ensureIdentityKey } from '../../../relay/link/identity-key.ts';
import {
  type HubSanteScene,
  hubSanteMissing,
  openHubSante,
  SAS_ID,
} from '../../support/scenes/hub-sante-scene.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';

describe.skipIf(hubSanteMissing)('publishing that is allowed twice at once', () => {
  let hub: HubSanteScene;
  let dir: string;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'publishing-channel-'));
    hub = await openHubSante();
  });
  afterAll(async () => {
    await hub?.close();
    await removeFolder(dir);
  });

  async function loadState(): Promise<HubSanteState> {
    const { authority } = hub.pki;
    const { certFile, keyFile } = await hub.certificates.credential(SAS_ID);
    ensureIdentityKey(join(dir, 'link.key.pem'));
    const settings = {
      relayId: 'relay-test',
      edge: { url: 'http://127.0.0.1:9', keyFile: 'link.key.pem' },
      hubSante: {
        clientId: SAS_ID,
        host: 'localhost',
        port: hub.hub.broker.port,
        certFile,
        keyFile,
        caFile: authority.files.caBundle,
        crlFiles: [authority.files.rootCrl, authority.files.intermediateOrgCrl],
      },
      editors: [],
    };
    const checked = checkConfig(settings, dir);
    if (!checked.ok || checked.value.hubSante === undefined) throw new Error(JSON.stringify(checked));
    const { state, problems } = loadHubSante(checked.value.hubSante, undefined, Date.now());
    if (state === undefined) throw new Error(JSON.stringify(problems));
    return state;
  }

  test('opens one channel', async () => {
    const { broker } = hub.hub;
    const refused = Promise.withResolvers<number>();
    const own = await Broker.open(await loadState(), {
      onDelivery: () => undefined,
      onEnd: refused.reject,
      onPublishRefused: refused.resolve,
      onPublishing: () => undefined,
      onFree: () => undefined,
    });
    await broker.operate('set_permissions', SAS_ID, '^$', '^$', '^fr\\.health\\.test\\.ptfsas\\..*$');
    expect(await own.publish('{}')).toBe('nacked');
    expect(await refused.promise).toBe(403);
    await broker.operate('set_permissions', SAS_ID, '^$', '^hubsante$', '^fr\\.health\\.test\\.ptfsas\\..*$');
    await Promise.all([own.allowPublishing(), own.allowPublishing()]);
    expect(own.capacity(100)).toBe(1);
    const users = (await broker.operate('list_channels', 'user')).split('\n');
    expect(
      users.filter((user) => user === SAS_ID),
      'one to publish, one to read',
    ).toHaveLength(2);
    expect(await own.publish('{}')).toBe('confirmed');
    await own.close();
  });
});
