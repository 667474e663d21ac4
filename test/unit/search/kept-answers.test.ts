// What is kept of vendors' answers serves the questions it covers, and no other.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SlotWindow } from '../../../shared/sas/query.ts';
import type { CallResult } from '../../../worker/hub/call-result.ts';
import { coverageOf, renewedBy } from '../../../worker/hub/memory/coverage.ts';
import { KeptAnswers } from '../../../worker/hub/memory/kept/answers.ts';
import type { SubjectPart } from '../../../worker/hub/memory/kept/part.ts';
import { planCalls } from '../../../worker/hub/memory/plan.ts';
import { BookedSlots } from '../../../worker/memory/booked-slots.ts';
import { freshParts } from '../../../worker/memory/fresh-parts.ts';
import { KeptResults, trimRenewed } from '../../../worker/memory/kept-results.ts';
import { KnownRows } from '../../../worker/memory/known-rows.ts';
import { bundleBytes, bundleEntries, bundlePieces, bundleText } from '../../../worker/search/bundle.ts';
import { selectSlots, shownOf } from '../../../worker/search/selection.ts';
import type { VendorRow } from '../../../worker/store/editors.ts';
import { answered, mergeAnswers, OTHER, query } from '../../support/oracles/answered.ts';
import {
  answer,
  bundle,
  FROM,
  NOW,
  practitioner,
  RPPS,
  role,
  schedule,
  slot,
  TO,
} from '../../support/samples/vendor-bundle.ts';

const WINDOW = { fromMs: FROM, toMs: TO };
const TTL_MS = 30_000;
const vendor = (id: string, over: Partial<VendorRow> = {}): VendorRow => ({
  id,
  name: id,
  flows: ['INT_R01'],
  lostFlows: [],
  announced: true,
  redirectHosts: [],
  certificateNotAfter: '',
  enabled: true,
  deadlineMs: undefined,
  cacheTtlS: undefined,
  ...over,
});
const VENDORS = [vendor('agenda-a'), vendor('agenda-b')];
const ttlMs = ({ cacheTtlS }: VendorRow): number => (cacheTtlS === undefined ? TTL_MS : cacheTtlS * 1000);

const plannedOf = (vendors: readonly VendorRow[]) => ({
  askedWindow: WINDOW,
  vendors: vendors.map((one) => ({ id: one.id, name: one.name, ttlMs: ttlMs(one) })),
});
/** As soon as it has landed; beside what was kept before. */
const keep = (
  results: readonly CallResult[],
  before: readonly SubjectPart[] = [],
  nowMs = NOW,
  vendors = VENDORS,
): SubjectPart[] => {
  const landed = results.map((result) =>
    result.arrivedMs === undefined ? result : { ...result, arrivedMs: nowMs },
  );
  const fresh = freshParts(landed, plannedOf(vendors), nowMs);
  return [...before, ...fresh.map((part) => ({ flow: 'INT_R01' as const, ...part }))];
};
/** In the hub that keeps these parts, and in an isolate that knows nothing yet. */
const cover = (
  parts: readonly SubjectPart[],
  { window = WINDOW, nowMs = NOW, subjects = [RPPS, OTHER], vendors = VENDORS } = {},
) => {
  const hub = new KeptAnswers('epoch');
  for (const part of parts) hub.keep([part], part.saidMs);
  const asked = { ...query(subjects), window };
  const ttlsMs = new Map(vendors.map((vendor) => [vendor.id, ttlMs(vendor)]));
  const kept = hub.find('INT_R01', subjects);
  const { covered, aging } = coverageOf(kept, { query: asked, nowMs, ttlsMs });
  const isolate = new KnownRows();
  const recalled = isolate.recall('INT_R01', subjects);
  const news = hub.newsFor('INT_R01', subjects, recalled.known, nowMs);
  const keptResults = new KeptResults(covered, isolate.take('INT_R01', subjects, recalled, news, nowMs));
  return { keptResults, covered, aging, results: keptResults.results() };
};
const coveredAt = (id: string, ...given: Parameters<typeof cover>): string[] => [
  ...(cover(...given).covered.get(id) ?? []),
];

const withSlot = answered('agenda-a', answer([slot()]));

