// The licences of the packages that a release carries within its files, as they ask for: name, version, whole text.

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/** A package that is within the files. */
export interface Carried extends Manifest {
  /** From the root. */
  readonly folder: string;
}

/** Those of these bundles, by their folders, and `whole`: folders that are carried as they stand. */
export function listCarried(
  root: string,
  metafiles: readonly Metafile[],
  whole: readonly string[],
): readonly Carried[] {
  const folders = new Set(
    metafiles
      .flatMap(({ inputs }) => Object.keys(inputs))
      .flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0] ?? []),
  );
  return [...folders, ...whole].sort().map((folder) => {
    const path = join(root, folder, 'package.json');
    const { name, version, license } = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
    return { folder, name, version, ...(license !== undefined && { license }) };
  });
}

/** One text for all of them, by name. @throws Error when a package tells no licence. */
export function writeNotices(root: string, carried: readonly Carried[]): string {
  const notices = carried.map(({ folder, name, version, license }) => {
    const path = join(root, folder);
    const [file] = globSync('{LICENSE,LICENCE,license}*', { cwd: path }).sort();
    if (file === undefined && license === undefined) throw new Error(`${name} tells no licence`);
    const text = file === undefined ? `Licence: ${license}` : readFileSync(join(path, file), 'utf8').trim();
    return `${name} ${version}\n\n${text}\n`;
  });
  return `What these programs carry of other people's work, and on which terms.\n\n${notices.join(`\n${'-'.repeat(72)}\n\n`)}`;
}
