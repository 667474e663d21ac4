// The Prefer header (RFC 7240; FHIR R4 http.html): the one place that reads it. Of a preference named twice the first
// holds, as RFC 7240 § 2 wants; preferences of other names are ignored. No I/O.

import { GatewayError } from '../../shared/error.ts';
import type { Handling } from '../../shared/sas/search-parameters.ts';

/** What a caller wants answered: R4's three values of `return`. */
export type Return = (typeof RETURNS)[number];

const RETURNS = ['minimal', 'representation', 'OperationOutcome'] as const;
const HANDLINGS = ['strict', 'lenient'] as const satisfies readonly Handling[];

/** Undefined without a wish. @throws GatewayError parameter-invalid. */
export function readReturn(header: string | null): Return | undefined {
  return readPreference(header, 'return', RETURNS);
}

/** How unknown search parameters are taken; `strict` without a wish. @throws GatewayError parameter-invalid. */
export function readHandling(header: string | null): Handling {
  return readPreference(header, 'handling', HANDLINGS) ?? 'strict';
}

function readPreference<T extends string>(
  header: string | null,
  name: string,
  values: readonly T[],
): T | undefined {
  for (const item of (header ?? '').split(/[,;]/)) {
    const [given = '', value = ''] = item.split('=').map((part) => part.trim().replace(/^"(.*)"$/, '$1'));
    if (given.toLowerCase() !== name) continue;
    const wanted = values.find((known) => known.toLowerCase() === value.toLowerCase());
    if (wanted !== undefined) return wanted;
    throw new GatewayError({
      reason: 'parameter-invalid',
      text: `Prefer: ${name} attend ${values.slice(0, -1).join(', ')} ou ${values.at(-1)}.`,
      expression: ['http.Prefer'],
    });
  }
  return undefined;
}
