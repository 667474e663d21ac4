// Claim: a list that a newer one has replaced is not believed again, whoever starts the relay anew and whatever lies in its
// files: a client that was revoked does not write. Phases: a relay that has seen the newer list is killed; the older one is put
// in its place; the relay starts again, with its marks whole, with one copy damaged, with both. End state: 403 until the newest
// list, or a newer one, is there; then as that list says.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Leaf } from '../../../sandbox/pki/authority.ts';
import { call } from '../../support/doubles/inbound-caller.ts';
import {
  B,
  type InboundAuthority,
  type InboundProcess,
  makeInboundAuthority,
  spawnInbound,
} from '../../support/scenes/inbound-scene.ts';
import { type RelayProcess, spawnRelay } from '../../support/scenes/relay/process.ts';

const HOUR_MS = 3_600_000;
const MARKS = ['list-marks.json', 'list-marks.copy.json'] as const;
const SUPERSEDED = 'la liste est plus ancienne qu’une autre qui a déjà servi';

let authority: InboundAuthority;
let revoked: Leaf;
let other: Leaf;
let scene: InboundProcess;
let relay: RelayProcess;

beforeAll(async () => {
  authority = await makeInboundAuthority();
  revoked = await authority.show();
  other = await authority.show(B);
});
afterAll(() => authority?.remove());

const ago = (hours: number): { thisUpdate: Date } => ({ thisUpdate: new Date(Date.now() - hours * HOUR_MS) });
const older = (file: string) => authority.writeCrl({ ...ago(5), number: 900, file });
const newer = (file: string) => authority.writeCrl({ ...ago(2), number: 5, revoked: [revoked.serial], file });

/** A relay that has served under the newer list, and whose file then holds the older one; both have weeks to go. */
beforeEach(async () => {
  const file = join(authority.dir, 'served.crl');
  await newer(file);
  scene = await spawnInbound(authority, { listen: { crlFiles: ['root.crl', file] } });
  relay = scene.relay;
  expect(await statuses(scene.port)).toEqual([403, 201]);
  return async () => {
    await relay.stop();
    await scene.close();
  };
});

const listFile = (): string => join(authority.dir, 'served.crl');
const stateFolder = (): string => join(scene.dir, 'relay-state');
const markFiles = (): string[] => MARKS.map((name) => join(stateFolder(), name));

async function statuses(port: number): Promise<number[]> {
  const answers = [revoked, other].map((show) => call({ port, ca: authority.ca, show }));
  return (await Promise.all(answers)).map(({ status }) => status);
}

/** Killed, without a word; what `between` does meanwhile is what the next start finds. */
async function restart(between: () => Promise<unknown>): Promise<number> {
  relay.child.kill('SIGKILL');
  await relay.ended();
  await between();
  relay = spawnRelay(['--config', scene.configFile]);
  await relay.said('relay-ready');
  return Number((await relay.said('relay-listening')).port);
}

async function problems(): Promise<string[]> {
  const answer = await fetch(`${await relay.adminUrl()}/problems`);
  const body = (await answer.json()) as { problems: { field: string; text: string }[] };
  return body.problems.map(({ field, text }) => `${field} : ${text}`);
}

async function reload(nth: number): Promise<void> {
  relay.child.kill('SIGHUP');
  await relay.said('relay-reloaded', nth);
}

test('the marks are for this relay alone, and tell no more than ages of lists', async () => {
  expect(statSync(stateFolder()).mode & 0o777).toBe(0o700);
  for (const file of markFiles()) {
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { marks } = JSON.parse(readFileSync(file, 'utf8'));
    expect(Object.keys(marks)).toEqual(['listen']);
    expect(Object.values(marks.listen)).toContainEqual({ thisUpdate: expect.any(String), number: '5' });
  }
  expect(relay.lines.filter(({ message }) => message === 'relay-list-marks-begun')).toHaveLength(1);
});

test('an older list is stale after a restart, though its number is higher; searches are not touched', async () => {
  const port = await restart(() => older(listFile()));
  expect(await statuses(port)).toEqual([403, 403]);
  expect(await problems()).toContain(`listen.crlFiles[1] : ${SUPERSEDED}`);
  expect(relay.lines.filter(({ message }) => message === 'relay-list-marks-begun')).toHaveLength(0);
  await newer(listFile());
  await reload(1);
  expect(await statuses(port)).toEqual([403, 201]);
  expect(await problems()).toEqual([]);
});

test('the same under soft: what the list does not say is accepted with an alarm, and the marks stand', async () => {
  const settings = { ...scene.settings, listen: { ...scene.settings.listen, revocation: 'soft' } };
  const port = await restart(async () => {
    await older(listFile());
    await writeFile(scene.configFile, JSON.stringify(settings));
  });
  expect(await statuses(port)).toEqual([201, 201]);
  const page = await (await fetch(`${await relay.adminUrl()}/metrics`)).text();
  expect(page).toContain('inbound_unchecked_total{reason="list-stale"} 2');
  expect(readFileSync(markFiles()[0] ?? '', 'utf8')).toContain('"number": "5"');
});

test('one damaged copy is named, and the other one serves; it is mended', async () => {
  const port = await restart(async () => {
    await older(listFile());
    await writeFile(markFiles()[0] ?? '', '{"marks":{},"sum":""}');
  });
  expect(await statuses(port)).toEqual([403, 403]);
  const logged = relay.lines.filter(({ field }) => field === 'stateFolder');
  expect(logged.map(({ message, detail }) => `${message} ${detail}`)).toEqual([
    'relay-file-problem list-marks.json est illisible ou abîmé ; l’autre copie sert',
    'relay-file-mended list-marks.json est illisible ou abîmé ; l’autre copie sert',
  ]);
  const [one, copy] = markFiles().map((file) => readFileSync(file, 'utf8'));
  expect(one).toBe(copy);
});

test('when no copy can be read no list is believed, until an operator has taken them away', async () => {
  const port = await restart(async () => {
    await older(listFile());
    for (const file of markFiles()) await writeFile(file, readFileSync(file, 'utf8').slice(0, -9));
  });
  expect(await statuses(port)).toEqual([403, 403]);
  const found = await problems();
  expect(found.some((text) => text.startsWith('stateFolder : les repères'))).toBe(true);
  await newer(listFile());
  await reload(1);
  expect(await statuses(port)).toEqual([403, 403]);
  for (const file of markFiles()) await rm(file);
  await reload(2);
  expect(await statuses(port)).toEqual([403, 201]);
  expect(await problems()).toEqual([]);
});

test('marks that are lost while the relay runs are written again, and hold', async () => {
  await rm(stateFolder(), { recursive: true });
  await reload(1);
  expect(markFiles().every((file) => existsSync(file))).toBe(true);
  const port = await restart(() => older(listFile()));
  expect(await statuses(port)).toEqual([403, 403]);
});

test('a folder that cannot be written is named, and the relay serves', async () => {
  const port = await restart(() =>
    writeFile(scene.configFile, JSON.stringify({ ...scene.settings, stateFolder: '/proc/passerelle' })),
  );
  expect(await statuses(port)).toEqual([403, 201]);
  expect(await problems()).toEqual([
    'stateFolder : ne peut pas être écrit : après un redémarrage, une liste plus ancienne serait crue',
  ]);
});
