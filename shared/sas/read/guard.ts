// The last look before a resource leaves: after repair it must break no error rule of its profile. Run once per
// shape, place and holder, not per slot (docs/performance.md); a failure is a bug of the reader or a vendor's
// content that no repair foresees, and costs its slots, never the answer.

import type { JsonObject } from '../../fhir/json.ts';
import type { Flow } from '../query.ts';
import { judgeLocation } from '../rules/location.ts';
import { judgeOrganization } from '../rules/organization.ts';
import { judgePractitioner } from '../rules/practitioner.ts';
import { judgePractitionerRole } from '../rules/practitioner-role.ts';
import type { Finding } from '../rules/rule.ts';
import { judgeSlot } from '../rules/slot.ts';
import { ruleOf } from '../rules/table.ts';

/** The first error rule that a list of findings breaks; undefined for a conformant resource. */
export function firstError(findings: readonly Finding[]): string | undefined {
  return findings.find(({ rule }) => ruleOf(rule).severity === 'error')?.rule;
}

/** A slot of this shape with sample times: what differs between slots is strict by construction. */
export function isConformantShape(content: JsonObject, flow: Flow, isCpts: boolean): boolean {
  const slot = {
    resourceType: 'Slot',
    id: 'sample',
    ...content,
    schedule: { reference: 'Schedule/sample' },
    status: 'free',
    start: '2026-01-01T10:00:00.000+01:00',
    end: '2026-01-01T10:20:00.000+01:00',
  };
  const profile = flow === 'SOS' ? 'sos' : isCpts ? 'cpts' : 'individual';
  return firstError(judgeSlot(slot, profile)) === undefined;
}

export function isConformantSite(resource: JsonObject, flow: Flow): boolean {
  const findings = flow === 'SOS' ? judgeLocation(resource, 'sos') : judgePractitionerRole(resource);
  return firstError(findings) === undefined;
}

export function isConformantHolder(resource: JsonObject): boolean {
  const findings =
    resource.resourceType === 'Organization'
      ? judgeOrganization(resource, 'sos')
      : judgePractitioner(resource);
  return firstError(findings) === undefined;
}

export function isConformantCpts(organization: JsonObject): boolean {
  return firstError(judgeOrganization(organization, 'cpts')) === undefined;
}
