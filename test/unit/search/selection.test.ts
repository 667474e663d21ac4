import { describe, expect, it } from 'vitest';
import { AnswerReader } from '../../../shared/sas/read/answer-reader.ts';
import { slotKey } from '../../../shared/sas/slot-key.ts';
import type { CallResult } from '../../../worker/hub/call-result.ts';
import type { BookedSlot } from '../../../worker/hub/memory/booked-slots-table.ts';
import { BookedSlots } from '../../../worker/memory/booked-slots.ts';
import { bundleText } from '../../../worker/search/bundle.ts';
import {
  answered,
  BASE,
  type Entry,
  hash,
  mergeAnswers,
  OTHER,
  query,
} from '../../support/oracles/answered.ts';
import {
  answer,
  bundle,
  contained,
  FROM,
  type Json,
  NOW,
  practitioner,
  RPPS,
  role,
  SIRET,
  schedule,
  slot,
  sosAnswer,
  TO,
} from '../../support/samples/vendor-bundle.ts';

function merged(
  results: readonly CallResult[],
  nowMs = NOW,
): { total: number; entries: Entry[]; shown: ReadonlyMap<string, number> } {
  const result = mergeAnswers(results, { query: query(), nowMs });
  return { ...result, entries: result.entries.map((text) => JSON.parse(text) as Entry) };
}

const ofType = (entries: readonly Entry[], type: string): Entry[] =>
  entries.filter(({ resource }) => resource.resourceType === type);

