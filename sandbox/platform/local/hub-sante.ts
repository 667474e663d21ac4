// Hub Santé beside a local system: the broker with the LRM of one SAMU as a process, what edge and relay are told of it,
// and the regulator whom the simulated vendors name in every appointment, declared as the SAS front would.

import { join } from 'node:path';
import { findRabbit } from '../../hub-sante/broker/rabbit-files.ts';
import { ensureHubSanteCertificates } from '../../pki/hub-sante-pki.ts';
import type { SandboxPki } from '../../pki/sandbox-pki.ts';
import { OPERATOR } from '../../vendors/appointments/resource.ts';
import { type Child, startChild } from '../child.ts';
import type { LocalHubSante } from './relay.ts';

export const LOCAL_LRM = 'fr.health.samu330';
const CLIENT_ID = 'fr.health.test.ptfsas';
const TERRITORY = 'SAS 33';
const REGULATOR = {
  uuid: '6b0f7f4e-6a0d-4c1b-9a53-3f5d5b1f0c33',
  lastName: 'Régulateur-Inventé',
  firstName: 'Alix',
  email: 'alix.invente@regulation.example',
  nationalId: OPERATOR,
  habilitation: true,
  emailBeforeUpdate: null,
  sasTerritories: [TERRITORY],
};

/** Of the edge: who sends, and to whom. */
export const HUB_SANTE_SETTINGS: Readonly<Record<string, string>> = {
  LRM_CLIENT_ID: CLIENT_ID,
  LRM_RECIPIENTS: JSON.stringify({ [TERRITORY]: LOCAL_LRM }),
};

export interface StartedHubSante extends LocalHubSante {
  readonly child: Child;
  /** Of its control port. */
  readonly control: string;
}

/** Undefined when RabbitMQ is not on this machine. */
export async function startLocalHubSante(
  stateDir: string,
  pki: SandboxPki,
  onLog: (line: string) => void,
): Promise<StartedHubSante | undefined> {
  if (findRabbit() === undefined) return undefined;
  const { credential } = await ensureHubSanteCertificates(pki);
  const command = ['sandbox/hub-sante/main.ts', '--state', join(stateDir, 'hub-sante'), '--pki', pki.dir];
  const child = await startChild({
    command: [...command, '--sas', CLIENT_ID, '--lrm', LOCAL_LRM],
    readyEvent: 'hub-sante-ready',
    onLine: onLog,
  });
  const { port, control } = child.ready;
  return {
    child,
    clientId: CLIENT_ID,
    port: Number(port),
    control: String(control),
    credential: await credential(CLIENT_ID),
  };
}

/** By the front's own calls. @throws Error when the edge refuses it. */
export async function declareRegulator(edgeUrl: string): Promise<void> {
  const api = `${edgeUrl}/aggregator/api-sas/v1`;
  const call = async (method: string, path: string, body: object, token?: string): Promise<unknown> => {
    const response = await fetch(`${api}${path}`, {
      method,
      headers: {
        'Content-Type': 'application/json',
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  const { token } = (await call('POST', '/login_check', { username: 'read', password: 'secret' })) as {
    token: string;
  };
  await call('PUT', '/regulators', REGULATOR, token);
}
