// What the mTLS port serves to vendors: appointments to write, and the statement that says so. Everything else is
// 404 or 405. docs/guide.md § 5.

import type { CapabilityStatement } from 'fhir/r4';
import { GatewayError } from '../../shared/error.ts';
import { PROFILE } from '../../shared/sas/canonical.ts';
import { VERSION } from '../../shared/version.ts';

export type InboundRoute =
  | { readonly name: 'metadata'; readonly pattern: string }
  /** `path` goes to the edge with the query as received. `onlyById`: the edge may say that there is none such. */
  | {
      readonly name: 'write';
      readonly pattern: string;
      readonly path: string;
      readonly onlyById: boolean;
    };

/** @throws GatewayError not-found, method-not-allowed. */
export function matchRoute(method: string, target: string): InboundRoute {
  // The absolute form names an origin too (RFC 9112 § 3.2.2).
  const [, path = '', query = ''] = /^(?:https?:\/\/[^/?#]*)?([^?#]*)(\?[^#]*)?/i.exec(target) ?? [];
  if (/^\/fhir\/metadata\/?$/.test(path)) {
    if (method !== 'GET' && method !== 'HEAD') refuseMethod('GET, HEAD');
    return { name: 'metadata', pattern: '/fhir/metadata' };
  }
  if (/^\/fhir\/Appointment\/?$/.test(path)) {
    if (method !== 'POST' && method !== 'PUT') refuseMethod('POST, PUT');
    const pattern = '/fhir/Appointment';
    return { name: 'write', pattern, path: `${pattern}${query}`, onlyById: false };
  }
  const [, id] = /^\/fhir\/Appointment\/([A-Za-z0-9.-]{1,64})$/.exec(path) ?? [];
  if (id !== undefined) {
    if (method !== 'PUT') refuseMethod('PUT');
    const pattern = '/fhir/Appointment/:id';
    return { name: 'write', pattern, path: `/fhir/Appointment/${id}${query}`, onlyById: true };
  }
  throw new GatewayError({ reason: 'not-found', text: "Ce chemin n'existe pas." });
}

/** `base`: the FHIR base as the vendor calls it. */
export function capabilityStatement(base: string): CapabilityStatement {
  return {
    resourceType: 'CapabilityStatement',
    id: 'passerelle-relais',
    status: 'active',
    date: VERSION.date,
    publisher: 'Passerelle SAS',
    kind: 'instance',
    software: { name: 'Passerelle SAS, relais', version: VERSION.number },
    implementation: { description: 'Réception des rendez-vous des éditeurs (INT_R03)', url: base },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json'],
    implementationGuide: ['https://interop.esante.gouv.fr/ig/fhir/sas/ImplementationGuide/ans.fhir.fr.sas'],
    rest: [
      {
        mode: 'server',
        security: { cors: false, description: 'Certificat client IGC-Santé (mTLS)' },
        resource: [
          {
            type: 'Appointment',
            supportedProfile: [PROFILE.appointment, PROFILE.appointmentSos],
            interaction: [{ code: 'create' }, { code: 'update' }],
            versioning: 'versioned-update',
            updateCreate: true,
            conditionalUpdate: true,
            searchParam: [{ name: 'identifier', type: 'token' }],
          },
        ],
      },
    ],
  };
}

function refuseMethod(allow: string): never {
  throw new GatewayError({
    reason: 'method-not-allowed',
    text: "Cette méthode n'est pas admise ici.",
    headers: { Allow: allow },
  });
}
