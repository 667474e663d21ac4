// Builds revocation lists, sound or broken: fresh, expired, signed by the impostor, cut in half. No files here.

import 'reflect-metadata';
import {
  AuthorityKeyIdentifierExtension,
  Extension,
  X509Certificate,
  X509Crl,
  X509CrlGenerator,
} from '@peculiar/x509';
import type { Signer } from './certificates.ts';
import { readPrivateKey, toPem } from './keys.ts';

const DAY_MS = 86_400_000;
const CRL_VALIDITY_DAYS = 30;
const CRL_NUMBER_OID = '2.5.29.20';
const DELTA_INDICATOR_OID = '2.5.29.27';
const DISTRIBUTION_POINT_OID = '2.5.29.28';
/** Context tags of onlyContainsUserCerts and onlyContainsCACerts (RFC 5280 § 5.2.5). */
const ONLY = { leaves: 0x81, authorities: 0x82 } as const;
const BACKDATE_MS = 3_600_000;

export interface RevocationSpec {
  /** Hexadecimal serials, in any case. */
  readonly revoked: readonly string[];
  readonly thisUpdate?: Date;
  readonly nextUpdate?: Date;
  /** Whose name the list carries; the key is `signer`'s, which an impostor exploits. */
  readonly signer: Signer;
  readonly truncated?: boolean;
  /** Default: its date in seconds. */
  readonly number?: number;
  /** `none`: the list does not say which key signed it. */
  readonly keyIds?: 'own' | 'none';
  /** The list says that it is about these certificates only. */
  readonly only?: 'leaves' | 'authorities';
  /** Only what changed since another list; `plain`: and not marked as critical, which it has to be. */
  readonly delta?: 'critical' | 'plain';
}

export interface RevocationList {
  readonly pem: string;
  readonly der: Uint8Array;
}

export async function makeRevocationList(spec: RevocationSpec): Promise<RevocationList> {
  const certificate = new X509Certificate(spec.signer.certPem);
  const thisUpdate = spec.thisUpdate ?? new Date(Date.now() - BACKDATE_MS);
  const crl = await X509CrlGenerator.create({
    issuer: certificate.subjectName,
    thisUpdate,
    nextUpdate: spec.nextUpdate ?? new Date(Date.now() + CRL_VALIDITY_DAYS * DAY_MS),
    signingAlgorithm: { name: 'RSASSA-PKCS1-v1_5' },
    signingKey: await readPrivateKey(spec.signer.keyPem, 'SHA-256'),
    extensions: [
      ...(spec.keyIds === 'none'
        ? []
        : [await AuthorityKeyIdentifierExtension.create(certificate.publicKey)]),
      ...(spec.only === undefined
        ? []
        : [new Extension(DISTRIBUTION_POINT_OID, true, new Uint8Array([0x30, 3, ONLY[spec.only], 1, 0xff]))]),
      ...(spec.delta === undefined
        ? []
        : [new Extension(DELTA_INDICATOR_OID, spec.delta === 'critical', encodeInteger(1))]),
      new Extension(
        CRL_NUMBER_OID,
        false,
        encodeInteger(spec.number ?? Math.floor(thisUpdate.getTime() / 1000)),
      ),
    ],
    entries: spec.revoked.map((serialNumber) => ({ serialNumber, revocationDate: thisUpdate })),
  });
  const der = new Uint8Array(crl.rawData);
  const kept = spec.truncated ? der.subarray(0, Math.floor(der.length / 2)) : der;
  return { der: kept, pem: toPem('X509 CRL', kept) };
}

export function readRevocationList(pem: string): {
  readonly nextUpdate: Date;
  readonly revoked: readonly string[];
} {
  const crl = new X509Crl(pem);
  return {
    nextUpdate: crl.nextUpdate ?? new Date(0),
    revoked: crl.entries.map((entry) => entry.serialNumber),
  };
}

function encodeInteger(value: number): Uint8Array<ArrayBuffer> {
  const hex = value.toString(16).padStart(10, '0');
  const bytes = Buffer.from(hex, 'hex');
  return new Uint8Array([0x02, bytes.length, ...bytes]);
}
