// What a person reads when a file of a local program fails.

import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeFailure } from '../../../sandbox/base/say.ts';

test('a file that is not there is named', async () => {
  const file = join(tmpdir(), 'passerelle-nowhere', 'edge.env');
  expect(await readFile(file).catch(describeFailure)).toBe(`${file} n'existe pas.`);
});

test('a folder that a disk does not take is not said to be missing', () => {
  // As Node words mkdir with `recursive` on a disk that is read only: no test can count on having one.
  const cause = Object.assign(new Error('ENOENT'), { code: 'ENOENT', syscall: 'mkdir', path: '/ro/state' });
  expect(describeFailure(cause)).toBe(
    '/ro/state ne peut pas être créé : le disque est peut-être en lecture seule.',
  );
});
