// Fresh certificates for the relay's tests, in a temporary folder, from the sandbox's imitation authority.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Authority,
  type AuthorityOptions,
  type LeafRequest,
  openAuthority,
  writeLeaf,
} from '../../../../sandbox/pki/authority.ts';
import { TEST_KEYS } from '../../samples/rsa-keys.ts';
import { removeFolder } from '../../wait/remove-folder.ts';

export interface TestAuthority extends Authority {
  /** Issues and writes; the paths are absolute. */
  client(
    name: string,
    request?: Partial<LeafRequest>,
  ): Promise<{ certFile: string; keyFile: string; serial: string }>;
  server(
    name: string,
    request?: Partial<LeafRequest>,
  ): Promise<{ certPem: string; keyPem: string; serial: string }>;
  remove(): Promise<void>;
}

export const VENDOR_NAME = { cn: 'agenda-test', ou: '399990000000018' } as const;

/** `options`: as of openAuthority, besides the keys. */
export async function makeTestAuthority(
  options: Pick<AuthorityOptions, 'crlBaseUrl'> = {},
): Promise<TestAuthority> {
  const dir = await mkdtemp(join(tmpdir(), 'relay-pki-'));
  const authority = await openAuthority(dir, { ...TEST_KEYS, ...options });
  return {
    ...authority,
    client: async (name, request = {}) => {
      const leaf = await authority.issueClient({ cn: `${name}-client`, ou: '399990000000019', ...request });
      return { ...(await writeLeaf(dir, name, leaf)), serial: leaf.serial };
    },
    server: (_name, request = {}) =>
      authority.issueServer({ ...VENDOR_NAME, dns: ['localhost'], ips: ['127.0.0.1'], ...request }),
    remove: () => removeFolder(dir),
  };
}
