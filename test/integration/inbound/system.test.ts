// An appointment from a vendor's certificate to the edge's database and back, through the real relay and the real
// edge: the only test where nothing stands for anything.

import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { type Called, call, type Shown } from '../../support/doubles/inbound-caller.ts';
import { System } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

let system: System;
let ca: string;

beforeAll(async () => {
  system = await System.start({ vendors: [{ seed: 1 }, { seed: 2 }] });
  ca = await readFile(system.pki.caFile, 'utf8');
});

afterAll(() => system?.stop());

async function show(id: string): Promise<Shown> {
  const client = system.pki.vendors.get(id)?.client;
  if (client === undefined) throw new Error(id);
  return {
    certPem: await readFile(client.certFile, 'utf8'),
    keyPem: await readFile(client.keyFile, 'utf8'),
  };
}

function appointment(vendor: string, value: string, status = 'booked'): string {
  return JSON.stringify({
    resourceType: 'Appointment',
    meta: { profile: ['http://sas.fr/fhir/StructureDefinition/FrAppointmentSAS'] },
    extension: [
      {
        url: 'http://interopsante.org/fhir/StructureDefinition/FrAppointmentOperator',
        valueReference: {
          identifier: {
            type: {
              coding: [{ system: 'http://interopsante.org/fhir/CodeSystem/fr-v2-0203', code: 'INTRN' }],
            },
            system: 'urn:oid:1.2.250.1.213.3.6',
            value: '3b2a4a52-6c1d-4a4e-9d53-0c2f6b1e7a11',
          },
        },
      },
    ],
    identifier: [{ system: `https://${vendor}.sandbox.test/rdv`, value }],
    status,
    start: '2026-12-01T10:00:00+01:00',
    end: '2026-12-01T10:20:00+01:00',
    created: '2026-11-24T09:00:00+01:00',
    participant: [
      {
        actor: {
          identifier: {
            type: {
              coding: [{ system: 'http://interopsante.org/fhir/CodeSystem/fr-v2-0203', code: 'IDNPS' }],
            },
            system: 'urn:oid:1.2.250.1.71.4.2.1',
            value: '810000000001',
          },
        },
        status: 'accepted',
      },
    ],
  });
}

async function put(vendor: string, value: string, body: string, system_ = vendor): Promise<Called> {
  const query = `identifier=${encodeURIComponent(`https://${system_}.sandbox.test/rdv`)}%7C${value}`;
  return call({
    port: system.appointmentPort,
    ca,
    show: await show(vendor),
    method: 'PUT',
    path: `/fhir/Appointment?${query}`,
    body,
    headers: { host: 'relais.sandbox.test:8443', prefer: 'return=representation' },
  });
}

test('writes, changes and repeats an appointment, with addresses under the base that the vendor called', async () => {
  const created = await put('agenda-a', 'rdv-1', appointment('agenda-a', 'rdv-1'));
  expect([created.status, created.text]).toEqual([201, expect.stringContaining('"booked"')]);
  expect(created.headers.location).toMatch(
    /^https:\/\/relais\.sandbox\.test:8443\/fhir\/Appointment\/[\w.-]+$/,
  );
  expect(created.headers.etag).toBe('W/"1"');
  expect(created.headers['last-modified']).toBeDefined();
  const cancelled = await put('agenda-a', 'rdv-1', appointment('agenda-a', 'rdv-1', 'cancelled'));
  expect([cancelled.status, cancelled.headers.etag]).toEqual([200, 'W/"2"']);
  const repeated = await put('agenda-a', 'rdv-1', appointment('agenda-a', 'rdv-1', 'cancelled'));
  expect([repeated.status, repeated.headers.etag]).toEqual([200, 'W/"2"']);
  const id = created.headers.location?.split('/').at(-1);
  const token = await signToken(system.state, 'system/Appointment.rs');
  const read = await system.fetch(`/fhir/Appointment/${id}`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  expect(await read.json()).toMatchObject({ resourceType: 'Appointment', status: 'cancelled' });
});

test('takes FHIR’s escapes, references in every form and another encoding, from the port to the edge', async () => {
  const body = JSON.parse(appointment('agenda-a', 'rdv,é|\\7')) as Record<string, unknown>;
  const sent = JSON.stringify({
    ...body,
    slot: [{ reference: 'https://agenda-a.sandbox.test/fhir/Slot/77/_history/2' }],
  });
  const write = async (value: string): Promise<Called> =>
    call({
      port: system.appointmentPort,
      ca,
      show: await show('agenda-a'),
      method: 'PUT',
      path: `/fhir/Appointment?identifier=${value}`,
      body: Buffer.from(sent, 'latin1'),
      headers: {
        host: 'relais.sandbox.test:8443',
        'content-type': 'application/fhir+json; charset=ISO-8859-1',
        prefer: 'return=representation',
      },
    });
  const created = await write('rdv\\,%C3%A9\\|\\\\7');
  expect([created.status, created.text]).toEqual([201, expect.stringContaining('rdv,é|')]);
  expect((await write(encodeURIComponent('rdv\\,é\\|\\\\7'))).status).toBe(200);
  const list = await write('rdv,%C3%A9\\|\\\\7');
  expect([list.status, list.text]).toEqual([400, expect.stringContaining('http.identifier')]);
});

test('passes on what the edge refuses: a broken rule, and an identifier of another vendor', async () => {
  const broken = await put(
    'agenda-a',
    'rdv-2',
    appointment('agenda-a', 'rdv-2').replace('"booked"', '"nowhere"'),
  );
  expect([broken.status, JSON.parse(broken.text).resourceType]).toEqual([422, 'OperationOutcome']);
  const stolen = await put('agenda-b', 'rdv-1', appointment('agenda-a', 'rdv-1'), 'agenda-a');
  expect([stolen.status, stolen.text]).toEqual([403, expect.stringContaining('not-owner')]);
});

test('answers 503 while the edge is down, and writes again when it is back', async () => {
  await system.stopEdge();
  const refused = await put('agenda-b', 'rdv-3', appointment('agenda-b', 'rdv-3'));
  expect([refused.status, refused.headers['retry-after']]).toEqual([503, '5']);
  await system.startEdge();
  await until('the write to pass', async () => {
    const { status } = await put('agenda-b', 'rdv-3', appointment('agenda-b', 'rdv-3'));
    return status === 201 || status === 200;
  });
});
