// Whose a private key's file is: closed to all but the relay's account, or root's and readable by the relay's group.

import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { readPrivateFile } from '../../../relay/base/private-file.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';

const SERVICE = 65_534;
const isRoot = process.geteuid?.() === 0;
const SOURCE = new URL('../../../relay/base/private-file.ts', import.meta.url).href;

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'private-'));
  file = join(folder, 'link.key.pem');
  writeFileSync(file, 'key');
  return () => removeFolder(folder);
});

test.each([0o600, 0o400, 0o700])('mode %o is its owner’s alone', (mode) => {
  chmodSync(file, mode);
  expect(readPrivateFile(file)).toEqual({ content: Buffer.from('key'), openness: undefined });
});

test.each([0o640, 0o604, 0o620, 0o601, 0o644, 0o666])('mode %o is open to others', (mode) => {
  chmodSync(file, mode);
  expect(readPrivateFile(file).openness).toBe(
    `d’autres comptes que celui du relais peuvent lire cette clé (mode 0${mode.toString(8)}) : chmod 600 sur ce fichier`,
  );
});

/** What a service that is not root finds, in the group that may read; it stands in the folder, whose parents are closed. */
function asService(): string {
  const script = `import(${JSON.stringify(SOURCE)}).then(({ readPrivateFile }) => {
    process.setgroups([]); process.setegid(${SERVICE}); process.seteuid(${SERVICE});
    console.log(readPrivateFile('link.key.pem').openness ?? 'closed');
  })`;
  return execFileSync(process.execPath, ['-e', script], { cwd: folder, encoding: 'utf8' }).trim();
}

test.skipIf(!isRoot)(
  'root’s file is closed when the service reads it as its group, and open beyond that',
  () => {
    chmodSync(folder, 0o755);
    chownSync(file, 0, SERVICE);
    chmodSync(file, 0o440);
    expect(asService()).toBe('closed');
    for (const mode of [0o460, 0o444, 0o450]) {
      chmodSync(file, mode);
      expect(asService()).toContain(`(mode 0${mode.toString(8)})`);
    }
    // The service's own file has no group to be read by.
    chownSync(file, SERVICE, SERVICE);
    chmodSync(file, 0o440);
    expect(asService()).toContain('(mode 0440)');
  },
);
