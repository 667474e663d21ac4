// Pages lead somewhere: each file that one names exists, each link ends at a page and a heading that exist.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../..');
const PAGES = [...globSync('*.md', { cwd: ROOT }), ...globSync('docs/**/*.md', { cwd: ROOT })];
const read = (file: string): string => readFileSync(resolve(ROOT, file), 'utf8');
const OURS = /^(?:worker|relay|shared|host|sandbox|conformance|test|bench|scripts|docs)\//;

/** As GitHub makes it of a heading. */
function anchorOf(heading: string): string {
  const text = heading.replace(/`|\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
  return text.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-');
}

test('each file or folder of ours that a page names exists', () => {
  const lost = PAGES.flatMap((page) =>
    [...read(page).matchAll(/`((?:\w[\w.-]*\/)+[\w.*-]*)`/g)]
      .map(([, path = '']) => path)
      .filter((path) => OURS.test(path) && globSync(path, { cwd: ROOT }).length === 0)
      .map((path) => `${page}: ${path}`),
  );
  expect(lost).toEqual([]);
});

test('each file that a page names alone stands somewhere', () => {
  const names = new Set(
    globSync('{worker,relay,shared,host,sandbox,conformance,test,bench,scripts}/**/*.ts', { cwd: ROOT }).map(
      (path) => basename(path),
    ),
  );
  const lost = PAGES.flatMap((page) =>
    [...read(page).matchAll(/`([\w-]+(?:\.test)?\.ts)`/g)]
      .map(([, name = '']) => name)
      .filter((name) => !names.has(name))
      .map((name) => `${page}: ${name}`),
  );
  expect(lost).toEqual([]);
});

test('each file that a comment names stands somewhere', () => {
  const files = globSync('{worker,relay,shared,host,sandbox,conformance,test,bench,scripts}/**/*.{ts,sql}', {
    cwd: ROOT,
  });
  const isOne = (name: string): boolean =>
    files.some((path) => path === name || path.endsWith(`/${name.replace(/^(?:\.\.?\/)+/, '')}`));
  const lost = files.flatMap((path) =>
    [...read(path).matchAll(/^\s*(?:\/\/|\/?\*|--).*$/gm)]
      .flatMap(([comment]) => comment.match(/[\w./-]+\.ts\b/g) ?? [])
      .filter((name) => !isOne(name))
      .map((name) => `${path}: ${name}`),
  );
  expect(lost).toEqual([]);
});

test('each link of a page ends at a file, and at a heading when it names one', () => {
  const lost = PAGES.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)]
      .filter(([, path = '', anchor]) => {
        const target = path === '' ? resolve(ROOT, page) : resolve(ROOT, dirname(page), path);
        if (!existsSync(target)) return true;
        if (anchor === undefined) return false;
        const headings = [...readFileSync(target, 'utf8').matchAll(/^#+ (.+)$/gm)];
        return !headings.some(([, heading = '']) => anchorOf(heading) === anchor);
      })
      .map(([link]) => `${page}: ${link}`),
  );
  expect(lost).toEqual([]);
});
