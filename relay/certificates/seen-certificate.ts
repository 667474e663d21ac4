// What the relay keeps of a certificate that another has shown: enough to say when it ends, and nothing that names anybody.

import type { X509Certificate } from 'node:crypto';

/** Times in milliseconds since 1970. */
export interface SeenCertificate {
  /** Hexadecimal, upper case. */
  readonly serial: string;
  readonly notAfterMs: number;
  readonly seenMs: number;
}

/** As shown at that moment. */
export function seeCertificate(certificate: X509Certificate, seenMs: number): SeenCertificate {
  const { serialNumber: serial, validToDate } = certificate;
  return { serial, notAfterMs: validToDate.getTime(), seenMs };
}
