// The kit's order of account requests, as data: who is written, what is spoilt, what must come back. `stage` holds
// the identifiers of the run. docs/guide.md § 4: PUT is an upsert, identity is system and value together.

import { PROFILE, SYSTEM } from '../../shared/sas/canonical.ts';
import { defineRequirements, type Requirement } from '../requirement.ts';

export interface Stage {
  readonly national: string;
  readonly changed: string;
  readonly email: string;
  readonly uuid: readonly [string, string, string, string, string, string];
}

export interface Body {
  readonly resourceType: 'Practitioner';
  readonly id: string;
  readonly meta: { readonly source: string; readonly profile: readonly [string] };
  readonly identifier?: readonly [AccountIdentifier];
  readonly active?: boolean;
  readonly name?: readonly [{ readonly family: string; readonly given: readonly [string] }];
  readonly telecom?: readonly [{ readonly system: string; readonly value: string }];
}

interface AccountIdentifier {
  readonly type: { readonly coding: readonly [{ readonly system: string; readonly code: string }] };
  readonly system: string;
  readonly value: string;
}

export interface AccountRequest {
  /** `system|value` of a conditional PUT; absent for a POST. */
  readonly query?: string;
  readonly body: Body;
}

export interface Step {
  readonly requirement: Requirement;
  readonly expects: 'created' | 'written' | 'accepted' | 'refused';
  readonly requests: (stage: Stage) => readonly AccountRequest[];
}

const ROWS = defineRequirements({
  V1: 'failure [REG] Création d’un compte par identifiant national.',
  V2: 'failure [REG] Création d’un compte par identifiant technique (UUID).',
  V3: 'failure [KIT] Créer deux fois le même compte est refusé.',
  V4: 'failure [REG] Création sans identifier : refusée.',
  V5: 'failure [KIT] Création sans name : refusée.',
  V6: 'failure [KIT] Création sans telecom : refusée.',
  V7: 'failure [REG] Création sans active : refusée.',
  V8: 'optional [KIT] Création avec un nom de famille vide et un système qui contredit le type : refusée.',
  V9: 'optional [KIT] Création avec une adresse électronique vide : refusée.',
  V10: 'optional [KIT] Création avec un téléphone au lieu d’une adresse : refusée.',
  V11: 'optional [KIT] Création avec le système national et le type INTRN : refusée.',
  V12: 'optional [KIT] Création avec le système technique et le type IDNPS : refusée.',
  V13: 'failure [REG] Désactivation d’un compte (active = false).',
  V14: 'failure [REG] Réactivation du compte.',
  V15: 'failure [FUN] Changement d’adresse électronique.',
  V16: 'failure [FAQ] Changement d’identifiant : l’ancien dans la requête, le nouveau dans le corps.',
  V17: 'failure [FAQ] Changement de type d’identifiant ; un compte inconnu de la requête est créé.',
  V18: 'failure [FUN] Changement de nom de famille.',
  V19: 'failure [FUN] Changement de prénom.',
  V20: 'failure [REG] Mise à jour sans identifier : refusée.',
  V21: 'failure [KIT] Mise à jour sans name : refusée.',
  V22: 'failure [KIT] Mise à jour sans telecom : refusée.',
  V23: 'failure [REG] Mise à jour sans active : refusée.',
  V24: 'failure [REG] Mise à jour d’un compte inconnu, sans identifier : refusée.',
  V25: 'failure [KIT] Mise à jour d’un compte inconnu, sans name : refusée.',
  V26: 'failure [KIT] Mise à jour d’un compte inconnu, sans telecom : refusée.',
  V27: 'failure [REG] Mise à jour d’un compte inconnu, sans active : refusée.',
  V28: 'failure [REG] Mise à jour d’un compte inconnu, complète : le compte est créé.',
  V29: 'failure [REG] Retrait d’un compte que l’éditeur ne connaît pas : accepté.',
  V30: 'failure [REG] Création d’un autre compte par UUID.',
  V31: 'failure [KIT] L’identifiant d’un compte désactivé peut passer à un autre compte.',
});

const FAMILY = 'ESSAI-CONFORMITE';

function identifier(
  system: string,
  value: string,
  code = system === SYSTEM.idnps ? 'IDNPS' : 'INTRN',
): readonly [AccountIdentifier] {
  return [{ type: { coding: [{ system: SYSTEM.identifierType, code }] }, system, value }];
}

function account(stage: Stage, system: string, value: string, change: Partial<Body> = {}): Body {
  return {
    resourceType: 'Practitioner',
    id: 'example-regulator-1',
    meta: { source: SYSTEM.sas, profile: [PROFILE.regulator] },
    identifier: identifier(system, value),
    active: true,
    name: [{ family: FAMILY, given: ['Camille'] }],
    telecom: [{ system: 'email', value: system === SYSTEM.sas ? `${value}${stage.email}` : stage.email }],
    ...change,
  };
}

const national = (stage: Stage, change?: Partial<Body>): Body =>
  account(stage, SYSTEM.idnps, stage.national, change);
const changed = (stage: Stage, change?: Partial<Body>): Body =>
  account(stage, SYSTEM.idnps, stage.changed, change);
