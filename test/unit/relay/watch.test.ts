// The watch on settings and certificates, on a real disk: every way a file comes to be another one at its path.

import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FileWatch, type Means } from '../../../relay/base/watch.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';
import { until } from '../../support/wait/until.ts';

/** Longer than any test: what is noticed is noticed by the system's notices. */
const NEVER_MS = 3_600_000;

let dir: string;
let watch: FileWatch;
let changes: number;
let errors: unknown[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'watch-'));
  changes = 0;
  errors = [];
});

afterEach(async () => {
  watch.close();
  await removeFolder(dir);
});

/** As the relay does: after each change it follows its files again. */
function follow(files: readonly string[], means: Partial<Means> = { lookMs: NEVER_MS }): void {
  watch = new FileWatch(
    () => {
      changes += 1;
      watch.follow(files);
    },
    (error) => errors.push(error),
    means,
  );
  watch.follow(files);
}

async function notices(change: () => void): Promise<void> {
  const before = changes;
  change();
  await until('the change to be noticed', () => changes > before);
}

function folder(name: string, content: string): string {
  mkdirSync(join(dir, name), { recursive: true });
  writeFileSync(join(dir, name, 'a.crt'), content);
  return join(dir, name, 'a.crt');
}

test('notices a file that is written, renamed over, removed, and back', async () => {
  const file = folder('certs', '1');
  follow([file]);
  await notices(() => writeFileSync(file, '2'));
  await notices(() => {
    writeFileSync(`${file}.new`, '3');
    renameSync(`${file}.new`, file);
  });
  await notices(() => unlinkSync(file));
  await notices(() => writeFileSync(file, '4'));
});

test('notices a folder that is replaced, and then what changes in the new one', async () => {
  const file = folder('certs', '1');
  folder('certs.new', '2');
  follow([file]);
  await notices(() => {
    renameSync(join(dir, 'certs'), join(dir, 'certs.old'));
    renameSync(join(dir, 'certs.new'), join(dir, 'certs'));
  });
  await notices(() => writeFileSync(file, '3'));
});

test('notices a folder above the folder that is replaced', async () => {
  const file = folder('etc/pki/certs', '1');
  folder('etc.new/pki/certs', '2');
  follow([file]);
  await notices(() => {
    renameSync(join(dir, 'etc'), join(dir, 'etc.old'));
    renameSync(join(dir, 'etc.new'), join(dir, 'etc'));
  });
  await notices(() => writeFileSync(file, '3'));
});

test('notices a folder that is removed, and one that is made in its place later', async () => {
  const file = folder('certs', '1');
  follow([file]);
  await notices(() => rmSync(join(dir, 'certs'), { recursive: true }));
  await notices(() => folder('certs', '2'));
  await notices(() => writeFileSync(file, '3'));
});

test('notices the link of a mounted secret that is moved, again and again', async () => {
  folder('..v1', '1');
  symlinkSync('..v1', join(dir, '..data'));
  symlinkSync('..data/a.crt', join(dir, 'a.crt'));
  follow([join(dir, 'a.crt')]);
  for (const version of [2, 3, 4]) {
    await notices(() => {
      folder(`..v${version}`, String(version));
      symlinkSync(`..v${version}`, join(dir, '..tmp'));
      renameSync(join(dir, '..tmp'), join(dir, '..data'));
      rmSync(join(dir, `..v${version - 1}`), { recursive: true });
    });
  }
});

test('notices a link to a folder elsewhere, and a file in that folder', async () => {
  folder('elsewhere/one', '1');
  const file = folder('elsewhere/two', '2');
  mkdirSync(join(dir, 'relay'));
  symlinkSync(join(dir, 'elsewhere/one'), join(dir, 'relay/certs'));
  follow([join(dir, 'relay/certs/a.crt')]);
  await notices(() => {
    symlinkSync(join(dir, 'elsewhere/two'), join(dir, 'relay/next'));
    renameSync(join(dir, 'relay/next'), join(dir, 'relay/certs'));
  });
  await notices(() => writeFileSync(file, '3'));
});

test('is not lost in links that lead to each other', () => {
  symlinkSync('b', join(dir, 'a'));
  symlinkSync('a', join(dir, 'b'));
  follow([join(dir, 'a', 'a.crt')]);
  expect(errors).toEqual([]);
});

test('notices by looking when nothing can be watched, and says which folders once each', async () => {
  const file = folder('certs', '1');
  const refused: string[] = [];
  const observe = (at: string): never => {
    refused.push(at);
    throw Object.assign(new Error('no space for watches'), { code: 'ENOSPC' });
  };
  follow([file], { lookMs: 20, observe });
  await notices(() => writeFileSync(file, '22'));
  await notices(() => unlinkSync(file));
  await notices(() => {
    folder('certs.new', '3');
    rmSync(join(dir, 'certs'), { recursive: true });
    renameSync(join(dir, 'certs.new'), join(dir, 'certs'));
  });
  expect(errors).toHaveLength(new Set(refused).size);
  expect(refused).toContain(join(dir, 'certs'));
});

test('calls once for a change that is both told and seen', async () => {
  const file = folder('certs', '1');
  follow([file], { lookMs: 20 });
  await notices(() => writeFileSync(file, '2'));
  await notices(() => writeFileSync(file, '3'));
  expect(changes).toBe(2);
});
