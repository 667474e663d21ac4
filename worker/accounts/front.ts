// The two calls of the published SAS front about regulators, for worker/front/regulators.ts: `regulators` records,
// `regulators/login` records and pushes. Keyed by SAS's own id; retries of the front come late, out of order, and
// without their territories. front-api.md §§ 2.8, 3.5, U10, U11, U16.

import { err, ok, type Result } from '../../shared/result.ts';
import { SYSTEM } from '../../shared/sas/canonical.ts';
import { normaliseProfessional } from '../../shared/sas/identifier.ts';
import type { RegulatorContent } from '../../shared/sas/regulator.ts';
import { lookUp } from '../store/accounts-regulators.ts';
import type { Engine } from './engine.ts';
import { logIn } from './login.ts';
import type { Regulator } from './regulator.ts';
import { type Saved, saveWanted } from './save.ts';

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

/** `incomplete`: U16, nothing to key or to send by. `duplicate`: its national id is an active regulator's. */
export type FrontRefusal = 'incomplete' | 'duplicate';

/** Undefined: the call says nothing that is to be kept (a withdrawal of nobody, an older call that comes late). */
export async function recordFromFront(
  engine: Engine,
  message: FrontRegulator,
): Promise<Result<Saved | undefined, FrontRefusal>> {
  const known = await find(engine, message);
  if (known === undefined && !message.habilitation && message.uuid !== '') return ok(undefined);
  if (known !== undefined && isStale(known, message)) return ok(undefined);
  return save(engine, message, known);
}

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
  const saved = await save(engine, message, await find(engine, message));
  if (!saved.ok) return saved;
  const { regulator } = saved.value;
  const told = logIn(engine, regulator.id).then((answer) => answer?.rest);
  return ok({ regulator, told });
}

async function find(engine: Engine, { uuid }: FrontRegulator): Promise<Regulator | undefined> {
  return (await lookUp(engine.db, [{ by: 'technical-id', technicalId: uuid }], engine.nowMs())).found[0];
}

async function save(
  engine: Engine,
  { uuid, sasTerritories, ...said }: FrontRegulator,
  known: Regulator | undefined,
): Promise<Result<Saved, FrontRefusal>> {
  const content = contentOf(uuid, said, known);
  const { identifier, family, given, email } = content;
  if ([uuid, identifier.value, family, given, email].some((text) => text.trim() === '')) {
    return err('incomplete');
  }
  // Lost by the front's own queue when empty: kept, and access is never widened by it.
  const territories = sasTerritories.length === 0 ? {} : { territories: sasTerritories };
  const key = { by: 'technical-id', technicalId: uuid } as const;
  return saveWanted(engine, key, { content, technicalId: uuid, ...territories });
}

/** A withdrawal needs its uuid only: what it leaves empty is as it was. */
function contentOf(
  uuid: string,
  said: Omit<FrontRegulator, 'uuid' | 'sasTerritories'>,
  known: Regulator | undefined,
): RegulatorContent {
  const { nationalId, habilitation: active } = said;
  const before = active ? undefined : known;
  const own = { system: SYSTEM.sas, value: uuid };
  return {
    identifier:
      nationalId === ''
        ? (before?.identifier ?? own)
        : { system: SYSTEM.idnps, value: normaliseProfessional(nationalId) ?? nationalId },
    active,
    family: said.lastName || (before?.family ?? ''),
    given: said.firstName || (before?.given ?? ''),
    email: said.email || (before?.email ?? ''),
  };
}

/** A withdrawal is undone by a login, or by a call that carries territories: no queued retry does. */
function isStale(known: Regulator, { habilitation, sasTerritories }: FrontRegulator): boolean {
  return !known.active && habilitation && sasTerritories.length === 0;
}
