// Claim: a database that has lost what was acknowledged, or takes no more, is named, alarmed and not ready for writes; nobody
// hears "none" of it. Phases: the files of the appointments are taken away, set back to a copy, put back; a running database
// goes back; pages are destroyed; its disk is full, and read only. End state: an operator takes what there is, or it is
// there again by itself, and appointments are recorded.

import { execFileSync } from 'node:child_process';
import { cp, mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AppointmentEdge } from '../../../bench/appointments/appointment-edge.ts';
import { individual } from '../../../bench/appointments/samples.ts';
import { DATABASE_FILES, DATABASES_FOLDER } from '../../../sandbox/platform/edge/edge-process.ts';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { startAppointmentEdge } from '../../support/scenes/built/edge.ts';
import { until } from '../../support/wait/until.ts';

let edge: AppointmentEdge;
let admin: string;

beforeEach(async () => {
  // Nothing here waits for the schedule.
  edge = await startAppointmentEdge({ SCHEDULE_S: '3600' });
  admin = await signToken(edge.state, 'admin');
});
afterEach(() => edge?.stop());

const folder = (): string => join(edge.state.dir, DATABASE_FILES);

/** Of the database that has this table, with what SQLite keeps beside it. */
async function filesWith(table: string): Promise<string[]> {
  const names = await readdir(folder());
  const main = names.find((name) => {
    if (!name.endsWith('.sqlite') || name === 'metadata.sqlite') return false;
    const db = new DatabaseSync(join(folder(), name));
    const has = db.prepare('SELECT 1 FROM sqlite_master WHERE name = ?').get(table) !== undefined;
    // What the runtime left in the journal is in the file after it.
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    db.close();
    return has;
  });
  return (await readdir(folder())).filter((name) => main !== undefined && name.startsWith(main));
}

const idOf = (answer: { readonly headers: Headers }): string =>
  answer.headers.get('Location')?.split('/').at(-1) ?? '';

async function record(value: string): Promise<string> {
  const answer = await edge.put(individual({ value }));
  expect([value, answer.status]).toEqual([value, 201]);
  return idOf(answer);
}

const isReadyToWrite = async (): Promise<boolean> => (await fetch(`${edge.url}/readyz?writes`)).ok;

async function illOf(name: string): Promise<string | undefined> {
  const { json } = await edge.get('/admin/storage', admin);
  const found = (json.databases as { name: string; ill?: { what: string } }[]).find(
    (one) => one.name === name,
  );
  return found?.ill?.what;
}