describe('what is kept', () => {
  it('serves slots and "none" alike, from the vendor that said it', () => {
    const rows = keep([withSlot]);
    expect(coveredAt('agenda-a', rows)).toEqual([RPPS, OTHER]);
    expect(coveredAt('agenda-b', rows)).toEqual([]);
    const { results } = cover(rows);
    const shown = mergeAnswers(results, { query: query(), nowMs: NOW });
    expect(shown).toEqual(mergeAnswers([withSlot], { query: query(), nowMs: NOW }));
    expect(results.every(({ saidMs }) => saidMs === NOW)).toBe(true);
  });

  it('serves windows that lie within its own; what has started needs no cover', () => {
    const rows = keep([withSlot]);
    const tries: [SlotWindow, boolean][] = [
      [{ fromMs: FROM + 1, toMs: TO - 1 }, true],
      [{ fromMs: FROM, toMs: TO + 1 }, false],
      [{ fromMs: FROM - 1, toMs: TO }, NOW >= FROM],
    ];
    for (const [window, isCovered] of tries) {
      expect(coveredAt('agenda-a', rows, { window }), JSON.stringify(window)).toHaveLength(isCovered ? 2 : 0);
    }
    const late = rows.map((part) => ({ ...part, window: { fromMs: NOW + 1, toMs: TO } }));
    expect(coveredAt('agenda-a', late, { window: { fromMs: NOW - 5_000, toMs: TO } })).toEqual([]);
    expect(
      coveredAt('agenda-a', late, { window: { fromMs: NOW - 5_000, toMs: TO }, nowMs: NOW + 1 }),
    ).toHaveLength(2);
  });

  it('is good until its time, and no longer; an operator who shortens it is heard at once', () => {
    const rows = keep([withSlot]);
    expect(coveredAt('agenda-a', rows, { nowMs: NOW + TTL_MS - 1 })).toHaveLength(2);
    expect(coveredAt('agenda-a', rows, { nowMs: NOW + TTL_MS })).toEqual([]);
    const shorter = [vendor('agenda-a', { cacheTtlS: 5 })];
    expect(coveredAt('agenda-a', rows, { vendors: shorter, nowMs: NOW + 4_999 })).toHaveLength(2);
    expect(coveredAt('agenda-a', rows, { vendors: shorter, nowMs: NOW + 5_000 })).toEqual([]);
    const longer = [vendor('agenda-a', { cacheTtlS: 600 })];
    expect(coveredAt('agenda-a', rows, { vendors: longer, nowMs: NOW + TTL_MS })).toEqual([]);
    const off = [vendor('agenda-a', { cacheTtlS: 0 })];
    expect(coveredAt('agenda-a', rows, { vendors: off })).toEqual([]);
  });

  it('never holds an error, half an answer, or one whose slots could not be read', () => {
    const timeout = { failure: { reason: 'timeout' as const } };
    const unreadable = answered('agenda-a', bundle([slot(), schedule(), practitioner()]));
    expect(keep([{ call: withSlot.call, ...timeout }])).toEqual([]);
    expect(keep([answered('agenda-a', answer([slot()]), timeout)])).toEqual([]);
    // Whose they are: nothing is kept of him; where that cannot be told, of nobody.
    expect(keep([unreadable]).map(({ subject }) => subject)).toEqual([OTHER]);
    expect(keep([answered('agenda-a', bundle([slot(), schedule()]))])).toEqual([]);
    expect(keep([answered('agenda-a', { ...answer([slot()]), total: 40 })])).toEqual([]);
  });

  it('holds nothing of a vendor that says no-store or that the operator switched off', () => {
    expect(keep([answered('agenda-a', answer([slot()]), { noStore: true })])).toEqual([]);
    expect(keep([withSlot], [], NOW, [vendor('agenda-a', { cacheTtlS: 0 })])).toEqual([]);
  });

  it('is not kept again by who took it from what was kept, or shared another’s call', () => {
    const { arrivedMs: _, ...kept } = withSlot;
    expect(keep([{ ...kept, saidMs: NOW - 1 }])).toEqual([]);
    expect(keep([{ ...withSlot, isShared: true }])).toEqual([]);
  });

  it('is as old as the vendor’s word, however long the search waited for another vendor', () => {
    const fresh = (nowMs: number) => freshParts([withSlot], plannedOf(VENDORS), nowMs);
    const rows = fresh(NOW + 6_000).map((part) => ({ flow: 'INT_R01' as const, ...part }));
    expect(coveredAt('agenda-a', rows, { nowMs: NOW + TTL_MS - 1 })).toHaveLength(2);
    expect(coveredAt('agenda-a', rows, { nowMs: NOW + TTL_MS })).toEqual([]);
    expect(cover(rows, { nowMs: NOW + 6_000 }).results.every(({ saidMs }) => saidMs === NOW)).toBe(true);
    // Past its time before the search was over.
    expect(fresh(NOW + TTL_MS)).toEqual([]);
  });

  it('stays beside what another vendor says later, and gives way to the vendor’s own newer word', () => {
    const first = keep([withSlot]);
    const second = keep([answered('agenda-b', answer([slot()]))], first, NOW + 1_000);
    expect(coveredAt('agenda-a', second)).toEqual([RPPS, OTHER]);
    expect(coveredAt('agenda-b', second, { nowMs: NOW + 1_000 })).toEqual([RPPS, OTHER]);
    const third = keep([answered('agenda-a', undefined)], second, NOW + 2_000);
    const { results } = cover(third, { nowMs: NOW + 2_000 });
    expect(mergeAnswers(results, { query: query(), nowMs: NOW }).total).toBe(1);
    const muchLater = keep([answered('agenda-b', undefined)], second, NOW + TTL_MS);
    expect(coveredAt('agenda-a', muchLater, { nowMs: NOW + TTL_MS })).toEqual([]);
    expect(coveredAt('agenda-b', muchLater, { nowMs: NOW + TTL_MS })).toEqual([RPPS, OTHER]);
  });

  it('still gives way to appointments: a booked slot hides a kept slot', () => {
    const startMs = Date.parse('2026-11-24T09:00:00Z');
    const endMs = Date.parse('2026-11-24T09:20:00Z');
    const booked = { vendor: 'agenda-a', practitioner: RPPS, startMs, endMs };
    const two = answer([
      slot(),
      slot({ id: 's2', start: '2026-11-24T11:00:00.000+01:00', end: '2026-11-24T11:20:00.000+01:00' }),
    ]);
    const { results } = cover(keep([answered('agenda-a', two)]));
    const bodyOf = (bookedSlots: BookedSlots): string => {
      const selection = selectSlots(results, { query: query(), nowMs: NOW, bookedSlots });
      const pieces = bundlePieces(selection, 'INT_R01', 'https://edge.example/fhir');
      const head = { id: 'id', flow: 'INT_R01' as const, total: selection.total, selfUrl: 'self' };
      return new TextDecoder().decode(bundleBytes(head, pieces));
    };
    const slots = (bookedSlots: BookedSlots): number =>
      bodyOf(bookedSlots).split('"resourceType":"Slot"').length - 1;
    // Also where both have been written together before.
    expect([
      slots(new BookedSlots([])),
      slots(new BookedSlots([booked])),
      slots(new BookedSlots([])),
    ]).toEqual([2, 1, 2]);
  });

  it('is not shown once it has started', () => {
    const { results } = cover(keep([withSlot]));
    expect(
      mergeAnswers(results, { query: query(), nowMs: Date.parse('2026-11-24T09:00:00.001Z') }).total,
    ).toBe(0);
  });

  it('that cannot be read proves nothing', () => {
    const damaged = keep([withSlot]).map((part) => ({ ...part, lines: part.lines.replace('{', '[') }));
    expect(cover(damaged).results).toMatchObject([
      { call: { subjects: [RPPS] }, failure: { reason: 'unusable' } },
      { call: { subjects: [OTHER] }, saidMs: NOW },
    ]);
  });
});

