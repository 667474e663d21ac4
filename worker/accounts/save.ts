// SAS says what a regulator is now. An account is named by system and value; a PUT whose query finds nobody makes it;
// an identifier that somebody without right still bears is released to whoever takes it, one of an active regulator
// is not (docs/guide.md G-407, V1..V31). Called by the FHIR face and, keyed by SAS's own id, by the front's.

import { err, ok, type Result } from '../../shared/result.ts';
import type { RegulatorContent, RegulatorIdentifier } from '../../shared/sas/regulator.ts';
import { sameIdentifier } from '../../shared/sas/regulator.ts';
import { log } from '../base/log.ts';
import type { Engine } from './engine.ts';
import { hashOf, type Regulator } from './model/regulator.ts';
import { callerKey, kindOf, type WithdrawalKind } from './model/wave.ts';
import {
  type FoundRegulator,
  type Lookup,
  lookUp,
  type Question,
  type SaveRequest,
  saveRegulator,
} from './tables/regulators.ts';

/** Saves that cross are read again; more than this in a row is not a crossing. */
const TRIES_MAX = 5;

/** Whom SAS means: nobody yet (POST), who bears this identifier, or who has this id of SAS's own (the front). */
export type Key =
  | { readonly by: 'nobody' }
  | { readonly by: 'identifier'; readonly identifier: RegulatorIdentifier }
  | { readonly by: 'technical-id'; readonly technicalId: string };

/** What a save is to make of a regulator. */
export interface Wanted {
  readonly content: RegulatorContent;
  /** Kept as it is when absent. */
  readonly technicalId?: string;
  readonly territories?: readonly string[];
  /**
   * What is wanted of the regulator as this very save reads him; undefined: nothing, the message has been overtaken.
   * Judged before the save, it could be undone by another that commits in between.
   */
  readonly over?: (target: Regulator | undefined) => Omit<Wanted, 'over'> | undefined;
  /** An operator has decided it: no wave holds it. */
  readonly isDecided?: boolean;
}

/** What a save made of a regulator. */
export interface Saved {
  readonly regulator: Regulator;
  readonly isNew: boolean;
  readonly isChanged: boolean;
  /** The right has just ended: `withdrawEverywhere` is to be called, unless a wave holds it. */
  readonly isWithdrawn: boolean;
}

/**
 * `duplicate`: an active regulator bears the identifier. `overtaken`: `over` wants nothing.
 * @throws GatewayError storage-unavailable.
 */
export async function saveWanted(
  engine: Engine,
  key: Key,
  said: Wanted,
): Promise<Result<Saved, 'duplicate' | 'overtaken'>> {
  for (let count = 0; count < TRIES_MAX; count += 1) {
    const seen = await look(engine, key, said);
    const wanted = said.over === undefined ? said : said.over(seen.target);
    if (wanted === undefined) return err('overtaken');
    const decided = decide(engine, seen, key, wanted, await hashOf(wanted.content));
    if (decided.kind === 'refused') return err('duplicate');
    if (decided.kind === 'same') {
      return ok({ regulator: decided.regulator, isNew: false, isChanged: false, isWithdrawn: false });
    }
    const { request } = decided;
    if (!(await saveRegulator(engine.db, request))) continue;
    const { next, before, opensWave } = request;
    if (opensWave) {
      log('error', 'withdrawals-held-for-an-operator', {
        requestId: engine.requestId,
        detail: next.withdrawal?.kind ?? '',
      });
    }
    const isWithdrawn = isEnded(next.active, seen.target);
    return ok({ regulator: next, isNew: before === 0, isChanged: true, isWithdrawn });
  }
  throw new Error('a regulator is saved too often at once');
}

interface Seen extends Omit<Lookup, 'found'> {
  /** Of `callerKey`. */
  readonly by: string;
  readonly target: FoundRegulator | undefined;
  readonly bearer: FoundRegulator | undefined;
  readonly technicalBearer: FoundRegulator | undefined;
}

async function look(engine: Engine, key: Key, { content, technicalId }: Wanted): Promise<Seen> {
  const questions: Question[] = [{ by: 'identifier', identifier: content.identifier }];
  if (technicalId !== undefined) questions.push({ by: 'technical-id', technicalId });
  if (key.by !== 'nobody') questions.push(key);
  const by = await callerKey(engine.caller);
  const { waveWindowMs: windowMs, waveMax: max } = engine.settings;
  const { found, ...rest } = await lookUp(engine.db, questions, { by, nowMs: engine.nowMs(), windowMs, max });
  return {
    ...rest,
    by,
    bearer: found[0],
    technicalBearer: technicalId === undefined ? undefined : found[1],
    target: key.by === 'nobody' ? undefined : found.at(-1),
  };
}

