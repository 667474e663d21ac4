// POST /fhir/Practitioner and PUT /fhir/Practitioner?identifier=: SAS says what a regulator is (INT_R02). Recorded and
// answered at once; a right that ends goes out to the vendors behind the answer. docs/guide.md § 4; docs/accounts.md §
// 2.

import { GatewayError } from '../../../shared/error.ts';
import { log } from '../../base/log.ts';
import { readResource } from '../../http/body.ts';
import { fhirResponse, type RequestContext } from '../../http/http.ts';
import { openEngine } from '../engine.ts';
import { type Key, type Saved, saveWanted } from '../save.ts';
import { withdrawEverywhere } from '../withdraw.ts';
import { etagOf, practitionerOf } from './resource.ts';
import { readBody, readKnownIdentifier } from './target.ts';

/** POST. @throws GatewayError rule-broken, duplicate, body-*, media-type-not-supported. */
export function createPractitioner(context: RequestContext): Promise<Response> {
  return write(context, { by: 'nobody' });
}

/** PUT ?identifier=. @throws GatewayError as POST does, and parameter-*. */
export function updatePractitioner(context: RequestContext): Promise<Response> {
  return write(context, { by: 'identifier', identifier: readKnownIdentifier(context.url) });
}

async function write(context: RequestContext, key: Key): Promise<Response> {
  const { content, technicalId } = readBody(await readResource(context.request, 'Practitioner'));
  const engine = openEngine(context.env, context.requestId, {
    startMs: context.startedMs,
    caller: `fhir ${context.caller?.subject ?? ''}`,
  });
  const saved = await saveWanted(engine, key, {
    content,
    ...(technicalId === undefined ? {} : { technicalId }),
  });
  if (!saved.ok) throw duplicate(key);
  const { regulator, isWithdrawn } = saved.value;
  if (isWithdrawn) context.waitUntil(withdrawEverywhere(engine, regulator.id));
  log('info', 'regulator-recorded', {
    requestId: context.requestId,
    flow: 'INT_R02',
    status: statusOf(saved.value),
    detail: fateOf(saved.value),
    durationMs: Date.now() - context.startedMs,
  });
  const location = `${context.fhirBase}/Practitioner/${regulator.id}`;
  const body = JSON.stringify(practitionerOf(regulator, [], context.startedMs));
  return fhirResponse(body, context, statusOf(saved.value), {
    Location: location,
    ETag: etagOf(regulator),
  });
}

function statusOf({ isNew }: Saved): 200 | 201 {
  return isNew ? 201 : 200;
}

function fateOf({ isNew, isChanged, isWithdrawn, regulator }: Saved): string {
  if (isWithdrawn) return regulator.wave === undefined ? 'withdrawn' : 'withdrawal held';
  if (isNew) return 'created';
  return isChanged ? 'changed' : 'same';
}

function duplicate(key: Key): GatewayError {
  return new GatewayError({
    reason: 'duplicate',
    text:
      key.by === 'nobody'
        ? 'Un compte porte déjà cet identifiant ; le modifier par PUT Practitioner?identifier=système|valeur.'
        : 'Un autre régulateur, habilité, porte déjà cet identifiant.',
    expression: ['Practitioner.identifier'],
  });
}
