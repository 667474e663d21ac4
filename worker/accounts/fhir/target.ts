// What a write or a search of the FHIR face says: the identifier of the query, the regulator of the body. Everything
// the profile forbids is refused here, each rule named. docs/guide.md § 4; docs/rules.md.

import { GatewayError } from '../../../shared/error.ts';
import type { JsonObject } from '../../../shared/fhir/json.ts';
import { parseToken } from '../../../shared/fhir/search.ts';
import { SYSTEM } from '../../../shared/sas/canonical.ts';
import {
  type ReadRegulator,
  type RegulatorIdentifier,
  readRegulator,
  regulatorIdentifierOf,
} from '../../../shared/sas/regulator.ts';
import { judgeRegulator } from '../../../shared/sas/rules/regulator.ts';
import { describeFinding, ruleOf } from '../../../shared/sas/rules/table/table.ts';
import { refuse, TOKEN_FORM } from '../../../shared/sas/search-parameters.ts';
import { readIdentifierQuery } from '../../http/query.ts';

/** National and technical identifiers stay far below; a vendor's path must hold it twice over. */
const VALUE_LENGTH_MAX = 200;
const TEXT_LENGTH_MAX = 250;

/** The `identifier` of a conditional PUT. @throws GatewayError query-malformed, parameter-*. */
export function readKnownIdentifier(url: URL): RegulatorIdentifier {
  const found = readIdentifierQuery(url, readIdentifierToken);
  if (found !== undefined) return found;
  throw refuse('parameter-missing', 'identifier', "PUT demande l'identifiant connu avant le changement.");
}

/** @throws GatewayError parameter-invalid. */
export function readIdentifierToken(text: string): RegulatorIdentifier {
  const token = parseToken(text);
  const identifier = token === undefined ? undefined : regulatorIdentifierOf(token);
  if (identifier !== undefined && isOurs(identifier)) return identifier;
  throw refuse(
    'parameter-invalid',
    'identifier',
    token === undefined
      ? TOKEN_FORM
      : `Identifiant illisible : attendu ${SYSTEM.idnps}|valeur ou ${SYSTEM.sas}|valeur.`,
  );
}

function isOurs({ system, value }: RegulatorIdentifier): boolean {
  return (system === SYSTEM.idnps || system === SYSTEM.sas) && value.length <= VALUE_LENGTH_MAX;
}

/** @throws GatewayError rule-broken, with one issue per rule. */
export function readBody(resource: JsonObject): ReadRegulator {
  const issues = judgeRegulator(resource)
    .filter(({ rule }) => ruleOf(rule).severity === 'error')
    .map((finding) => ({
      reason: 'rule-broken' as const,
      text: describeFinding(finding),
      expression: finding.expression,
      rule: finding.rule,
    }));
  if (issues.length > 0) {
    throw new GatewayError({ reason: 'rule-broken', text: 'Le compte est refusé.', issues });
  }
  const read = readRegulator(resource);
  if (read !== undefined && isBounded(read)) return read;
  throw new GatewayError({
    reason: 'rule-broken',
    text: 'Le compte demande un identifiant national ou technique, un nom, un prénom et une adresse électronique, de longueur raisonnable.',
  });
}

function isBounded({ content, technicalId = '' }: ReadRegulator): boolean {
  const { identifier, family, given, email } = content;
  return (
    Math.max(identifier.value.length, technicalId.length) <= VALUE_LENGTH_MAX &&
    Math.max(family.length, given.length, email.length) <= TEXT_LENGTH_MAX
  );
}
