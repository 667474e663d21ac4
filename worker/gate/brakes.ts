// The brakes of signing in: tries are bounded per address, and per name and address. The same count runs in the gate,
// which is one for all isolates, and in each isolate, which goes on alone while the gate is away. No clock, no I/O.

import { type Allowance, createAllowance } from '../base/allowance.ts';

const PER_NAME = { max: 20, everyMs: 3_000 };
/** Whatever the names: guessing them all from one place stays slow, and pushes no spent name out of memory. */
const PER_ADDRESS = { max: 100, everyMs: 1_000 };
const NAME_LENGTH_MAX = 100;

/** One try, as the brakes count it. */
export interface SignInTry {
  /** Of the front's user, or of the Basic pair before it. */
  readonly door: 'user' | 'basic';
  /** Whence it comes. */
  readonly address: string;
  /** Of whoever signs in. */
  readonly name: string;
}

/** The brakes that all isolates share. Every call rejects when they cannot be reached. */
export interface Brakes {
  /** Takes one try; false, and takes nothing, when there were too many. */
  trySignIn(attempt: SignInTry): Promise<boolean>;
  /** A try that was taken was right: it does not count. */
  signedIn(attempt: SignInTry): Promise<void>;
}

/** The count itself. */
export class SignInBrakes {
  readonly #names: Allowance = createAllowance(PER_NAME);
  readonly #addresses: Allowance = createAllowance(PER_ADDRESS);

  /** See Brakes.trySignIn. */
  spend(attempt: SignInTry, nowMs: number): boolean {
    const { address, name } = sourcesOf(attempt);
    if (!this.#addresses.spend(address, nowMs)) return false;
    if (this.#names.spend(name, nowMs)) return true;
    this.#addresses.giveBack(address);
    return false;
  }

  /** See Brakes.signedIn. */
  giveBack(attempt: SignInTry): void {
    const { address, name } = sourcesOf(attempt);
    this.#addresses.giveBack(address);
    this.#names.giveBack(name);
  }
}

function sourcesOf({ door, address, name }: SignInTry): { readonly address: string; readonly name: string } {
  const from = `${door} ${address}`;
  return { address: from, name: `${from} ${name.slice(0, NAME_LENGTH_MAX)}` };
}
