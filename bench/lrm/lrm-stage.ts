// What the bench of INT_L02 runs against, each a process of its own on loopback: the edge in workerd, a relay that carries, the
// simulated Hub Santé on a real RabbitMQ, with its dispatcher and one LRM. `close` leaves nothing behind.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureIdentityKey, readIdentityKey, toPublicJwk } from '../../relay/link/identity-key.ts';
import { ensureSandboxPki } from '../../sandbox/pki/sandbox-pki.ts';
import { startChild } from '../../sandbox/platform/child.ts';
import type { EdgeProcess } from '../../sandbox/platform/edge/edge-process.ts';
import { HUB_SANTE_SETTINGS, LOCAL_LRM, startLocalHubSante } from '../../sandbox/platform/local/hub-sante.ts';
import { writeRelayConfig } from '../../sandbox/platform/local/relay.ts';
import { AppointmentEdge } from '../appointments/appointment-edge.ts';
import { fillEdge } from '../appointments/store.ts';
import { findChild, readCpuSeconds } from '../cpu.ts';
import { fillPeople } from './backlog.ts';

const RELAY_ID = 'relay-h';
const CA_BITS = 2048;
const ignore = (): void => undefined;

/** CPU that each has used so far, seconds. */
export interface LrmCpu {
  readonly edge: number;
  readonly relay: number;
  /** Dispatcher and LRM, without the broker. */
  readonly hubSante: number;
}

export interface LrmStage {
  readonly edge: AppointmentEdge;
  /** How many messages the LRM has received so far. */
  received(): Promise<number>;
  cpu(): Promise<LrmCpu>;
  close(): Promise<void>;
}

/** With so many appointments stored that no LRM was told of. @throws Error without RabbitMQ. */
export async function startLrmStage(stored: number): Promise<LrmStage> {
  const dir = await mkdtemp(join(tmpdir(), 'passerelle-bench-lrm-'));
  const closing: (() => Promise<unknown>)[] = [() => rm(dir, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const end of closing.splice(0).reverse()) await end();
  };
  try {
    const relayDir = join(dir, 'relay');
    const keyFile = join(relayDir, 'link.key.pem');
    ensureIdentityKey(keyFile);
    const key = readIdentityKey(keyFile);
    if (!key.ok) throw new Error(key.error.text);
    const settings: Record<string, string> = { ...HUB_SANTE_SETTINGS, SCHEDULE_S: '3600' };
    const edge = await AppointmentEdge.start(settings, false, [toPublicJwk(key.value, RELAY_ID)]);
    closing.push(() => edge.stop());
    await edge.stopEdge();
    fillEdge(edge.state.dir, 0, stored);
    await edge.startEdge();
    await fillPeople(
      runningEdge(edge),
      'agenda-a',
      Object.keys(JSON.parse(settings.LRM_RECIPIENTS ?? '{}'))[0] ?? '',
    );
    const pki = await ensureSandboxPki(join(dir, 'pki'), { vendorIds: [], caKeyBits: CA_BITS });
    const hubSante = await startLocalHubSante(dir, pki, ignore);
    if (hubSante === undefined) throw new Error('RabbitMQ is absent');
    closing.push(() => hubSante.child.stop());
    const config = await writeRelayConfig({
      id: RELAY_ID,
      dir: relayDir,
      edgeUrl: edge.url,
      pki,
      vendors: [],
      adminPort: 0,
      hubSante,
    });
    const relay = await startChild({
      command: ['relay/main.ts', '--config', config],
      readyEvent: 'hub-sante-up',
      onLine: ignore,
    });
    closing.push(() => relay.stop());
    const pids = {
      edge: await findChild('workerd'),
      relay: relay.process.pid,
      hubSante: hubSante.child.process.pid,
    };
    const cpu = async (): Promise<LrmCpu> => ({
      edge: await readCpuSeconds(pids.edge),
      relay: await readCpuSeconds(pids.relay),
      hubSante: await readCpuSeconds(pids.hubSante),
    });
    const received = async (): Promise<number> => {
      const answer = await fetch(`${hubSante.control}/lrm/${LOCAL_LRM}`);
      return ((await answer.json()) as { readonly received: number }).received;
    };
    return { edge, cpu, received, close };
  } catch (cause) {
    await close();
    throw cause;
  }
}

/** @throws Error while it is stopped. */
export function runningEdge({ edge }: AppointmentEdge): EdgeProcess {
  if (edge === undefined) throw new Error('the edge is stopped');
  return edge;
}
