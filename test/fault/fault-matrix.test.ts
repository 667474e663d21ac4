// Claim: whatever four vendors do wrong at once, a search answers inside its deadline, with exactly what the others
// have, and its ledger says of every identifier and every vendor what is true. Phases: each vendor goes through each
// of twelve faults once, and is well four times, in an order drawn by chance, so that every round is another
// combination; in each, two searches at the same time. An oracle knows the agendas and who is well. End state: nothing
// is under way. Replay with FUZZ_SEED=<the seed in the title>.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureVendorServer } from '../../sandbox/pki/sandbox-pki.ts';
import { draw, hash } from '../../sandbox/vendors/random.ts';
import type { TlsMaterial } from '../../sandbox/vendors/server.ts';
import { startVendor, type Vendor } from '../../sandbox/vendors/vendor.ts';
import { expectOf, slotsIn } from '../support/agenda-oracle.ts';
import { expectConformant } from '../support/bundle-checks.ts';
import { peopleOf } from '../support/people.ts';
import { type SearchAnswer, System, slotPath, until, windowOf } from '../support/system.ts';

const SEED = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
const DEADLINE_MS = 2_500;
/** What a loaded machine may add to the deadline before the answer is written. */
const MARGIN_MS = 400;
const VENDOR_SEEDS = [1, 2, 3, 4] as const;
const WELL_ROUNDS = 4;
const HOUR_MS = 3_600_000;
/** Known to no vendor. */
const STRANGERS = ['899900999999', '899900999998'];

interface FaultKind {
  readonly name: string;
  /** As the vendor is told; a certificate is not a matter of its answers. */
  readonly faults: unknown;
  /** What the ledger may say of it; none: it answers well enough to be read whole. */
  readonly reasons: readonly string[];
}

const WELL: FaultKind = { name: 'well', faults: [], reasons: [] };
const WRONG_CERTIFICATE: FaultKind = { name: 'certificate', faults: [], reasons: ['certificate'] };
const KINDS: readonly FaultKind[] = [
  { name: 'hang', faults: 'hang', reasons: ['timeout'] },
  { name: 'drip', faults: { kind: 'drip', bytes: 16, everyMs: 500 }, reasons: ['timeout'] },
  { name: 'reset', faults: 'reset', reasons: ['reset'] },
  { name: 'html', faults: 'html', reasons: ['not-json'] },
  { name: 'truncated', faults: 'truncated', reasons: ['not-json'] },
  { name: 'status-500', faults: 'status-500', reasons: ['error'] },
  { name: 'status-503', faults: 'status-503', reasons: ['busy'] },
  // Reading up to the bound takes time that a loaded machine may not have.
  { name: 'flood', faults: { kind: 'huge', megabytes: 20 }, reasons: ['too-large', 'timeout'] },
  WRONG_CERTIFICATE,
  { name: 'deep', faults: 'deep', reasons: ['too-deep', 'timeout'] },
  { name: 'redirect', faults: 'redirect', reasons: ['redirect'] },
  { name: 'strange', faults: ['duplicate-slots', 'someone-else', 'busy', 'outside-window'], reasons: [] },
];

/** The kinds of each vendor, round by round. */
const DEALT = VENDOR_SEEDS.map((vendor) =>
  shuffled([...KINDS, ...Array.from({ length: WELL_ROUNDS }, () => WELL)], 'deal', vendor),
);
const ROUNDS = Array.from({ length: KINDS.length + WELL_ROUNDS }, (_, round) =>
  DEALT.map((kinds) => kinds[round] ?? WELL),
);

let system: System;
let impostor: TlsMaterial;
let vendors: Vendor[];
let everyone: readonly string[];

beforeAll(async () => {
  system = await System.start({
    vendors: VENDOR_SEEDS.map((seed) => ({ seed })),
    settings: { DEADLINE_MS: String(DEADLINE_MS) },
  });
  vendors = [...system.vendors];
  impostor = await readImpostor();
  everyone = [...peopleOf(vendors).map(({ identifier }) => identifier), ...STRANGERS];
});

afterAll(async () => {
  await Promise.all((vendors ?? []).map((vendor) => vendor.close()));
  await system?.stop();
});

