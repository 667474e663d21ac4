// wrangler.toml as a release carries it, for scripts/deploy/: as JSON, with paths of the release, and the version of wrangler
// that reads it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { experimental_readRawConfig } from 'wrangler';

const MIGRATIONS = 'worker/store/migrations';

/** Path in the release → text. @throws what wrangler does when its file cannot be read. */
export function readWranglerFiles(root: string): readonly (readonly [string, string])[] {
  const { rawConfig } = experimental_readRawConfig({ config: join(root, 'wrangler.toml') });
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly devDependencies: { readonly wrangler: string };
  };
  const json = JSON.stringify(rawConfig, null, 2).replaceAll(`"${MIGRATIONS}/`, '"../migrations/');
  const own = {
    private: true,
    type: 'module',
    dependencies: { wrangler: manifest.devDependencies.wrangler },
  };
  return [
    ['cloudflare/wrangler.json', `${json}\n`],
    ['cloudflare/package.json', `${JSON.stringify(own, null, 2)}\n`],
  ];
}
