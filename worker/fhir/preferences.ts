// The Prefer header (RFC 7240; FHIR R4 http.html) and Cache-Control: how a search is read, how much is told, and whether
// what vendors said a moment ago will do.

import { GatewayError } from '../../shared/error.ts';
import type { Handling } from '../../shared/sas/search-parameters.ts';
import type { SearchMemoryUse } from '../memory/search-memory.ts';

export interface Preferences {
  readonly handling: Handling;
  /** `auto`: the ledger travels unless an empty Bundle says it all. */
  readonly ledger: 'auto' | 'off' | 'full';
  /** `Cache-Control: no-cache` asks every vendor anew; `no-store` does, and keeps nothing of what they say. */
  readonly memory: SearchMemoryUse;
}

/** Unknown preferences are ignored, as RFC 7240 wants; a known one with a wrong value is refused. */
export function readPreferences(headers: Headers): Preferences {
  let handling: Handling = 'strict';
  let ledger: Preferences['ledger'] = 'auto';
  for (const item of (headers.get('Prefer') ?? '').split(/[,;]/)) {
    const [name, value] = item.split('=').map((part) =>
      part
        .trim()
        .replace(/^"(.*)"$/, '$1')
        .toLowerCase(),
    );
    if (name === 'handling') {
      if (value !== 'strict' && value !== 'lenient') throw wrong('handling', 'strict ou lenient');
      handling = value;
    } else if (name === 'return') {
      if (value === 'minimal') ledger = 'off';
      else if (value === 'operationoutcome') ledger = 'full';
      else if (value !== 'representation')
        throw wrong('return', 'minimal, representation ou OperationOutcome');
    }
  }
  return { handling, ledger, memory: readMemoryUse(headers.get('Cache-Control') ?? '') };
}

function readMemoryUse(cacheControl: string): SearchMemoryUse {
  if (/\bno-store\b/i.test(cacheControl)) return 'none';
  return /\bno-cache\b/i.test(cacheControl) ? 'renewed' : 'used';
}

function wrong(name: string, expected: string): GatewayError {
  return new GatewayError({
    reason: 'parameter-invalid',
    text: `Prefer: ${name} attend ${expected}.`,
    expression: ['http.Prefer'],
  });
}
