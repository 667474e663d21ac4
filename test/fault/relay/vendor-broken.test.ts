// Claim: what is broken in one vendor's entry keeps that vendor out, or on its old entry, and nobody else. Phases: a
// start with an entry broken in each way that it can be, beside a sound one; mended under the running relay; broken
// again on reload. End: the sound vendor answered throughout, the broken one is announced, named and told apart.

import { copyFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ask } from '../../support/doubles/edge.ts';
import { type Handler, sendJson } from '../../support/doubles/relay-vendor.ts';
import { makeBundle } from '../../support/samples/relay-bundle.ts';
import { type RelayProcess, spawnRelay } from '../../support/scenes/relay/process.ts';
import { makePlan, makeScene, type Scene } from '../../support/scenes/relay/scene.ts';
import { until } from '../../support/wait/until.ts';

type Entry = Record<string, unknown>;

const answer: Handler = (_request, response) =>
  sendJson(response, makeBundle({ startMs: Date.now() + 3_600_000 }));

let scene: Scene;
let relay: RelayProcess | undefined;
let spoofed: string;
let stranger: { certFile: string; keyFile: string };

beforeAll(async () => {
  scene = await makeScene([answer, answer]);
  spoofed = join(scene.dir, 'spoofed.crl');
  await scene.authority.writeCrl({ file: spoofed, signedBy: 'spoof' });
  stranger = await scene.authority.client('stranger');
});

afterAll(() => scene?.close());

afterEach(async () => {
  await relay?.stop();
  await scene.writeConfig(scene.config);
});

async function start(change: (entry: Entry) => Entry): Promise<RelayProcess> {
  await scene.writeConfig(broken(change));
  relay = scene.startRelay();
  await relay.said('link-up');
  return relay;
}

/** The second vendor's entry, changed. */
function broken(change: (entry: Entry) => Entry): object {
  const [sound = {}, other = {}] = scene.config.editors;
  return { ...scene.config, editors: [sound, change(other)] };
}

async function search(editor: string): Promise<string> {
  const landed = await ask(await scene.edge.linked(), makePlan([editor]));
  const [first] = landed.answers;
  return first?.failure?.reason ?? `${first?.shown} slot`;
}

async function admin(path: string): Promise<string> {
  return (await fetch(`${await relay?.adminUrl()}${path}`)).text();
}

const BROKEN: readonly (readonly [string, string, (entry: Entry) => Entry])[] = [
  ['a certificate that is not there', 'certFile', (one) => ({ ...one, certFile: 'nowhere.crt' })],
  ['a key that is not there', 'keyFile', (one) => ({ ...one, keyFile: 'nowhere.key' })],
  ['the key of another certificate', 'keyFile', (one) => ({ ...one, keyFile: stranger.keyFile })],
  ['authorities that are not there', 'caFile', (one) => ({ ...one, caFile: 'nowhere.pem' })],
  ['authorities that are none', 'caFile', (one) => ({ ...one, caFile: one.keyFile })],
  ['the list of an impostor', 'crlFiles[0]', (one) => ({ ...one, crlFiles: [spoofed] })],
  ['a list that is none', 'crlFiles[0]', (one) => ({ ...one, crlFiles: [one.certFile] })],
  ['an address by http', 'baseUrl', (one) => ({ ...one, baseUrl: 'http://agenda.example' })],
  ['an address with a blank', 'baseUrl', (one) => ({ ...one, baseUrl: `${one.baseUrl} ` })],
  ['a field that is unknown', 'certfile', (one) => ({ ...one, certfile: 'x' })],
  ['no name and no flow', 'name', ({ name: _name, flows: _flows, ...one }) => one],
];

describe('a start', () => {
  test.each(BROKEN)('with %s keeps that vendor out, and says so everywhere', async (_name, field, change) => {
    const running = await start(change);
    expect([await search('agenda-1'), await search('agenda-2')]).toEqual(['1 slot', 'not-served']);
    const line = await running.said('relay-file-problem');
    expect(line).toMatchObject({ level: 'error', field: `editors[1].${field}`, editor: 'agenda-2' });
    const { announcements } = await scene.edge.linked();
    const [sound, out] = announcements.at(-1)?.editors ?? [];
    expect([sound?.id, sound?.outOfOrder]).toEqual(['agenda-1', undefined]);
    expect(out).toMatchObject({ id: 'agenda-2', outOfOrder: true, redirectHosts: ['agenda.example'] });
    expect(out?.flows).toEqual(['INT_R01', 'INT_R04', 'SOS']);
    const metrics = await admin('/metrics');
    expect(metrics).toContain('passerelle_relay_vendor_broken{editor="agenda-1"} 0');
    expect(metrics).toContain('passerelle_relay_vendor_broken{editor="agenda-2"} 2');
    const { problems, editors } = JSON.parse(await admin('/problems'));
    expect(editors).toEqual({ 'agenda-1': 'served', 'agenda-2': 'none' });
    expect(problems).toContainEqual(
      expect.objectContaining({ field: `editors[1].${field}`, editor: 'agenda-2' }),
    );
    expect(running.lines.filter((one) => one.field === `editors[1].${field}`)).toHaveLength(1);
  });

  test('refuses an entry whose id cannot be read: it could be anybody', async () => {
    await scene.writeConfig(broken((one) => ({ ...one, id: 'Agenda 2' })));
    relay = scene.startRelay();
    expect(await relay.ended()).toBe(1);
    expect(relay.output()).toMatch(/^editors\[1\]\.id : /);
  });

  test('takes two entries of one id for one vendor out of order', async () => {
    await start((one) => ({ ...one }));
    await relay?.stop();
    const [sound, other] = scene.config.editors;
    await scene.writeConfig({ ...scene.config, editors: [sound, other, other] });
    relay = scene.startRelay();
    await relay.said('link-up');
    expect([await search('agenda-1'), await search('agenda-2')]).toEqual(['1 slot', 'not-served']);
    const { announcements } = await scene.edge.linked();
    expect(announcements.at(-1)?.editors.map(({ id }) => id)).toEqual(['agenda-1', 'agenda-2']);
  });
});

