// The two calls of the published SAS front about regulators, for the face that will serve them: `regulators` records,
// `regulators/login` records and pushes. Keyed by SAS's own id; retries of the front come late, out of order, and
// without their territories. front-api.md §§ 2.8, 3.5, U10, U11, U16.

import { err, ok, type Result } from '../../shared/result.ts';
import { SYSTEM } from '../../shared/sas/canonical.ts';
import { lookUp } from '../store/accounts-regulators.ts';
import type { Engine } from './engine.ts';
import { type LoginAnswer, logIn } from './login.ts';
import type { Regulator } from './regulator.ts';
import { type Saved, saveWanted } from './save.ts';

export interface FrontRegulator {
  readonly uuid: string;
  readonly lastName: string;
  readonly firstName: string;
  readonly email: string;
  /** `''` when none. */
  readonly nationalId: string;
  readonly habilitation: boolean;
  readonly sasTerritories: readonly string[];
}

/** `incomplete`: U16, nothing to key or to send by. `duplicate`: its national id is an active regulator's. */
export type FrontRefusal = 'incomplete' | 'duplicate';

/** Undefined: the call says nothing that is to be kept (a withdrawal of nobody, an older call that comes late). */
export async function recordFromFront(
  engine: Engine,
  message: FrontRegulator,
  isLogin = false,
): Promise<Result<Saved | undefined, FrontRefusal>> {
  const { uuid, lastName, firstName, email, nationalId, habilitation, sasTerritories } = message;
  if ([uuid, lastName, firstName, email].some((text) => text.trim() === '')) return err('incomplete');
  const key = { by: 'technical-id', technicalId: uuid } as const;
  const known = (await lookUp(engine.db, [key], engine.nowMs())).found[0];
  if (known === undefined && !habilitation) return ok(undefined);
  if (known !== undefined && isStale(known, message, isLogin)) return ok(undefined);
  const identifier =
    nationalId === '' ? { system: SYSTEM.sas, value: uuid } : { system: SYSTEM.idnps, value: nationalId };
  const content = { identifier, active: habilitation, family: lastName, given: firstName, email };
  // Lost by the front's own queue when empty: kept, and access is never widened by it.
  const territories = sasTerritories.length === 0 ? {} : { territories: sasTerritories };
  return saveWanted(engine, key, { content, technicalId: uuid, ...territories });
}

/** A withdrawal is undone by a login, or by a call that carries territories: no queued retry does. */
function isStale(
  known: Regulator,
  { habilitation, sasTerritories }: FrontRegulator,
  isLogin: boolean,
): boolean {
  return !known.active && habilitation && !isLogin && sasTerritories.length === 0;
}

/** Records, then pushes what is pending. The caller answers the front at once and leaves `rest` to run behind. */
export async function logInFromFront(
  engine: Engine,
  message: FrontRegulator,
): Promise<Result<LoginAnswer | undefined, FrontRefusal>> {
  const saved = await recordFromFront(engine, { ...message, habilitation: true }, true);
  if (!saved.ok || saved.value === undefined) return saved.ok ? ok(undefined) : saved;
  return ok(await logIn(engine, saved.value.regulator.id));
}
