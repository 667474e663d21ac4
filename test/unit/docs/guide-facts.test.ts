// docs/guide.md and the comments that cite it: a fact that is cited exists, and has one number only.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const ROOT = new URL('../../../', import.meta.url);
const GUIDE = readFileSync(new URL('docs/guide.md', ROOT), 'utf8');
const FACTS = [...GUIDE.matchAll(/^\| ((?:G|AC)-\d+) \|/gm)].map(([, id]) => id ?? '');

const SOURCES = globSync(
  ['{worker,relay,shared,host,sandbox,conformance,scripts,bench,test}/**/*.{ts,sql}', 'docs/**/*.md', '*.md'],
  { cwd: ROOT },
).filter((path) => path !== 'docs/guide.md');

it('each fact of the guide has its own number', () => {
  expect(FACTS.length).toBeGreaterThan(100);
  expect(FACTS.filter((id, at) => FACTS.indexOf(id) !== at)).toEqual([]);
});

it('each fact that code, tests or pages cite stands in the guide', () => {
  const cited = SOURCES.flatMap((path) =>
    [...readFileSync(new URL(path, ROOT), 'utf8').matchAll(/\b(?:G-\d{3}|AC-\d{2})\b/g)].map(([id]) => ({
      path,
      id,
    })),
  );
  expect(cited.length).toBeGreaterThan(50);
  expect(cited.filter(({ id }) => !FACTS.includes(id))).toEqual([]);
});

it('each source of a fact is a page that the guide links to', () => {
  const links = [...GUIDE.matchAll(/^\[([^\]]+)\]: https?:/gm)].map(([, key]) => key);
  const used = [...GUIDE.matchAll(/\| ((?:\[[^\]]+\](?:, )?)+) \|$/gm)].flatMap(([, list]) =>
    [...(list ?? '').matchAll(/\[([^\]]+)\]/g)].map(([, key]) => key),
  );
  expect(used.length).toBeGreaterThan(100);
  expect(used.filter((key) => !links.includes(key))).toEqual([]);
});

it('each page that a comment cites is in the repository', () => {
  const lost = SOURCES.filter((path) => path.endsWith('.ts')).flatMap((path) =>
    [...readFileSync(new URL(path, ROOT), 'utf8').matchAll(/^\s*(?:\/\/|\/?\*).*?\b([\w/-]+\.md)\b/gm)]
      .map(([, page = '']) => page)
      .filter((page) => !existsSync(new URL(page, ROOT)))
      .map((page) => `${path}: ${page}`),
  );
  expect(lost).toEqual([]);
});

it('each decision stands in the index and is named by code that it rules', () => {
  const decisions = globSync('docs/decisions/[0-9]*.md', { cwd: ROOT });
  const index = readFileSync(new URL('docs/decisions/README.md', ROOT), 'utf8');
  const code = SOURCES.filter((path) => path.endsWith('.ts')).map((path) =>
    readFileSync(new URL(path, ROOT), 'utf8'),
  );
  expect(decisions.length).toBeGreaterThan(10);
  expect(decisions.filter((path) => !index.includes(`(${path.split('/').at(-1)})`))).toEqual([]);
  expect(decisions.filter((path) => !code.some((text) => text.includes(path)))).toEqual([]);
});
