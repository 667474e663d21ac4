// Which appointment a write means: the identifier in the query, the id in the path and the identifier in the body
// must agree, and all must be the sender's own. docs/guide.md G-502, G-605, § 5.

import { GatewayError } from '../../shared/error.ts';
import { type JsonObject, objectsOf } from '../../shared/fhir/json.ts';
import { parseQuery, parseToken } from '../../shared/fhir/search.ts';
import { ownerOf } from '../../shared/sas/appointment-id.ts';
import { readFormat, refuse, TOKEN_FORM } from '../../shared/sas/search-parameters.ts';
import type { Sender } from '../http/auth.ts';
import { appointmentId } from './model/identity.ts';
import type { NationalId } from './model/message.ts';

/**
 * The `identifier` of a write's query, in any case; undefined without one. A value without system is the
 * sender's. @throws GatewayError query-malformed, parameter-*, not-owner.
 */
export function readIdentifierQuery(url: URL, sender: Sender): NationalId | undefined {
  const parameters = parseQuery(url.search.slice(1));
  if (!parameters.ok) throw refuse('query-malformed', 'identifier', 'La requête ne peut être décodée.');
  let found: NationalId | undefined;
  for (const { name, value } of parameters.value) {
    if (name === '_format') readFormat(value);
    else if (name.toLowerCase() !== 'identifier') {
      throw refuse('parameter-unknown', name.slice(0, 80), `Paramètre inconnu : ${name.slice(0, 80)}.`);
    } else if (found !== undefined) {
      throw refuse('parameter-repeated', 'identifier', 'Un seul identifiant est admis.');
    } else found = readToken(value, sender);
  }
  return found;
}

function readToken(text: string, sender: Sender): NationalId {
  const token = parseToken(text);
  if (token === undefined) {
    throw refuse('parameter-invalid', 'identifier', TOKEN_FORM);
  }
  const system = token.system ?? sender.appointmentSystem;
  checkOwned(system, sender, 'http.identifier');
  return { system: sender.appointmentSystem, value: token.value };
}

/** A body whose identifier can be read, and is another vendor's, is refused before anything else is said of it. */
export function checkBodyOwned(resource: JsonObject, sender: Sender): void {
  objectsOf(resource.identifier).forEach((identifier, index) => {
    if (typeof identifier.system !== 'string' || identifier.system.trim() === '') return;
    checkOwned(identifier.system.trim(), sender, `Appointment.identifier[${index}].system`);
  });
}

function checkOwned(system: string, sender: Sender, expression: string): void {
  const owned = sender.appointmentSystem;
  // `urn:oid:` is often forgotten in queries (docs/guide.md G-605); in a body the rules want it whole.
  if (system === owned || (expression.startsWith('http.') && `urn:oid:${system}` === owned)) return;
  throw new GatewayError({
    reason: 'not-owner',
    text: "Ce système d'identifiants n'est pas celui de cet éditeur.",
    expression: [expression],
  });
}

/** @throws GatewayError identifier-mismatch. */
export function checkSameIdentifier(asked: NationalId | undefined, sent: NationalId): void {
  if (asked === undefined || (asked.system === sent.system && asked.value === sent.value)) return;
  throw new GatewayError({
    reason: 'identifier-mismatch',
    text: "L'identifiant de la requête et celui de la ressource diffèrent.",
    expression: ['http.identifier', 'Appointment.identifier'],
  });
}

/** For `PUT Appointment/{id}`. @throws GatewayError not-found, not-owner. */
export function checkIdOwned(id: string, sender: Sender): void {
  const owner = ownerOf(id);
  if (owner === undefined) {
    throw new GatewayError({
      reason: 'not-found',
      text: "Cet id n'a jamais été attribué ; créer par PUT Appointment?identifier=…",
    });
  }
  if (owner === sender.editor) return;
  throw new GatewayError({ reason: 'not-owner', text: "Ce rendez-vous n'est pas celui de cet éditeur." });
}

/** @throws GatewayError identifier-mismatch: an appointment keeps its identifier for life. */
export async function checkIdentifierOfId(id: string, sent: NationalId, sender: Sender): Promise<void> {
  if ((await appointmentId(sender.editor, sent.system, sent.value)) === id) return;
  throw new GatewayError({
    reason: 'identifier-mismatch',
    text: "L'identifiant de la ressource n'est pas celui du rendez-vous de cette adresse.",
    expression: ['Appointment.identifier'],
  });
}
