// What a search's caller prefers: Prefer (worker/http/prefer.ts) and Cache-Control. How the search is read, how much is
// told, and whether what vendors said a moment ago will do.

import type { Handling } from '../../shared/sas/search-parameters.ts';
import { readHandling, readReturn } from '../http/prefer.ts';
import type { SearchMemoryUse } from '../hub/memory/plan.ts';

/** How a caller wants its search read and answered. */
export interface Preferences {
  readonly handling: Handling;
  /** `auto`: the ledger travels unless an empty Bundle says it all. */
  readonly ledger: 'auto' | 'off' | 'full';
  /** `Cache-Control: no-cache` asks every vendor anew; `no-store` does, and keeps nothing of what they say. */
  readonly memory: SearchMemoryUse;
}

const LEDGERS = { minimal: 'off', OperationOutcome: 'full', representation: 'auto' } as const;

/** @throws GatewayError parameter-invalid: a known preference with a wrong value. */
export function readPreferences(headers: Headers): Preferences {
  const prefer = headers.get('Prefer');
  return {
    handling: readHandling(prefer),
    ledger: LEDGERS[readReturn(prefer) ?? 'representation'],
    memory: readMemoryUse(headers.get('Cache-Control') ?? ''),
  };
}

function readMemoryUse(cacheControl: string): SearchMemoryUse {
  if (/\bno-store\b/i.test(cacheControl)) return 'none';
  return /\bno-cache\b/i.test(cacheControl) ? 'renewed' : 'used';
}
