import { describe, expect, it } from 'vitest';
import { writeAnswerLines } from '../../../shared/link/answer-frame.ts';
import type { CallAnswer } from '../../../shared/sas/answer.ts';
import { failureOf } from '../../../worker/hub/call-result.ts';

import { type GatheredEvent, Gathering } from '../../../worker/search/gathering.ts';
import { answered, OTHER } from '../../support/oracles/answered.ts';
import {
  answer,
  bundle,
  NOW,
  practitioner,
  RPPS,
  schedule,
  slot,
} from '../../support/samples/vendor-bundle.ts';

const said = (page = answer([slot(), slot({ id: 'slot-2', status: 'busy' })])): CallAnswer =>
  answered('agenda-a', page, { durationMs: 700 }).answer!;
const landing = (one: CallAnswer, isShared: boolean): GatheredEvent => ({
  kind: 'answers',
  numbers: [0],
  body: writeAnswerLines(one),
  shared: isShared ? [0] : [],
});
const take = (one: CallAnswer, subjects: readonly string[], isShared: boolean) => {
  const gathering = new Gathering([{ vendor: 'agenda-a', subjects }], NOW);
  const [result] = gathering.take(landing(one, isShared), NOW + 200);
  expect(gathering.finish('done').results).toEqual([result]);
  return result!;
};

describe('what a search has in hand of its calls', () => {
  it('tells when an answer landed, and of whom nothing was heard', () => {
    const calls = [
      { vendor: 'agenda-a', subjects: [RPPS] },
      { vendor: 'agenda-b', subjects: [RPPS] },
    ];
    const gathering = new Gathering(calls, NOW);
    gathering.take(landing(said(), false), NOW + 200);
    expect(gathering.finish('done').results).toMatchObject([
      { arrivedMs: NOW + 200 },
      { call: calls[1], failure: { reason: 'timeout' } },
    ]);
    expect(gathering.finish('done').results[1]).not.toHaveProperty('arrivedMs');
  });

  it('holds of a shared answer only those it asked for', () => {
    expect(take(said(), [RPPS, OTHER], true).answer?.subjects.map(({ subject }) => subject)).toEqual([RPPS]);
    expect(take(said(), [OTHER], true).answer).toMatchObject({ subjects: [], received: 0, shown: 0 });
  });

  it('holds only those it asked for also of a call that it takes over from another search', () => {
    expect(take(said(), [OTHER], false).answer).toMatchObject({ subjects: [], received: 2, shown: 1 });
  });

  it('counts of a shared answer the slots in hand, and the time it waited itself', () => {
    const own = take(said(), [RPPS, OTHER], false);
    expect(own.answer).toMatchObject({ received: 2, shown: 1, dropped: [{ count: 1 }], durationMs: 700 });
    expect(own.isShared).toBeUndefined();
    const shared = take(said(), [RPPS], true);
    expect(shared.answer).toMatchObject({
      received: 1,
      shown: 1,
      dropped: [],
      repaired: [],
      durationMs: 200,
    });
    expect(shared).toMatchObject({ isShared: true, arrivedMs: NOW + 200 });
  });

  it('uses no answer whose schedules, sites or slots have ids of another vendor', () => {
    const own = said();
    const place = own.subjects[0]!.places[0]!;
    const withPlace = (over: Partial<typeof place>): CallAnswer => ({
      ...own,
      subjects: [{ ...own.subjects[0]!, places: [{ ...place, ...over }] }],
    });
    for (const vendor of ['agenda-b', 'agenda', 'agenda-a-b']) {
      const id = `${vendor}-${'0'.repeat(20)}`;
      const [row] = place.slots;
      for (const lie of [
        withPlace({ schedule: { ...place.schedule, id } }),
        withPlace({ site: { ...place.site, id } }),
        withPlace({ slots: [[row![0], id, row![2], row![3]]] }),
      ]) {
        const result = take(lie, [RPPS], false);
        expect(result.answer).toBeUndefined();
        expect(failureOf(result, RPPS)).toBe('unusable');
      }
    }
    expect(failureOf(take(own, [RPPS], false), RPPS)).toBeUndefined();
  });

  it('does not take a shared answer at its word when slots in it could not be read', () => {
    const unreadable = said(bundle([slot(), schedule(), practitioner()]));
    for (const isShared of [false, true]) {
      expect(failureOf(take(unreadable, [RPPS, OTHER], isShared), RPPS)).toBe('unusable');
      expect(failureOf(take(unreadable, [OTHER], isShared), OTHER)).toBeUndefined();
    }
    const { doubts: _untold, ...old } = unreadable;
    expect(failureOf(take(old, [OTHER], true), OTHER)).toBe('unusable');
  });
});
