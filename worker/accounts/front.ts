// The two calls of the published SAS front about regulators, for worker/front/data/regulators.ts: `regulators` records,
// `regulators/login` records and pushes. Keyed by SAS's own id; retries of the front come late, out of order, and
// without their territories. docs/guide.md G-911, G-918, G-930, G-931, G-936.

import { err, ok, type Result } from '../../shared/result.ts';
import { SYSTEM } from '../../shared/sas/canonical.ts';
import { normaliseProfessional } from '../../shared/sas/identifier.ts';
import type { RegulatorIdentifier } from '../../shared/sas/regulator.ts';
import type { Engine } from './engine.ts';
import { logIn } from './login.ts';
import type { Regulator } from './model/regulator.ts';
import { type Saved, saveWanted, type Wanted } from './save.ts';

/** A regulator as the front's messages name one. */
export interface FrontRegulator {
  readonly uuid: string;
  readonly lastName: string;
  readonly firstName: string;
  readonly email: string;
  /** `''` when none; its prefix is not guaranteed. */
  readonly nationalId: string;
  readonly habilitation: boolean;
  readonly sasTerritories: readonly string[];
}

/** `incomplete`: docs/guide.md G-936, nothing to key or to send by. `duplicate`: its national id is an active regulator's. */
export type FrontRefusal = 'incomplete' | 'duplicate';

/** Undefined: the call says nothing that is to be kept (a right that has ended already, an older call that comes late). */
export async function recordFromFront(
  engine: Engine,
  message: FrontRegulator,
): Promise<Result<Saved | undefined, FrontRefusal>> {
  if (!message.habilitation) return withdraw(engine, message);
  return save(engine, message, (known) => !isStale(known, message));
}

/** A login from the front, recorded. */
export interface FrontLogin {
  readonly regulator: Regulator;
  /** Resolves when every vendor has been told, or has failed. */
  readonly told: Promise<unknown>;
}

/** Of a message with `habilitation`. Resolves once recorded; vendors are told behind. */
export async function logInFromFront(
  engine: Engine,
  message: FrontRegulator,
): Promise<Result<FrontLogin, FrontRefusal>> {
  const saved = await save(engine, message, () => true);
  if (!saved.ok) return saved;
  if (saved.value === undefined) throw new Error('a login is never overtaken');
  const { regulator } = saved.value;
  const told = logIn(engine, regulator.id).then((answer) => answer?.rest);
  return ok({ regulator, told });
}

/**
 * A withdrawal needs its uuid only: of somebody known the rest is as it was, whatever the message says of it, so that
 * nothing can refuse it. Of somebody who is not known it keeps what the message says: vendors may hold his account from
 * before us, and the older call that was to make it may still wait in the front's queue. A national id that an active
 * regulator bears is that one's, and is left out.
 */
async function withdraw(
  engine: Engine,
  message: FrontRegulator,
): Promise<Result<Saved | undefined, FrontRefusal>> {
  const { uuid, lastName: family, firstName: given, email } = message;
  if (uuid === '') return err('incomplete');
  const own = { system: SYSTEM.sas, value: uuid };
  const isNamed = [family, given, email].every((text) => text.trim() !== '');
  const content = {
    active: false,
    ...(isNamed ? { family, given, email } : { family: '', given: '', email: '' }),
  };
  const end = (identifier: RegulatorIdentifier) => {
    const nobody = { content: { ...content, identifier }, technicalId: uuid };
    return keep(engine, uuid, {
      ...nobody,
      over: (known) => {
        if (known === undefined) return nobody;
        const { family, given, email, identifier: borne = own } = known;
        if (!known.active) return undefined;
        return { content: { identifier: borne, active: false, family, given, email }, technicalId: uuid };
      },
    });
  };
  const saved = await end(isNamed ? identifierOf(message) : own);
  return saved.ok || saved.error !== 'duplicate' ? saved : end(own);
}

function identifierOf({ uuid, nationalId }: FrontRegulator): RegulatorIdentifier {
  if (nationalId === '') return { system: SYSTEM.sas, value: uuid };
  return { system: SYSTEM.idnps, value: normaliseProfessional(nationalId) ?? nationalId };
}

/** `isWanted` is asked of the regulator as the save itself reads him. */
async function save(
  engine: Engine,
  message: FrontRegulator,
  isWanted: (known: Regulator | undefined) => boolean,
): Promise<Result<Saved | undefined, FrontRefusal>> {
  const { uuid, lastName: family, firstName: given, email, sasTerritories } = message;
  if ([uuid, family, given, email].some((text) => text.trim() === '')) return err('incomplete');
  const wanted = {
    content: { identifier: identifierOf(message), active: true, family, given, email },
    technicalId: uuid,
    // Lost by the front's own queue when empty: kept, and access is never widened by it.
    ...(sasTerritories.length === 0 ? {} : { territories: sasTerritories }),
  };
  return keep(engine, uuid, { ...wanted, over: (known) => (isWanted(known) ? wanted : undefined) });
}

async function keep(
  engine: Engine,
  uuid: string,
  wanted: Wanted,
): Promise<Result<Saved | undefined, 'duplicate'>> {
  const saved = await saveWanted(engine, { by: 'technical-id', technicalId: uuid }, wanted);
  if (saved.ok) return saved;
  return saved.error === 'overtaken' ? ok(undefined) : err(saved.error);
}

/** A withdrawal is undone by a login, or by a call that carries territories: no queued retry does. */
function isStale(known: Regulator | undefined, { sasTerritories }: FrontRegulator): boolean {
  return known?.active === false && sasTerritories.length === 0;
}
