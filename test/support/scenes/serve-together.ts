// What Worker, hub and relay of two neighbouring releases must do together, whichever is the older: search, take an
// appointment, switch a vendor, tell operators what goes on.

import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { individual } from '../../../bench/appointments/samples.ts';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { call } from '../doubles/inbound-caller.ts';
import { peopleOf } from '../samples/people.ts';
import { type System, slotPath } from './system.ts';

const VENDOR_SYSTEM = 'https://agenda-a.sandbox.test/rdv';

/** The system has the vendor `agenda-a`, which is switched off at the end. */
export async function expectServingTogether(running: System): Promise<void> {
  const who = peopleOf(running.vendors).find(
    ({ full, identifier }) => !full && identifier.startsWith('8'),
  )!.identifier;
  const stateOf = async () => (await running.search(slotPath([who]))).states.get(who);
  expect(await stateOf()).toBe('slots');
  expect((await report(running)).status).toBe(201);
  const admin = { Authorization: `Bearer ${await signToken(running.state, 'admin')}` };
  const off = { method: 'PUT', headers: admin, body: JSON.stringify({ enabled: false }) };
  expect((await running.fetch('/admin/editors/agenda-a', off)).status).toBe(200);
  for (const path of ['/admin/relays', '/admin/editors', '/admin/editors/agenda-a/rules', '/readyz']) {
    expect([path, (await running.fetch(path, { headers: admin })).status]).toEqual([path, 200]);
  }
  const events = await running.fetch(slotPath([who]), { headers: { Accept: 'text/event-stream' } });
  expect(await events.text()).toMatch(/^event: ?end$/m);
}

async function report(running: System) {
  const { certFile, keyFile } = running.pki.vendors.get('agenda-a')!.client;
  const value = 'rdv-1';
  return call({
    port: running.appointmentPort,
    ca: await readFile(running.pki.caFile, 'utf8'),
    show: { certPem: await readFile(certFile, 'utf8'), keyPem: await readFile(keyFile, 'utf8') },
    method: 'PUT',
    path: `/fhir/Appointment?identifier=${encodeURIComponent(`${VENDOR_SYSTEM}|${value}`)}`,
    body: JSON.stringify(individual({ value, system: VENDOR_SYSTEM })),
    headers: { host: 'relais.sandbox.test:8443' },
  });
}