async function accept(name: string, body: unknown = { reason: 'restauration voulue' }): Promise<number> {
  const response = await fetch(`${edge.url}/admin/storage/${name}/accept`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${admin}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  await response.body?.cancel();
  return response.status;
}

/** Nobody hears that it is not there, nor that something new was recorded. */
async function expectLost(ids: readonly string[], what: string): Promise<void> {
  for (const path of [
    ...ids.flatMap((id) => [`/fhir/Appointment/${id}`, `/fhir/Appointment/${id}/_history`]),
    '/fhir/Appointment?status=booked',
  ]) {
    const answer = await edge.get(path);
    expect([path, answer.status, answer.reason]).toEqual([path, 503, 'storage-lost']);
    expect(answer.headers.get('Retry-After')).toBe('5');
  }
  const refused = await edge.put(individual({ value: 'meanwhile' }));
  expect([refused.status, refused.reason]).toEqual([503, 'storage-lost']);
  await expectSearched();
  expect(await isReadyToWrite()).toBe(false);
  await edge.edge?.runSchedule(new Date(), 'by day');
  await until('the alarm', () =>
    edge.log.some((line) => line.includes('"store-lost"') && line.includes(what)),
  );
  expect(await illOf('appointments')).toBe(what);
}

/** As while all is well: the edge would ask its relay, which has hung up. */
async function expectSearched(): Promise<void> {
  const [start, end] = [3_600_000, 7_200_000].map((ms) => new Date(Date.now() + ms).toISOString());
  const query = new URLSearchParams([
    ['start', `ge${start}`],
    ['start', `le${end}`],
    ['status', 'free'],
    ['schedule.actor:Practitioner.identifier', 'urn:oid:1.2.250.1.71.4.2.1|899900000017'],
  ]);
  const answer = await edge.get(`/fhir/Slot?${query}`, await signToken(edge.state, 'system/Slot.s'));
  expect([answer.status, answer.reason]).toEqual([503, 'relay-absent']);
}

/** Every PUT is refused; once it is known why, each says so. */
async function expectNamed(what: string): Promise<void> {
  await until(`it is called ${what}`, async () => {
    const refused = await edge.put(individual({ value: 'refused' }));
    expect(refused.status).toBe(503);
    return refused.reason === `storage-${what}`;
  });
  expect(await isReadyToWrite()).toBe(false);
  expect(await illOf('appointments')).toBe(what);
  await expectSearched();
}

async function restart(change: () => Promise<void>): Promise<void> {
  await edge.stopEdge();
  await change();
  await edge.startEdge();
}

describe('a database of appointments', () => {
  it('that was taken away is not an empty one, until an operator takes it for right', async () => {
    const id = await record('kept');
    expect(await isReadyToWrite()).toBe(true);
    await restart(async () => {
      for (const name of await filesWith('appointments')) await rm(join(folder(), name));
    });
    expect(await isReadyToWrite()).toBe(false);
    await expectLost([id], 'emptied');
    expect(await accept('appointments', {})).toBe(400);
    expect(await accept('nothing')).toBe(400);
    expect(await accept('appointments')).toBe(200);
    await record('after');
    expect(await isReadyToWrite()).toBe(true);
    expect((await edge.get(`/fhir/Appointment/${id}`)).status).toBe(404);
    expect(edge.log.some((line) => line.includes('store-accepted') && !line.includes('restauration'))).toBe(
      true,
    );
  });

  it('that was set back to a copy is noticed, and well again when the right one is put back', async () => {
    const kept = await record('kept');
    const copies = join(edge.dir, 'copies');
    await restart(async () => {
      for (const name of await filesWith('appointments')) await cp(join(folder(), name), join(copies, name));
    });
    const lost = await record('lost');
    const right = join(edge.dir, 'right');
    await restart(async () => {
      await mkdir(right);
      for (const name of await filesWith('appointments'))
        await rename(join(folder(), name), join(right, name));
      await cp(copies, folder(), { recursive: true });
    });
    await expectLost([kept, lost], 'rolled-back');
    await restart(async () => {
      for (const name of await filesWith('appointments')) await rm(join(folder(), name));
      await cp(right, folder(), { recursive: true });
    });
    expect((await edge.get(`/fhir/Appointment/${lost}`)).status).toBe(200);
    await record('after');
    expect(await isReadyToWrite()).toBe(true);
  });

  it('that goes back under a running edge acknowledges nothing more', async () => {
    const id = await record('kept');
    const database = await edge.edge?.database('APPOINTMENTS');
    await database?.batch([
      database.prepare('DELETE FROM appointments'),
      database.prepare('DELETE FROM appointment_versions'),
      database.prepare('UPDATE appointments_mark SET writes = -5'),
    ]);
    // What is missing is looked for at once; what is written has its own count.
    const [read, written] = [
      await edge.get(`/fhir/Appointment/${id}`),
      await edge.put(individual({ value: 'new' })),
    ];
    expect([read.status, read.reason, written.status, written.reason]).toEqual([
      ...[503, 'storage-lost'],
      ...[503, 'storage-lost'],
    ]);
    expect(await isReadyToWrite()).toBe(false);
  });

  it('that goes back is noticed by the first write, before it is acknowledged', async () => {
    await record('kept');
    const database = await edge.edge?.database('APPOINTMENTS');
    await database?.prepare('UPDATE appointments_mark SET writes = -5').run();
    const written = await edge.put(individual({ value: 'new' }));
    expect([written.status, written.reason]).toEqual([503, 'storage-lost']);
  });

  it('that is another one, with writes of its own, is not taken for the one that was', async () => {
    const id = await record('kept');
    const database = await edge.edge?.database('APPOINTMENTS');
    await database?.prepare("UPDATE appointments_mark SET identity = 'another', writes = 1000").run();
    await edge.edge?.runSchedule(new Date(), 'by day');
    await expectLost([id], 'replaced');
  });

  it('whose pages are destroyed is called damaged, by all who ask it', async () => {
    for (let at = 0; at < 5; at += 1) await record(`kept-${at}`);
    await restart(async () => {
      const [main = ''] = await filesWith('appointments');
      const file = join(folder(), main);
      const { size } = await stat(file);
      const handle = await open(file, 'r+');
      // All but the first page, which holds the schema.
      await handle.write(Buffer.alloc(size - 4096, 7), 0, size - 4096, 4096);
      await handle.close();
    });
    await expectNamed('damaged');
    expect((await fetch(`${edge.url}/healthz`)).status).toBe(200);
  });

  it('that is no database any more does not keep the edge from starting, and is named in the log', async () => {
    await restart(async () => {
      const [main = ''] = await filesWith('appointments');
      await writeFile(join(folder(), main), 'no database'.repeat(1_000));
    });
    await expectNamed('damaged');
    expect(edge.log.some((line) => line.includes('database-file-refused'))).toBe(true);
    expect((await edge.get('/fhir/metadata')).status).toBe(200);
  });
});

it('the database of accounts is held against its own mark, and that of kept answers is as good as another', async () => {
  await edge.edge?.runSchedule(new Date(), 'by day');
  for (const [name, table] of [
    ['DB', 'core_mark'],
    ['CACHE', 'cache_mark'],
  ] as const) {
    const database = await edge.edge?.database(name);
    await database?.prepare(`UPDATE ${table} SET identity = 'another', writes = 7`).run();
  }
  await edge.edge?.runSchedule(new Date(), 'by day');
  expect([await illOf('core'), await illOf('cache'), await illOf('appointments')]).toEqual([
    'replaced',
    undefined,
    undefined,
  ]);
  const regulators = await signToken(edge.state, 'system/Practitioner.cu');
  const answer = await edge.get('/fhir/Practitioner/1', regulators);
  expect([answer.status, answer.reason]).toEqual([503, 'storage-lost']);
  expect(await isReadyToWrite()).toBe(false);
  // Appointments are another database.
  await record('beside');
});

it('accounts that went back are told withdrawals again once an operator takes them, and only then', async () => {
  const database = await edge.edge?.database('DB');
  const now = Date.now();
  const restores = async (): Promise<unknown> =>
    (await edge.get('/admin/accounts/exposure', admin)).json.restores;
  for (const [id, hoursAgo] of [
    ['lately', 1],
    ['long-ago', 30 * 24],
  ] as const) {
    await database?.batch([
      database
        .prepare(
          `INSERT INTO regulators (id, system, value, active, family, given, email, territories, version, hash, stamp,
             updated_ms, withdrawn_ms)
           VALUES (?1, 'urn:x', ?1, 0, 'Imaginaire', 'Camille', 'c@regulation.example', '[]', 1, 'h', 's', ?2, ?2)`,
        )
        .bind(id, now - hoursAgo * 3_600_000),
      database
        .prepare(
          `INSERT INTO accounts (regulator, editor, revision, open, withdrawing, attempts, confirmed_hash, confirmed_active)
           VALUES (?1, 'agenda-a', 1, 0, 0, 0, 'h', 0)`,
        )
        .bind(id),
    ]);
  }
  await edge.edge?.runSchedule(new Date(), 'by day');
  // A database that is well is taken as it is: nothing is said again.
  expect(await accept('core')).toBe(200);
  expect(await restores()).toEqual([]);
  await database?.prepare('UPDATE core_mark SET writes = 1').run();
  await edge.edge?.runSchedule(new Date(), 'by day');
  expect(await illOf('core')).toBe('rolled-back');
  // What rests on it waits, until it is what it was.
  await edge.edge?.runSchedule(new Date(), 'by day');
  const { last } = (await edge.get('/admin/schedule', admin)).json;
  expect(last.left).toHaveProperty('accounts');
  expect(last.done).not.toContain('accounts');
  expect(await restores()).toEqual([]);
  expect(await accept('core')).toBe(200);
  expect(await restores()).toMatchObject([{ days: 7, accounts: 1, open: 1 }]);
  expect(await illOf('core')).toBeUndefined();
});

/** Only a system that lets us mount has a disk that we can fill. */
function canMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}

