// What is known of one regulator's account at one vendor, and how a message changes it. The rules of § 3 of
// docs/accounts.md, as functions from a row to the next row: no I/O, no clock. A row is written before its message
// leaves (`claim`) and again when the outcome is known (`settle`); in between, and after a crash, `sent` says that
// the vendor may or may not have taken it.

import { type RegulatorIdentifier, sameIdentifier } from '../../../shared/sas/regulator.ts';
import { CLOCK_SKEW_MS, lasts } from '../../base/clock.ts';
import type { Regulator } from './regulator.ts';
import type { Verdict } from './verdict.ts';

/** Longer than a message, its fallbacks and their answers can take: whoever finds it over is alone. */
export const LEASE_MS = 20_000;
/**
 * How long a message without answer may still take effect: relay and link give up within 40 s, the rest is a vendor's
 * own queue. A state confirmed meanwhile is said once more after it.
 */
export const SETTLE_MS = 120_000;
/** A login's unfinished work is tried again for so long; after that the next login does it. */
const LOGIN_RETRIES_MS = 12 * 3600 * 1000;

interface Confirmed {
  readonly version: number;
  readonly hash: string;
  readonly identifier: RegulatorIdentifier;
  readonly active: boolean;
  readonly status: number;
  readonly ms: number;
}

interface Sent {
  readonly version: number;
  readonly hash: string;
  readonly identifier: RegulatorIdentifier;
  readonly ms: number;
}

/** Reason of a grant that waits for an account of before to be closed; kept, whatever the next tries fail with. */
export const OLD_OPEN = 'old-open';

/** One regulator's account at one vendor, as table `accounts` keeps it. */
export interface AccountRow {
  readonly regulator: string;
  readonly editor: string;
  /** 0: not stored yet. */
  readonly revision: number;
  readonly open: boolean;
  readonly confirmed: Confirmed | undefined;
  readonly location: string | undefined;
  readonly createdStatus: number | undefined;
  readonly sent: Sent | undefined;
  readonly doubt: { readonly hash: string; readonly untilMs: number } | undefined;
  readonly recheckMs: number | undefined;
  readonly lease: { readonly id: string; readonly untilMs: number } | undefined;
  readonly attempts: number;
  readonly nextTryMs: number | undefined;
  readonly askedMs: number | undefined;
  readonly differsMs: number | undefined;
  readonly error:
    | { readonly reason: string; readonly status: number | undefined; readonly ms: number }
    | undefined;
  readonly checkedMs: number | undefined;
}

/** One body for one vendor. */
export interface Message {
  /** In the body. */
  readonly identifier: RegulatorIdentifier;
  /** In the query of a PUT; undefined: a grant, and nothing is known there, so POST. */
  readonly query: RegulatorIdentifier | undefined;
  /** The account may bear the body's identifier already, from a message whose answer was lost. */
  readonly mayBear: boolean;
  readonly hash: string;
  readonly version: number;
  readonly active: boolean;
  /** False: it settles a doubt about the identifier; the wanted one follows. */
  readonly isFinal: boolean;
  /** The vendor has made a second account under the new identifier, and not confirmed the first one closed. */
  readonly isOldOpen: boolean;
}

/** What to do about an account now. */
export type Plan =
  | { readonly kind: 'nothing' }
  /** `settling`: an older message may still take effect under the identifier of before. */
  | { readonly kind: 'busy'; readonly untilMs: number; readonly reason: 'under-way' | 'settling' }
  | { readonly kind: 'send'; readonly message: Message };

/** The row of an account that no message was ever sent about. */
export function newRow(regulator: string, vendor: string): AccountRow {
  return {
    regulator,
    editor: vendor,
    revision: 0,
    open: false,
    confirmed: undefined,
    location: undefined,
    createdStatus: undefined,
    sent: undefined,
    doubt: undefined,
    recheckMs: undefined,
    lease: undefined,
    attempts: 0,
    nextTryMs: undefined,
    askedMs: undefined,
    differsMs: undefined,
    error: undefined,
    checkedMs: undefined,
  };
}

/**
 * The vendor has said yes to a withdrawal, and nothing that may open the account again was sent since. Nothing else
 * proves that it holds no account: one that was never told may have had it before us, and words the refusal of a
 * creation as it likes.
 */
export function isClosed({ open, confirmed }: AccountRow): boolean {
  return !open && confirmed?.active === false;
}

