// What a release carries of other people's work, for machines: CycloneDX 1.6, one component for each package that is within its
// files, with the hash that package-lock.json holds it to. https://cyclonedx.org/docs/1.6/json/

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Build } from '../../shared/version.ts';
import type { Carried } from './notices.ts';

interface Lock {
  readonly packages: Readonly<Record<string, { readonly integrity?: string } | undefined>>;
}

/** @throws Error when a package is not in package-lock.json with its hash. */
export function writeSbom(
  root: string,
  version: string,
  { commit, time }: Build,
  carried: readonly Carried[],
): string {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock;
  const components = carried.map(({ folder, name, version: of, license }) => {
    const [algorithm, hash] = packages[folder]?.integrity?.split('-') ?? [];
    if (algorithm !== 'sha512' || hash === undefined)
      throw new Error(`package-lock.json has no hash of ${folder}`);
    const purl = `pkg:npm/${name.replace('@', '%40')}@${of}`;
    return {
      type: 'library',
      'bom-ref': purl,
      name,
      version: of,
      hashes: [{ alg: 'SHA-512', content: Buffer.from(hash, 'base64').toString('hex') }],
      ...(license !== undefined && { licenses: [licenseOf(license)] }),
      purl,
    };
  });
  const own = { type: 'application', 'bom-ref': 'passerelle-sas', name: 'passerelle-sas', version };
  const properties = commit === undefined ? [] : [{ name: 'passerelle:commit', value: commit }];
  const sbom = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { timestamp: time, component: own, properties },
    components,
    dependencies: [{ ref: own['bom-ref'], dependsOn: components.map(({ purl }) => purl) }],
  };
  return `${JSON.stringify(sbom, null, 2)}\n`;
}

/** `(MIT OR CC0-1.0)` is an expression of SPDX, `MIT` the name of a licence. */
function licenseOf(license: string): object {
  return /[\s(]/.test(license) ? { expression: license } : { license: { id: license } };
}
