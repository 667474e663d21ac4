// How large a body may be: lists of operators hold more values than an appointment.

import * as v from 'valibot';
import { expect, test } from 'vitest';
import { ASSOCIATIONS } from '../../../worker/front/operators/data.ts';
import { readAs, readResource } from '../../../worker/http/body.ts';

const send = (body: unknown): Request =>
  new Request('https://edge.example/', {
    method: 'PUT',
    headers: { 'Content-Type': 'application/fhir+json' },
    body: JSON.stringify(body),
  });
const BYTES_MAX = 262_144;

test('a list of as many associations as are taken is read', async () => {
  const associations = Array.from({ length: 2_000 }, (_, i) => ({
    siret: String(i).padStart(14, '0'),
    name: 'SOS Médecins',
    announced: '2026-11-30T00:00:00Z',
  }));
  const read = await readAs(send({ associations }), ASSOCIATIONS, BYTES_MAX, 'Attendu.');
  expect(read.associations).toHaveLength(2_000);
});

test('too many values are refused, with the bound of that body', async () => {
  const many = { resourceType: 'Appointment', list: Array.from({ length: 20_001 }, () => 1) };
  const listed = readAs(send(many), v.unknown(), BYTES_MAX, 'Attendu.');
  await expect(listed).rejects.toMatchObject({ text: 'Le JSON a plus de 20000 valeurs.' });
  await expect(readResource(send(many), 'Appointment')).rejects.toMatchObject({
    text: 'Le JSON a plus de 5000 valeurs.',
  });
});
