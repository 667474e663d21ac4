// The licences of the packages that a release carries within its files, as they ask for: name, version, whole text.

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/** One text for all of them, by name. @throws Error when a package tells no licence. */
export function writeNotices(root: string, metafiles: readonly Metafile[]): string {
  const folders = new Set(
    metafiles
      .flatMap(({ inputs }) => Object.keys(inputs))
      .flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0] ?? []),
  );
  const notices = [...folders].sort().map((folder) => {
    const path = join(root, folder);
    const { name, version, license } = JSON.parse(
      readFileSync(join(path, 'package.json'), 'utf8'),
    ) as Manifest;
    const [file] = globSync('{LICENSE,LICENCE,license}*', { cwd: path }).sort();
    if (file === undefined && license === undefined) throw new Error(`${name} tells no licence`);
    const text = file === undefined ? `Licence: ${license}` : readFileSync(join(path, file), 'utf8').trim();
    return `${name} ${version}\n\n${text}\n`;
  });
  return `What these programs carry of other people's work, and on which terms.\n\n${notices.join(`\n${'-'.repeat(72)}\n\n`)}`;
}
