// What a vendor's answer, or its absence, means for an account: yes, no, not reached, or nobody knows. The relay has
// read the answer (relay/vendor/account-answer.ts): what it calls answered with 200, 201 or 204 is a yes. The kit lets a vendor
// refuse a second POST with any 4xx or 5xx, so that no refusal of a POST says that the account is not there. Pure.

import type { AccountDoubt } from '../../../shared/link/accounts.ts';
import type { RegulatorIdentifier } from '../../../shared/sas/regulator.ts';
import type { HubAccountReply } from '../../hub/reach/calls.ts';

/** What a vendor's replies mean for an account. */
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
      /** The identifier that the message named and the vendor refused, before it took the message under the new one. */
      readonly left: RegulatorIdentifier | undefined;
      /** With `left`: the vendor has made, or may have made, a second account under the new identifier. */
      readonly mayBeMade: boolean;
    }
  | {
      /**
       * `refused`: the vendor said no. `unreachable`: it said nothing, or to come back later. `unconfirmed`: its
       * answer is neither a yes nor a no.
       */
      readonly kind: 'refused' | 'unreachable' | 'unconfirmed';
      /** `refused`, an issue code, a VendorFailure or an AccountDoubt. */
      readonly reason: string;
      readonly status: number | undefined;
      readonly retryAfterS: number | undefined;
      /** Some message may have taken effect all the same. */
      readonly isUncertain: boolean;
    };

/** A verdict that is not a yes. */
export type Failure = Exclude<Verdict, { kind: 'yes' }>;

/** The guide's 201 and 200, and the one without body. A relay of before lets the other 2xx pass. */
const DONE: ReadonlySet<number> = new Set([200, 201, 204]);
const OF_THE_CALLER: ReadonlySet<number> = new Set([401, 407, 429]);

/** The vendor did as it was told. */
export function isYes(reply: HubAccountReply): boolean {
  return reply.kind === 'answered' && DONE.has(reply.status);
}

/**
 * The vendor will not do it so. The reason is not asked: servers word "it is there already" as 409, 412, or 400 and 422
 * with any issue code, some with 200 and an OperationOutcome. 401, 407 and 429 are not about the account.
 */
export function isRefusal(reply: HubAccountReply): boolean {
  if (reply.kind === 'failed') return reply.reason === 'outcome-error';
  const { status } = reply;
  return status >= 400 && status < 500 && !OF_THE_CALLER.has(status);
}

/** The vendor has no such account. */
export function isMissing(reply: HubAccountReply): boolean {
  return reply.kind === 'answered' && (reply.status === 404 || reply.status === 410);
}

/** The message may have taken effect, although nothing says so. */
export function isLost(reply: HubAccountReply): boolean {
  if (reply.kind === 'failed') return reply.sent;
  return !isYes(reply) && (reply.status < 400 || reply.status >= 500);
}

/** Nobody of the vendor's program has spoken: what else there is to say would fare the same. */
export function isAway({ kind, status }: Failure): boolean {
  return kind === 'unreachable' && (status === undefined || status < 300);
}

/** Of an answer that is not a yes. */
export function failureVerdict(reply: HubAccountReply, wasLostBefore: boolean): Failure {
  const isUncertain = wasLostBefore || isLost(reply);
  if (reply.kind === 'failed') {
    const { reason, status } = reply;
    return { kind: kindOf(reason), reason, status, retryAfterS: undefined, isUncertain };
  }
  const { status, codes, retryAfterS } = reply;
  if (status === 429 || status >= 500) {
    const reason = status === 429 || status === 503 ? 'busy' : 'error';
    return { kind: 'unreachable', reason, status, retryAfterS, isUncertain };
  }
  if (status < 300) {
    return { kind: 'unconfirmed', reason: 'unconfirmed', status, retryAfterS: undefined, isUncertain };
  }
  const reason = status < 400 ? 'redirect' : (codes[0] ?? 'refused');
  return { kind: 'refused', reason, status, retryAfterS: undefined, isUncertain };
}

const DOUBTS: ReadonlySet<string> = new Set<AccountDoubt>([
  'unconfirmed',
  'not-account',
  'other-account',
  'other-right',
  'other-content',
]);

function kindOf(reason: string): 'refused' | 'unreachable' | 'unconfirmed' {
  if (reason === 'outcome-error') return 'refused';
  return DOUBTS.has(reason) ? 'unconfirmed' : 'unreachable';
}
