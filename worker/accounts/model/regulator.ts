// A regulator as kept at the edge: what SAS last said, its version, and the hash that tells whether a vendor has it.

import { sha256Hex } from '../../../shared/hash.ts';
import type { RegulatorContent, RegulatorIdentifier } from '../../../shared/sas/regulator.ts';
import type { WithdrawalKind } from './wave.ts';

/** A regulator as SAS last said, whatever vendors know. `version` counts changes. */
export interface Regulator {
  readonly id: string;
  /** Undefined once another regulator has taken it over. */
  readonly identifier: RegulatorIdentifier | undefined;
  /** SAS's own id, when known beside a national identifier. */
  readonly technicalId: string | undefined;
  readonly active: boolean;
  readonly family: string;
  readonly given: string;
  readonly email: string;
  readonly territories: readonly string[];
  readonly version: number;
  readonly hash: string;
  readonly updatedMs: number;
  /** Since when he has, or last had, the right; undefined: since before that was noted, or never. */
  readonly grantedMs: number | undefined;
  readonly withdrawnMs: number | undefined;
  /** What kind of withdrawal, and by whom (`callerKey`); undefined while active, and of before that was noted. */
  readonly withdrawal: { readonly kind: WithdrawalKind; readonly by: string } | undefined;
  /** The wave of withdrawals that an operator has yet to confirm. */
  readonly wave: string | undefined;
}

/** Hexadecimal characters. */
const HASH_LENGTH = 32;

/** Of all that vendors are told: two contents with one hash need no message between them. */
export async function hashOf(content: RegulatorContent): Promise<string> {
  const { identifier, active, family, given, email } = content;
  const text = JSON.stringify([identifier.system, identifier.value, active, family, given, email]);
  return (await sha256Hex(text)).slice(0, HASH_LENGTH);
}
