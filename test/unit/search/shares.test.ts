// What one vendor may fill of a search: alone, beside others, at the bound and one past it.
import { describe, expect, it } from 'vitest';
import { SLOTS_PER_PRACTITIONER_MAX } from '../../../shared/limits.ts';
import { answerSpans, readAnswerLines, writeAnswerLines } from '../../../shared/link/answer-frame.ts';
import type { CallAnswer } from '../../../shared/sas/answer.ts';
import type { CallResult } from '../../../worker/hub/call-result.ts';
import { SearchShares } from '../../../worker/hub/link/search-shares.ts';
import { VendorShares } from '../../../worker/hub/link/vendor-shares.ts';
import { keepLedger, ledgerEntry } from '../../../worker/search/ledger.ts';
import { type SelectionContext, selectSlots, shownOf } from '../../../worker/search/selection.ts';
import { answered, OTHER, query } from '../../support/oracles/answered.ts';
import { readCounted } from '../../support/oracles/read-answer.ts';
import { answer, FROM, NOW, RPPS, slot } from '../../support/samples/vendor-bundle.ts';

describe('shares of 800 among four', () => {
  const shares = (): VendorShares => new VendorShares(800, 4);

  it.each([
    ['its own and three quarters of the spare room', [['a', 400]], true],
    ['no more', [['a', 401]], false],
    [
      'no more in pieces',
      [
        ['a', 300],
        ['a', 100],
        ['a', 1],
      ],
      false,
    ],
    [
      'its own, whoever took the spare room',
      [
        ['a', 400],
        ['b', 200],
        ['c', 100],
        ['d', 100],
      ],
      true,
    ],
    [
      'no spare room that others took',
      [
        ['a', 400],
        ['b', 200],
        ['c', 101],
      ],
      false,
    ],
  ] as const)('a vendor has %s', (_, takes, isLastTaken) => {
    const room = shares();
    expect(takes.map(([vendor, length]) => room.take(vendor, length))).toEqual(
      takes.map((__, index) => index < takes.length - 1 || isLastTaken),
    );
  });

  it('takes nothing of what it refuses', () => {
    const room = shares();
    expect([room.take('a', 401), room.take('a', 400), room.take('a', 1)]).toEqual([false, true, false]);
  });
});

const page = (count: number, over: object = {}) =>
  answer(
    Array.from({ length: count }, (_, n) => {
      const start = new Date(FROM + n * 60_000).toISOString();
      return slot({ id: `s${n}`, start, end: new Date(FROM + n * 60_000 + 30_000).toISOString(), ...over });
    }),
  );

describe('the frame of a relay', () => {
  const said = (call: number, vendor: string): CallAnswer => ({
    ...(answered(vendor, page(20)).answer as CallAnswer),
    call,
  });
  const texts = [said(0, 'agenda-a'), said(1, 'agenda-b'), said(2, 'agenda-a')].map(writeAnswerLines);
  const body = texts.join('\n');
  const calls = ['agenda-a', 'agenda-b', 'agenda-a'].map((vendor) => ({ vendor }));

  it('tells where each answer stands', () => {
    expect(answerSpans(body).map(({ call, from, to }) => [call, body.slice(from, to)])).toEqual(
      texts.map((text, call) => [call, text]),
    );
    expect(answerSpans('')).toEqual([]);
    expect(() => answerSpans('{"subjects":[]}')).toThrow(TypeError);
  });

  it('reaches a search whole within the shares', () => {
    expect(new SearchShares(calls).give({ body }, [0, 1, 2])).toEqual({ body, over: [] });
  });

  it('is cut by the answer that is past its vendor’s share, and keeps the others', () => {
    // Two vendors, room for three answers: nobody fills two of them.
    const length = Math.max(...texts.map((text) => text.length));
    const given = new SearchShares(calls, 3 * length).give({ body }, [0, 1, 2]);
    expect(given.over).toEqual([2]);
    expect(readAnswerLines(given.body).map(({ call }) => call)).toEqual([0, 1]);
  });

  it('counts nothing that the search does not wait for', () => {
    const length = Math.max(...texts.map((text) => text.length));
    const given = new SearchShares(calls, 3 * length).give({ body }, [null, 1, 2]);
    expect(given.over).toEqual([]);
  });
});

describe('an answer', () => {
  const select = (results: readonly CallResult[], over: Partial<SelectionContext> = {}) =>
    selectSlots(results, { query: query(), nowMs: NOW, ...over });

  it('[slot-over-limit] is read up to the bound of one practitioner, and says that there is more', () => {
    const at = readCounted(page(SLOTS_PER_PRACTITIONER_MAX), { toMs: FROM + 10 * 86_400_000 });
    expect(at).toMatchObject({ shown: SLOTS_PER_PRACTITIONER_MAX, dropped: {}, doubts: [] });
    const past = readCounted(page(SLOTS_PER_PRACTITIONER_MAX + 1), { toMs: FROM + 10 * 86_400_000 });
    expect(past).toMatchObject({
      shown: SLOTS_PER_PRACTITIONER_MAX,
      dropped: { 'slot-over-limit': 1 },
      doubts: [{ rule: 'slot-over-limit', subjects: [RPPS] }],
    });
  });

  it('leaves out what is past a vendor’s share, and tells it of whom', () => {
    const flood = answered('agenda-a', page(100, { specialty: [{ text: 'x'.repeat(5_000) }] }));
    const quiet = answered('agenda-b', page(1), {}, [RPPS]);
    const shares = (): VendorShares => new VendorShares(200_000, 2);
    const selection = select([flood, quiet], { shares: shares() });
    expect(selection.subjects.map(({ offers }) => offers.map(({ vendor }) => vendor))).toEqual([
      ['agenda-b'],
    ]);
    expect(selection.withheld).toEqual([{ vendor: 'agenda-a', subject: RPPS, rule: 'slot-over-limit' }]);
    expect(selection.hidden).toEqual([
      { vendor: 'agenda-a', rule: 'slot-over-limit', count: 100, isShared: false },
    ]);
    const alone = select([flood], { shares: shares() });
    const vendors = [{ id: 'agenda-a', name: 'Agenda A' }];
    const answers = { vendors, results: [flood], skipped: { vendors: 0, subjects: 0 }, linkBytes: 0 };
    const ledger = keepLedger(query(), answers, shownOf(alone), NOW, alone.withheld);
    expect(ledger).toMatchObject({ none: [OTHER], unknown: [RPPS] });
    expect(ledgerEntry(ledger, 'INT_R01', '', 'id', [])).toContain(
      `editor=agenda-a reason=too-large since=2026-11-24T08:00:00.000Z subjects=${RPPS} rules=slot-over-limit`,
    );
  });

  it('of a relay without that bound is left out whole', () => {
    const one = answered('agenda-a', page(1));
    const [subject] = one.answer?.subjects ?? [];
    const [place] = subject?.places ?? [];
    const [row] = place?.slots ?? [];
    const many = (count: number): CallResult => {
      const slots = Array.from({ length: count }, () => row!);
      const subjects = [{ ...subject!, places: [{ ...place!, slots }] }];
      return { ...one, answer: { ...one.answer!, subjects } };
    };
    expect(select([many(SLOTS_PER_PRACTITIONER_MAX)]).total).toBe(SLOTS_PER_PRACTITIONER_MAX);
    expect(select([many(SLOTS_PER_PRACTITIONER_MAX + 1)])).toMatchObject({
      total: 0,
      withheld: [{ vendor: 'agenda-a', subject: RPPS }],
    });
  });
});
