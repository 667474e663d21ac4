// The client certificates a server must refuse, made beside the caller's sound one: another CN, another OU, and a
// revoked twin. What `npm run conformance -- --certificates DIR` shows to a vendor that trusts this authority.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeLeaf } from './authority.ts';
import { readOptional } from './files.ts';
import { readRevocationList } from './revocation.ts';
import type { SandboxPki } from './sandbox-pki.ts';

const CASE_NAMES = ['wrong-cn', 'wrong-ou', 'revoked'] as const;

/** Makes what is missing of `name.crt` and `name.key`. A vendor reads the longer revocation list at its next start. */
export async function ensureRefusedCertificates(pki: SandboxPki, dir: string): Promise<readonly string[]> {
  const { authority } = pki;
  const { cn, ou } = pki.relay.client;
  const names = {
    'wrong-cn': { cn: `${cn}-autre`, ou },
    'wrong-ou': { cn, ou: `${ou.slice(0, -3)}999` },
    revoked: { cn, ou },
  };
  const made: string[] = [];
  for (const name of CASE_NAMES) {
    if ((await readOptional(join(dir, `${name}.crt`))) !== undefined) continue;
    const leaf = await authority.issueClient(names[name]);
    if (name === 'revoked') {
      const { revoked } = readRevocationList(await readFile(authority.files.intermediateOrgCrl, 'utf8'));
      await authority.writeCrl({ issuer: 'org', revoked: [...revoked, leaf.serial] });
    }
    made.push((await writeLeaf(dir, name, leaf)).certFile);
  }
  return made;
}
