// The brakes of signing in: tries are bounded per name in a network, per network, per name and in all. Where a name has
// signed in before, only its tries in that network count: whoever attacks it from elsewhere does not shut it out. The same
// count runs in the gate, which is one for all isolates, and in each isolate, which goes on alone while the gate is away.
// No clock, no I/O.

import { type Allowance, type AllowanceOptions, createAllowance, type Spent } from '../base/allowance.ts';
import { networksOf } from '../base/callers/address.ts';

/** One try, as the brakes count it. */
export interface SignInTry {
  /** Of the front's user, or of the Basic pair before it. */
  readonly door: 'user' | 'basic';
  /** Whence it comes; empty when that is not known. */
  readonly address: string;
  /** Of whoever signs in. */
  readonly name: string;
}

/** The brakes that all isolates share. Every call rejects when they cannot be reached. */
export interface Brakes {
  /** Takes one try; false, and takes nothing, when there were too many. */
  trySignIn(attempt: SignInTry): Promise<boolean>;
  /** A try that was taken was right: it does not count, and the name is known in that network. */
  signedIn(attempt: SignInTry): Promise<void>;
}

/** What tells one try's sources apart: texts, or their hashes. `near` and `wide` are empty when whence is not known. */
export interface SignInSources {
  readonly name: string;
  readonly near: string;
  readonly wide: string;
}

const BRAKES = {
  /** Of one name from one network: IPv4 /32, IPv6 /64. */
  namesNear: { max: 20, everyMs: 3_000 },
  /** From its neighbours too: IPv4 /24, IPv6 /48. */
  namesWide: { max: 40, everyMs: 3_000 },
  /** Whatever the names: guessing them all from one place stays slow. */
  near: { max: 100, everyMs: 1_000 },
  wide: { max: 300, everyMs: 500 },
  /** From anywhere. It earns more than one wide network may spend: a single attacker does not use a name up. */
  names: { max: 120, everyMs: 1_000 },
  /** Each costs some 30 ms of hashing. */
  all: { max: 600, everyMs: 100 },
} as const satisfies Record<string, AllowanceOptions>;

type Brake = keyof typeof BRAKES;
type Taken = readonly (readonly [brake: Brake, source: string])[];

/** What was spent when the brakes were saved. */
export interface SavedBrakes {
  readonly atMs: number;
  readonly spent: readonly (readonly [brake: string, spent: readonly Spent[]])[];
}

/** Of each brake. */
const SAVED_MAX = 100;

/** The count itself. */
export class SignInBrakes {
  readonly #brakes = new Map(
    Object.entries(BRAKES).map(([name, options]): [string, Allowance] => [name, createAllowance(options)]),
  );

  /** As Brakes.trySignIn. `isKnown`: the name has signed in from there before. */
  spend(sources: SignInSources, nowMs: number, isKnown = false): boolean {
    const taken: (readonly [Brake, string])[] = [];
    for (const [brake, source] of isKnown ? nearestOf(sources) : takenBy(sources)) {
      if (!this.#of(brake).spend(source, nowMs)) {
        this.#return(taken);
        return false;
      }
      taken.push([brake, source]);
    }
    return true;
  }

  giveBack(sources: SignInSources, isKnown = false): void {
    this.#return(isKnown ? nearestOf(sources) : takenBy(sources));
  }

  /** Whoever has spent most, to be restored by the brakes that come after these. */
  save(atMs: number): SavedBrakes {
    return { atMs, spent: [...this.#brakes].map(([brake, one]) => [brake, one.mostSpent(SAVED_MAX, atMs)]) };
  }

  restore({ atMs, spent }: SavedBrakes): void {
    for (const [brake, some] of spent) this.#brakes.get(brake)?.restore(some, atMs);
  }

  #return(taken: Taken): void {
    for (const [brake, source] of taken) this.#of(brake).giveBack(source);
  }

  #of(brake: Brake): Allowance {
    const allowance = this.#brakes.get(brake);
    if (allowance === undefined) throw new TypeError(brake);
    return allowance;
  }
}

function nearestOf({ name, near }: SignInSources): Taken {
  return [['namesNear', `${name} ${near}`]];
}

/** The narrowest first: what it refuses is spent nowhere. */
function takenBy(sources: SignInSources): Taken {
  const { name, near, wide } = sources;
  const placed: Taken = [
    ['namesWide', `${name} ${wide}`],
    ['near', near],
    ['wide', wide],
  ];
  return [...nearestOf(sources), ...(near === '' ? [] : placed), ['names', name], ['all', '']];
}

const NAME_LENGTH_MAX = 100;

/** Spellings of one name that people or systems may take for the same count as one. */
export function sourcesOf({ door, address, name }: SignInTry): SignInSources {
  const { near, wide } = networksOf(address);
  const spelt = name.normalize('NFKC').trim().toLowerCase().slice(0, NAME_LENGTH_MAX);
  return {
    name: `${door} ${spelt}`,
    near: near && `${door} ${near}`,
    wide: wide && `${door} ${wide}`,
  };
}
