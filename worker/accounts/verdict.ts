// What a vendor's answer, or its absence, means for an account: yes, no, not reached, or nobody knows. flows.md § 4:
// any 2xx is yes; the kit lets a vendor refuse a second POST with any 4xx or 5xx. Pure.

import type { HubAccountReply } from './carry.ts';

export type Verdict =
  | {
      readonly kind: 'yes';
      readonly status: number;
      readonly location: string | undefined;
      readonly method: 'POST' | 'PUT';
      /** The account had to be made although it was known: 404 or 410 to a PUT, or its 201. */
      readonly surprise: 'missing' | 'created' | undefined;
      /** An earlier request of this message went unanswered, and may still take effect. */
      readonly wasLost: boolean;
    }
  | {
      /** `refused`: the vendor said no. `unreachable`: it said nothing, or to come back later. */
      readonly kind: 'refused' | 'unreachable';
      /** `refused`, an issue code, or a VendorFailure. */
      readonly reason: string;
      readonly status: number | undefined;
      readonly retryAfterS: number | undefined;
      /** Some message may have taken effect all the same. */
      readonly isUncertain: boolean;
    };

export function isYes(reply: HubAccountReply): boolean {
  return reply.kind === 'answered' && reply.status >= 200 && reply.status < 300;
}

/** Known to the vendor already. Refusals that name no reason count when they are the usual ones for it. */
export function isDuplicate(reply: HubAccountReply): boolean {
  if (reply.kind !== 'answered' || reply.status < 400) return false;
  const { status, codes } = reply;
  if (status === 409 || status === 412) return true;
  if (codes.includes('duplicate') || codes.includes('conflict')) return true;
  return (status === 400 || status === 422) && codes.length === 0;
}

export function isMissing(reply: HubAccountReply): boolean {
  return reply.kind === 'answered' && (reply.status === 404 || reply.status === 410);
}

/** The message may have taken effect, although nothing says so. */
export function isLost(reply: HubAccountReply): boolean {
  return reply.kind === 'failed' ? reply.sent : reply.status >= 500;
}

/** Of an answer that is not a yes. */
export function failureVerdict(reply: HubAccountReply, wasLostBefore: boolean): Verdict {
  const isUncertain = wasLostBefore || isLost(reply);
  if (reply.kind === 'failed') {
    return {
      kind: 'unreachable',
      reason: reply.reason,
      status: undefined,
      retryAfterS: undefined,
      isUncertain,
    };
  }
  const { status, codes, retryAfterS } = reply;
  if (status === 429 || status >= 500) {
    const reason = status === 429 || status === 503 ? 'busy' : 'error';
    return { kind: 'unreachable', reason, status, retryAfterS, isUncertain };
  }
  const reason = status < 400 ? 'redirect' : (codes[0] ?? 'refused');
  return { kind: 'refused', reason, status, retryAfterS: undefined, isUncertain };
}