/** Whether the vendor is known to have what is wanted, or needs a message. */
export function isDue(row: AccountRow, regulator: Regulator, nowMs: number): boolean {
  if (row.recheckMs !== undefined && !lasts(row.recheckMs, nowMs, SETTLE_MS)) return true;
  if (!regulator.active) return !isClosed(row);
  return row.confirmed?.hash !== regulator.hash || row.sent !== undefined;
}

/**
 * What to say now, if anything. `taken`: another account at this vendor bears the identifier last confirmed here, so
 * it names that one. `isAsserting` says the state again although it is known (drift repair).
 */
export function plan(
  row: AccountRow,
  regulator: Regulator,
  { taken, nowMs, isAsserting = false }: { taken: boolean; nowMs: number; isAsserting?: boolean },
): Plan {
  if (!isAsserting && !isDue(row, regulator, nowMs)) return { kind: 'nothing' };
  if (row.lease !== undefined && lasts(row.lease.untilMs, nowMs, LEASE_MS)) {
    return { kind: 'busy', untilMs: row.lease.untilMs, reason: 'under-way' };
  }
  const confirmed = taken ? undefined : row.confirmed?.identifier;
  const doubted = row.sent?.identifier;
  const wanted = regulator.identifier ?? confirmed ?? doubted;
  // A withdrawal without a name (docs/accounts.md § 4) cannot be said: vendors refuse it.
  if (wanted === undefined || regulator.family === '') return { kind: 'nothing' };
  const stay = identifierInDoubt(row, nowMs);
  const mustStay = stay !== undefined && !sameIdentifier(stay.identifier, wanted);
  // A lost message may have given the account a third identifier: that is settled first, or an account is left behind.
  const isStep =
    mustStay ||
    (doubted !== undefined && !sameIdentifier(doubted, confirmed) && !sameIdentifier(doubted, wanted));
  const identifier = mustStay ? stay.identifier : isStep && doubted !== undefined ? doubted : wanted;
  const hash = isStep ? `${regulator.hash}/step` : regulator.hash;
  if (mustStay && row.sent === undefined && row.confirmed?.hash === hash && !isAsserting) {
    return { kind: 'busy', untilMs: stay.untilMs, reason: 'settling' };
  }
  return {
    kind: 'send',
    message: {
      identifier,
      // What a vendor may hold from before us is closed by the guide's upsert, not by a creation.
      query: confirmed ?? doubted ?? (regulator.active ? undefined : identifier),
      mayBear: sameIdentifier(identifier, doubted),
      hash,
      version: regulator.version,
      active: regulator.active,
      isFinal: !isStep,
      isOldOpen: row.error?.reason === OLD_OPEN,
    },
  };
}

/**
 * While an unanswered message may still take effect, the account keeps the identifier of its body: once renamed, the
 * vendor would no longer recognise the late message as a duplicate, and make a second account of it.
 */
function identifierInDoubt(
  { sent, doubt, confirmed }: AccountRow,
  nowMs: number,
): { readonly identifier: RegulatorIdentifier; readonly untilMs: number } | undefined {
  if (sent !== undefined) {
    const untilMs = settledMs(sent, nowMs);
    return untilMs > nowMs ? { identifier: sent.identifier, untilMs } : undefined;
  }
  if (!isDoubted(doubt, nowMs) || confirmed === undefined) return undefined;
  return { identifier: confirmed.identifier, untilMs: doubt.untilMs };
}

/** Until when a message without answer may take effect: whatever clock said when it left, it had left by now. */
function settledMs({ ms }: Sent, nowMs: number): number {
  return Math.min(ms, nowMs) + SETTLE_MS;
}

function isDoubted<D extends { readonly untilMs: number }>(doubt: D | undefined, nowMs: number): doubt is D {
  return doubt !== undefined && lasts(doubt.untilMs, nowMs, SETTLE_MS);
}

/**
 * A message about to leave, and the lease under which it does. `taken`: another account bears the
 * identifier.
 */
export interface Claim {
  readonly message: Message;
  readonly taken: boolean;
  readonly lease: string;
  readonly nowMs: number;
  readonly isLogin: boolean;
}

