// Claim: settings and certificates change under a running relay without a call lost, and what is broken changes
// nothing. Phases: a renewed certificate; a key that does not match; settings that cannot be read; a vendor added
// and one removed; a list that revokes the vendor. End: the right certificate is shown, running calls finished.

import { copyFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeLeaf } from '../../../sandbox/pki/authority.ts';
import { ask } from '../../support/doubles/edge.ts';
import { type Handler, sendJson } from '../../support/doubles/relay-vendor.ts';
import { makeBundle } from '../../support/samples/relay-bundle.ts';
import type { LogLine, RelayProcess } from '../../support/scenes/relay/process.ts';
import { makePlan, makeScene, type Scene } from '../../support/scenes/relay/scene.ts';
import { until } from '../../support/wait/until.ts';

/** Serial of the client certificate of each request. */
let shown: string[];
let hold: boolean;
let held: (() => void)[];
let scene: Scene;
let relay: RelayProcess;

const answer: Handler = (request, response) => {
  shown.push((request.socket as import('node:tls').TLSSocket).getPeerCertificate().serialNumber);
  const send = (): void => sendJson(response, makeBundle({ startMs: Date.now() + 3_600_000 }));
  if (hold) held.push(send);
  else send();
};

beforeEach(async () => {
  shown = [];
  held = [];
  hold = false;
  scene = await makeScene([answer, answer]);
  relay = scene.startRelay();
  await scene.edge.linked();
  await relay.said('link-up');
});

afterEach(() => scene?.close());

async function search(editor = 'agenda-1') {
  const landed = await ask(await scene.edge.linked(), makePlan([editor]));
  return landed.answers[0];
}

async function renew(): Promise<string> {
  const leaf = await scene.authority.issueClient({ cn: 'relay-client', ou: '399990000000019' });
  await writeLeaf(scene.authority.dir, 'relay', leaf);
  return leaf.serial.toUpperCase();
}

const reloaded = (nth: number): Promise<LogLine> => relay.said('relay-reloaded', nth);

test('shows a renewed certificate once its files have changed, and announces again', async () => {
  const link = await scene.edge.linked();
  await search();
  const serial = await renew();
  await until('a second announcement', () => link.announcements.length === 2);
  expect(await search()).toMatchObject({ shown: 1 });
  expect(shown.at(-1)).toBe(serial);
  expect(shown[0]).not.toBe(serial);
});

test('reloads on SIGHUP', async () => {
  const { editors } = scene.config;
  await writeFile(`${scene.dir}/other.json`, '{}');
  relay.child.kill('SIGHUP');
  expect(await reloaded(1)).toMatchObject({ reason: 'unchanged', failed: 0, editors: editors.length });
});

/** A folder that holds another client certificate under the same names. */
async function makeFolder(path: string): Promise<string> {
  const leaf = await scene.authority.issueClient({ cn: 'relay-client', ou: '399990000000019' });
  await mkdir(path);
  await writeLeaf(path, 'relay', leaf);
  return leaf.serial.toUpperCase();
}

test('shows the certificate of a folder that replaced the folder, and of a file in the new one', async () => {
  const folder = `${scene.dir}/certs`;
  await makeFolder(folder);
  const files = { certFile: `${folder}/relay.crt`, keyFile: `${folder}/relay.key` };
  const editors = scene.config.editors.map((editor) => ({ ...editor, ...files }));
  await scene.writeConfig({ ...scene.config, editors });
  await reloaded(1);
  for (const nth of [1, 2]) {
    const serial = await makeFolder(`${folder}.new`);
    await rename(folder, `${folder}.old${nth}`);
    await rename(`${folder}.new`, folder);
    await until('the certificate of the new folder', async () => {
      await search();
      return shown.at(-1) === serial;
    });
  }
  const leaf = await scene.authority.issueClient({ cn: 'relay-client', ou: '399990000000019' });
  await writeLeaf(folder, 'relay', leaf);
  await until('the certificate of the new file', async () => {
    await search();
    return shown.at(-1) === leaf.serial.toUpperCase();
  });
});

test('finishes a running call on the old certificate', async () => {
  hold = true;
  const link = await scene.edge.linked();
  const running = ask(link, makePlan(['agenda-1']));
  await until('the call', () => held.length === 1);
  const old = shown[0];
  await renew();
  await reloaded(1);
  held.shift()?.();
  expect((await running).answers[0]).toMatchObject({ shown: 1 });
  expect(shown).toEqual([old]);
  const text = await until('the old connection to close', async () => {
    const metrics = await (await fetch(`${await relay.adminUrl()}/metrics`)).text();
    return metrics.includes('vendor_connections{editor="agenda-1"} 0') && metrics;
  });
  expect(text).toContain('reloads_total{outcome="done"} 1');
});

test('keeps the old certificate when the new key does not match', async () => {
  await search();
  const other = await scene.authority.client('other');
  await copyFile(other.keyFile, `${scene.authority.dir}/relay.key`);
  const line = await relay.said('relay-file-problem');
  expect(line).toMatchObject({ level: 'error', field: 'editors[0].keyFile' });
  await reloaded(1);
  expect(await search()).toMatchObject({ shown: 1 });
  expect(shown[1]).toBe(shown[0]);
  const metrics = await (await fetch(`${await relay.adminUrl()}/metrics`)).text();
  expect(metrics).toContain('passerelle_relay_reloads_total{outcome="failed"} 1');
});

test('keeps its vendors when the settings cannot be read', async () => {
  await writeFile(scene.configFile, '{ "relayId": ');
  expect(await relay.said('relay-file-problem')).toMatchObject({ field: 'config' });
  await reloaded(1);
  expect(await search()).toMatchObject({ shown: 1 });
});

test('serves a vendor that is added and no longer one that is removed', async () => {
  const [first, second] = scene.config.editors;
  await scene.writeConfig({ ...scene.config, editors: [{ ...second, id: 'agenda-new' }, second] });
  await reloaded(1);
  expect(await search('agenda-new')).toMatchObject({ shown: 1 });
  expect(await search('agenda-2')).toMatchObject({ shown: 1 });
  expect(await search('agenda-1')).toMatchObject({ failure: { reason: 'not-served' } });
  const link = await scene.edge.linked();
  expect(link.announcements.at(-1)?.editors.map(({ id }) => id)).toEqual(['agenda-new', 'agenda-2']);
  expect(first?.id).toBe('agenda-1');
});

test('says which settings wait for the next start', async () => {
  await scene.writeConfig({ ...scene.config, relayId: 'relay-renamed' });
  expect(await relay.said('relay-restart-needed')).toMatchObject({ field: 'relayId' });
});

test('takes a new revocation list into account for the next connection', async () => {
  const leaf = scene.vendors[0]?.sockets;
  expect(await search()).toMatchObject({ shown: 1 });
  const serial = scene.vendorSerial;
  await scene.authority.writeCrl({ revoked: [serial] });
  await reloaded(1);
  expect(await search()).toMatchObject({ failure: { reason: 'certificate' } });
  expect(leaf?.size).toBeLessThanOrEqual(1);
});

test('keeps the old list when the new one is signed by an impostor', async () => {
  await scene.authority.writeCrl({ revoked: [scene.vendorSerial], signedBy: 'spoof' });
  expect(await relay.said('relay-file-problem')).toMatchObject({ field: 'editors[0].crlFiles[1]' });
  await reloaded(1);
  expect(await search()).toMatchObject({ shown: 1 });
});
