// What a search has in hand of its calls while they land: the hub tells it (ask-hub.ts), one result per call comes
// out. Of an answer it shares with another search it takes what it asked for itself. No I/O, no clock.

import { readAnswerLines } from '../../shared/link/answer-frame.ts';
import type { CallAnswer } from '../../shared/sas/answer.ts';
import { type CallResult, doubtsOf } from '../hub/call-result.ts';
import type { AskedCall } from '../hub/memory/plan.ts';
import type { CallFailure, HubEvent } from '../hub/reach/calls.ts';
import type { Asked, SearchEnd } from './answers.ts';

/** Why a call of which the hub reported nothing has failed. */
const SILENCE = {
  done: 'timeout',
  late: 'timeout',
  'hub-lost': 'hub-lost',
  'hub-overloaded': 'hub-overloaded',
  'no-relay': 'relay-absent',
} as const satisfies Record<SearchEnd, CallFailure>;

/** What the hub tells after the plan. */
export type GatheredEvent = Exclude<HubEvent, { readonly kind: 'planned' | 'booked' }>;

/** The results of one search while they arrive; one per call once it is finished. */
export class Gathering {
  readonly #calls: readonly AskedCall[];
  readonly #startedMs: number;
  readonly #results = new Map<number, CallResult>();
  #linkBytes = 0;

  constructor(calls: readonly AskedCall[], startedMs: number) {
    this.#calls = calls;
    this.#startedMs = startedMs;
  }

  /** Keeps what an event brings; returns what is new. */
  take(event: GatheredEvent, nowMs: number): CallResult[] {
    switch (event.kind) {
      case 'failed': {
        const { calls, reason, sinceMs } = event;
        const failure = { reason, ...(sinceMs !== undefined && { sinceMs }) };
        return calls.flatMap((number) => this.#keep(number, () => ({ failure })));
      }
      case 'answers': {
        const { numbers, shared, body } = event;
        if (numbers.some((number) => number !== null && !shared.includes(number)))
          this.#linkBytes += body.length;
        return readAnswerLines(body, (call) => typeof numbers[call] === 'number').flatMap((answer) => {
          const number = numbers[answer.call];
          return this.#keep(number, (call) => {
            const mine = ofThose(answer, call);
            const isShared = typeof number === 'number' && shared.includes(number);
            if (!isOwn(mine, call.vendor)) return { failure: { reason: 'unusable' }, arrivedMs: nowMs };
            return { ...(isShared ? shareOf(mine, nowMs - this.#startedMs) : whole(mine)), arrivedMs: nowMs };
          });
        });
      }
      default:
        // Of a newer hub.
        return [];
    }
  }

  finish(ended: SearchEnd): Pick<Asked, 'results' | 'linkBytes' | 'ended'> {
    const silence = SILENCE[ended];
    const results = this.#calls.map(
      (call, number): CallResult => this.#results.get(number) ?? { call, failure: { reason: silence } },
    );
    return { results, linkBytes: this.#linkBytes, ended };
  }

  #keep(number: number | null | undefined, say: (call: AskedCall) => Omit<CallResult, 'call'>): CallResult[] {
    const call = number === null || number === undefined ? undefined : this.#calls[number];
    if (number === null || number === undefined || call === undefined) return [];
    const result = { call, ...say(call) };
    this.#results.set(number, result);
    return [result];
  }
}

/** The answer for the subjects that the call asks for: a call for more, which it joined, may bring others too. */
function ofThose(answer: CallAnswer, { subjects: asked }: AskedCall): CallAnswer {
  const subjects = answer.subjects.filter(({ subject }) => asked.includes(subject));
  return { ...answer, subjects, doubts: doubtsOf(answer) };
}

/**
 * Schedules, sites and slots have ids of their vendor: a relay that gave another's would have it overwrite that one in the
 * Bundle. Such an answer is not used.
 */
function isOwn({ subjects }: CallAnswer, vendor: string): boolean {
  // No hyphen follows: vendors may be called agenda and agenda-a.
  const isIts = (id: string): boolean => id.lastIndexOf('-') === vendor.length && id.startsWith(vendor);
  return subjects.every(({ places }) =>
    places.every(
      ({ schedule, site, slots }) =>
        isIts(schedule.id) && isIts(site.id) && slots.every(([, id]) => isIts(id)),
    ),
  );
}

function whole(answer: CallAnswer): Pick<CallResult, 'answer' | 'failure'> {
  return { answer, ...(answer.failure && { failure: answer.failure }) };
}

/** The call that was joined counts more subjects and began earlier: counts and time become those of this search. */
function shareOf(answer: CallAnswer, waitedMs: number): Pick<CallResult, 'answer' | 'failure' | 'isShared'> {
  const places = answer.subjects.flatMap((subject) => subject.places);
  const slots = places.reduce((sum, place) => sum + place.slots.length, 0);
  const { failure } = answer;
  return {
    answer: {
      ...answer,
      received: slots,
      shown: slots,
      dropped: [],
      repaired: [],
      durationMs: Math.min(answer.durationMs, waitedMs),
    },
    ...(failure && { failure }),
    isShared: true,
  };
}
