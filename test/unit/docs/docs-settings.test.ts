// The pages and samples against the schemas, both ways: no setting that no page tells, no page that tells of none.

import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { expect, test } from 'vitest';
import { DECLARATION_IDS } from '../../../conformance/groups/declarations.ts';
import { checkConfig } from '../../../relay/base/config.ts';
import { findSettingProblems, SETTING_NAMES } from '../../../worker/base/settings.ts';
import { accepts } from '../../support/oracles/relay-json-schema.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const read = (file: string): string => readFileSync(resolve(ROOT, file), 'utf8');
const sorted = (names: Iterable<string>): string[] => [...new Set(names)].sort();

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly $defs?: Readonly<Record<string, Schema>>;
}
const schema = JSON.parse(read('relay/config.schema.json')) as Schema;

/** Paths of the fields, as docs/relay.md writes them; an identity, and what holds fields, also by its own name. */
function fieldsOf(node: Schema, path: string): string[] {
  const name = node.$ref?.split('/').at(-1);
  const shape = name === undefined ? node : (schema.$defs?.[name] ?? {});
  if (shape.items?.$ref === '#/$defs/editor') return fieldsOf(shape.items, `${path}[]`);
  if (shape.properties === undefined || 'cn' in shape.properties) return [path];
  return Object.entries(shape.properties).flatMap(([field, child]) =>
    fieldsOf(child, path === '' ? field : `${path}.${field}`),
  );
}

test('docs/relay.md tells every field of the relay file, and none that the schema does not have', () => {
  const page = read('docs/relay.md');
  const part = (title: string): string => page.split(`${title}\n`)[1]?.split('\n## ')[0] ?? '';
  const cells = [...(part('## Réglages') + part('### Bornes')).matchAll(/^\| ([^|]+) \|/gm)].map(
    ([, cell = '']) => cell,
  );
  const told = cells
    .flatMap((cell) => [
      ...cell.matchAll(
        /`((?:\$schema|relayId|edge|listen|hubSante|stateFolder|crlUrls|admin|editors\[\]|limits)[\w.]*)`/g,
      ),
    ])
    .map(([, field = '']) => field.replace(/^limits\./, 'listen.limits.'))
    // Rows that speak of a whole part, not of a field.
    .filter((field) => !['listen', 'listen.limits', 'hubSante'].includes(field));
  expect(sorted(told)).toEqual(sorted(fieldsOf(schema, '')));
});

test('README tells every setting of the edge, and none that the schema does not have', () => {
  const [, part = ''] = read('README.md').split('## Settings of the edge');
  const [table = ''] = part.split('\n## ');
  const told = [...table.matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, name = '']) => name),
  );
  expect(sorted(told)).toEqual(sorted(SETTING_NAMES));
});

test('the sample of the relay file is one that the relay and the schema accept', () => {
  const sample: unknown = JSON.parse(read('docs/samples/relay.json'));
  expect(checkConfig(sample, '/etc/relay')).toMatchObject({ ok: true });
  expect(accepts({ ...schema }, sample)).toBe(true);
});

test('the sample of the edge settings names every one of them, with values that the edge accepts', () => {
  const text = read('docs/samples/edge.env');
  const shown = parseEnv(text.replace(/^#(?=[A-Z_]+=)/gm, ''));
  expect(sorted(Object.keys(shown))).toEqual(sorted(SETTING_NAMES));
  const { AUTH_JWKS: _oneOfTwo, ...settings } = shown as Record<string, string>;
  expect(findSettingProblems(settings)).toEqual([]);
});

test('the sample of the declarations answers every one of them', () => {
  const sample = JSON.parse(read('docs/samples/declarations.json')) as Record<string, unknown>;
  expect(sorted(Object.keys(sample))).toEqual(sorted(DECLARATION_IDS));
});

test('every environment variable that a program reads is told on a page', () => {
  const pages = ['README.md', ...globSync('docs/**/*.md', { cwd: ROOT })].map(read).join('\n');
  const files = globSync('{bench,conformance,relay,sandbox,scripts,shared,worker}/**/*.ts', { cwd: ROOT });
  const source = files.map(read).join('\n');
  const names = [...source.matchAll(/process\.env\.([A-Z_]+)/g)].map(([, name = '']) => name);
  // What a program sets itself, for one that it starts, is nobody's to set.
  const setters = `${source}\n${read('test/support/global-setup.ts')}`;
  const own = new Set([...setters.matchAll(/process\.env\.([A-Z_]+) (?:\?\?)?= /g)].map(([, name]) => name));
  expect(names).toContain('PASSERELLE_TOKEN');
  expect(sorted(names).filter((name) => !own.has(name) && !pages.includes(name))).toEqual([]);
});