type Decision =
  | { readonly kind: 'refused' }
  | { readonly kind: 'same'; readonly regulator: Regulator }
  | { readonly kind: 'save'; readonly request: SaveRequest };

function decide(engine: Engine, seen: Seen, key: Key, wanted: Wanted, hash: string): Decision {
  const { bearer, technicalBearer } = seen;
  if (key.by === 'nobody' && bearer !== undefined) return { kind: 'refused' };
  // A PUT whose answer was lost comes again under the identifier of before: it has been done.
  const isReplay = seen.target === undefined && bearer?.hash === hash;
  const target = isReplay ? bearer : seen.target;
  const released: SaveRequest['released'][number][] = [];
  for (const [holder, what] of [
    [bearer, 'identifier'],
    [technicalBearer, 'technical-id'],
  ] as const) {
    if (holder === undefined || holder.id === target?.id) continue;
    // Of the identifier that was said; what is wanted may be the target's own.
    if (what === 'identifier' && !sameIdentifier(holder.identifier, wanted.content.identifier)) continue;
    if (holder.active) return { kind: 'refused' };
    released.push({ regulator: holder, what });
  }
  const next = compose(engine, seen, target, wanted, hash);
  if (target !== undefined && isSame(target, next)) return { kind: 'same', regulator: target };
  const isOpen = seen.waves.some(({ open }) => open === next.wave);
  const opensWave = next.wave !== undefined && !isOpen && next.wave !== target?.wave;
  return { kind: 'save', request: { next, before: target?.version ?? 0, released, opensWave } };
}

function compose(
  engine: Engine,
  seen: Seen,
  target: FoundRegulator | undefined,
  { content, technicalId, territories, isDecided = false }: Wanted,
  hash: string,
): Regulator {
  const nowMs = engine.nowMs();
  const { identifier, active, family, given, email } = content;
  const ended = isEnded(active, target) ? withdraw(engine, seen, target, isDecided) : undefined;
  return {
    id: target?.id ?? crypto.randomUUID(),
    identifier,
    technicalId: technicalId ?? target?.technicalId,
    active,
    family,
    given,
    email,
    territories: territories ?? target?.territories ?? [],
    version: (target?.version ?? 0) + 1,
    hash,
    updatedMs: nowMs,
    grantedMs: active && target?.active !== true ? nowMs : target?.grantedMs,
    withdrawnMs: active ? undefined : ended === undefined ? target?.withdrawnMs : nowMs,
    withdrawal: active ? undefined : (ended?.withdrawal ?? target?.withdrawal),
    wave: active || isDecided ? undefined : ended === undefined ? target?.wave : ended.wave,
  };
}

/** Vendors may know whom we never did: a right that is absent when he is first said has ended too. */
function isEnded(active: boolean, before: Regulator | undefined): boolean {
  return !active && before?.active !== false;
}

/** Of which kind a withdrawal is, and the wave that holds it. */
function withdraw(
  { nowMs, settings: { waveMax, waveWindowMs } }: Engine,
  { by, waves }: Seen,
  target: FoundRegulator | undefined,
  isDecided: boolean,
): Pick<Regulator, 'withdrawal' | 'wave'> {
  const kind = kindOf(target?.hasAccount === true, target?.grantedMs, nowMs(), waveWindowMs);
  return { withdrawal: { kind, by }, wave: isDecided ? undefined : waveOf(waves, kind, waveMax) };
}

/** Undefined: it goes out at once. One alone never waits; many of a kind, of one caller, may be a mistake at SAS. */
function waveOf(waves: Lookup['waves'], kind: WithdrawalKind, waveMax: number): string | undefined {
  const facts = waves.find((one) => one.kind === kind);
  if (facts === undefined || facts.isConfirmed || facts.lately < waveMax) return undefined;
  return facts.open ?? crypto.randomUUID();
}

function isSame(a: Regulator, b: Regulator): boolean {
  return (
    a.hash === b.hash &&
    sameIdentifier(a.identifier, b.identifier) &&
    a.technicalId === b.technicalId &&
    JSON.stringify(a.territories) === JSON.stringify(b.territories)
  );
}
