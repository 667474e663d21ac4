// The patience of a simulated vendor as a client of SAS, before a server that is busy, gone or clear.

import { mkdtemp, readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import type { Appointment } from 'fhir/r4';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Credential, ensureSandboxPki, type SandboxPki } from '../../../sandbox/pki/sandbox-pki.ts';
import { type ClientMaterial, SasClient } from '../../../sandbox/vendors/appointments/sas-client.ts';
import { TEST_KEYS } from '../../support/samples/rsa-keys.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';

type Mood = number | 'reset';

const BODY: Appointment = {
  resourceType: 'Appointment',
  identifier: [{ system: 'https://agenda-a.sandbox.test/rdv', value: 'rdv 1' }],
  status: 'booked',
  participant: [],
};
const CALL = 'agenda-a-client PUT ?identifier=https%3A%2F%2Fagenda-a.sandbox.test%2Frdv%7Crdv%201';
let dir: string;
let pki: SandboxPki;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'passerelle-'));
  pki = await ensureSandboxPki(dir, { vendorIds: ['agenda-a'], ...TEST_KEYS });
});

afterAll(() => removeFolder(dir));

async function read(credential: Credential | undefined): Promise<ClientMaterial> {
  const files = [credential?.certFile, credential?.keyFile, pki.caFile];
  const [cert = '', key = '', ca = ''] = await Promise.all(files.map((file) => readFile(file ?? '', 'utf8')));
  return { cert, key, ca };
}

/** Each call gets the next answer, the last one for ever. */
async function startSas(moods: readonly Mood[]) {
  const calls: string[] = [];
  const settings = { ...(await read(pki.relay.server)), requestCert: true };
  const server = createServer(settings, (request, response) => {
    const mood = moods[Math.min(calls.length, moods.length - 1)] ?? 'reset';
    const { CN } = (request.socket as TLSSocket).getPeerCertificate().subject;
    calls.push(`${CN} ${request.method} ${request.url?.replace('/fhir/Appointment', '')}`);
    request.resume();
    if (mood === 'reset') request.socket.destroy();
    else response.writeHead(mood, { 'Retry-After': '0' }).end(mood === 422 ? '<html>' : undefined);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    const closed = new Promise((resolve) => void server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  return { url: `https://127.0.0.1:${port}/fhir`, calls, close };
}

const makeClient = (): SasClient => new SasClient(() => read(pki.vendors.get('agenda-a')?.client));

test.each<{ moods: Mood[]; status: number; attempts: number }>([
  { moods: [429, 'reset', 503, 201], status: 201, attempts: 4 },
  { moods: [503], status: 503, attempts: 8 },
  { moods: [422], status: 422, attempts: 1 },
  { moods: [403], status: 403, attempts: 1 },
])('where SAS answers $moods: $status after $attempts', async ({ moods, status, attempts }) => {
  const sas = await startSas(moods);
  const client = makeClient();
  try {
    const answer = await client.send({ url: sas.url }, { method: 'PUT', body: BODY });
    expect(answer).toMatchObject({ status, attempts });
    expect(sas.calls).toEqual(Array.from({ length: attempts }, () => CALL));
  } finally {
    client.close();
    await sas.close();
  }
});

test('a closed client stops asking, and says that it heard nothing', async () => {
  const sas = await startSas(['reset']);
  const client = makeClient();
  try {
    const telling = client.send({ url: sas.url }, { method: 'PUT', body: BODY });
    client.close();
    expect(await telling).toMatchObject({ status: null, error: expect.any(String) });
  } finally {
    await sas.close();
  }
});

test('without a certificate of its own, a vendor says so at once', async () => {
  const client = new SasClient(() => Promise.reject(new Error('pas de certificat client')));
  const telling = client.send({ url: 'https://127.0.0.1:9/fhir' }, { method: 'POST', body: BODY });
  await expect(telling).rejects.toThrow('pas de certificat client');
  client.close();
});
