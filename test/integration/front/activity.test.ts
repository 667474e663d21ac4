// The territories that the front gives its regulators come back in the activity figures.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AppointmentEdge } from '../../../bench/appointments/appointment-edge.ts';
import { individual, sos } from '../../../bench/appointments/samples.ts';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { FrontCaller } from '../../support/doubles/front-caller.ts';
import { startAppointmentEdge } from '../../support/scenes/built/edge.ts';

let edge: AppointmentEdge;
let front: FrontCaller;
let admin: string;

beforeAll(async () => {
  edge = await startAppointmentEdge();
  front = new FrontCaller(() => edge.edge?.url ?? '');
  admin = await signToken(edge.state, 'admin');
});
afterAll(() => edge?.stop());

it('appointments are counted by the territories of who took them', async () => {
  const national = '3990000011/REG-78';
  const uuids = [randomUUID(), randomUUID()];
  const regulators = [
    { uuid: uuids[0], nationalId: national, sasTerritories: ['SAS-42 Loire'] },
    { uuid: uuids[1], nationalId: '', sasTerritories: ['SAS-974 Réunion', 'SAS-42 Loire'] },
  ];
  for (const one of regulators) {
    const body = {
      ...one,
      lastName: 'Imaginaire',
      firstName: 'Zoé',
      email: 'zoe@regulation.example',
      habilitation: true,
      emailBeforeUpdate: null,
    };
    expect((await front.asServer('/v1/regulators', { method: 'PUT', body })).status).toBe(200);
  }
  const taken = [
    individual({ value: 'by-national-id', operator: national }),
    individual({ value: 'by-technical-id', operator: uuids[0] ?? '' }),
    individual({ value: 'by-another', operator: uuids[1] ?? '' }),
    individual({ value: 'by-a-stranger', operator: '3990000011/REG-79' }),
  ];
  for (const appointment of taken) expect((await edge.put(appointment)).status).toBe(201);
  expect(
    (await edge.put(sos({ value: 'at-another-vendor', operator: national }), {}, 'agenda-b')).status,
  ).toBe(201);

  expect(await edge.edge?.runSchedule(new Date(), 'by day')).toBe(true);
  const period = '/admin/activity?from=2026-12-02&to=2026-12-02';
  const one = { day: '2026-12-02', vendor: 'agenda-a', status: 'booked' };
  const answer = await edge.get(`${period}&by=territory&vendor=agenda-a`, admin);
  expect(answer.json.counts).toEqual([
    { ...one, territory: null, count: 1 },
    { ...one, territory: 'SAS-42 Loire', count: 3 },
    { ...one, territory: 'SAS-974 Réunion', count: 1 },
  ]);
  const all = await edge.get(`${period}&by=territory`, admin);
  expect(all.json.counts).toContainEqual({
    ...one,
    vendor: 'agenda-b',
    status: 'pending',
    territory: 'SAS-42 Loire',
    count: 1,
  });
  expect((await edge.get(`${period}&by=vendor`, admin)).reason).toBe('parameter-unknown');

  // Whoever is forgotten, or moves, takes no past count along; what is told of it now moves in his territory.
  const core = await edge.edge?.database('DB');
  await core?.prepare('DELETE FROM regulators WHERE value = ?1').bind(national).run();
  await core?.prepare('UPDATE regulators SET territories = \'["SAS-69 Rhône"]\'').run();
  await edge.put(individual({ value: 'by-national-id', operator: national, status: 'fulfilled' }));
  await edge.put(individual({ value: 'by-another', operator: uuids[1] ?? '', status: 'fulfilled' }));
  expect(await edge.edge?.runSchedule(new Date(), 'by day')).toBe(true);
  const after = await edge.get(`${period}&by=territory&vendor=agenda-a`, admin);
  expect(after.json.counts).toEqual([
    { ...one, territory: null, count: 1 },
    { ...one, territory: 'SAS-42 Loire', count: 1 },
    { ...one, status: 'fulfilled', territory: 'SAS-42 Loire', count: 2 },
    { ...one, status: 'fulfilled', territory: 'SAS-974 Réunion', count: 1 },
  ]);
});