describe('an answer that grows old', () => {
  const rows = keep([answered('agenda-a', answer([slot()]))]);
  const oldMs = NOW + TTL_MS / 10;
  const fresh = '899900000033';
  const plan = (nowMs: number, subjects = [RPPS, OTHER, fresh]) => {
    const { keptResults, covered, aging } = cover(rows, { nowMs, subjects });
    const calls = planCalls(query(subjects), VENDORS.slice(0, 1), covered, aging);
    return { keptResults, calls, renewed: renewedBy(calls, covered) };
  };
  const failed = (subjects: string[]): CallResult => ({
    call: { vendor: 'agenda-a', subjects },
    failure: { reason: 'timeout' },
  });

  it('is renewed by a call that is made anyway, once a tenth of its time is over', () => {
    expect(plan(oldMs - 1).calls.map(({ subjects }) => subjects)).toEqual([[fresh]]);
    const { calls, renewed, keptResults } = plan(oldMs);
    expect(calls.map(({ subjects }) => subjects)).toEqual([[fresh, RPPS, OTHER]]);
    expect([...(renewed.get('agenda-a') ?? [])]).toEqual([RPPS, OTHER]);
    expect(keptResults.results(renewed)).toEqual([]);
  });

  it('makes no call of its own, and no more calls than the rest needs', () => {
    expect(plan(oldMs, [RPPS, OTHER]).calls).toEqual([]);
    const many = Array.from({ length: 24 }, (_, i) => `8999000010${10 + i}`);
    const { calls } = plan(oldMs, [...many, RPPS, OTHER]);
    expect(calls.map(({ subjects }) => subjects.length)).toEqual([25]);
  });

  it('stands when the call that should renew it fails', () => {
    const { keptResults, renewed } = plan(oldMs);
    const results = [failed([fresh, RPPS, OTHER])];
    const standing = keptResults.standing(results, renewed);
    expect(standing.flatMap(({ call }) => call.subjects).sort()).toEqual([RPPS, OTHER].sort());
    expect(trimRenewed(results[0]!, renewed).call.subjects).toEqual([fresh]);
    const partial = answered('agenda-a', answer([slot()]), { failure: { reason: 'reset' } }, [
      fresh,
      RPPS,
      OTHER,
    ]);
    expect(trimRenewed(partial, renewed).answer?.subjects).toEqual([]);
    const well = answered('agenda-a', answer([slot()]), {}, [fresh, RPPS, OTHER]);
    expect(keptResults.standing([well], renewed)).toEqual([]);
    expect(trimRenewed(well, renewed)).toBe(well);
  });
});

