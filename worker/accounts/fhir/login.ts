// POST /fhir/Practitioner/{id}/$login: the regulator logs in to SAS, and each vendor is told what it does not know
// yet. Answers Parameters, one `vendor` per vendor that keeps accounts. docs/accounts.md § 2; R4 operations.html.

import type { Parameters, ParametersParameter } from 'fhir/r4';
import { GatewayError } from '../../../shared/error.ts';
import { log } from '../../base/log.ts';
import { fhirResponse, type RequestContext } from '../../http/http.ts';
import { openEngine } from '../engine.ts';
import { logIn, type VendorAnswer } from '../login.ts';
import { instant } from './resource.ts';

/** POST /fhir/Practitioner/{id}/$login. @throws GatewayError not-found, storage-unavailable. */
export async function loginPractitioner(context: RequestContext): Promise<Response> {
  const engine = openEngine(context.env, context.requestId, { startMs: context.startedMs });
  const answer = await logIn(engine, context.parameters.id ?? '');
  if (answer === undefined)
    throw new GatewayError({ reason: 'not-found', text: 'Aucun régulateur n’a cet id.' });
  const { regulator, vendors, rest } = answer;
  context.waitUntil(rest);
  const countOf = (state: VendorAnswer['state']): number =>
    vendors.filter((vendor) => vendor.state === state).length;
  log('info', 'regulator-logged-in', {
    requestId: context.requestId,
    flow: 'INT_R02',
    editors: vendors.length,
    count: countOf('done'),
    failed: countOf('refused') + countOf('unreachable') + countOf('unconfirmed'),
    durationMs: Date.now() - context.startedMs,
  });
  const parameters: Parameters = {
    resourceType: 'Parameters',
    parameter: [
      { name: 'regulator', valueReference: { reference: `Practitioner/${regulator.id}` } },
      { name: 'active', valueBoolean: regulator.active },
      ...vendors.map((vendor) => ({ name: 'vendor', part: partsOf(vendor) })),
    ],
  };
  return fhirResponse(parameters, context);
}

function partsOf({ editor, name, state, reason, status, nextTryMs }: VendorAnswer): ParametersParameter[] {
  return [
    { name: 'id', valueCode: editor },
    { name: 'name', valueString: name },
    { name: 'state', valueCode: state },
    ...(reason === undefined ? [] : [{ name: 'reason', valueCode: reason }]),
    { name: 'text', valueString: sentenceOf(state, reason, nextTryMs) },
    ...(status === undefined ? [] : [{ name: 'status', valueInteger: status }]),
    ...(nextTryMs === undefined ? [] : [{ name: 'nextTry', valueInstant: instant(nextTryMs) }]),
  ];
}

function sentenceOf(
  state: VendorAnswer['state'],
  reason: string | undefined,
  nextTryMs: number | undefined,
): string {
  const later = nextTryMs === undefined ? 'à la prochaine connexion' : 'sans attendre la prochaine connexion';
  switch (state) {
    case 'done':
      return 'Le compte est à jour chez cet éditeur, qui vient de le confirmer.';
    case 'unchanged':
      return 'Rien à dire à cet éditeur.';
    case 'refused':
      return `L’éditeur a refusé le compte ; nouvel essai ${later}.`;
    case 'unconfirmed':
      return `L’éditeur a répondu sans confirmer le compte ; nouvel essai ${later}.`;
    case 'not-asked':
      return 'Cet éditeur est désactivé : rien ne lui est demandé.';
    case 'unreachable':
      return reason === 'under-way'
        ? 'L’éditeur n’a pas encore répondu ; l’envoi se poursuit.'
        : `L’éditeur n’a pas répondu ; nouvel essai ${later}.`;
  }
}
