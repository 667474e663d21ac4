// The headers that steer a write: If-Match (RFC 9110 § 13.1.1, R4 concurrency) and Prefer: return (RFC 7240).

import { GatewayError } from '../../shared/error.ts';

/** What a successful write answers; without a wish, `minimal`: the vendor has the content already. */
export type Return = 'minimal' | 'representation' | 'OperationOutcome';

/** @throws GatewayError parameter-invalid. Other preferences are ignored, as RFC 7240 wants. */
export function readReturn(header: string | null): Return {
  for (const item of (header ?? '').split(/[,;]/)) {
    const [name = '', value = ''] = item.split('=').map((part) => part.trim().replace(/^"(.*)"$/, '$1'));
    if (name.toLowerCase() !== 'return') continue;
    const wanted = RETURNS.find((known) => known.toLowerCase() === value.toLowerCase());
    if (wanted !== undefined) return wanted;
    throw new GatewayError({
      reason: 'parameter-invalid',
      text: 'Prefer: return attend minimal, representation ou OperationOutcome.',
      expression: ['http.Prefer'],
    });
  }
  return 'minimal';
}

const RETURNS: readonly Return[] = ['minimal', 'representation', 'OperationOutcome'];

/** The version that must be current; `any` for `*`. Strong and weak tags are the same here. */
export function readIfMatch(header: string | null): number | 'any' | undefined {
  const text = header?.trim() ?? '';
  if (text === '') return undefined;
  if (text === '*') return 'any';
  const version = /^(?:W\/)?"?(\d{1,9})"?$/.exec(text)?.[1];
  if (version !== undefined) return Number(version);
  throw new GatewayError({
    reason: 'parameter-invalid',
    text: 'If-Match attend la version reçue dans ETag, par exemple W/"2".',
    expression: ['http.If-Match'],
  });
}
