// SAS says what a regulator is now. An account is named by system and value; a PUT whose query finds nobody makes it;
// an identifier that somebody without right still bears is released to whoever takes it, one of an active regulator
// is not (docs/guide.md G-407, V1..V31). Called by the FHIR face and, keyed by SAS's own id, by the front's.

import { err, ok, type Result } from '../../shared/result.ts';
import type { RegulatorContent, RegulatorIdentifier } from '../../shared/sas/regulator.ts';
import { sameIdentifier } from '../../shared/sas/regulator.ts';
import { log } from '../base/log.ts';
import type { Engine } from './engine.ts';
import { hashOf, type Regulator } from './model/regulator.ts';
import { type Lookup, lookUp, type Question, type SaveRequest, saveRegulator } from './tables/regulators.ts';

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
    if (opensWave) log('error', 'withdrawals-held-for-an-operator', { requestId: engine.requestId });
    const isWithdrawn = isEnded(next.active, seen.target);
    return ok({ regulator: next, isNew: before === 0, isChanged: true, isWithdrawn });
  }
  throw new Error('a regulator is saved too often at once');
}

interface Seen extends Omit<Lookup, 'found'> {
  readonly target: Regulator | undefined;
  readonly bearer: Regulator | undefined;
  readonly technicalBearer: Regulator | undefined;
}

async function look(engine: Engine, key: Key, { content, technicalId }: Wanted): Promise<Seen> {
  const questions: Question[] = [{ by: 'identifier', identifier: content.identifier }];
  if (technicalId !== undefined) questions.push({ by: 'technical-id', technicalId });
  if (key.by !== 'nobody') questions.push(key);
  const { found, ...rest } = await lookUp(
    engine.db,
    questions,
    engine.nowMs() - engine.settings.waveWindowMs,
  );
  return {
    ...rest,
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
  const opensWave = next.wave !== undefined && next.wave !== seen.openWave && next.wave !== target?.wave;
  return { kind: 'save', request: { next, before: target?.version ?? 0, released, opensWave } };
}

function compose(
  engine: Engine,
  seen: Seen,
  target: Regulator | undefined,
  { content, technicalId, territories }: Wanted,
  hash: string,
): Regulator {
  const nowMs = engine.nowMs();
  const { identifier, active, family, given, email } = content;
  const isWithdrawn = isEnded(active, target);
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
    withdrawnMs: active ? undefined : isWithdrawn ? nowMs : target?.withdrawnMs,
    wave: active ? undefined : isWithdrawn ? waveOf(engine, seen) : target?.wave,
  };
}

/** Vendors may know whom we never did: a right that is absent when he is first said has ended too. */
function isEnded(active: boolean, before: Regulator | undefined): boolean {
  return !active && before?.active !== false;
}

/** Undefined: it goes out at once. One alone never waits; many together may be a mistake at SAS. */
function waveOf(
  { settings }: Engine,
  { withdrawnLately, openWave, isWaveConfirmed }: Seen,
): string | undefined {
  if (isWaveConfirmed || withdrawnLately < settings.waveMax) return undefined;
  return openWave ?? crypto.randomUUID();
}

function isSame(a: Regulator, b: Regulator): boolean {
  return (
    a.hash === b.hash &&
    sameIdentifier(a.identifier, b.identifier) &&
    a.technicalId === b.technicalId &&
    JSON.stringify(a.territories) === JSON.stringify(b.territories)
  );
}