describe.skipIf(!canMount())('a disk', () => {
  const disk = (): string => join(edge.state.dir, DATABASES_FOLDER);

  beforeEach(() =>
    restart(async () => {
      await rename(disk(), join(edge.dir, 'moved'));
      await mkdir(disk());
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk()]);
      await cp(join(edge.dir, 'moved'), disk(), { recursive: true });
    }),
  );
  afterEach(async () => {
    await edge.stopEdge();
    execFileSync('umount', [disk()]);
  });

  it('that is full is called so, and taken again when there is room', async () => {
    await record('before');
    const filler = join(disk(), 'filler');
    await writeFile(filler, Buffer.alloc(16_000_000)).catch(() => undefined);
    const refused = await edge.put(individual({ value: 'refused' }));
    expect([refused.status, refused.reason, refused.headers.get('Retry-After')]).toEqual([
      503,
      'storage-full',
      '5',
    ]);
    await until('it is not ready', async () => !(await isReadyToWrite()));
    expect(await illOf('appointments')).toBe('full');
    await rm(filler);
    await record('refused');
    await edge.edge?.runSchedule(new Date(), 'by day');
    await until('it is ready', isReadyToWrite);
    expect(edge.log.some((line) => line.includes('"store-ill"') || line.includes('storage-full'))).toBe(true);
  });

  it('that is read only is called so', async () => {
    const id = await record('before');
    await restart(async () => {
      execFileSync('mount', ['-o', 'remount,ro', disk()]);
    });
    await expectNamed('read-only');
    await restart(async () => {
      execFileSync('mount', ['-o', 'remount,rw', disk()]);
    });
    expect((await edge.get(`/fhir/Appointment/${id}`)).status).toBe(200);
  });
});
