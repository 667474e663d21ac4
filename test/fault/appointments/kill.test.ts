// Claim: what the edge acknowledged of appointments survives its sudden death, once. Phases: clients send under
// load to the edge as its own process; after a random time it is killed without warning, runtime first, and
// started again over the same state; what had no answer is sent again, as a vendor does. End state: a checker over
// every recorded exchange finds each acknowledged message, nothing twice, and the state they add up to. The seed
// is in the title.
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type Answer,
  announce,
  makeRelay,
  readAnswer,
  SYSTEM_A,
  type TestRelay,
} from '../../../bench/appointments/appointment-edge.ts';
import { individual } from '../../../bench/appointments/samples.ts';
import { openLocalState, RELAY_JWKS_FILE, signToken } from '../../../sandbox/platform/local/state.ts';
import { type Exchange, findFaults } from '../../support/oracles/appointment-checker.ts';
import { EdgeChild } from '../../support/scenes/edge-child.ts';
import { SEED } from '../../support/seed.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';
import { until } from '../../support/wait/until.ts';

const KILLS = 4;
const CLIENTS = 12;
const APPOINTMENTS = 60;

let dir = '';
let relay: TestRelay;
let reader = '';
let edge: EdgeChild;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'passerelle-kill-'));
  relay = await makeRelay('relay-a');
  const state = await openLocalState(dir);
  await writeFile(join(dir, RELAY_JWKS_FILE), JSON.stringify({ keys: [relay.jwk] }));
  reader = await signToken(state, 'system/Appointment.rs');
  edge = new EdgeChild(dir);
  await edge.start();
  await announce(edge.url, relay);
});
afterAll(async () => {
  await edge?.stop();
  await removeFolder(dir);
});

/** xorshift32: the same seed sends the same messages. */
function randomOf(seed: number): (max: number) => number {
  let state = seed | 1;
  return (max) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % max;
  };
}

const STATUSES = ['booked', 'booked', 'booked', 'cancelled', 'fulfilled'] as const;
const STAMP_MS = Date.parse('2026-11-01T00:00:00Z');

interface Message {
  readonly value: string;
  readonly status: string;
  readonly start: string;
  readonly stamp: string;
}

/** Contents and times never repeat: each message can be told apart in the history. */
function makeMessage(random: (max: number) => number, number: number): Message {
  return {
    value: `rdv-${random(APPOINTMENTS)}`,
    status: STATUSES[random(STATUSES.length)] ?? 'booked',
    start: new Date(Date.UTC(2026, 11, 2, 8, 0, number)).toISOString(),
    stamp: new Date(STAMP_MS + random(1_000_000) * 1_000 + number).toISOString(),
  };
}

async function send(message: Message): Promise<Exchange> {
  const body = individual(message);
  const query = `identifier=${encodeURIComponent(SYSTEM_A)}%7C${message.value}`;
  const path = `/fhir/Appointment?${query}`;
  const sent = JSON.stringify(body);
  const claims = { editor: 'agenda-a', appointmentSystem: SYSTEM_A };
  const token = await relay.sign(edge.url, { method: 'PUT', path, body: sent }, claims);
  const answer = await fetch(`${edge.url}${path}`, {
    method: 'PUT',
    body: sent,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/fhir+json' },
  }).catch(() => undefined);
  // The head alone is the acknowledgement.
  const isAnswered = answer !== undefined && answer.status < 300;
  await answer?.text().catch(() => undefined);
  return {
    value: message.value,
    message: {
      content: `${message.status} ${message.start}`,
      status: message.status,
      stampMs: Date.parse(message.stamp),
    },
    status: isAnswered ? answer.status : undefined,
    location: answer?.headers.get('Location') ?? undefined,
  };
}

const get = async (path: string): Promise<Answer> =>
  readAnswer(await fetch(`${edge.url}${path}`, { headers: { Authorization: `Bearer ${reader}` } }));

it.skipIf(process.platform !== 'linux')(
  `an edge killed ${KILLS} times under load keeps what it acknowledged, once (seed ${SEED})`,
  async () => {
    const random = randomOf(SEED);
    const exchanges: Exchange[] = [];
    let unanswered: Message[] = [];
    let number = 0;
    const nextMessage = (): Message => {
      number += 1;
      return makeMessage(random, number);
    };
    for (let life = 0; life <= KILLS; life += 1) {
      const again = unanswered;
      unanswered = [];
      const wanted = exchanges.length + again.length + 100 + random(200);
      let isOver = false;
      const clients = Array.from({ length: CLIENTS }, async () => {
        while (!isOver) {
          const message = again.pop() ?? nextMessage();
          const exchange = await send(message);
          exchanges.push(exchange);
          if (exchange.status === undefined) {
            unanswered.push(message);
            if (life < KILLS) return;
          }
          if (life === KILLS && exchanges.length >= wanted) isOver = true;
        }
      });
      if (life < KILLS) {
        await until('enough was sent', () => exchanges.length >= wanted);
        await edge.kill();
        isOver = true;
      }
      await Promise.all(clients);
      if (life < KILLS) await edge.start();
      expect(await findFaults(exchanges, get)).toEqual([]);
    }
    expect(exchanges.filter(({ status }) => status === undefined).length).toBeGreaterThan(0);
    // The checker would have noticed.
    const message = { content: 'booked never', status: 'booked', stampMs: 0 };
    const invented: Exchange = { value: 'rdv-0', message, status: 200, location: 'elsewhere' };
    const [lost, moved] = await findFaults([...exchanges, invented], get);
    expect([lost, moved]).toEqual(['rdv-0: lost "booked never"', 'rdv-0: moved from elsewhere']);
    expect(exchanges.length).toBeGreaterThan(KILLS * 100);
  },
);
