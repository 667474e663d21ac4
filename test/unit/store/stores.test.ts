// What a database is held against, case by case: what it was, what is found, what it says of itself. docs/storage.md "Loss".
import { expect, it } from 'vitest';
import { faultIn, isLoss, isTold, lossOf, type StoreMark } from '../../../worker/gate/stores.ts';

const known: StoreMark = { identity: 'a', writes: 5 };

it.each<[string, StoreMark | undefined, StoreMark | 'absent', string | undefined]>([
  ['never seen, and empty', undefined, 'absent', undefined],
  ['never seen, with writes', undefined, known, undefined],
  ['without its table', known, 'absent', 'emptied'],
  ['new, without writes', known, { identity: 'b', writes: 0 }, 'emptied'],
  ['another, with writes', known, { identity: 'b', writes: 9 }, 'replaced'],
  ['one write less', known, { identity: 'a', writes: 4 }, 'rolled-back'],
  ['the same, without writes', known, { identity: 'a', writes: 0 }, 'rolled-back'],
  ['as it was', known, { identity: 'a', writes: 5 }, undefined],
  ['with more', known, { identity: 'a', writes: 6 }, undefined],
])('a database %s', (_, before, found, loss) => {
  expect(lossOf(before, found)).toBe(loss);
});

it.each([
  ['D1_ERROR: database or disk is full: SQLITE_FULL', 'full'],
  ['Exceeded maximum DB size', 'full'],
  ['attempt to write a readonly database', 'read-only'],
  ['SQLITE_READONLY_DBMOVED', 'read-only'],
  ['database disk image is malformed', 'damaged'],
  ['file is not a database: SQLITE_NOTADB', 'damaged'],
  ['SQLITE_IOERR_READ', 'damaged'],
  ['disk I/O error', 'damaged'],
  ['unable to open: SQLITE_CANTOPEN', 'damaged'],
  ['Network connection lost.', undefined],
  ['UNIQUE constraint failed: appointments.id: SQLITE_CONSTRAINT', undefined],
  ['', undefined],
])('%j says %s', (words, fault) => {
  expect(faultIn(words)).toBe(fault);
});

it('is lost, or told, or neither', () => {
  const all = ['emptied', 'replaced', 'rolled-back', 'full', 'read-only', 'damaged', 'unreachable'] as const;
  expect(all.filter(isLoss)).toEqual(['emptied', 'replaced', 'rolled-back']);
  expect(all.filter(isTold)).toEqual(['full', 'read-only', 'damaged']);
});
