// What a write means: which appointment, which version of it, and what it is to say. The identifier in the query, the
// id in the path and the identifier in the body must agree, and all must be the sender's own. The only way from a
// vendor's request to a message. docs/guide.md G-502, G-605, § 5.

import { GatewayError } from '../../shared/error.ts';
import { type JsonObject, objectsOf } from '../../shared/fhir/json.ts';
import { parseToken } from '../../shared/fhir/search.ts';
import { ownerOf } from '../../shared/sas/appointment-id.ts';
import { refuse, TOKEN_FORM } from '../../shared/sas/search-parameters.ts';
import { readResource } from '../http/body.ts';
import type { RequestContext } from '../http/http.ts';
import { readIdentifierQuery } from '../http/query.ts';
import type { Sender } from '../http/relay-token.ts';
import { appointmentId, contentHash } from './model/identity.ts';
import { type AppointmentMessage, type NationalId, readMessage } from './model/message.ts';

/** An appointment as a vendor sends it, under the address that it has here. */
export interface SentAppointment {
  /** FHIR id: the one of the path, or made from the sender and the identifier. */
  readonly id: string;
  readonly message: AppointmentMessage;
  /** Of the profile and the content: two messages of one hash say the same. */
  readonly hash: string;
  /** The version that must be current, from If-Match; `any` for `*`: it must exist. */
  readonly ifMatch: number | 'any' | undefined;
  /** When the body had been read, milliseconds. */
  readonly nowMs: number;
}

/**
 * Reads the address, then the body. The first refusal ends it: of the headers and the address, of the body's form, of
 * its owner, of its rules, and last of an identifier that is not the address's.
 * @throws GatewayError parameter-*, query-malformed, not-found, not-owner, media-type-not-supported, body-*,
 * patient-data, rule-broken, identifier-mismatch.
 */
export async function readSent(context: RequestContext, sender: Sender): Promise<SentAppointment> {
  const { request, url, parameters } = context;
  const ifMatch = request.method === 'PUT' ? readIfMatch(request.headers.get('If-Match')) : undefined;
  const asked = readIdentifierQuery(url, (text) => readOwnToken(text, sender), isIdentifier);
  if (parameters.id !== undefined) checkIdOwned(parameters.id, sender);
  const resource = await readResource(request, 'Appointment', sender.bodySha256);
  checkBodyOwned(resource, sender);
  const nowMs = Date.now();
  const read = readMessage(resource, nowMs);
  if (!read.ok) {
    const isPatient = read.error.some((issue) => issue.reason === 'patient-data');
    const reason = isPatient ? 'patient-data' : 'rule-broken';
    throw new GatewayError({ reason, text: 'Le rendez-vous est refusé.', issues: read.error });
  }
  const message = read.value;
  const { identifier } = message;
  // Both are the sender's own: their systems are one.
  if (asked !== undefined && asked.value !== identifier.value) {
    throw mismatch("L'identifiant de la requête et celui de la ressource diffèrent.", 'http.identifier');
  }
  const id = await appointmentId(sender.editor, identifier.system, identifier.value);
  // An appointment keeps its identifier for life.
  if (parameters.id !== undefined && parameters.id !== id) {
    throw mismatch("L'identifiant de la ressource n'est pas celui du rendez-vous de cette adresse.");
  }
  return { id, message, hash: await contentHash(message.profile, message.content), ifMatch, nowMs };
}

/** In any case: vendors write `Identifier` too. */
function isIdentifier(name: string): boolean {
  return name.toLowerCase() === 'identifier';
}

/** A value without system is the sender's. @throws GatewayError parameter-invalid, not-owner. */
function readOwnToken(text: string, sender: Sender): NationalId {
  const token = parseToken(text);
  if (token === undefined) {
    throw refuse('parameter-invalid', 'identifier', TOKEN_FORM);
  }
  const system = token.system ?? sender.appointmentSystem;
  checkOwned(system, sender, 'http.identifier');
  return { system: sender.appointmentSystem, value: token.value };
}

/** A body whose identifier can be read, and is another vendor's, is refused before anything else is said of it. */
function checkBodyOwned(resource: JsonObject, sender: Sender): void {
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

/** @throws GatewayError not-found, not-owner. */
function checkIdOwned(id: string, sender: Sender): void {
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

function mismatch(text: string, ...asked: readonly string[]): GatewayError {
  return new GatewayError({
    reason: 'identifier-mismatch',
    text,
    expression: [...asked, 'Appointment.identifier'],
  });
}

/** If-Match (RFC 9110 § 13.1.1, R4 concurrency). Strong and weak tags are the same here. */
export function readIfMatch(header: string | null): number | 'any' | undefined {
  const text = header?.trim() ?? '';
  if (text === '') return undefined;
  if (text === '*') return 'any';
  const version = /^(?:W\/)?"?(\d{1,9})"?$/.exec(text)?.[1];
  if (version !== undefined) return Number(version);
  throw new GatewayError({
    reason: 'parameter-invalid',
    text: 'If-Match attend la version reçue dans ETag, par exemple W/"2".',
    expression: ['http.If-Match'],
  });
}