/** The row as it must be stored before the message leaves. */
export function claim(row: AccountRow, { message, taken, lease, nowMs, isLogin }: Claim): AccountRow {
  const { version, hash, identifier } = message;
  const untilMs = nowMs + LEASE_MS;
  return {
    ...row,
    revision: row.revision + 1,
    open: row.open || message.active || row.confirmed === undefined,
    confirmed: taken ? undefined : row.confirmed,
    sent: { version, hash, identifier, ms: nowMs },
    doubt: doubtAfter(row, nowMs),
    lease: { id: lease, untilMs },
    // Whoever claims and is never heard of again leaves the rest to the schedule.
    nextTryMs: untilMs,
    askedMs: isLogin ? nowMs : row.askedMs,
    differsMs: row.differsMs ?? nowMs,
  };
}

function doubtAfter({ sent, doubt }: AccountRow, nowMs: number): AccountRow['doubt'] {
  const older = isDoubted(doubt, nowMs) ? doubt : undefined;
  if (sent === undefined) return older;
  const untilMs = Math.max(settledMs(sent, nowMs), older?.untilMs ?? 0);
  return { hash: older === undefined || older.hash === sent.hash ? sent.hash : '*', untilMs };
}

/** `before` is the row that was claimed, `claimed` the row that the claim stored. */
export function settle(
  before: AccountRow,
  claimed: AccountRow,
  message: Message,
  verdict: Verdict,
  nowMs: number,
): AccountRow {
  const row = { ...claimed, revision: claimed.revision + 1, lease: undefined };
  if (verdict.kind === 'yes') return confirm(row, message, verdict, nowMs);
  const attempts = row.attempts + 1;
  // What surely had no effect leaves the row as it was, doubts of before included; what is to be closed is open until
  // the vendor confirms it, and open again when the vendor says so.
  const known = verdict.isUncertain
    ? { open: row.open || (!message.active && verdict.reason === 'other-right') }
    : { sent: before.sent, doubt: before.doubt, open: message.active ? before.open : row.open };
  const isGivenUp =
    message.active &&
    (verdict.kind === 'refused' || Math.abs(nowMs - (row.askedMs ?? 0)) >= LOGIN_RETRIES_MS);
  return {
    ...row,
    ...known,
    attempts,
    error: { reason: message.isOldOpen ? OLD_OPEN : verdict.reason, status: verdict.status, ms: nowMs },
    nextTryMs: isGivenUp ? undefined : nowMs + pauseMs(attempts, verdict.retryAfterS),
  };
}

function confirm(
  row: AccountRow,
  { identifier, version, hash, active, isFinal }: Message,
  verdict: Extract<Verdict, { kind: 'yes' }>,
  nowMs: number,
): AccountRow {
  const older = isDoubted(row.doubt, nowMs) ? row.doubt : undefined;
  const doubt = verdict.wasLost
    ? { hash: older === undefined ? hash : older.hash === hash ? hash : '*', untilMs: nowMs + SETTLE_MS }
    : older;
  const recheckMs = doubt !== undefined && doubt.hash !== hash ? doubt.untilMs : undefined;
  const { status, location } = verdict;
  return {
    ...row,
    open: active,
    confirmed: { version, hash, identifier, active, status, ms: nowMs },
    location: location ?? row.location,
    createdStatus: verdict.method === 'POST' ? status : row.createdStatus,
    sent: undefined,
    doubt,
    recheckMs,
    attempts: 0,
    nextTryMs: isFinal ? recheckMs : (doubt?.untilMs ?? nowMs),
    differsMs: isFinal ? undefined : row.differsMs,
    error: undefined,
  };
}

const FIRST_PAUSE_MS = 30_000;
/** The longest pause. */
export const PAUSE_MS_MAX = 15 * 60_000;
/** A next try that is further ahead was written by a clock that was wrong: it is due. */
export const NEXT_TRY_MS_MAX = PAUSE_MS_MAX + CLOCK_SKEW_MS;

/**
 * How long to wait before a vendor is told again, after so many attempts without a yes. Pauses grow to a bound; a
 * vendor that asks for a longer one gets it, up to the same bound. Trying never ends.
 */
export function pauseMs(attempts: number, retryAfterS: number | undefined): number {
  const grown = FIRST_PAUSE_MS * 2 ** Math.min(Math.max(attempts - 1, 0), 10);
  return Math.min(PAUSE_MS_MAX, Math.max(grown, (retryAfterS ?? 0) * 1000));
}
