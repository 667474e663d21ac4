// What the calls that precede every page of the SAS front cost: login_check (before each call of its server), exist
// (each view of a directory page, twice), regulators (each save of an account). In turns with /healthz, which costs a
// request and nothing else, at the same edge. Edge with D1 on disk as a process of its own, on loopback.

import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalEdge } from '../../sandbox/platform/edge/local-edge.ts';
import { hashSecret } from '../../worker/front/sign-in/secret-hash.ts';
import { noteInterfaced } from '../../worker/store/interfaced.ts';
import { alignColumns, type Latency, summarise } from '../statistics.ts';

export interface FrontEffort {
  readonly rounds: number;
  readonly callsPerRound: number;
  /** Practitioners that vendors have shown. */
  readonly interfaced: number;
}

export const FULL_FRONT: FrontEffort = { rounds: 10, callsPerRound: 300, interfaced: 50_000 };
export const QUICK_FRONT: FrontEffort = { rounds: 3, callsPerRound: 100, interfaced: 2_000 };

const CONCURRENCY = 4;
const BASELINE = '/healthz';
/** docs/guide.md G-903, AC-20, AC-25; docs/conformance.md A5. */
const P99_MS_MAX: Readonly<Record<string, number>> = {
  login_check: 50,
  'exist, known': 200,
  'exist, unknown': 200,
  'regulators, new': 500,
  'regulators, the same again': 500,
  'one practitioner': 1_000,
  'a lot, one vendor hangs': 5_000,
  'regulators/login, all hang': 500,
  'regulators, all hang': 500,
};

export interface FrontCall extends Latency {
  readonly name: string;
  readonly failed: number;
}

interface Scene {
  readonly url: string;
  readonly secret: string;
  token: string;
}

type Call = (scene: Scene, rank: number) => Promise<boolean>;

export async function benchFront(effort: FrontEffort): Promise<FrontCall[]> {
  const dir = await mkdtemp(join(tmpdir(), 'passerelle-bench-'));
  const secret = randomUUID();
  // As in service: hashed, the verdict kept for a while.
  const settings = { FRONT_USERS: JSON.stringify({ read: await hashSecret(secret) }) };
  const edge = await startLocalEdge({
    host: '127.0.0.1',
    port: 0,
    stateDir: dir,
    settings,
    onLog: () => undefined,
  });
  try {
    const db = (await edge.database()) as unknown as Parameters<typeof noteInterfaced>[0];
    const pairs = Array.from({ length: effort.interfaced }, (_, rank) => ({
      subject: subjectOf(rank),
      editor: 'agenda-a',
      flow: 'INT_R01',
    }));
    await noteInterfaced(db, pairs, Date.now());
    await announce(db);
    const scene: Scene = { url: edge.url, secret, token: '' };
    if (!(await signIn(scene))) throw new Error('nobody signs in');
    return await measure(scene, effort);
  } finally {
    await edge.close();
    await rm(dir, { recursive: true, force: true });
  }
}

/** The vendor is active, without a relay that would have to be there. */
async function announce(db: Parameters<typeof noteInterfaced>[0]): Promise<void> {
  await db.batch([
    db.prepare(
      `INSERT INTO editors (id, name, flows, redirect_hosts, certificate_not_after, announced_at)
       VALUES ('agenda-a', 'Agenda A', '[]', '[]', '2030-01-01T00:00:00Z', 0)`,
    ),
    db.prepare(`INSERT INTO relay_editors (relay, editor) VALUES ('relay-a', 'agenda-a')`),
  ]);
}