describe('nobody’s slots are shown as another’s', () => {
  const people = [RPPS, OTHER, '899900000033', '899900000041'];
  const page = (of: readonly string[]) =>
    bundle(
      of.flatMap((value, i) => [
        slot({
          id: `slot-${value}`,
          schedule: { reference: `Schedule/${value}` },
          comment: `https://agenda.example/${value}`,
          serviceType: i % 2 === 0 ? undefined : [{ text: `pour ${value}` }],
        }),
        schedule({
          id: value,
          actor: [{ reference: `Practitioner/${value}` }, { reference: `PractitionerRole/${value}` }],
        }),
        practitioner({
          id: value,
          identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.1', value }],
          name: [{ family: value }],
        }),
        role({ id: value, practitioner: { reference: `Practitioner/${value}` } }),
      ]),
    );

  it('whatever was asked of whom, in any order, and however often it was kept', () => {
    const ask = fc.record({
      vendor: fc.constantFrom('agenda-a', 'agenda-b'),
      asked: fc.subarray(people, { minLength: 1 }),
      holds: fc.subarray(people),
    });
    let shownInAll = 0;
    fc.assert(
      fc.property(
        fc.array(ask, { minLength: 1, maxLength: 6 }),
        fc.subarray(people, { minLength: 1 }),
        (asks, wanted) => {
          let kept: SubjectPart[] = [];
          /** Who holds whom, as each vendor last said. */
          const truth = new Map<string, boolean>();
          for (const { vendor: id, asked, holds } of asks) {
            const held = asked.filter((subject) => holds.includes(subject));
            const result = answered(id, page(held), {}, asked);
            kept = keep([result], kept);
            for (const subject of asked) truth.set(`${id} ${subject}`, held.includes(subject));
          }
          const { results, covered } = cover(kept, { subjects: wanted });
          const selection = selectSlots(results, { query: query(wanted), nowMs: NOW });
          shownInAll += selection.total;
          for (const { id } of VENDORS) {
            expect([...(covered.get(id) ?? [])].sort()).toEqual(
              wanted.filter((subject) => truth.has(`${id} ${subject}`)).sort(),
            );
          }
          for (const subject of wanted) {
            const vendors = VENDORS.filter(({ id }) => truth.get(`${id} ${subject}`) === true).length;
            expect(shownOf(selection).get(subject) ?? 0).toBe(vendors);
          }
          // What is pasted as it was written is what would be written now.
          const { total } = selection;
          const base = 'https://edge.example/fhir';
          const head = { id: 'id', flow: 'INT_R01' as const, total, selfUrl: 'self' };
          const body = bundleBytes(head, bundlePieces(selection, 'INT_R01', base));
          const text = bundleText(head, bundleEntries(selection, 'INT_R01', base));
          expect(new TextDecoder().decode(body)).toBe(text);
          for (const { subject, offers } of selection.subjects) {
            for (const { place, slots, shapes, holder } of offers) {
              expect(holder.text).toContain(subject);
              for (const row of slots) {
                const texts = `${row[4] ?? place.comment ?? ''} ${shapes[row[0]]?.text ?? ''}`;
                for (const other of people) if (other !== subject) expect(texts).not.toContain(other);
              }
            }
          }
        },
      ),
      { numRuns: 300 },
    );
    expect(shownInAll).toBeGreaterThan(100);
  });
});
