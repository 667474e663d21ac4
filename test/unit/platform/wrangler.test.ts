// wrangler.toml, as wrangler itself reads it, against docs/exploitation/souverainete.md: what keeps identifiers out of the
// platform's logs and people's data inside the Union is not lost by a change that means something else.

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { unstable_readConfig } from 'wrangler';
import { SETTING_NAMES } from '../../../worker/base/settings.ts';

const ROOT = join(import.meta.dirname, '../../..');
const config = unstable_readConfig({ config: join(ROOT, 'wrangler.toml') }, { hideWarnings: true });

test('the platform keeps our lines, and no URL with identifiers', () => {
  expect(config.observability).toEqual({
    enabled: true,
    redact_query_string: true,
    logs: { enabled: true, invocation_logs: false },
    traces: { enabled: false },
  });
  expect([config.logpush, config.tail_consumers, config.streaming_tail_consumers]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test('wrangler bundles as the build does: small, without the names that only stacks show', () => {
  expect([config.minify, config.keep_names]).toEqual([true, false]);
});

test('nothing runs by a cron trigger, which has no region', () => {
  expect(config.triggers.crons ?? []).toEqual([]);
  const objects = config.durable_objects.bindings.map((one: { class_name: string }) => one.class_name);
  expect(objects).toContain('Scheduler');
  expect(
    config.migrations
      .flatMap((one: { new_sqlite_classes?: string[] }) => one.new_sqlite_classes ?? [])
      .sort(),
  ).toEqual([...objects].sort());
});

test('objects are in the Union, and no other place is hinted at', () => {
  expect(config.vars.JURISDICTION).toBe('eu');
  expect(SETTING_NAMES).toEqual(expect.arrayContaining(Object.keys(config.vars)));
  expect(config.placement).toBeUndefined();
  const code = globSync('worker/**/*.ts', { cwd: ROOT }).map((file) =>
    readFileSync(join(ROOT, file), 'utf8'),
  );
  expect(code.filter((text) => /locationHint|\.idFromName\(/.test(text))).toEqual([
    expect.stringContaining('export function objectOf('),
  ]);
});

test('the page tells the command that creates each database inside the Union', () => {
  const page = readFileSync(join(ROOT, 'docs/exploitation/souverainete.md'), 'utf8');
  for (const { database_name: name } of config.d1_databases) {
    expect(page).toContain(`npx wrangler d1 create ${name} --jurisdiction eu`);
  }
});

test.each(['staging', 'production'])('%s has what the file says above, and databases of its own', (env) => {
  const own = unstable_readConfig({ config: join(ROOT, 'wrangler.toml'), env }, { hideWarnings: true });
  for (const key of ['vars', 'durable_objects', 'migrations', 'observability', 'workers_dev'] as const) {
    expect([key, own[key]]).toEqual([key, config[key]]);
  }
  const databases = (of: typeof config): readonly Readonly<Record<string, unknown>>[] => of.d1_databases;
  expect(databases(own).map((one) => [one.binding, one.migrations_dir])).toEqual(
    databases(config).map((one) => [one.binding, one.migrations_dir]),
  );
  const suffix = env === 'production' ? '' : `-${env}`;
  expect(own.name).toBe(`passerelle-edge${suffix}`);
  expect(databases(own).map((one) => one.database_name)).toEqual(
    ['', '-appointments', '-cache'].map((which) => `passerelle${suffix}${which}`),
  );
});
