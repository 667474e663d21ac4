// The Worker bounds what one vendor stores, so that none fills the database for all: how many versions, how much, and how many
// new appointments an hour. Past it nothing new is taken; what exists may be changed within a reserve, and ended always.
// docs/storage.md "Quotas". No I/O, no clock.

/** Of one vendor; the operator's settings. */
export interface Quota {
  readonly versions: number;
  readonly bytes: number;
  readonly createdPerHour: number;
}

/** What one vendor has stored, as table `vendor_usage` counts it. */
export interface Usage {
  readonly versions: number;
  readonly bytes: number;
  /** Hours since 1970, of the last appointment that was new, and how many were new in it. */
  readonly hour: number;
  readonly created: number;
}

/** Of a quota, what changes of known appointments may use when nothing new is taken any more. */
export const RESERVE_SHARE = 0.25;
/** From here on operators are warned. */
const NEAR_SHARE = 0.8;
const HOUR_MS = 3_600_000;
/** When room comes is not known: an operator makes it, or the night does. */
const FULL_RETRY_S = 3_600;

/** How full the fuller of the two is, 1: nothing new is taken. */
export function shareOf({ versions, bytes }: Pick<Usage, 'versions' | 'bytes'>, quota: Quota): number {
  return Math.max(versions / quota.versions, bytes / quota.bytes);
}

/** New appointments of the hour that runs. */
export function createdNow({ hour, created }: Pick<Usage, 'hour' | 'created'>, nowMs: number): number {
  return hour === Math.floor(nowMs / HOUR_MS) ? created : 0;
}

/** `share`: of the quota, 1 when it is used up. */
export function quotaStateAt(share: number): 'well' | 'near' | 'full' {
  if (share >= 1) return 'full';
  return share >= NEAR_SHARE ? 'near' : 'well';
}

/** Why a new appointment, or a change of a known one, is not taken now; undefined: it is not for its quota. */
export function overQuota(
  usage: Usage | undefined,
  quota: Quota,
  isNew: boolean,
  nowMs: number,
): { readonly what: 'storage' | 'rate'; readonly retryAfterS: number } | undefined {
  if (usage === undefined) return undefined;
  if (shareOf(usage, quota) >= (isNew ? 1 : 1 + RESERVE_SHARE)) {
    return { what: 'storage', retryAfterS: FULL_RETRY_S };
  }
  if (!isNew || createdNow(usage, nowMs) < quota.createdPerHour) return undefined;
  return { what: 'rate', retryAfterS: Math.ceil((HOUR_MS - (nowMs % HOUR_MS)) / 1000) };
}
