// The faults that the matrices throw at vendors: what each vendor is told, and what the ledger may then say of it. Which
// vendor does what in which round is drawn from a seed.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { ensureVendorServer } from '../../../sandbox/pki/sandbox-pki.ts';
import type { TlsMaterial } from '../../../sandbox/vendors/server.ts';
import { startVendor, type Vendor } from '../../../sandbox/vendors/vendor.ts';
import { hash } from '../../../sandbox/vendors/world/random.ts';
import type { SearchAnswer, System } from './system.ts';

const WELL_ROUNDS = 4;
/** Of a vendor that is not to answer; the search itself has longer than anything but a hang takes. */
const LIMIT_MS = 600;

export interface FaultKind {
  readonly name: string;
  /** As the vendor is told; a certificate is not a matter of its answers. */
  readonly faults: unknown;
  /** What the ledger may say of it; none: it answers well enough to be read whole. */
  readonly reasons: readonly string[];
}

const WELL: FaultKind = { name: 'well', faults: [], reasons: [] };
const WRONG_CERTIFICATE: FaultKind = { name: 'certificate', faults: [], reasons: ['certificate'] };
export const KINDS: readonly FaultKind[] = [
  { name: 'hang', faults: 'hang', reasons: ['timeout'] },
  { name: 'drip', faults: { kind: 'drip', bytes: 16, everyMs: 500 }, reasons: ['timeout'] },
  { name: 'reset', faults: 'reset', reasons: ['reset'] },
  { name: 'html', faults: 'html', reasons: ['not-json'] },
  { name: 'truncated', faults: 'truncated', reasons: ['not-json'] },
  { name: 'status-500', faults: 'status-500', reasons: ['error'] },
  { name: 'status-503', faults: 'status-503', reasons: ['busy'] },
  { name: 'flood', faults: { kind: 'huge', megabytes: 20 }, reasons: ['too-large'] },
  WRONG_CERTIFICATE,
  { name: 'deep', faults: 'deep', reasons: ['too-deep'] },
  { name: 'redirect', faults: 'redirect', reasons: ['redirect'] },
  { name: 'strange', faults: ['duplicate-slots', 'someone-else', 'busy', 'outside-window'], reasons: [] },
];

/** The kinds of each of so many vendors, round by round: each fault once, and well four times, in an order of chance. */
export function dealRounds(seed: number, vendors: number): readonly (readonly FaultKind[])[] {
  const dealt = Array.from({ length: vendors }, (_, vendor) =>
    shuffled([...KINDS, ...Array.from({ length: WELL_ROUNDS }, () => WELL)], seed, 'deal', vendor),
  );
  return Array.from({ length: KINDS.length + WELL_ROUNDS }, (_, round) =>
    dealt.map((kinds) => kinds[round] ?? WELL),
  );
}

/**
 * Whether the matrices may ask for him. A slot of somebody told by RPPS leaves those asked by ADELI in doubt
 * (docs/divergences.md), so the vendor that sends somebody else's slots would be no well one for them.
 */
export function isRpps(identifier: string): boolean {
  return identifier.startsWith('8');
}

/** Names of a round's faults, for titles. */
export function titleOf(kinds: readonly FaultKind[]): string {
  return kinds.map(({ name }) => name).join(', ');
}

export function shuffled<T>(items: readonly T[], ...parts: readonly (string | number)[]): T[] {
  return items
    .map((item, rank) => ({ item, key: hash(...parts, rank) }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

/** The vendors of a running system, steered round by round. */
export class SteeredVendors {
  readonly vendors: Vendor[];
  readonly #system: System;
  readonly #impostor: TlsMaterial;
  /** Ranks of vendors that show the wrong certificate. */
  readonly #impostors = new Set<number>();
  /** Ranks of vendors that have a deadline of their own. */
  readonly #limited = new Set<number>();

  private constructor(system: System, impostor: TlsMaterial) {
    this.#system = system;
    this.vendors = [...system.vendors];
    this.#impostor = impostor;
  }

  static async of(system: System): Promise<SteeredVendors> {
    return new SteeredVendors(system, await readImpostor(system));
  }

  get ids(): string[] {
    return this.vendors.map(({ id }) => id);
  }

  async steer(kinds: readonly FaultKind[]): Promise<void> {
    await Promise.all(kinds.map((kind, rank) => this.#steerOne(rank, kind)));
  }

  /** Tells the vendor what to do; one with the wrong certificate is another process's port taken over. */
  async #steerOne(rank: number, kind: FaultKind): Promise<void> {
    const vendor = this.vendors[rank];
    const before = this.#impostors.has(rank);
    const now = kind === WRONG_CERTIFICATE;
    if (vendor === undefined) throw new Error('no such vendor');
    if (before !== now) {
      const port = Number(new URL(vendor.url).port);
      await vendor.close();
      this.vendors[rank] = await startVendor({
        seed: vendor.seed,
        id: vendor.id,
        port,
        pki: join(this.#system.dir, 'pki'),
        ...(now && { tls: this.#impostor }),
      });
      if (now) this.#impostors.add(rank);
      else this.#impostors.delete(rank);
    }
    this.vendors[rank]?.setFaults(kind.faults);
    const isSilent = kind.reasons.includes('timeout');
    if (isSilent !== this.#limited.has(rank))
      await this.#system.limit(vendor.id, isSilent ? LIMIT_MS : undefined);
    if (isSilent) this.#limited.add(rank);
    else this.#limited.delete(rank);
  }

  async close(): Promise<void> {
    await Promise.all(this.vendors.map((vendor) => vendor.close()));
  }
}

/** A sound certificate of the same authority, of somebody else. */
async function readImpostor(system: System): Promise<TlsMaterial> {
  const { authority } = system.pki;
  const { certFile, keyFile } = await ensureVendorServer(authority, 'agenda-z');
  return {
    cert: await readFile(certFile, 'utf8'),
    key: await readFile(keyFile, 'utf8'),
    ca: await readFile(authority.files.caBundle, 'utf8'),
  };
}

export interface ExpectedFailure {
  readonly id: string;
  readonly kind: FaultKind;
  /** Whose state is unknown because of it, sorted; undefined: it was not asked, or answered well. */
  readonly unknown: readonly string[] | undefined;
}

/** The ledger says of each identifier what is true, and of each vendor that failed why, and for whom it matters. */
export function expectLedger(
  answer: SearchAnswer,
  states: ReadonlyMap<string, string>,
  failures: readonly ExpectedFailure[],
): void {
  if (answer.bundle.entry !== undefined) {
    expect(Object.fromEntries(answer.states)).toEqual(Object.fromEntries(states));
  }
  const told = new Map(
    answer.ledger.flatMap(({ diagnostics = '' }) => {
      const found = /^editor=(\S+) reason=(\S+) .*\bsubjects=(\S*)$/.exec(diagnostics);
      return found === null ? [] : [[found[1], { reason: found[2], subjects: found[3] ?? '' }] as const];
    }),
  );
  for (const { id, kind, unknown } of failures) {
    const failure = told.get(id);
    if (unknown === undefined) {
      expect([id, failure]).toEqual([id, undefined]);
      continue;
    }
    expect(kind.reasons, `${id} ${kind.name}`).toContain(failure?.reason);
    expect(
      failure?.subjects
        .split(',')
        .filter((subject) => subject !== '')
        .sort(),
    ).toEqual(unknown);
  }
}

/** What the edge says that it took, milliseconds. */
export function edgeMs(answer: SearchAnswer): number {
  return Number(/\bedge;dur=([\d.]+)/.exec(answer.headers.get('Server-Timing') ?? '')?.[1]);
}