test('--check fails, and names every problem of every vendor at once', async () => {
  const [first = {}, second = {}] = scene.config.editors;
  const editors = [
    { ...first, keyFile: stranger.keyFile },
    { ...second, baseUrl: 'http://agenda.example', flows: [] },
    { ...first, id: 'agenda-3', caFile: 'nowhere.pem' },
  ];
  await scene.writeConfig({ ...scene.config, editors });
  const check = spawnRelay(['--config', scene.configFile, '--check']);
  expect(await check.ended()).toBe(1);
  const fields = check
    .output()
    .trim()
    .split('\n')
    .map((line) => line.split(' : ')[0]);
  expect(fields.sort()).toEqual([
    'editors[0].keyFile',
    'editors[1].baseUrl',
    'editors[1].flows',
    'editors[2].caFile',
  ]);
});

describe('a reload', () => {
  test.each(BROKEN)('with %s keeps what served, and takes in the others', async (_name, field, change) => {
    const running = await start((one) => one);
    expect(await search('agenda-2')).toBe('1 slot');
    const [sound] = scene.config.editors;
    const changed = broken(change) as { editors: Entry[] };
    await scene.writeConfig({ ...changed, editors: [...changed.editors, { ...sound, id: 'agenda-3' }] });
    expect(await running.said('relay-file-problem')).toMatchObject({ field: `editors[1].${field}` });
    await running.said('relay-reloaded');
    expect([await search('agenda-2'), await search('agenda-3')]).toEqual(['1 slot', '1 slot']);
    expect(await admin('/metrics')).toContain('passerelle_relay_vendor_broken{editor="agenda-2"} 1');
    expect(JSON.parse(await admin('/problems')).editors).toEqual({
      'agenda-1': 'served',
      'agenda-2': 'old',
      'agenda-3': 'served',
    });
  });

  test('serves a vendor once its entry is mended, and announces it', async () => {
    const running = await start((one) => ({ ...one, caFile: join(scene.dir, 'later.pem') }));
    expect(await search('agenda-2')).toBe('not-served');
    await copyFile(scene.authority.files.caBundle, join(scene.dir, 'later.pem'));
    await running.said('relay-file-mended');
    const link = await scene.edge.linked();
    await until('the announcement', () => link.announcements.at(-1)?.editors[1]?.outOfOrder === undefined);
    expect(await search('agenda-2')).toBe('1 slot');
    expect(JSON.parse(await admin('/problems'))).toEqual({
      problems: [],
      editors: { 'agenda-1': 'served', 'agenda-2': 'served' },
    });
    await rm(join(scene.dir, 'later.pem'));
  });

  test('keeps a certificate in force when the new one is past its date', async () => {
    const files = await scene.authority.client('own');
    const running = await start((one) => ({ ...one, certFile: files.certFile, keyFile: files.keyFile }));
    const expired = await scene.authority.client('expired', {
      notBefore: new Date(Date.now() - 900_000_000),
      notAfter: new Date(Date.now() - 1000),
    });
    await copyFile(expired.keyFile, files.keyFile);
    await copyFile(expired.certFile, files.certFile);
    await until('both files to be read', () =>
      running.lines.some(
        ({ message, detail }) => message === 'relay-file-problem' && detail === 'un certificat est expiré',
      ),
    );
    expect(await search('agenda-2')).toBe('1 slot');
    expect(JSON.parse(await admin('/problems')).editors['agenda-2']).toBe('old');
  });

  test('says a problem that stands once, however often the files are read', async () => {
    const running = await start((one) => ({ ...one, caFile: 'nowhere.pem' }));
    for (const nth of [1, 2, 3]) {
      running.child.kill('SIGHUP');
      await running.said('relay-reloaded', nth);
    }
    expect(running.lines.filter(({ message }) => message === 'relay-file-problem')).toHaveLength(1);
    await writeFile(scene.configFile, '{');
    await running.said('relay-file-problem', 2);
  });
});
