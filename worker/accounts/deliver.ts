// Brings one regulator's accounts at vendors to what is wanted: claims the row, says the message, records what became
// of it, and goes on while there is more to say. Serial per regulator and vendor: who cannot claim leaves it to the
// one who has. docs/accounts.md § 3.

import { log } from '../base/log.ts';
import { converse } from './converse.ts';
import type { Engine } from './engine.ts';
import { type AccountRow, claim, type Message, newRow, plan, settle } from './model/ledger.ts';
import type { Regulator } from './model/regulator.ts';
import type { Verdict } from './model/verdict.ts';
import { type Loaded, loadPairs, type Pair, storeClaims, storeSettled } from './tables/accounts.ts';
import { hurryBearers } from './tables/due.ts';

/** Why something is sent. `withdrawal` sends nothing to whoever has the right again. */
export type Occasion = 'login' | 'withdrawal' | 'retry' | 'assertion';

/** What became of one account at one vendor. */
export type Delivery =
  | { readonly kind: 'unchanged'; readonly row: AccountRow | undefined }
  | { readonly kind: 'done'; readonly row: AccountRow; readonly verdict: Extract<Verdict, { kind: 'yes' }> }
  | { readonly kind: 'failed'; readonly row: AccountRow; readonly verdict: Exclude<Verdict, { kind: 'yes' }> }
  /** Somebody else is sending, an older message may still take effect, or another account bears the identifier. */
  | {
      readonly kind: 'waiting';
      readonly untilMs: number;
      readonly reason: 'under-way' | 'settling' | 'identifier-borne';
    };

/** Steps of one delivery: a doubt settled, the state wanted, and what was saved meanwhile. */
const TURNS_MAX = 6;
const BORNE_PAUSE_MS = 60_000;

interface Prepared {
  readonly before: AccountRow;
  readonly claimed: AccountRow;
  readonly message: Message;
}

type Turn = { readonly prepared: Prepared } | { readonly ended: Delivery };

/** All of them at once; `pairs` are of `loaded`. The first claims share one round trip. */
export async function deliverAll(
  engine: Engine,
  { regulator }: Loaded,
  pairs: readonly Pair[],
  occasion: Occasion,
): Promise<ReadonlyMap<string, Promise<Delivery>>> {
  const turns = await claimAll(engine, regulator, pairs, occasion);
  return new Map(
    pairs.map((pair, i) => [pair.editor, carryOn(engine, regulator, pair, turns[i], occasion)] as const),
  );
}

/** One vendor, from what is stored now. */
export async function deliverOne(
  engine: Engine,
  id: string,
  vendor: string,
  occasion: Occasion,
): Promise<Delivery> {
  const loaded = await loadPairs(engine.db, id, vendor);
  const pair = loaded?.pairs[0];
  if (loaded === undefined || pair === undefined) return { kind: 'unchanged', row: undefined };
  const [turn] = await claimAll(engine, loaded.regulator, [pair], occasion);
  return carryOn(engine, loaded.regulator, pair, turn, occasion);
}

/** For each pair: a claim that is ours, or how it ended without one. */
async function claimAll(
  engine: Engine,
  regulator: Regulator,
  pairs: readonly Pair[],
  occasion: Occasion,
): Promise<Turn[]> {
  const nowMs = engine.nowMs();
  const turns = pairs.map((pair) => prepare(engine, regulator, pair, occasion, nowMs));
  const prepared = turns.flatMap((turn) => ('prepared' in turn ? [turn.prepared] : []));
  const claims = prepared.map(({ claimed, message }) => ({ row: claimed, message }));
  const won = await storeClaims(engine.db, claims);
  let rank = 0;
  return turns.map((turn) => {
    if (!('prepared' in turn)) return turn;
    const isOurs = won[rank] === true;
    rank += 1;
    const untilMs = turn.prepared.claimed.lease?.untilMs ?? nowMs;
    return isOurs ? turn : { ended: { kind: 'waiting', untilMs, reason: 'under-way' } };
  });
}

