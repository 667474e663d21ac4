// Which of several lists of a key counts, given what has served before: by date, then by number; under a clock that goes
// either way; each scope for itself. Over files in a folder, as the relay leaves them.

import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { type HeldList, newestOf, troubleOf } from '../../../relay/certificates/held-lists.ts';
import { ListMarks } from '../../../relay/certificates/list-marks.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';

const HOUR_MS = 3_600_000;
const T = Date.parse('2026-11-30T12:00:00Z');

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'marks-')), 'state');
  return () => removeFolder(join(folder, '..'));
});

const list = (hour: number, number?: bigint, keyId = 'key'): HeldList => ({
  keyId,
  number,
  thisUpdateMs: T + hour * HOUR_MS,
  nextUpdateMs: T + 1_000 * HOUR_MS,
  revoked: new Set([`revoked-at-${hour}`]),
});
const hold = (...lists: readonly HeldList[]) => newestOf(lists, Number.MAX_SAFE_INTEGER);

/** What a relay that starts now makes of these lists, `hours` after T. */
function verdict(lists: readonly HeldList[], hours: number, scope = 'listen'): string {
  const nowMs = T + hours * HOUR_MS;
  const chosen = ListMarks.open(folder).scoped(scope).choose(lists, nowMs).get('key');
  return `${[...(chosen?.revoked ?? [])].join()} ${troubleOf(chosen, nowMs) ?? 'counts'}`;
}

function serve(nowHours: number, ...lists: readonly HeldList[]): void {
  ListMarks.open(folder).note(new Map([['listen', hold(...lists)]]), T + nowHours * HOUR_MS);
}

test.each([
  ['the same list', list(0, 7n), 'counts'],
  ['a newer date, a higher number', list(1, 8n), 'counts'],
  ['a newer date, a lower number: an authority that counts anew', list(1, 2n), 'counts'],
  ['a newer date, no number', list(1), 'counts'],
  ['an older date, a lower number', list(-1, 6n), 'list-stale'],
  ['an older date, a higher number', list(-1, 9n), 'list-stale'],
  ['an older date, no number', list(-1), 'list-stale'],
  ['the same date, a lower number', list(0, 6n), 'list-stale'],
  ['the same date, a higher number', list(0, 8n), 'counts'],
  ['the same date, no number', list(0), 'counts'],
])('after a restart: %s', (_name, shown, word) => {
  serve(2, list(0, 7n));
  expect(verdict([shown], 3)).toBe(`revoked-at-${(shown.thisUpdateMs - T) / HOUR_MS} ${word}`);
});

test('a mark holds for its scope and its key alone', () => {
  serve(2, list(0, 7n));
  expect(verdict([list(-1)], 3, 'editors/agenda-a')).toBe('revoked-at--1 counts');
  expect(verdict([list(-1, 1n, 'other')], 3)).toBe(' list-missing');
});

test('a clock set back takes the older of two lists for no newer one', () => {
  const both = [list(-5), list(0)];
  expect(verdict(both, -2)).toBe('revoked-at--5 counts');
  serve(2, list(0));
  expect(verdict(both, -2)).toBe('revoked-at-0 list-stale');
  expect(verdict([list(-5)], -2)).toBe('revoked-at--5 list-stale');
  expect(verdict(both, 3)).toBe('revoked-at-0 counts');
});

test('a list that has not begun raises no mark: one dated wrongly shuts no later one out', () => {
  serve(2, list(48));
  expect(verdict([list(1)], 3)).toBe('revoked-at-1 counts');
});

test('a list that was refused raises no mark, and marks never go down', () => {
  serve(2, list(0, 7n));
  const marks = ListMarks.open(folder);
  marks.note(
    new Map([['listen', marks.scoped('listen').choose([list(-1, 9n)], T + HOUR_MS)]]),
    T + 2 * HOUR_MS,
  );
  serve(2, list(-3));
  expect(verdict([list(-1, 9n)], 3)).toBe('revoked-at--1 list-stale');
  expect(verdict([list(0, 7n)], 3)).toBe('revoked-at-0 counts');
});

test('two relays with one folder do not undo each other', () => {
  const [one, other] = [ListMarks.open(folder), ListMarks.open(folder)];
  one.note(new Map([['listen', hold(list(0))]]), T + 2 * HOUR_MS);
  other.note(new Map([['editors/a', hold(list(0))]]), T + 2 * HOUR_MS);
  for (const scope of ['listen', 'editors/a']) expect(verdict([list(-1)], 3, scope)).toContain('list-stale');
});

test('a copy that another relay wrote over without our mark is written again', () => {
  serve(2, list(-1));
  const files = ['list-marks.json', 'list-marks.copy.json'].map((name) => join(folder, name));
  const [before = ''] = files.map((file) => readFileSync(file, 'utf8'));
  const marks = ListMarks.open(folder);
  const note = () => marks.note(new Map([['listen', hold(list(0))]]), T + 2 * HOUR_MS);
  note();
  // The other one had read before we wrote.
  for (const file of files) writeFileSync(file, before);
  note();
  expect(verdict([list(-1)], 3)).toContain('list-stale');
  rmSync(files[1] ?? '');
  note();
  expect(readFileSync(files[1] ?? '', 'utf8')).toBe(readFileSync(files[0] ?? '', 'utf8'));
});

test('marks that may not be read are told apart from damaged ones, and no list is believed', () => {
  serve(2, list(0));
  chmodSync(folder, 0);
  const isRoot = process.geteuid?.() === 0;
  // Nothing is forbidden to root.
  if (isRoot) process.seteuid?.(65_534);
  try {
    const [problem] = ListMarks.open(folder).problems;
    expect(problem?.text).toContain('ne peuvent pas être lus (droits de stateFolder)');
    expect(problem?.text).not.toContain('supprimer');
    expect(verdict([list(5)], 6)).toContain('list-stale');
  } finally {
    if (isRoot) process.seteuid?.(0);
    chmodSync(folder, 0o700);
  }
  expect(verdict([list(5)], 6)).toContain('counts');
});

test('what a disk did to a copy is found at any byte; without a readable copy nothing counts and nothing is written', () => {
  serve(2, list(0, 7n));
  const names = readdirSync(folder);
  expect(names).toEqual(['list-marks.copy.json', 'list-marks.json']);
  const text = readFileSync(join(folder, 'list-marks.json'), 'utf8');
  const digits = [...text].flatMap((char, at) => (/[0-9a-f]/.test(char) ? [at] : []));
  expect(digits.length).toBeGreaterThan(60);
  for (const at of digits) {
    const changed = `${text.slice(0, at)}${text[at] === '1' ? '2' : '1'}${text.slice(at + 1)}`;
    for (const name of names) writeFileSync(join(folder, name), changed);
    const marks = ListMarks.open(folder);
    expect(marks.problems, String(at)).toHaveLength(1);
    expect(verdict([list(5)], 6), String(at)).toBe('revoked-at-5 list-stale');
    marks.note(new Map([['listen', hold(list(5))]]), T + 6 * HOUR_MS);
    expect(readFileSync(join(folder, 'list-marks.json'), 'utf8')).toBe(changed);
  }
});

test('a mark that nothing has renewed for years is forgotten', () => {
  serve(2, list(0));
  serve(24 * 366 * 4, list(24 * 366 * 4, undefined, 'other'));
  expect(readFileSync(join(folder, 'list-marks.json'), 'utf8')).not.toContain('2026-');
});
