// `GET /fhir/metadata`: what a vendor says it can do.

import type { CapabilityStatement } from 'fhir/r4';

export function describeCapabilities(id: string, base: string): CapabilityStatement {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: '2026-01-01',
    kind: 'instance',
    implementation: { description: `Éditeur simulé ${id} (bac à sable)`, url: base },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json'],
    rest: [
      {
        mode: 'server',
        resource: [
          {
            type: 'Slot',
            interaction: [{ code: 'search-type' }],
            searchInclude: [
              'Slot:schedule',
              'Schedule:actor',
              'Slot:service-type-reference',
              'HealthcareService:organization',
            ],
            searchParam: [
              { name: 'start', type: 'date' },
              { name: 'status', type: 'token' },
              { name: 'schedule.actor:Practitioner.identifier', type: 'token' },
            ],
          },
          {
            type: 'Schedule',
            interaction: [{ code: 'search-type' }],
            searchInclude: ['Schedule:actor:Location', 'Location:organization'],
            searchRevInclude: ['Slot:schedule'],
            searchParam: [
              { name: '_has:Slot:schedule:start', type: 'date' },
              { name: '_has:Slot:schedule:status', type: 'token' },
              { name: 'actor:Location.organization.identifier', type: 'token' },
            ],
          },
        ],
      },
    ],
  };
}
