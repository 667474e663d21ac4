// Whether a vendor's answer to a message about an account says that the vendor has done it. "Done needs a yes": 200,
// 201 or 204, whole, with nothing in it, or with the account as it was said, or with an OperationOutcome that tells of
// no error. Everything else confirms nothing, and says why. docs/accounts.md § 3.

import type { VendorFailure } from '../../shared/failure.ts';
import { asObject, asText, type JsonObject, objectsOf, textsOf } from '../../shared/fhir/json.ts';
import type { AccountDoubt, AccountRequest } from '../../shared/link/accounts.ts';
import {
  type RegulatorIdentifier,
  regulatorIdentifierOf,
  sameIdentifier,
} from '../../shared/sas/regulator.ts';
import { type BodyBounds, type BodyHeaders, readBody } from '../reading/body.ts';

/** The guide's 201 and 200, and the one that has no room for a body. 202 promises; the others are of other flows. */
const DONE: ReadonlySet<number> = new Set([200, 201, 204]);
/** R4 issue-severity, without `error` and `fatal`. */
const HARMLESS: ReadonlySet<unknown> = new Set(['information', 'warning']);

export type Denial =
  | { readonly reason: VendorFailure | AccountDoubt }
  /** Codes of the issues, as the vendor wrote them. */
  | { readonly reason: 'outcome-error'; readonly outcome: unknown };

/** Undefined when the answer is a yes. `body` is whole; `said` is the request: the text of its body, whom its query names. */
export function denialOf(
  said: Pick<AccountRequest, 'body' | 'identifier'>,
  status: number,
  body: Buffer,
  headers: BodyHeaders,
  bounds: BodyBounds,
): Denial | undefined {
  if (!DONE.has(status)) return { reason: 'unconfirmed' };
  // White space and a byte order mark are nothing, unless they claim to be something else.
  if (body.length === 0) return undefined;
  if (headers.encoding === undefined && body.toString('utf8').trim() === '') return undefined;
  const read = readBody(body, headers, bounds);
  if (!read.ok) return { reason: read.error.reason };
  const resource = asObject(read.value.json);
  // A modifier that nobody knows may turn all of it round (R4 extensibility.html).
  if (resource?.modifierExtension !== undefined || resource?.implicitRules !== undefined) {
    return { reason: 'not-account' };
  }
  if (resource?.resourceType === 'OperationOutcome') return outcomeDenial(resource);
  if (resource?.resourceType !== 'Practitioner') return { reason: 'not-account' };
  return practitionerDenial(resource, asObject(JSON.parse(said.body)) ?? {}, said.identifier);
}

function outcomeDenial(outcome: JsonObject): Denial | undefined {
  const issues = Array.isArray(outcome.issue) ? outcome.issue : [];
  const isHarmless = issues.length > 0 && issues.every((issue) => HARMLESS.has(asObject(issue)?.severity));
  return isHarmless ? undefined : { reason: 'outcome-error', outcome };
}

function practitionerDenial(
  kept: JsonObject,
  said: JsonObject,
  query: RegulatorIdentifier | undefined,
): Denial | undefined {
  const [wanted] = identifiersOf(objectsOf(said.identifier));
  if (!identifiersOf(objectsOf(kept.identifier)).some((one) => sameIdentifier(one, wanted))) {
    return { reason: 'other-account' };
  }
  // A second one of that system is another regulator's, unless it is the one that the message changes: an account of two
  // is neither's, and closes or opens for both.
  const current = identifiersOf(objectsOf(kept.identifier).filter(({ use }) => use !== 'old'));
  const isAnothers = (one: RegulatorIdentifier): boolean =>
    one.system === wanted?.system && one.value !== wanted.value && !sameIdentifier(one, query);
  if (current.some(isAnothers)) return { reason: 'other-account' };
  // R4, Practitioner.active: without a value the record is assumed to be active.
  if ((kept.active === undefined ? true : kept.active) !== said.active) return { reason: 'other-right' };
  // Who has lost the right has lost the name too, at some vendors: that is theirs to decide.
  return said.active === false || isSameContent(kept, said) ? undefined : { reason: 'other-content' };
}

function identifiersOf(identifiers: readonly JsonObject[]): RegulatorIdentifier[] {
  return identifiers.flatMap((identifier) => {
    const value = asText(identifier.value);
    const system = asText(identifier.system);
    if (value === undefined || system === undefined) return [];
    return [regulatorIdentifierOf({ system, value })];
  });
}

/** Name and address, where the vendor says them: what it leaves out contradicts nothing. */
function isSameContent(kept: JsonObject, said: JsonObject): boolean {
  const names = objectsOf(kept.name);
  const [name] = objectsOf(said.name);
  const emails = objectsOf(kept.telecom).filter(({ system }) => system === 'email');
  const email = objectsOf(said.telecom)[0]?.value;
  const families = names.flatMap(({ family }) => asText(family) ?? []);
  const givens = names.flatMap(({ given }) => textsOf(given));
  return (
    isAmong(name?.family, families) &&
    isAmong(textsOf(name?.given)[0], givens) &&
    isAmong(
      email,
      emails.flatMap(({ value }) => asText(value) ?? []),
    )
  );
}

function isAmong(wanted: unknown, kept: readonly string[]): boolean {
  const text = asText(wanted);
  return text === undefined || kept.length === 0 || kept.some((one) => isAlike(one, text));
}

/** Vendors write names in capitals, without accents, or with accents that their character set has damaged. */
function isAlike(a: string, b: string): boolean {
  return plain(a.normalize('NFD')) === plain(b.normalize('NFD')) || plain(a) === plain(b);
}

const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');
