// A regulator's account as SAS words it (INT_R02), between the FHIR resource and the few facts we keep of it.
// Profile FrPractitionerRegul; docs/guide.md § 4. `judgeRegulator` says whether a resource is acceptable; this file
// reads one that is, and writes the one vendors receive. Pure.

import { asObject, asText, type JsonObject, objectsOf, textsOf } from '../fhir/json.ts';
import type { Token } from '../fhir/search.ts';
import { PROFILE, SYSTEM } from './canonical.ts';

/** System and value together name an account: the same value under the other system is somebody else. */
export interface RegulatorIdentifier {
  readonly system: string;
  readonly value: string;
}

/** All that a vendor is told of a regulator. */
export interface RegulatorContent {
  readonly identifier: RegulatorIdentifier;
  readonly active: boolean;
  readonly family: string;
  readonly given: string;
  readonly email: string;
}

export interface ReadRegulator {
  readonly content: RegulatorContent;
  /** SAS's own id beside the national one, when the resource carries both. */
  readonly technicalId?: string;
}

const TYPE_CODE: Readonly<Record<string, string>> = { [SYSTEM.idnps]: 'IDNPS', [SYSTEM.sas]: 'INTRN' };
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Undefined when an element that the account needs is absent: rules of other systems are open, ours are not. */
export function readRegulator(resource: JsonObject): ReadRegulator | undefined {
  const identifiers = objectsOf(resource.identifier);
  const find = (system: string): string | undefined =>
    asText(identifiers.find((identifier) => identifier.system === system)?.value);
  const national = find(SYSTEM.idnps);
  const technicalId = find(SYSTEM.sas);
  const value = national ?? technicalId;
  const name = objectsOf(resource.name)[0];
  const family = asText(name?.family);
  const [given] = textsOf(name?.given);
  const email = asText(objectsOf(resource.telecom)[0]?.value);
  if (value === undefined || family === undefined || given === undefined || email === undefined) {
    return undefined;
  }
  const system = national === undefined ? SYSTEM.sas : SYSTEM.idnps;
  const content = { identifier: { system, value }, active: resource.active === true, family, given, email };
  return national !== undefined && technicalId !== undefined ? { content, technicalId } : { content };
}

/** The resource, without `id`: exactly one identifier, its type coherent with its system. */
export function regulatorResource(content: RegulatorContent): JsonObject {
  const { system, value } = content.identifier;
  return {
    resourceType: 'Practitioner',
    meta: { source: SYSTEM.sas, profile: [PROFILE.regulator] },
    identifier: [
      { type: { coding: [{ system: SYSTEM.identifierType, code: TYPE_CODE[system] }] }, system, value },
    ],
    active: content.active,
    name: [{ family: content.family, given: [content.given] }],
    telecom: [{ system: 'email', value: content.email }],
  };
}

/** Two that are absent are not the same. */
export function sameIdentifier(
  a: RegulatorIdentifier | undefined,
  b: RegulatorIdentifier | undefined,
): boolean {
  return a !== undefined && b !== undefined && a.system === b.system && a.value === b.value;
}

/** Such a value is SAS's own id, whatever system it is given in. */
export function isUuid(value: string): boolean {
  return UUID.test(value);
}

/** docs/guide.md G-605: the prefix `urn:oid:` may be forgotten; without system a UUID is SAS's own, else national. */
export function regulatorIdentifierOf(token: Token): RegulatorIdentifier {
  const { system, value } = token;
  if (system === undefined) return { system: isUuid(value) ? SYSTEM.sas : SYSTEM.idnps, value };
  return { system: /^[\d.]+$/.test(system) ? `urn:oid:${system}` : system, value };
}

/** Codes of the issues of a vendor's OperationOutcome; empty when it is none. */
export function issueCodesOf(value: unknown): string[] {
  const outcome = asObject(value);
  if (outcome?.resourceType !== 'OperationOutcome') return [];
  return objectsOf(outcome.issue)
    .map((issue) => asText(issue.code)?.toLowerCase() ?? '')
    .filter((code) => /^[a-z-]{1,40}$/.test(code))
    .slice(0, 10);
}
