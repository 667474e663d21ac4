// Claim: a vendor leaves by an operator's act alone. Phases: a random history of relays that announce random vendors, go, come
// back with fewer, hubs that end, a database that loses vendors, an operator who takes out and puts back. After each step, a
// search: everybody whom a vendor in the registry may serve is "none" only when each such vendor was asked. End: the same.

import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { RelayKeys, ScriptedRelay } from '../../support/doubles/scripted-relay.ts';
import { System, slotPath } from '../../support/scenes/system.ts';
import { SEED } from '../../support/seed.ts';
import { until } from '../../support/wait/until.ts';

const RELAYS = ['relay-a', 'relay-b'] as const;
const VENDORS = ['v0', 'v1', 'v2', 'v3'] as const;
const WHO = '810000000017';
const keys = new RelayKeys(...RELAYS);
let system: System;
let admin = '';
beforeAll(async () => {
  system = await System.start({ vendors: [], relay: false, isMortal: true, settings: keys.settings });
  admin = await signToken(system.state, 'admin');
});
afterAll(() => system?.stop());

type Step =
  | { readonly do: 'announce'; readonly relay: string; readonly vendors: readonly string[] }
  | { readonly do: 'drop'; readonly relay: string }
  | { readonly do: 'end-hub' }
  | { readonly do: 'lose' | 'take-out' | 'put-back'; readonly vendor: string };

const relay = fc.constantFrom(...RELAYS);
const vendor = fc.constantFrom(...VENDORS);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('announce' as const), relay, vendors: fc.subarray([...VENDORS]) }),
  fc.record({ do: fc.constant('drop' as const), relay }),
  fc.record({ do: fc.constant('end-hub' as const) }),
  fc.record({ do: fc.constantFrom('lose' as const, 'take-out' as const, 'put-back' as const), vendor }),
);

const asAdmin = (path: string, body?: object): Promise<Response> =>
  system.fetch(path, {
    headers: { Authorization: `Bearer ${admin}`, 'Content-Type': 'application/json' },
    ...(body && { method: 'PUT', body: JSON.stringify(body) }),
  });
const hub = async () =>
  (await (await asAdmin('/admin/relays')).json()) as {
    readonly relays: readonly { readonly id: string; readonly state: string }[];
    readonly unsaved?: object;
  };

/** What ought to be so. */
interface World {
  readonly links: Map<string, { readonly relay: ScriptedRelay; vendors: readonly string[] }>;
  /** Announced at any time, and not taken out since. */
  readonly registry: Set<string>;
  readonly known: Set<string>;
}

async function settled({ links }: World): Promise<void> {
  await until('hub and D1 are at one with the relays', async () => {
    const { relays, unsaved } = await hub();
    const serving = relays.filter(({ state }) => state === 'serving').map(({ id }) => id);
    return unsaved === undefined && serving.sort().join() === [...links.keys()].sort().join();
  });
}

async function join(world: World, id: string, vendors: readonly string[]): Promise<void> {
  const known = world.links.get(id);
  if (known !== undefined) {
    await known.relay.announce(vendors);
    known.vendors = vendors;
  } else {
    const joined = await ScriptedRelay.join(system.url, keys, id, vendors);
    joined.onPlan = (arrived) => arrived.answerAll();
    world.links.set(id, { relay: joined, vendors });
  }
  for (const one of vendors) {
    world.registry.add(one);
    world.known.add(one);
  }
}

async function endHub(world: World): Promise<void> {
  const before = [...world.links].map(([id, { vendors }]) => [id, vendors] as const);
  await system.endHub();
  await until('every link is down', () =>
    [...world.links.values()].every((link) => link.relay.closedWith !== undefined),
  );
  world.links.clear();
  for (const [id, vendors] of before) await join(world, id, vendors);
}

const isServed = (world: World, id: string): boolean =>
  [...world.links.values()].some(({ vendors }) => vendors.includes(id));

async function take(world: World, what: Step): Promise<void> {
  switch (what.do) {
    case 'announce':
      return join(world, what.relay, what.vendors);
    case 'drop':
      world.links.get(what.relay)?.relay.close();
      world.links.delete(what.relay);
      return;
    case 'end-hub':
      return endHub(world);
    case 'lose': {
      const db = await system.edge.database('DB');
      for (const table of ['relay_editors', 'vendor_claims']) {
        await db.prepare(`DELETE FROM ${table} WHERE editor = ?`).bind(what.vendor).run();
      }
      await db.prepare('DELETE FROM editors WHERE id = ?').bind(what.vendor).run();
      await endHub(world);
      if (!world.known.has(what.vendor)) return;
      await until('D1 has it again', async () =>
        db.prepare('SELECT id FROM editors WHERE id = ?').bind(what.vendor).first(),
      );
      return;
    }
    case 'take-out': {
      const { status } = await asAdmin(`/admin/editors/${what.vendor}`, { takenOut: { reason: 'essai' } });
      const isThere = world.known.has(what.vendor);
      expect(status).toBe(!isThere ? 404 : isServed(world, what.vendor) ? 409 : 200);
      if (status === 200) world.registry.delete(what.vendor);
      return;
    }
    case 'put-back':
      if ((await asAdmin(`/admin/editors/${what.vendor}`, { takenOut: null })).status === 200) {
        world.registry.add(what.vendor);
      }
  }
}

/** What the answer must say of somebody of whom no vendor has a slot. */
function expected(world: World): string {
  if (world.registry.size === 0) return 'not-interfaced';
  return [...world.registry].every((id) => isServed(world, id)) ? 'none' : 'unknown';
}

async function told(): Promise<string> {
  const answer = await system.fetch(slotPath([WHO]));
  // No relay at all: a refusal, which is no "none" either.
  if (answer.status === 503) return 'unknown';
  const header = answer.headers.get('X-Passerelle-Ledger') ?? '';
  return /(none|unknown|not-interfaced)=1/.exec(header)?.[1] ?? header;
}

/** However the rest is drawn, one vendor is left out by its relay, and lost by D1. */
const BEGIN: readonly Step[] = [
  { do: 'announce', relay: 'relay-a', vendors: ['v0', 'v1'] },
  { do: 'announce', relay: 'relay-a', vendors: ['v0'] },
  { do: 'lose', vendor: 'v1' },
];
const RUNS = 3;
it(`no history of relays, hubs and D1 makes a vendor leave, but an operator's act (seed ${SEED})`, async () => {
  let checks = 0;
  let unknowns = 0;
  const known = new Set<string>();
  const registry = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 8 }), async (drawn) => {
      const steps = [...BEGIN, ...drawn];
      const world: World = { links: new Map(), registry, known };
      try {
        await settled(world);
        for (const one of steps) {
          await take(world, one);
          await settled(world);
          const wanted = expected(world);
          const got = await told();
          // Nobody to ask, and no relay: the refusal says less than "not interfaced".
          if (world.links.size === 0 && wanted === 'not-interfaced') expect(got).not.toBe('none');
          else expect([one, [...registry], got]).toEqual([one, [...registry], wanted]);
          checks += 1;
          if (wanted === 'unknown') unknowns += 1;
        }
      } finally {
        for (const { relay: link } of world.links.values()) link.close();
      }
    }),
    { seed: SEED, numRuns: RUNS, endOnFailure: true },
  );
  expect(checks).toBeGreaterThanOrEqual(RUNS * 7);
  expect(unknowns).toBeGreaterThan(0);
});
