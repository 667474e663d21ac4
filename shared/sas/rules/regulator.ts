// The account of a regulator (INT_R02), as SAS sends it and as the vendor must receive it. Profile
// FrPractitionerRegul; page "gestion du régulateur"; the ANS kit's refusals (name, telecom, active).
// INTRN values need not be UUIDs: the kit sends national ones.

import { PROFILE, SYSTEM } from '../canonical.ts';
import { checkNames, checkProfile, checkTelecoms, hasCoding, isFilled } from './elements.ts';
import { type Checker, type Finding, isObject, type Json, list } from './r4/checker.ts';
import { REGULATOR_ID } from './r4/formats.ts';
import { judge } from './r4/judge.ts';

/** Every finding up to the checker's bound; never throws. */
export function judgeRegulator(value: unknown): readonly Finding[] {
  return judge(value, 'Practitioner', checkRegulator, undefined);
}

function checkRegulator(c: Checker, regulator: Json): void {
  checkProfile(c, regulator, PROFILE.regulator);
  const source = isObject(regulator.meta) ? regulator.meta.source : undefined;
  if (source === undefined) c.fail('regulator-source-present', 'meta', 'source');
  else if (source !== SYSTEM.sas) c.fail('regulator-source', 'meta', 'source');
  if (regulator.active === undefined) c.fail('regulator-active', 'active');
  checkIdentifiers(c, regulator);
  checkName(c, regulator);
  checkNames(c, regulator);
  checkEmails(c, regulator);
  checkTelecoms(c, regulator);
}

function checkIdentifiers(c: Checker, regulator: Json): void {
  const identifiers = regulator.identifier;
  if (identifiers === undefined) c.fail('regulator-identifier', 'identifier');
  let national = 0;
  let internal = 0;
  list(identifiers).forEach((identifier, index) => {
    if (!isObject(identifier)) return;
    const { system, type, value } = identifier;
    if (system === undefined || type === undefined || value === undefined) {
      c.fail('regulator-identifier-complete', 'identifier', index);
    }
    if (system === SYSTEM.idnps) national += 1;
    if (system === SYSTEM.sas) internal += 1;
    const code = system === SYSTEM.idnps ? 'IDNPS' : system === SYSTEM.sas ? 'INTRN' : undefined;
    if (code !== undefined && type !== undefined && !hasCoding(type, SYSTEM.identifierType, code)) {
      c.fail('regulator-identifier-type', 'identifier', index, 'type');
    }
    if (system === SYSTEM.idnps && isFilled(value) && !REGULATOR_ID.test(value)) {
      c.fail('regulator-identifier-format', 'identifier', index, 'value');
    }
  });
  if (national > 1 || internal > 1) c.fail('regulator-identifier-max', 'identifier');
  if (list(identifiers).length > 1) c.fail('regulator-identifier-one', 'identifier');
}

function checkName(c: Checker, regulator: Json): void {
  if (regulator.name === undefined) c.fail('regulator-name', 'name');
  list(regulator.name).forEach((name, index) => {
    if (!isObject(name)) return;
    if (name.family === undefined) c.fail('regulator-family', 'name', index, 'family');
    if (name.given === undefined || list(name.given).length > 1)
      c.fail('regulator-given', 'name', index, 'given');
  });
}

function checkEmails(c: Checker, regulator: Json): void {
  if (regulator.telecom === undefined) c.fail('regulator-telecom', 'telecom');
  list(regulator.telecom).forEach((telecom, index) => {
    if (!isObject(telecom)) return;
    const { system, value } = telecom;
    if (system !== undefined && system !== 'email')
      c.fail('regulator-telecom-email', 'telecom', index, 'system');
    else if (typeof value === 'string' && value !== '' && value.split('@').length !== 2) {
      c.fail('regulator-email', 'telecom', index, 'value');
    }
  });
}