const technical = (stage: Stage, rank: 0 | 1 | 2 | 3 | 4 | 5, change?: Partial<Body>): Body =>
  account(stage, SYSTEM.sas, stage.uuid[rank], change);
const key = (system: string, value: string): string => `${system}|${value}`;

function without(body: Body, name: 'identifier' | 'name' | 'telecom' | 'active'): Body {
  const { [name]: _, ...rest } = body;
  return rest;
}

const post =
  (make: (stage: Stage) => Body) =>
  (stage: Stage): readonly AccountRequest[] => [{ body: make(stage) }];
const put =
  (query: (stage: Stage) => string, make: (stage: Stage) => Body) =>
  (stage: Stage): readonly AccountRequest[] => [{ query: query(stage), body: make(stage) }];

const byNational = (stage: Stage): string => key(SYSTEM.idnps, stage.national);
const byChanged = (stage: Stage): string => key(SYSTEM.idnps, stage.changed);
const byUuid =
  (rank: 0 | 1 | 2 | 3 | 4 | 5) =>
  (stage: Stage): string =>
    key(SYSTEM.sas, stage.uuid[rank]);
const EMPTY_EMAIL: Partial<Body> = { telecom: [{ system: 'email', value: '' }] };
const PHONE: Partial<Body> = { telecom: [{ system: 'phone', value: '+33199000001' }] };

const PLAN: Readonly<Record<keyof typeof ROWS, readonly [Step['expects'], Step['requests']]>> = {
  V1: ['created', post((s) => national(s))],
  V2: ['created', post((s) => technical(s, 0))],
  V3: ['refused', (s) => [{ body: technical(s, 1) }, { body: technical(s, 1) }]],
  V4: ['refused', post((s) => without(technical(s, 2), 'identifier'))],
  V5: ['refused', post((s) => without(technical(s, 2), 'name'))],
  V6: ['refused', post((s) => without(technical(s, 2), 'telecom'))],
  V7: ['refused', post((s) => without(technical(s, 2), 'active'))],
  V8: [
    'refused',
    post((s) =>
      account(s, SYSTEM.sas, s.national, {
        identifier: identifier(SYSTEM.sas, s.national, 'IDNPS'),
        name: [{ family: '', given: ['Camille'] }],
      }),
    ),
  ],
  V9: ['refused', post((s) => technical(s, 2, EMPTY_EMAIL))],
  V10: ['refused', post((s) => technical(s, 2, PHONE))],
  V11: [
    'refused',
    post((s) => technical(s, 2, { identifier: identifier(SYSTEM.idnps, s.uuid[2], 'INTRN') })),
  ],
  V12: ['refused', post((s) => technical(s, 2, { identifier: identifier(SYSTEM.sas, s.uuid[2], 'IDNPS') }))],
  V13: ['accepted', put(byNational, (s) => national(s, { active: false }))],
  V14: ['accepted', put(byNational, (s) => national(s))],
  V15: [
    'accepted',
    put(byNational, (s) => national(s, { telecom: [{ system: 'email', value: `nouvelle-${s.email}` }] })),
  ],
  V16: ['accepted', put(byNational, (s) => changed(s))],
  // The kit asks under the national system for a technical number: nobody is found, and the account is made.
  V17: [
    'accepted',
    put(
      (s) => key(SYSTEM.idnps, s.uuid[0]),
      (s) =>
        account(s, SYSTEM.sas, s.national, {
          telecom: [{ system: 'email', value: `${s.uuid[0]}${s.email}` }],
        }),
    ),
  ],
  V18: [
    'accepted',
    put(byChanged, (s) => changed(s, { name: [{ family: `${FAMILY}-BIS`, given: ['Camille'] }] })),
  ],
  V19: [
    'accepted',
    put(byChanged, (s) => changed(s, { name: [{ family: `${FAMILY}-BIS`, given: ['Dominique'] }] })),
  ],
  V20: ['refused', put(byChanged, (s) => without(changed(s), 'identifier'))],
  V21: ['refused', put(byChanged, (s) => without(changed(s), 'name'))],
  V22: ['refused', put(byChanged, (s) => without(changed(s), 'telecom'))],
  V23: ['refused', put(byChanged, (s) => without(changed(s), 'active'))],
  V24: ['refused', put(byUuid(3), (s) => without(technical(s, 3), 'identifier'))],
  V25: ['refused', put(byUuid(3), (s) => without(technical(s, 3), 'name'))],
  V26: ['refused', put(byUuid(3), (s) => without(technical(s, 3), 'telecom'))],
  V27: ['refused', put(byUuid(3), (s) => without(technical(s, 3), 'active'))],
  V28: ['written', put(byUuid(4), (s) => technical(s, 4))],
  V29: ['accepted', put(byNational, (s) => national(s, { active: false }))],
  V30: ['created', post((s) => technical(s, 5))],
  V31: ['accepted', put(byUuid(5), (s) => national(s))],
};

export const ACCOUNT_STEPS: readonly Step[] = Object.entries(PLAN).map(([id, [expects, requests]]) => ({
  requirement: ROWS[id as keyof typeof ROWS],
  expects,
  requests,
}));
