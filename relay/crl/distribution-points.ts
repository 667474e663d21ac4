// Where a certificate says that the revocation list of its issuer lies. Called by list-needs.ts. LDAP addresses are left
// out: the authorities publish the same list over HTTP. No I/O. RFC 5280 § 4.2.1.13.

import type { X509Certificate } from 'node:crypto';
import { isListUrl } from '../base/config-schema.ts';
import { Asn1Error, type Element, readElement, readElements, readOid } from '../certificates/asn1.ts';

const DISTRIBUTION_POINTS = '2.5.29.31';
/** Context tags: the extensions of a certificate, the name of a point, its full name, a URI among general names. */
const TAG = { extensions: 0xa3, name: 0xa0, fullName: 0xa0, uri: 0x86 } as const;

/**
 * The `http:` and `https:` addresses, in the certificate's order. A point that covers some reasons only, or another issuer's
 * list, is left out: the relay believes whole lists only. Empty when the certificate names none or cannot be read.
 */
export function readDistributionPoints(certificate: X509Certificate): readonly string[] {
  try {
    const [signed] = readElements(readElement(certificate.raw).content);
    const fields = signed === undefined ? [] : readElements(signed.content);
    const [list] = childrenOf(fields.find(({ tag }) => tag === TAG.extensions));
    for (const extension of childrenOf(list)) {
      const [oid, ...rest] = readElements(extension.content);
      const value = rest.at(-1);
      if (oid === undefined || value === undefined || readOid(oid) !== DISTRIBUTION_POINTS) continue;
      return childrenOf(readElement(value.content)).flatMap(urlsOf);
    }
    return [];
  } catch (error) {
    if (error instanceof Asn1Error) return [];
    throw error;
  }
}

function urlsOf(point: Element): readonly string[] {
  const [name, ...others] = childrenOf(point);
  if (name?.tag !== TAG.name || others.length > 0) return [];
  return childrenOf(name)
    .filter(({ tag }) => tag === TAG.fullName)
    .flatMap(childrenOf)
    .filter(({ tag }) => tag === TAG.uri)
    .map(({ content }) => content.toString('latin1'))
    .filter(isListUrl);
}

function childrenOf(element: Element | undefined): readonly Element[] {
  return element === undefined ? [] : readElements(element.content);
}