async function measure(
  scene: Scene,
  { rounds, callsPerRound, interfaced }: FrontEffort,
): Promise<FrontCall[]> {
  const people = Array.from({ length: rounds * callsPerRound }, () => accountOf(randomUUID()));
  const calls: Readonly<Record<string, Call>> = {
    [BASELINE]: async ({ url }) => (await drained(fetch(`${url}${BASELINE}`))).ok,
    login_check: signIn,
    'exist, known': (_, rank) => exists(scene, subjectOf((rank * 7919) % interfaced), true),
    'exist, unknown': (_, rank) => exists(scene, subjectOf(interfaced + rank), false),
    'regulators, new': (_, rank) => record(scene, people[rank]),
    'regulators, the same again': (_, rank) => record(scene, people[rank]),
  };
  const samples = new Map(Object.keys(calls).map((name) => [name, [] as number[]]));
  const failed = new Map<string, number>();
  // The first round is for warmth, and is not counted.
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, call] of Object.entries(calls)) {
      const ranks = Array.from({ length: callsPerRound }, (_, i) => round * callsPerRound + i).values();
      const work = async (): Promise<void> => {
        for (const rank of ranks) {
          const startedMs = performance.now();
          const isRight = await call(scene, rank);
          if (!isRight) failed.set(name, (failed.get(name) ?? 0) + 1);
          if (round > 0) samples.get(name)?.push(performance.now() - startedMs);
        }
      };
      await Promise.all(Array.from({ length: CONCURRENCY }, work));
    }
  }
  return [...samples].map(([name, list]) => ({ name, ...summarise(list), failed: failed.get(name) ?? 0 }));
}

const subjectOf = (rank: number): string => `8${String(99_800_000_000 + rank)}`;

/** A regulator, as the front says them. */
export function accountOf(uuid: string): object {
  return {
    uuid,
    lastName: 'Imaginaire',
    firstName: 'Camille',
    email: `${uuid}@regulation.example`,
    nationalId: '',
    habilitation: true,
    emailBeforeUpdate: null,
    sasTerritories: ['SAS-42 Loire'],
  };
}

async function drained(sent: Promise<Response>): Promise<{ readonly ok: boolean; readonly text: string }> {
  const response = await sent;
  return { text: await response.text(), ok: response.ok };
}

const API = '/aggregator/api-sas/v1';

async function signIn(scene: Scene): Promise<boolean> {
  const { ok, text } = await drained(
    fetch(`${scene.url}${API}/login_check`, {
      method: 'POST',
      body: JSON.stringify({ username: 'read', password: scene.secret }),
    }),
  );
  if (ok) scene.token = (JSON.parse(text) as { token: string }).token;
  return ok;
}

async function exists(scene: Scene, id: string, expected: boolean): Promise<boolean> {
  const headers = { Authorization: `Bearer ${scene.token}` };
  const { text } = await drained(fetch(`${scene.url}${API}/practitioner/${id}/exist`, { headers }));
  return text === `{"exist_in_directory":${expected}}`;
}

async function record(scene: Scene, account: object | undefined): Promise<boolean> {
  const headers = { Authorization: `Bearer ${scene.token}`, 'Content-Type': 'application/json' };
  const body = JSON.stringify(account);
  return (await drained(fetch(`${scene.url}${API}/regulators`, { method: 'PUT', headers, body }))).ok;
}

export function frontTables(calls: readonly FrontCall[]): string[] {
  const baseline = calls.find(({ name }) => name === BASELINE);
  const times = (a: number, b = Number.NaN): string => `${(a / b).toFixed(1)}×`;
  return [
    `Milliseconds as the front sees them, ${CONCURRENCY} at a time; × = beside ${BASELINE} of the same run`,
    ...alignColumns([
      ['', 'p50', '×', 'p99', '×', 'n', 'failed'],
      ...calls.map(({ name, p50Ms, p99Ms, count, failed }) => [
        name,
        p50Ms.toFixed(1),
        times(p50Ms, baseline?.p50Ms),
        p99Ms.toFixed(1),
        times(p99Ms, baseline?.p99Ms),
        String(count),
        String(failed),
      ]),
    ]),
  ];
}

export function frontMisses(calls: readonly FrontCall[]): string[] {
  return calls.flatMap(({ name, p99Ms, failed }) => {
    const maxMs = P99_MS_MAX[name] ?? Number.POSITIVE_INFINITY;
    return [
      ...(failed > 0 ? [`front, ${name}: ${failed} failed`] : []),
      ...(p99Ms > maxMs ? [`front, ${name}: ${p99Ms.toFixed(0)} ms at p99, at most ${maxMs}`] : []),
    ];
  });
}
