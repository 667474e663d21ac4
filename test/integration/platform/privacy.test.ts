// Invented canary identities go through every kind of search and failure; none of them may appear in what the
// edge or the relay writes, or in the relay's metrics.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { peopleOf } from '../../support/samples/people.ts';
import { System, schedulePath, slotPath } from '../../support/scenes/system.ts';

const CANARY = '899987654321';
const CANARY_SIRET = '399987654321009';
let system: System;

beforeAll(async () => {
  system = await System.start({ vendors: [{ seed: 1 }, { seed: 2 }] });
});
afterAll(() => system?.stop());

it('writes no identity, query or token into logs and metrics', async () => {
  const people = peopleOf(system.vendors).slice(0, 20);
  const names = system.vendors.flatMap(({ practice }) =>
    practice.directory.practitioners.map(({ person }) => person.family),
  );
  const paths = [
    slotPath([CANARY, ...people.map(({ identifier }) => identifier)]),
    schedulePath([CANARY_SIRET]),
    slotPath([CANARY]).replace('free', `busy${CANARY}`),
    `${slotPath([CANARY])}&foo=${CANARY}`,
    `/fhir/Practitioner/${CANARY}`,
  ];
  for (const path of paths) await system.search(path);
  await system.search(slotPath([CANARY]), {
    headers: { Authorization: `Bearer ${CANARY}.${CANARY}.${CANARY}` },
  });
  for (const fault of [
    'hang',
    'status-500',
    'html',
    'missing-includes',
    'french-phones',
    'someone-else',
    'reset',
  ]) {
    system.vendors[0]?.setFaults(fault);
    await system.limit('agenda-a', fault === 'hang' ? 600 : undefined);
    await system.search(slotPath([CANARY, ...people.map(({ identifier }) => identifier)]));
  }
  const metrics = await (await fetch(`http://127.0.0.1:${system.relay?.ready.port}/metrics`)).text();
  const written = [...system.edgeLog, ...system.relayLog, metrics].join('\n');
  expect(system.edgeLog.length).toBeGreaterThan(10);
  expect(system.relayLog.length).toBeGreaterThan(10);
  const forbidden = [
    CANARY,
    CANARY_SIRET,
    ...people.map(({ identifier }) => identifier),
    ...names,
    'Practitioner.identifier',
    system.token,
  ];
  for (const secret of forbidden) {
    expect(written).not.toContain(secret);
    // Without its prefix an identifier is as personal.
    if (/^[08]\d{9,}$/.test(secret)) expect(written).not.toContain(secret.slice(1));
  }
});
