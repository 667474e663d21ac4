// What the console says of one vendor: its state in words, since when, whose fault, why. Nothing is good by default: a
// vendor that nobody has called lately is "sans donnée". Pure.

import type { VendorHealthReport } from '../../hub/vendors/state.ts';
import { failureSentence } from '../../search/ledger.ts';

/** In the order of harm. */
export const VENDOR_STATES = ['en panne', 'douteux', 'sans donnée', 'coupé', 'bon', 'sorti'] as const;
/** One of them. */
export type VendorState = (typeof VENDOR_STATES)[number];

/** Whose it is; empty: nobody's. */
type FaultWords = 'éditeur' | 'chez nous' | 'à vérifier' | '';

/** What is known of a vendor. `health`: undefined when the hub did not answer. */
export interface VendorKnown {
  readonly enabled: boolean;
  readonly takenOutMs?: number | undefined;
  readonly health: VendorHealthReport | undefined;
}

/** What is said of it. Times in milliseconds since 1970. */
export interface VendorWords {
  readonly state: VendorState;
  readonly sinceMs: number | undefined;
  readonly fault: FaultWords;
  /** Ends a sentence that the vendor's name begins; empty: there is nothing to say. */
  readonly cause: string;
  readonly lastSuccessMs: number | undefined;
}

/** A success that is older says nothing of now. */
const SILENT_MS = 15 * 60_000;
/** Failures that have lasted so long are no single mishap. */
const DOWN_MS = 30_000;

const OURS: ReadonlySet<string> = new Set(['overloaded', 'not-served', 'draining', 'internal']);
const TO_CHECK: ReadonlySet<string> = new Set(['tls', 'certificate']);

/** Whose fault a failed call is. `reason`: of shared/failure.ts. */
function faultOf(reason: string): FaultWords {
  if (OURS.has(reason) || reason.startsWith('relay-') || reason.startsWith('hub-')) return 'chez nous';
  return TO_CHECK.has(reason) ? 'à vérifier' : 'éditeur';
}

const read = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Date.parse(text);

/** What the console says of a vendor at `nowMs`. */
export function tellVendor({ enabled, takenOutMs, health }: VendorKnown, nowMs: number): VendorWords {
  const lastSuccessMs = read(health?.lastSuccess);
  const words = (state: VendorState, more: Partial<VendorWords> = {}): VendorWords => ({
    state,
    sinceMs: read(health?.since),
    fault: '',
    cause: '',
    lastSuccessMs,
    ...more,
  });
  if (takenOutMs !== undefined)
    return words('sorti', { sinceMs: takenOutMs, cause: 'est sorti du registre' });
  if (!enabled) return words('coupé', { cause: 'a été coupé par un exploitant' });
  switch (health?.state) {
    case undefined:
      return words('sans donnée', { cause: ': le concentrateur n’a pas répondu', fault: 'chez nous' });
    case 'off':
      return words('coupé', { cause: 'a été coupé par un exploitant' });
    case 'absent':
      return words('en panne', { fault: 'chez nous', cause: failureSentence('relay-absent') });
    case 'held-back':
      return words('en panne', failureWords(health, failureSentence('open')));
    case 'failing':
      return words(isDown(health) ? 'en panne' : 'douteux', failureWords(health));
    case 'well':
      return lastSuccessMs !== undefined && nowMs - lastSuccessMs <= SILENT_MS
        ? words('bon')
        : words('sans donnée', {
            sinceMs: lastSuccessMs,
            cause: 'n’a pas été appelé depuis plus de 15 minutes',
          });
    case 'untried':
      return words('sans donnée', { cause: 'n’a encore jamais été appelé' });
  }
}

function isDown({ since, lastFailure, breaker }: VendorHealthReport): boolean {
  if (breaker === 'open' || breaker === 'half-open') return true;
  return (
    since !== undefined &&
    lastFailure !== undefined &&
    Date.parse(lastFailure.at) - Date.parse(since) >= DOWN_MS
  );
}

function failureWords({ lastFailure }: VendorHealthReport, first = ''): Pick<VendorWords, 'fault' | 'cause'> {
  if (lastFailure === undefined) return { fault: 'éditeur', cause: first };
  const { reason, status } = lastFailure;
  const told = `${failureSentence(reason)}${status === undefined ? '' : ` (HTTP ${status})`}`;
  return { fault: faultOf(reason), cause: first === '' ? told : `${first} ; la dernière fois il ${told}` };
}
