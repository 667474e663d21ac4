// What a revocation list revokes, for the port where the relay judges certificates itself: at request time, so
// also on resumed sessions. Refuses a list that does not say all it should alone. No I/O, no clock. RFC 5280 § 5.

import { Asn1Error, type Element, readElement, readElements, readOid, TAG } from './asn1.ts';
import { readSerial } from './certificate-facts.ts';
import type { RevocationList } from './revocation-list.ts';

const ISSUING_DISTRIBUTION_POINT = '2.5.29.28';
const DELTA_INDICATOR = '2.5.29.27';
/** Where the list lies, for leaves, for authorities; not: for some reasons, for other issuers, for attributes. */
const SCOPES_UNDERSTOOD = new Set([0xa0, 0x81, 0x82]);

/** Serials as in `CertificateFacts`; undefined for a list that is partial (delta, indirect) or cannot be read. */
export function readRevokedSerials(list: RevocationList): ReadonlySet<string> | undefined {
  try {
    const fields = readElements(readElement(list.signed).content);
    if (!readsAlone(fields.find(({ tag }) => tag === 0xa0))) return undefined;
    // After version, algorithm, issuer and dates: the only plain sequence that is left, when there is one.
    const dates = fields.findLastIndex(({ tag }) => tag === TAG.utcTime || tag === TAG.generalizedTime);
    const entries = fields[dates + 1];
    if (entries === undefined || entries.tag !== TAG.sequence) return new Set();
    return new Set(readElements(entries.content).map((entry) => readSerial(readElement(entry.content))));
  } catch (error) {
    if (error instanceof Asn1Error) return undefined;
    throw error;
  }
}

/** Whom a list is about, when it says so in `onlyContainsUserCerts` or `onlyContainsCACerts` (RFC 5280 § 5.2.5). */
export type ListScope = 'all' | 'leaves' | 'authorities';

/** Of a list that `readRevokedSerials` has read. */
export function readScope(list: RevocationList): ListScope {
  const wrapper = readElements(readElement(list.signed).content).find(({ tag }) => tag === 0xa0);
  for (const extension of wrapper === undefined ? [] : readElements(readElement(wrapper.content).content)) {
    const parts = readElements(extension.content);
    const value = parts.at(-1);
    if (parts[0] === undefined || value === undefined) continue;
    if (readOid(parts[0]) !== ISSUING_DISTRIBUTION_POINT) continue;
    const said = readElements(readElement(value.content).content).filter(({ content }) => content[0] !== 0);
    if (said.some(({ tag }) => tag === 0x81)) return 'leaves';
    if (said.some(({ tag }) => tag === 0x82)) return 'authorities';
  }
  return 'all';
}

function readsAlone(wrapper: Element | undefined): boolean {
  if (wrapper === undefined) return true;
  return readElements(readElement(wrapper.content).content).every((extension) => {
    const parts = readElements(extension.content);
    const [oid] = parts;
    const name = oid === undefined ? undefined : readOid(oid);
    // Both are to be critical (RFC 5280 §§ 5.2.4, 5.2.5): one that is not says the same of the list.
    if (name === DELTA_INDICATOR) return false;
    const isCritical = parts.length === 3 && parts[1]?.content[0] !== 0;
    if (name !== ISSUING_DISTRIBUTION_POINT) return !isCritical;
    const value = parts.at(-1);
    if (value === undefined) return false;
    return readElements(readElement(value.content).content).every(({ tag }) => SCOPES_UNDERSTOOD.has(tag));
  });
}
