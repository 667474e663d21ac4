// A copy put back beside objects that stayed: the gate among them remembers fewer writes than the copy has, or more. Either way
// no right comes back; only a gate that remembers more has anything to say.

import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Person, practitioner, technical } from '../../support/scenes/accounts-scene.ts';
import { EdgeMachine, makePremises } from '../../support/scenes/edge-machine.ts';
import { MachineRegulators } from '../../support/scenes/machine-regulators.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';
import { until } from '../../support/wait/until.ts';

let dir: string;
let machine: EdgeMachine;
let regulators: MachineRegulators;
let ended: Person;
let lost: Person;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'edge-'));
  await makePremises(dir);
  regulators = await MachineRegulators.open(join(dir, 'issuer'));
  const settings = await regulators.settings();
  machine = await new EdgeMachine(dir, 'one').make({ settings, isReplicated: false });
  [ended, lost] = [technical(), technical()];
});
afterEach(async () => {
  regulators.leave();
  await machine.end('SIGKILL');
  await removeFolder(dir);
});

async function start(): Promise<void> {
  const { port } = await machine.start();
  regulators.url = `http://127.0.0.1:${port}`;
}

async function stop(): Promise<void> {
  regulators.leave();
  await machine.end('SIGTERM');
}

const objects = (): string => join(machine.folder, 'state/objects');

async function core(): Promise<{ writes: number; ill?: { what: string } }> {
  const { json } = await regulators.send('/admin/storage');
  const { databases } = json as { databases: { name: string; writes: number; ill?: { what: string } }[] };
  const found = databases.find(({ name }) => name === 'core');
  if (found === undefined) throw new Error('no core');
  return found;
}

/**
 * Two accounts are opened, and the objects put by; one is withdrawn, and the databases are copied; then the other. Both are closed
 * at the vendor when the edge ends.
 */
async function copyBetween(): Promise<void> {
  await start();
  await regulators.join();
  for (const person of [ended, lost]) await regulators.open(person);
  await stop();
  await cp(objects(), join(dir, 'objects'), { recursive: true });
  for (const person of [ended, lost]) {
    await start();
    await regulators.join();
    expect(await regulators.withdraw(person)).toBe(200);
    await until('it is closed', async () => regulators.isActive.get(person.value) === false);
    await until('the edge knows', async () => (await regulators.exposure()).open === 0);
    await stop();
    if (person === ended) expect((await machine.command('backup', '--to', join(dir, 'copy')))[0]).toBe(0);
  }
  regulators.heard.length = 0;
}

/** Of what the vendor has heard since. */
const granted = (): unknown[] => regulators.heard.filter(({ active }) => active);

it('a gate that remembers fewer writes than the copy has sees no loss: withdrawals are said again, nothing is opened', async () => {
  await copyBetween();
  expect((await machine.command('restore', '--from', join(dir, 'copy')))[0]).toBe(0);
  await removeFolder(objects());
  await cp(join(dir, 'objects'), objects(), { recursive: true });
  const restored = machine.count('accounts WHERE withdrawing = 1');
  expect(restored).toBe(1);
  await start();
  expect((await core()).ill).toBeUndefined();
  await regulators.join();
  await until('it is confirmed again', async () => (await regulators.exposure()).restores[0]?.open === 0);
  expect(regulators.heard).toEqual([{ value: ended.value, active: false }]);
  // Served at once, and the gate learns how far this database is.
  expect(await regulators.withdraw(lost)).toBe(200);
  const writes = machine.ask('core', (db) =>
    Number(db.prepare('SELECT writes FROM core_mark').get()?.writes),
  );
  await until('the gate knows it', async () => (await core()).writes >= writes);
  expect(granted()).toEqual([]);
});

it('a gate that remembers more has nothing said to anybody before an operator takes the copy', async () => {
  await copyBetween();
  expect((await machine.command('restore', '--from', join(dir, 'copy')))[0]).toBe(0);
  await start();
  await regulators.join();
  await until('it is called so', async () => (await core()).ill?.what === 'rolled-back');
  const person = technical();
  const refused = await regulators.send('/fhir/Practitioner', 'POST', practitioner(person));
  expect([refused.status, JSON.stringify(refused.json)]).toEqual([
    503,
    expect.stringContaining('storage-lost'),
  ]);
  expect(await regulators.withdraw(lost)).toBe(503);
  expect(regulators.heard).toEqual([]);
  const body = { reason: 'copie remise' };
  expect((await regulators.send('/admin/storage/core/accept', 'POST', body)).status).toBe(200);
  await until('it is confirmed again', async () => (await regulators.exposure()).restores[0]?.open === 0);
  const { restores } = await regulators.exposure();
  expect(restores).toHaveLength(2);
  expect(regulators.heard.filter(({ value }) => value === ended.value).length).toBeGreaterThanOrEqual(1);
  expect(granted()).toEqual([]);
  await regulators.open(person);
});
