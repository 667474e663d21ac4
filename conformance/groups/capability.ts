// C1: the CapabilityStatement, in an optional group of the kit.

import { asObject } from '../../shared/fhir/json.ts';
import { describeEnd, type Exchange } from '../calls/exchange.ts';
import { breaks, defineRequirements, pass, type Verdict } from '../requirement.ts';
import type { Scene } from '../scene.ts';

const ROWS = defineRequirements({
  C1: 'optional [KIT] GET [base]/metadata répond 200 et un CapabilityStatement.',
});
const EXAMPLE = `{ "resourceType": "CapabilityStatement", "status": "active", "kind": "instance",
  "fhirVersion": "4.0.1", "format": ["application/fhir+json"], "rest": [{ "mode": "server", … }] }`;

export async function runCapability(scene: Scene): Promise<void> {
  const url = `${scene.inputs.editor.baseUrl}/metadata`;
  const exchange = await scene.caller.call({ label: 'CapabilityStatement', url });
  scene.judge('Déclaration des capacités', ROWS.C1, judgeCapability(exchange), exchange);
}

function judgeCapability(exchange: Exchange): Verdict {
  const type = asObject(exchange.received?.json)?.resourceType;
  if (exchange.received?.status === 200 && type === 'CapabilityStatement') return pass();
  const what = typeof type === 'string' ? `, une ressource ${type.slice(0, 40)}` : '';
  return breaks({
    text: `Un CapabilityStatement est attendu ; ici, ${describeEnd(exchange)}${what}.`,
    example: EXAMPLE,
  });
}
