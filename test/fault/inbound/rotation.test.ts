// Claim: certificate, key, authorities, lists and vendors of the mTLS port change under load without one request
// failed. Phases, while vendors write without pause on new, resumed and kept connections: valid renewals and
// broken ones in turn, by file change and by SIGHUP. End: every answer was 201, the last valid files serve, the
// alarm rose while something was broken and fell after.

import { rename, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, keptAgent } from '../../support/doubles/inbound-caller.ts';
import {
  A,
  B,
  type InboundAuthority,
  type InboundProcess,
  makeInboundAuthority,
  spawnInbound,
} from '../../support/scenes/inbound-scene.ts';
import { until } from '../../support/wait/until.ts';

const CALLERS = 3;

let authority: InboundAuthority;
let scene: InboundProcess;

beforeAll(async () => {
  authority = await makeInboundAuthority();
  scene = await spawnInbound(authority, {
    limits: { editorRequestsPerSecond: 100_000, editorBurst: 1_000_000 },
  });
});

afterAll(async () => {
  await scene?.close();
  await authority?.remove();
});

/** Does something to the files, then waits until the relay has read them. `broken`: it must complain. */
async function step(change: () => Promise<unknown>, broken = false): Promise<void> {
  const linesBefore = scene.relay.lines.length;
  await change();
  await until('a reload', () =>
    scene.relay.lines
      .slice(linesBefore)
      .some(({ message, failed }) => message === 'relay-reloaded' && (failed !== 0) === broken),
  );
  expect(await scene.metric('reload_failed')).toBe(Number(broken));
}

/** As certificates should be renewed: written beside, then put in place. */
async function replace(file: string, content: string): Promise<void> {
  await writeFile(`${file}.new`, content, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

interface Load {
  readonly answers: Map<string, number>;
  readonly serials: Set<string>;
  readonly resumed: { count: number };
  stop(): Promise<void>;
}

async function startLoad(): Promise<Load> {
  const leaves = [await authority.show(), await authority.show(B), await authority.show()];
  const answers = new Map<string, number>();
  const serials = new Set<string>();
  const resumed = { count: 0 };
  let isOver = false;
  const run = async (show: (typeof leaves)[number], version: 'TLSv1.2' | 'TLSv1.3'): Promise<void> => {
    const base = { port: scene.port, ca: authority.ca, show, version };
    const agent = keptAgent(base);
    let session: Buffer | undefined;
    while (!isOver) {
      for (const one of [base, { ...base, agent }, { ...base, session }]) {
        const outcome = await call(one).catch((error: NodeJS.ErrnoException) => error);
        const name = outcome instanceof Error ? `${outcome.code} ${outcome.message}` : String(outcome.status);
        answers.set(name, (answers.get(name) ?? 0) + 1);
        if (outcome instanceof Error) continue;
        session = outcome.session ?? session;
        serials.add(outcome.serial);
        resumed.count += Number(outcome.isResumed && one !== base);
      }
    }
    agent.destroy();
  };
  const running = leaves.slice(0, CALLERS).flatMap((leaf) => [run(leaf, 'TLSv1.2'), run(leaf, 'TLSv1.3')]);
  return {
    answers,
    serials,
    resumed,
    stop: async () => {
      isOver = true;
      await Promise.all(running);
    },
  };
}

test('fails no request while everything is replaced again and again, soundly and not', async () => {
  const { cert, key, ca, rootCrl, orgCrl } = scene.files;
  const load = await startLoad();
  const server = () =>
    authority.issueServer({ cn: 'relais', ou: A.ou, dns: ['localhost'], ips: ['127.0.0.1'] });
  let last = '';
  for (let round = 0; round < 3; round += 1) {
    const renewed = await server();
    await step(async () => {
      await replace(key, renewed.keyPem);
      await replace(cert, renewed.certPem);
    });
    last = renewed.serial.toUpperCase();
    await until('the new certificate', () => load.serials.has(last));
    await step(() => authority.writeCrl({ file: orgCrl, revoked: [`AB${round}`] }));
    await step(() => replace(cert, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'), true);
    expect(await scene.metric('inbound_alarm{kind="files"}')).toBe(1);
    await step(() => replace(cert, renewed.certPem));
    expect(await scene.metric('inbound_alarm{kind="files"}')).toBe(0);
    await step(async () => replace(key, (await server()).keyPem), true);
    await step(() => replace(key, renewed.keyPem));
    await step(() => authority.writeCrl({ file: orgCrl, truncated: true }), true);
    await step(() => authority.writeCrl({ issuer: 'root', file: rootCrl, signedBy: 'spoof' }), true);
    await step(async () => {
      await authority.writeCrl({ file: orgCrl });
      await authority.writeCrl({ issuer: 'root', file: rootCrl });
    });
    await step(() => replace(ca, authority.signers.org.certPem), true);
    await step(() => replace(ca, authority.signers.root.certPem + authority.signers.org.certPem));
    await step(() => writeFile(scene.configFile, '{'), true);
    await step(() => writeFile(scene.configFile, JSON.stringify(scene.settings)));
    await step(async () => scene.relay.child.kill('SIGHUP'));
  }
  await load.stop();
  const sound = load.answers.get('201') ?? 0;
  expect([...load.answers.keys()]).toEqual(['201']);
  expect(sound).toBeGreaterThan(200);
  expect(load.serials.has(last)).toBe(true);
  expect(scene.edge.received).toHaveLength(sound);
  expect(load.resumed.count).toBeGreaterThan(50);
});

test('takes in a vendor that is added and lets go of one that is removed, in its own time', async () => {
  const show = await authority.show({ cn: 'agenda-new-client', ou: '399990000000918' });
  const base = { port: scene.port, ca: authority.ca, show };
  const agent = keptAgent(base);
  expect((await call({ ...base, agent })).status).toBe(403);
  const [first] = scene.settings.editors;
  const added = { ...first, id: 'new', client: { cn: 'agenda-new-client', ou: '399990000000918' } };
  const editors = [...scene.settings.editors, added];
  await step(() => writeFile(scene.configFile, JSON.stringify({ ...scene.settings, editors })));
  expect((await call({ ...base, agent })).status).toBe(201);
  expect(scene.edge.received.at(-1)?.claims).toMatchObject({
    editor: 'new',
    iss: 'relay-test',
    sub: 'relay-test',
  });
  await step(() => writeFile(scene.configFile, JSON.stringify(scene.settings)));
  expect((await call({ ...base, agent })).status).toBe(403);
  agent.destroy();
});

test('keeps its vendors when two of them claim one certificate', async () => {
  const [first = {}, second = {}] = scene.settings.editors;
  const editors = [first, { ...second, client: first.client }];
  await step(() => writeFile(scene.configFile, JSON.stringify({ ...scene.settings, editors })), true);
  const show = await authority.show(B);
  expect((await call({ port: scene.port, ca: authority.ca, show })).status).toBe(201);
  expect(await scene.relay.said('relay-file-problem')).toBeDefined();
  await step(() => writeFile(scene.configFile, JSON.stringify(scene.settings)));
});

test('says that another port waits for the next start', async () => {
  const listen = { ...scene.settings.listen, port: 9 };
  await step(() => writeFile(scene.configFile, JSON.stringify({ ...scene.settings, listen })));
  expect(await scene.relay.said('relay-restart-needed')).toMatchObject({ field: 'listen' });
});