describe(`seed ${SEED}`, () => {
  it.each(ROUNDS.map((kinds, round) => ({ round, kinds, title: kinds.map(({ name }) => name).join(', ') })))(
    'round $round: $title',
    async ({ round, kinds }) => {
      await Promise.all(kinds.map((kind, rank) => steer(rank, kind)));
      const window = windowOf(48, new Date(Math.ceil(Date.now() / HOUR_MS) * HOUR_MS + HOUR_MS));
      const cpts = draw(SEED, 'cpts', round) < 0.5;
      const questions = ['one', 'two'].map((name) => ({ subjects: choose(round, name), window, cpts }));
      const answers = await Promise.all(
        questions.map(({ subjects }) => system.search(slotPath(subjects, window, cpts))),
      );
      const well = vendors.filter((_, rank) => kinds[rank]?.reasons.length === 0);
      for (const [index, question] of questions.entries()) {
        const answer = answers[index] as SearchAnswer;
        expectConformant(answer, { flow: cpts ? 'INT_R04' : 'INT_R01', ...question });
        const expected = expectOf(question, well, vendors.length - well.length);
        const shown = slotsIn(
          answer,
          vendors.map(({ id }) => id),
        );
        expect(shown).toEqual(expected.slots);
        expectLedger(answer, kinds, question.subjects, expected.states);
        expect(edgeMs(answer)).toBeLessThan(DEADLINE_MS + MARGIN_MS);
      }
    },
  );

  it('had each vendor fail in each way, and slots to lose', () => {
    for (const kinds of DEALT) {
      expect(new Set(kinds.map(({ name }) => name)).size).toBe(KINDS.length + 1);
    }
    const window = windowOf(48, new Date(Date.now() + HOUR_MS));
    expect(expectOf({ subjects: everyone, window, cpts: false }, vendors, 0).slots.length).toBeGreaterThan(
      500,
    );
  });

  it('leaves nothing under way', async () => {
    await until('every vendor idle', () => vendors.every((vendor) => vendor.state().inFlight === 0));
  });
});

function expectLedger(
  answer: SearchAnswer,
  kinds: readonly FaultKind[],
  subjects: readonly string[],
  states: ReadonlyMap<string, string>,
): void {
  const unknown = subjects.filter((subject) => states.get(subject) === 'unknown').sort();
  if (answer.bundle.entry !== undefined) {
    expect(Object.fromEntries(answer.states)).toEqual(Object.fromEntries(states));
  }
  const failures = new Map(
    answer.ledger.flatMap(({ diagnostics = '' }) => {
      const found = /^editor=(\S+) reason=(\S+) .*\bsubjects=(\S*)$/.exec(diagnostics);
      return found === null ? [] : [[found[1], { reason: found[2], subjects: found[3] ?? '' }] as const];
    }),
  );
  for (const [rank, kind] of kinds.entries()) {
    const id = vendors[rank]?.id;
    const failure = failures.get(id);
    if (kind.reasons.length === 0) expect([id, failure]).toEqual([id, undefined]);
    else {
      expect(kind.reasons, `${id} ${kind.name}`).toContain(failure?.reason);
      expect(
        failure?.subjects
          .split(',')
          .filter((subject) => subject !== '')
          .sort(),
      ).toEqual(unknown);
    }
  }
}

/** Tells the vendor what to do; one with the wrong certificate is another process's port taken over. */
async function steer(rank: number, kind: FaultKind): Promise<void> {
  const vendor = vendors[rank];
  const before = impostors.has(rank);
  const now = kind === WRONG_CERTIFICATE;
  if (vendor === undefined) throw new Error('no such vendor');
  if (before !== now) {
    const port = Number(new URL(vendor.url).port);
    await vendor.close();
    vendors[rank] = await startVendor({
      seed: vendor.seed,
      id: vendor.id,
      port,
      pki: join(system.dir, 'pki'),
      ...(now && { tls: impostor }),
    });
    if (now) impostors.add(rank);
    else impostors.delete(rank);
  }
  vendors[rank]?.setFaults(kind.faults);
}

/** Vendors that show the wrong certificate. */
const impostors = new Set<number>();

/** A sound certificate of the same authority, of somebody else. */
async function readImpostor(): Promise<TlsMaterial> {
  const { authority } = system.pki;
  const { certFile, keyFile } = await ensureVendorServer(authority, 'agenda-z');
  return {
    cert: await readFile(certFile, 'utf8'),
    key: await readFile(keyFile, 'utf8'),
    ca: await readFile(authority.files.caBundle, 'utf8'),
  };
}

function edgeMs(answer: SearchAnswer): number {
  return Number(/\bedge;dur=([\d.]+)/.exec(answer.headers.get('Server-Timing') ?? '')?.[1]);
}

/** One to forty of everybody, at times more than one vendor call holds. */
function choose(round: number, name: string): readonly string[] {
  return shuffled(everyone, 'choose', round, name).slice(0, 1 + Math.floor(draw(SEED, round, name) * 40));
}

function shuffled<T>(items: readonly T[], ...parts: readonly (string | number)[]): T[] {
  return items
    .map((item, rank) => ({ item, key: hash(SEED, ...parts, rank) }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
