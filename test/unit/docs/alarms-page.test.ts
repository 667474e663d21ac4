// The page of alarms against the code, both ways: no line of a level that calls somebody without a word on what to do, and no
// word on a line that nothing writes.
import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../..');
const read = (file: string): string => readFileSync(resolve(ROOT, file), 'utf8');
const files = globSync('{worker,relay,host,shared}/**/*.ts', { cwd: ROOT }).map(read);
const NAME = /['`]([a-z]+(?:-(?:[a-z]+|\$\{))+|workerd)/g;

/** Of each call of a log: its level as written, and the names that its message may have. A name that is made ends with `-`. */
function callsOf(text: string): readonly (readonly [level: string, names: readonly string[]])[] {
  const calls = text.matchAll(
    /\b(?:log|logLine)\(\s*([^,()]*(?:\([^()]*\)[^,()]*)?),\s*([^,()]*(?:\([^()]*\)[^,()]*)?)/g,
  );
  return [...calls].map(([, level = '', message = '']) => [
    level,
    [...message.matchAll(NAME)].map(([, name = '']) => name.replace('${', '')),
  ]);
}

/** A level that is a variable may be any. */
const mayCall = (level: string): boolean => !/^'(?:info|debug)'$/.test(level.trim());
/** Named where no level stands: what the host calls errors, and how a carrier's connection fails. */
const APART = [
  ...(/ERRORS[^=]*= new Set\(\[([^;]*)\]\)/.exec(read('host/main.ts'))?.[1]?.matchAll(NAME) ?? []),
  ...(read('relay/hub-sante/carrier.ts').match(/#fail\('[^']+'/g) ?? []).flatMap((call) => [
    ...call.matchAll(NAME),
  ]),
].map(([, name = '']) => name);

const alarms = new Set([
  ...files.flatMap(callsOf).flatMap(([level, names]) => (mayCall(level) ? names : [])),
  ...APART,
]);
const told = new Set(
  [...read('docs/exploitation/alarmes.md').matchAll(/^\| (`[^|]+) \| [EA/]+ \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  ),
);

test('each line of level warn or error has its entry', () => {
  expect(alarms.size).toBeGreaterThan(100);
  expect(APART.length).toBeGreaterThan(5);
  const isTold = (name: string): boolean =>
    name.endsWith('-') ? [...told].some((one) => one.startsWith(name)) : told.has(name);
  expect([...alarms].filter((name) => !isTold(name))).toEqual([]);
});

test('each entry is of a line that is written', () => {
  const source = files.join('\n');
  const isMade = (name: string): boolean =>
    [...alarms].some(
      (one) => one.endsWith('-') && name.startsWith(one) && source.includes(`'${name.slice(one.length)}'`),
    );
  expect([...told].filter((name) => !alarms.has(name) && !isMade(name))).toEqual([]);
});