function prepare(
  engine: Engine,
  regulator: Regulator,
  { editor, row, isTaken, isEnabled }: Pair,
  occasion: Occasion,
  nowMs: number,
): Turn {
  const before = row ?? newRow(regulator.id, editor);
  // A wave that waits for an operator holds its withdrawals, whoever would send them. The operator's switch of a
  // vendor stops creations and changes, never a withdrawal.
  const isOff = regulator.active ? occasion === 'withdrawal' || !isEnabled : regulator.wave !== undefined;
  const planned = isOff
    ? ({ kind: 'nothing' } as const)
    : plan(before, regulator, { taken: isTaken, nowMs, isAsserting: occasion === 'assertion' });
  if (planned.kind === 'nothing') return { ended: { kind: 'unchanged', row } };
  if (planned.kind === 'busy') {
    return { ended: { kind: 'waiting', untilMs: planned.untilMs, reason: planned.reason } };
  }
  const { message } = planned;
  const isLogin = occasion === 'login';
  const claimed = claim(before, { message, taken: isTaken, lease: engine.requestId, nowMs, isLogin });
  return { prepared: { before, claimed, message } };
}

async function carryOn(
  engine: Engine,
  regulator: Regulator,
  pair: Pair,
  first: Turn | undefined,
  occasion: Occasion,
): Promise<Delivery> {
  let who = regulator;
  let turn = first;
  let last: Delivery = { kind: 'unchanged', row: pair.row };
  for (let count = 0; count < TURNS_MAX && turn !== undefined; count += 1) {
    if ('ended' in turn) {
      if (count === 0) return explainWait(engine, who, pair, turn.ended);
      return turn.ended.kind === 'waiting' && turn.ended.reason === 'settling' ? turn.ended : last;
    }
    const step = await sayAndSettle(engine, who, pair, turn.prepared);
    last = step.delivery;
    if (step.isOver) return last;
    const loaded = await loadPairs(engine.db, who.id, pair.editor);
    const now = loaded?.pairs[0];
    if (loaded === undefined || now === undefined) return last;
    who = loaded.regulator;
    [turn] = await claimAll(engine, who, [now], occasion === 'assertion' ? 'retry' : occasion);
  }
  return last;
}

interface Step {
  readonly delivery: Delivery;
  /** False: the regulator changed meanwhile, or this was a step towards the state wanted. */
  readonly isOver: boolean;
}

async function sayAndSettle(
  engine: Engine,
  regulator: Regulator,
  pair: Pair,
  { before, claimed, message }: Prepared,
): Promise<Step> {
  const verdict = await converse(message, regulator, {
    id: engine.requestId,
    editor: pair.editor,
    budgetMs: pair.deadlineMs ?? engine.deadlineMs,
    send: engine.send,
    former: pair.former,
    // A flood of unknown names opens no access: withdrawing them can wait.
    isUrgent: !message.active && regulator.withdrawal?.kind !== 'unknown',
  });
  const row = settle(before, claimed, message, verdict, engine.nowMs());
  const { isOurs, version } = await storeSettled(engine.db, row);
  if (!isOurs) log('warn', 'account-answer-came-late', { requestId: engine.requestId, editor: pair.editor });
  const delivery: Delivery =
    verdict.kind === 'yes' ? { kind: 'done', row, verdict } : { kind: 'failed', row, verdict };
  const isChanged = isOurs && version !== undefined && version !== message.version;
  return { delivery, isOver: !(isChanged || (verdict.kind === 'yes' && !message.isFinal)) };
}

/** A claim that was not won: because somebody is sending, or because another account bears the identifier. */
async function explainWait(
  engine: Engine,
  { id, identifier }: Regulator,
  { editor, row }: Pair,
  ended: Delivery,
): Promise<Delivery> {
  if (ended.kind !== 'waiting' || ended.reason === 'settling' || identifier === undefined) return ended;
  const now = (await loadPairs(engine.db, id, editor))?.pairs[0]?.row;
  if ((now?.revision ?? 0) !== (row?.revision ?? 0) || now?.lease !== undefined) return ended;
  const nowMs = engine.nowMs();
  const isBorne = await hurryBearers(engine.db, id, editor, identifier, nowMs);
  if (!isBorne) return ended;
  return { kind: 'waiting', untilMs: nowMs + BORNE_PAUSE_MS, reason: 'identifier-borne' };
}
