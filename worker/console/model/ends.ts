// When certificates and revocation lists end, from what relays said of themselves: whose each is, how urgent, in words. One
// certificate that several relays or vendors share is told once. Pure.

import type { ReportedCertificate, ReportedList } from '../../../shared/link/report.ts';
import type { ReportedRelay } from '../../operators/relay-reports.ts';
import type { Tone } from './tone.ts';

const DAY_MS = 24 * 3_600_000;
const URGENT_DAYS = 7;
const SOON_DAYS = 30;
/** A list is renewed every day or week: it is late only shortly before its end. */
const LIST_URGENT_MS = 6 * 3_600_000;

/** How near an end is, as the badge writes it. */
export interface EndState {
  readonly word: string;
  readonly tone: Tone;
}

/** Of a certificate that ends then; milliseconds since 1970. */
export function stateOfEnd(endMs: number, nowMs: number): EndState {
  const days = daysLeft(endMs, nowMs);
  if (endMs <= nowMs) return { word: 'fini', tone: 'down' };
  if (days < URGENT_DAYS) return { word: 'urgent', tone: 'down' };
  return days < SOON_DAYS ? { word: 'à renouveler', tone: 'doubt' } : { word: 'valable', tone: 'well' };
}

/** Of a list whose next update is due then; undefined: it does not say. */
export function stateOfList(nextUpdateMs: number | undefined, nowMs: number): EndState {
  if (nextUpdateMs === undefined) return { word: 'sans échéance', tone: 'unknown' };
  if (nextUpdateMs <= nowMs) return { word: 'périmée', tone: 'down' };
  return nextUpdateMs - nowMs < LIST_URGENT_MS
    ? { word: 'urgent', tone: 'down' }
    : { word: 'à jour', tone: 'well' };
}

/** Whole days, rounded down; negative: it has ended. */
export function daysLeft(endMs: number, nowMs: number): number {
  return Math.floor((endMs - nowMs) / DAY_MS);
}

/** A certificate, and of whom. */
export interface EndingCertificate extends ReportedCertificate {
  /** Relays that told it, and the vendors that it is about. */
  readonly relays: readonly string[];
  readonly editors: readonly string[];
}

/** A list, and of whom. */
export interface EndingList extends ReportedList {
  readonly relays: readonly string[];
  readonly editors: readonly string[];
}

/** First to end first. */
export function endingCertificates(relays: readonly ReportedRelay[]): EndingCertificate[] {
  const keyOf = ({ role, serial, authority = '', editor }: ReportedCertificate): string =>
    // One authority vouches for many vendors.
    `${role} ${serial} ${authority} ${role === 'authority' ? '' : (editor ?? '')}`;
  const all = gather(relays, ({ certificates }) => certificates, keyOf);
  return all.sort((one, other) => one.notAfterMs - other.notAfterMs);
}

/** First to be due first; those that say nothing last. */
export function endingLists(relays: readonly ReportedRelay[]): EndingList[] {
  const keyOf = ({ authority, thisUpdateMs, nextUpdateMs }: ReportedList): string =>
    `${authority} ${thisUpdateMs} ${nextUpdateMs}`;
  const all = gather(relays, ({ lists }) => lists, keyOf);
  const due = ({ nextUpdateMs = Number.MAX_VALUE }: ReportedList): number => nextUpdateMs;
  return all.sort((one, other) => due(one) - due(other));
}

type Whose = { readonly relays: readonly string[]; readonly editors: readonly string[] };

function gather<T extends { readonly editor?: string; readonly seenMs?: number }>(
  relays: readonly ReportedRelay[],
  of: (report: NonNullable<ReportedRelay['report']>) => readonly T[],
  keyOf: (one: T) => string,
): (T & Whose)[] {
  const told = relays.flatMap(({ relay, report }) =>
    report === undefined ? [] : of(report).map((one) => ({ one, relay })),
  );
  return [...Map.groupBy(told, ({ one }) => keyOf(one)).values()].flatMap((same) => {
    const [first] = same.toSorted((a, b) => (b.one.seenMs ?? 0) - (a.one.seenMs ?? 0));
    if (first === undefined) return [];
    const editors = [...new Set(same.flatMap(({ one }) => one.editor ?? []))].sort();
    return [{ ...first.one, editors, relays: [...new Set(same.map(({ relay }) => relay))] }];
  });
}
