// Certificates for the simulated Hub Santé: of its broker, and one per client, whose CN is its client id. Issued by the
// imitation authority, beside those of vendors and relay; kept, and renewed, like them.

import { type Credential, ensureLeaf, inventSiret, type SandboxPki } from './sandbox-pki.ts';

const SERVER_NAME = 'messaging.sandbox.test';

export interface HubSanteCertificates {
  readonly caFile: string;
  readonly server: Credential;
  /** Made when absent. */
  credential(clientId: string): Promise<Credential>;
}

export async function ensureHubSanteCertificates({
  authority,
  caFile,
}: Pick<SandboxPki, 'authority' | 'caFile'>): Promise<HubSanteCertificates> {
  const ou = inventSiret('hub-sante');
  return {
    caFile,
    server: await ensureLeaf(authority, 'hub-sante-server', 'server', {
      cn: SERVER_NAME,
      ou,
      dns: [SERVER_NAME, 'localhost'],
    }),
    credential: (clientId) =>
      ensureLeaf(authority, `hub-sante-${clientId}`, 'client', { cn: clientId, ou: inventSiret(clientId) }),
  };
}
