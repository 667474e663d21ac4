// GET /fhir/metadata: the CapabilityStatement, made from the routes that exist. docs/guide.md G-201, G-202, G-203,
// G-206.

import type { CapabilityStatement, CapabilityStatementRestResource } from 'fhir/r4';
import { VERSION } from '../../shared/version.ts';
import { fhirResponse, publicCache, type RequestContext } from '../http/http.ts';
import type { Capability } from '../http/route.ts';

/** The handler of GET /fhir/metadata. `capabilities`: of all routes, read when it is called. */
export function capabilityHandler(capabilities: () => readonly Capability[]) {
  return (context: RequestContext): Response => {
    const statement: CapabilityStatement = {
      resourceType: 'CapabilityStatement',
      id: 'passerelle',
      status: 'active',
      date: VERSION.date,
      publisher: 'Passerelle SAS',
      kind: 'instance',
      software: { name: 'Passerelle SAS', version: VERSION.number },
      implementation: {
        description: "Agrégateur de créneaux du Service d'Accès aux Soins",
        url: context.fhirBase,
      },
      fhirVersion: '4.0.1',
      format: ['application/fhir+json'],
      implementationGuide: ['https://interop.esante.gouv.fr/ig/fhir/sas/ImplementationGuide/ans.fhir.fr.sas'],
      rest: [
        {
          mode: 'server',
          documentation:
            'Une adresse porte 15 Kio, 300 professionnels environ : au-delà (414), les mêmes paramètres en POST …/_search, 500 identifiants au plus.',
          security: {
            cors: false,
            description:
              'Jeton Bearer (JWT) avec les portées SMART system/Slot.s, system/Practitioner.cu et system/Appointment.rs',
          },
          resource: capabilities().map(toResource),
        },
      ],
    };
    return fhirResponse(statement, context, 200, publicCache(context));
  };
}

function toResource(capability: Capability): CapabilityStatementRestResource {
  return {
    type: capability.type,
    supportedProfile: [...capability.profiles],
    interaction: capability.interactions.map((code) => ({ code })),
    ...capability.behaviour,
    ...(capability.includes.length > 0 ? { searchInclude: [...capability.includes] } : {}),
    ...(capability.revIncludes.length > 0 ? { searchRevInclude: [...capability.revIncludes] } : {}),
    searchParam: capability.searchParameters.map((name) => ({ name, type: typeOf(name) })),
  };
}

function typeOf(name: string): 'date' | 'token' {
  return name.endsWith('start') || name === 'date' || name === '_lastUpdated' ? 'date' : 'token';
}
