// Which certificates and lists end when, over a real relay with fresh certificates of those ages, and a relay that does not say:
// C-22 of the console's checks.
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import type { RelayReport } from '../../../shared/link/report.ts';
import { ConsoleVisitor } from '../../support/doubles/console-visitor.ts';
import { call } from '../../support/doubles/inbound-caller.ts';
import { peopleOf } from '../../support/samples/people.ts';
import { ScriptedScene } from '../../support/scenes/scripted-scene.ts';
import { System, slotPath, windowOf } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

const DAY_MS = 86_400_000;
/** Half an hour past the day: what is left is that many whole days for as long as a test runs. */
const inDays = (days: number): Date =>
  new Date(Date.now() + days * DAY_MS + (days === 0 ? -1_000 : 1_800_000));
let system: System;
let visitor: ConsoleVisitor;
let admin: string;

beforeAll(async () => {
  system = await System.start({ vendors: [{ seed: 1 }, { seed: 2 }], relay: false });
  visitor = await ConsoleVisitor.enter(system, 'exploitant');
  admin = await signToken(system.state, 'admin');
});
afterAll(() => system?.stop());

const words = async (): Promise<string> =>
  (await visitor.get('/console/certificats')).text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
const told = async (): Promise<RelayReport | undefined> => {
  const headers = { Authorization: `Bearer ${admin}` };
  const answer = await (await system.fetch('/admin/relay-reports', { headers })).json();
  return (answer as { relays: { report?: RelayReport }[] }).relays[0]?.report;
};

/** The relay's own two, and the lists, of that age. */
async function age(client: number, port: number, list: number): Promise<void> {
  const { pki } = system;
  for (const [kind, days] of [
    ['client', client],
    ['server', port],
  ] as const) {
    const { certFile, keyFile, cn, ou } = pki.relay[kind];
    const request = {
      cn,
      ou,
      notBefore: new Date(Date.now() - 90 * DAY_MS),
      notAfter: inDays(days),
      dns: ['localhost'],
    };
    const leaf = await (kind === 'client'
      ? pki.authority.issueClient(request)
      : pki.authority.issueServer(request));
    await writeFile(keyFile, leaf.keyPem);
    await writeFile(certFile, leaf.certPem);
  }
  for (const issuer of ['root', 'org'] as const) {
    await pki.authority.writeCrl({
      issuer,
      thisUpdate: new Date(Date.now() - 2 * DAY_MS),
      nextUpdate: inDays(list),
    });
  }
}

/** A hub that has just begun writes a relay's first report at once. */
async function startAnew(): Promise<void> {
  await system.relay?.stop();
  await system.stopEdge();
  await system.startEdge();
  await system.startRelay();
}

it('C-22 says "sans donnée" while no relay has said anything', async () => {
  expect(await words()).toContain('Sans donnée : aucun relais n’a dit ses certificats.');
});

it.each([
  [31, 31, 'valable', 'valable'],
  [29, 31, 'à renouveler', 'valable'],
  [6, 29, 'urgent', 'à renouveler'],
  [0, 6, 'fini', 'urgent'],
])('C-22 ours at %i days, the port’s at %i: %s and %s', async (client, port, clientWord, portWord) => {
  await age(client, port, Math.max(client, 1));
  await startAnew();
  const ends = (role: string) => async (): Promise<boolean> => {
    const one = (await told())?.certificates.find((each) => each.role === role);
    return (
      one !== undefined &&
      Math.abs(one.notAfterMs - inDays(role === 'client' ? client : port).getTime()) < 900_000
    );
  };
  await until('the relay’s report is there', async () => (await ends('client')()) && (await ends('port')()));
  const page = await words();
  expect(page).toContain(`le nôtre, montré à agenda-a ${clientWord} `);
  expect(page).toContain(`port mTLS du relais relay-a ${portWord} `);
  expect(page).toMatch(client === 0 ? /fini depuis/ : new RegExp(`${client} jours?`));
});

it('C-22 tells vendors’ servers and clients as last seen, authorities, lists with next update and age', async () => {
  await age(31, 31, 6);
  await startAnew();
  const [person] = peopleOf(system.vendors);
  await system.search(slotPath([person?.identifier ?? ''], windowOf(40)));
  const { client, server } = system.pki.vendors.get('agenda-a')!;
  const show = {
    certPem: await readFile(client.certFile, 'utf8'),
    keyPem: await readFile(client.keyFile, 'utf8'),
  };
  const ca = await readFile(system.pki.caFile, 'utf8');
  await call({
    port: system.appointmentPort,
    ca,
    show,
    path: '/fhir/Appointment',
    method: 'POST',
    body: '{}',
  } as never);
  // A relay reports itself once its link is up; a hub that has just begun writes that at once.
  await system.stopEdge();
  await system.startEdge();
  await until('it has seen both', async () => {
    const roles = new Set((await told())?.certificates.map(({ role }) => role));
    return ['client', 'server', 'sender', 'port', 'authority'].every((role) => roles.has(role as never));
  });
  const page = await words();
  for (const one of ['serveur de agenda-a', 'client de agenda-a', 'autorité ']) expect(page).toContain(one);
  expect(page).toMatch(/à jour .*, \d{2}:\d{2} 2 j/);
  // No name of a leaf: they may be a person's.
  expect(page).not.toContain(client.cn);
  expect(page).not.toContain(server.ou);
});

it('C-22 of a relay that does not report itself, as older ones, it is written, with its version', async () => {
  const scene = await ScriptedScene.start();
  try {
    await scene.join('relay-a');
    const reader = await ConsoleVisitor.enter(scene.system, 'raccordement');
    const { text } = await reader.get('/console/certificats');
    expect(text).toContain('ne le dit pas (version scripted)');
    expect(text).toContain('Sans donnée : aucun relais n’a dit ses certificats.');
  } finally {
    await scene.stop();
  }
});