describe('merge', () => {
  it('shows a practitioner known to two vendors once, with a Schedule and a place from each', () => {
    const { entries, total } = merged([
      answered('agenda-a', answer([slot()])),
      answered('agenda-b', answer([slot()])),
    ]);
    expect(total).toBe(2);
    expect(ofType(entries, 'Practitioner')).toHaveLength(1);
    expect(ofType(entries, 'Schedule')).toHaveLength(2);
    expect(ofType(entries, 'PractitionerRole')).toHaveLength(2);
    expect(new Set(entries.map(({ fullUrl }) => fullUrl)).size).toBe(entries.length);
  });

  it('gives every entry an absolute fullUrl of one base and a search mode', () => {
    for (const { fullUrl, resource, search } of merged([answered('agenda-a', answer([slot()]))]).entries) {
      expect(fullUrl).toBe(`${BASE}/${resource.resourceType}/${resource.id}`);
      expect(search.mode).toBe(resource.resourceType === 'Slot' ? 'match' : 'include');
    }
  });

  it('leaves out slots that started since they were read, with the place and person they leave empty', () => {
    const late = Date.parse('2026-11-24T09:00:00.001Z');
    expect(merged([answered('agenda-a', answer([slot()]))], late)).toMatchObject({ total: 0, entries: [] });
    const two = answer([
      slot(),
      slot({ id: 's2', start: '2026-11-24T11:00:00.000+01:00', end: '2026-11-24T11:20:00.000+01:00' }),
    ]);
    const { total, entries } = merged([answered('agenda-a', two)], late);
    expect(total).toBe(1);
    expect(ofType(entries, 'Practitioner')).toHaveLength(1);
  });

  it('[slot-not-asked] leaves out what the rounded window brought besides what SAS asked', () => {
    const two = answer([
      slot(),
      slot({ id: 's2', start: '2026-11-24T11:00:00.000+01:00', end: '2026-11-24T11:20:00.000+01:00' }),
    ]);
    const startMs = Date.parse('2026-11-24T09:00:00Z');
    const asked = (fromMs: number, toMs: number) =>
      mergeAnswers([answered('agenda-a', two)], {
        query: { ...query(), window: { fromMs, toMs } },
        nowMs: NOW,
      });
    expect(asked(startMs, startMs)).toMatchObject({
      total: 1,
      hidden: [{ vendor: 'agenda-a', rule: 'slot-not-asked', count: 1 }],
    });
    expect(asked(startMs + 1, TO).total).toBe(1);
    expect(asked(FROM, TO)).toMatchObject({ total: 2, hidden: [] });
  });

  it('keeps every reference inside the Bundle', () => {
    const { entries } = merged([
      answered('agenda-a', answer([slot()])),
      answered('agenda-b', answer([slot()])),
    ]);
    const known = new Set(entries.map(({ resource }) => `${resource.resourceType}/${resource.id}`));
    const references = [...JSON.stringify(entries).matchAll(/"reference":"([^"#]+)"/g)].map(
      ([, reference]) => reference,
    );
    expect(references.length).toBeGreaterThan(4);
    for (const reference of references) expect(known).toContain(reference);
  });

  it('writes the empty Bundle without entry', () => {
    const text = bundleText({ id: 'id-1', flow: 'SOS', total: 0, selfUrl: `${BASE}/Schedule?a=b%7Cc` }, []);
    expect(JSON.parse(text)).toEqual({
      resourceType: 'Bundle',
      id: 'id-1',
      meta: { profile: [expect.stringContaining('sas-sos-bundle-aggregator')] },
      type: 'searchset',
      total: 0,
      link: [{ relation: 'self', url: `${BASE}/Schedule?a=b%7Cc` }],
    });
  });
});

describe('booked slots', () => {
  const startMs = Date.parse('2026-11-24T09:00:00Z');
  const endMs = Date.parse('2026-11-24T09:20:00Z');
  const show = (booked: readonly BookedSlot[]) =>
    mergeAnswers([answered('agenda-a', answer([slot()])), answered('agenda-b', answer([slot()]))], {
      query: query(),
      nowMs: NOW,
      bookedSlots: new BookedSlots(booked),
    });

  it('[slot-booked] hide every slot of that vendor and practitioner that they overlap, and no other', () => {
    expect(show([{ vendor: 'agenda-a', practitioner: RPPS, startMs, endMs }])).toMatchObject({
      total: 1,
      hidden: [{ vendor: 'agenda-a', rule: 'slot-booked', count: 1 }],
    });
    const others: BookedSlot[] = [
      { vendor: 'agenda-c', practitioner: RPPS, startMs, endMs },
      { vendor: 'agenda-a', practitioner: OTHER, startMs, endMs },
      { vendor: 'agenda-a', practitioner: RPPS, startMs: endMs, endMs: endMs + 60_000 },
      { vendor: 'agenda-a', practitioner: RPPS, startMs: startMs - 60_000, endMs: startMs },
    ];
    expect(show(others)).toMatchObject({ total: 2, hidden: [] });
    expect(show([])).toMatchObject({ total: 2, hidden: [] });
    for (const [from, to] of [
      [startMs - 1, startMs + 1],
      [endMs - 1, endMs + 1],
      [startMs + 60_000, endMs - 60_000],
      [startMs - 26 * 3_600_000, endMs + 3_600_000],
      [startMs, startMs],
    ] as const) {
      const one = { vendor: 'agenda-a', practitioner: RPPS, startMs: from, endMs: to };
      expect(show([one]).total, `${from - startMs} ${to - startMs}`).toBe(1);
    }
  });

  it('hide a slot that the appointment names, whatever its times say', () => {
    const elsewhere = { startMs: endMs + 3_600_000, endMs: endMs + 4_000_000 };
    const named = (id: string) => [
      { vendor: 'agenda-a', practitioner: RPPS, ...elsewhere, slotKeys: [slotKey(id)] },
    ];
    expect(show(named('slot-1')).total).toBe(1);
    expect(show(named('slot-2')).total).toBe(2);
  });

  describe('of a practitioner with two places', () => {
    const two = bundle([
      slot(),
      slot({ id: 's2', schedule: { reference: 'Schedule/schedule-2' } }),
      schedule(),
      schedule({
        id: 'schedule-2',
        actor: [{ reference: 'Practitioner/ps-1' }, { reference: 'PractitionerRole/role-2' }],
      }),
      practitioner(),
      role(),
      role({
        id: 'role-2',
        contained: [
          contained({ id: 'lieu-2', address: { line: ['9 rue'], city: 'Lyon', postalCode: '69001' } }),
        ],
        location: [{ reference: '#lieu-2' }],
      }),
    ]);
    const cities = (over: Partial<BookedSlot>): string[] => {
      const bookedSlots = new BookedSlots([
        { vendor: 'agenda-a', practitioner: RPPS, startMs, endMs, ...over },
      ]);
      const { entries } = mergeAnswers([answered('agenda-a', two)], {
        query: query(),
        nowMs: NOW,
        bookedSlots,
      });
      return entries.flatMap((text) => /"city":"(\w+)"/.exec(text)?.[1] ?? []).sort();
    };

    it('hide slots at the place that the appointment names, by reference or by its slot', () => {
      expect(cities({ startMs: endMs, endMs: endMs + 1 })).toEqual(['Albi', 'Lyon']);
      expect(cities({ places: ['Location/lieu-1'] })).toEqual(['Lyon']);
      expect(cities({ places: ['PractitionerRole/role-2'] })).toEqual(['Albi']);
      expect(cities({ slotKeys: [slotKey('s2')] })).toEqual(['Albi']);
    });

    it('hide slots at every place when theirs is not known', () => {
      expect(cities({})).toEqual([]);
      expect(cities({ places: ['Location/unheard-of'] })).toEqual([]);
      expect(cities({ slotKeys: [slotKey('gone')] })).toEqual([]);
    });
  });

  it('that was lifted hides no newer word, and lets none older bring the slot back', () => {
    const liftedMs = NOW - 5_000;
    const bookedSlots = new BookedSlots([
      { vendor: 'agenda-a', practitioner: RPPS, startMs, endMs, liftedMs },
    ]);
    const total = (saidMs?: number): number => {
      const result = {
        ...answered('agenda-a', answer([slot()])),
        ...(saidMs === undefined ? {} : { saidMs }),
      };
      return mergeAnswers([result], { query: query(), nowMs: NOW, bookedSlots }).total;
    };
    expect([total(), total(liftedMs), total(liftedMs - 1)]).toEqual([1, 1, 0]);
  });

  describe('of SOS Médecins', () => {
    const page = (slots: Json[]): CallResult => {
      const reader = new AnswerReader({
        editor: 'agenda-a',
        flow: 'SOS',
        subjects: [SIRET],
        fromMs: FROM,
        toMs: TO,
        nowMs: NOW,
        hash,
      });
      reader.add(sosAnswer(slots));
      return {
        call: { vendor: 'agenda-a', subjects: [SIRET] },
        answer: { call: 0, ...reader.finish(), durationMs: 1, bytes: 0, pages: 1, noStore: false },
      };
    };
    const total = (slots: Json[], booked: number, partial?: ReadonlySet<string>): number =>
      sosTotal(
        slots,
        Array.from({ length: booked }, () => ({ vendor: 'agenda-a', startMs, endMs })),
        partial,
      );
    const sosTotal = (
      slots: Json[],
      booked: readonly BookedSlot[],
      partial?: ReadonlySet<string>,
    ): number => {
      const bookedSlots = new BookedSlots(booked);
      const context = { query: query([SIRET], 'SOS'), nowMs: NOW, bookedSlots, ...(partial && { partial }) };
      return mergeAnswers([page(slots)], context).total;
    };
    const two = [slot(), slot({ id: 's2', comment: 'https://sos.example/2' })];

    it('hide a slot only when it cannot be another one’s', () => {
      expect([total([slot()], 1), total(two, 0), total(two, 1), total(two, 2)]).toEqual([0, 2, 2, 0]);
    });

    it('hide what they overlap, where as many stand side by side as slots', () => {
      const quarter = (minute: number, over: Json = {}): Json =>
        slot({
          id: `q${minute}`,
          start: `2026-11-24T10:${minute}:00.000+01:00`,
          end: `2026-11-24T10:${minute + 15}:00.000+01:00`,
          ...over,
        });
      const row = [quarter(15), quarter(30), quarter(45, { end: '2026-11-24T11:00:00.000+01:00' })];
      const twin = quarter(30, { id: 'twin', comment: 'https://sos.example/2' });
      const at = (from: number, to: number): BookedSlot => ({
        vendor: 'agenda-a',
        startMs: Date.parse('2026-11-24T09:00:00Z') + from * 60_000,
        endMs: Date.parse('2026-11-24T09:00:00Z') + to * 60_000,
      });
      expect(sosTotal(row, [at(15, 35)])).toBe(1);
      expect(sosTotal(row, [at(15, 30)])).toBe(2);
      expect(sosTotal([...row, twin], [at(15, 35)])).toBe(3);
      expect(sosTotal([...row, twin], [at(15, 35), at(30, 40)])).toBe(1);
    });

    it('hide the slot that they name, of those at one time, and no other when it is sent no longer', () => {
      const named = (id: string): BookedSlot => ({
        vendor: 'agenda-a',
        startMs,
        endMs,
        slotKeys: [slotKey(id)],
      });
      expect([sosTotal(two, [named('s2')]), sosTotal([slot()], [named('s2')])]).toEqual([1, 1]);
      expect(sosTotal(two, [named('s2')], new Set(['agenda-a']))).toBe(1);
    });

    it('hide slots of the association or place that they name, and of no other', () => {
      const at = (name: string): BookedSlot => ({ vendor: 'agenda-a', startMs, endMs, places: [name] });
      const other = '399900000100089';
      const maybe = { vendor: 'agenda-a', startMs, endMs, mayBeElsewhere: true };
      expect([sosTotal([slot()], [maybe]), sosTotal([slot()], [{ ...maybe, places: [SIRET] }])]).toEqual([
        1, 0,
      ]);
      expect(
        ['Location/pfg-1', 'https://sos.example/pfg|1', SIRET, other].map((name) =>
          sosTotal([slot()], [at(name)]),
        ),
      ).toEqual([0, 0, 0, 1]);
    });

    it('hide nothing of a vendor of which only a part is here', () => {
      expect(total([slot()], 1, new Set(['agenda-a']))).toBe(1);
      expect(total([slot()], 1, new Set(['agenda-b']))).toBe(0);
    });
  });
});
