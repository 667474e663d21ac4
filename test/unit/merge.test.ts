import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallAnswer } from '../../shared/link/relay.ts';
import type { Flow, SlotQuery } from '../../shared/sas/query.ts';
import { AnswerReader } from '../../shared/sas/read/answer-reader.ts';
import type { CallResult, FanOut } from '../../worker/vendors/fan-out.ts';
import { isPlainlyEmpty, keepLedger, ledgerEntry, ledgerHeader } from '../../worker/vendors/ledger.ts';
import { bundleText, mergeAnswers } from '../../worker/vendors/merge.ts';
import { assignCalls, planCalls, type RelayChoice, splitEvenly } from '../../worker/vendors/plan.ts';
import { type BookedSlot, Tombstones } from '../../worker/vendors/tombstones.ts';
import {
  answer,
  bundle,
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
} from '../support/vendor-bundle.ts';

const OTHER = '899900000025';
const BASE = 'https://edge.example/fhir';
const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 20);
const query = (subjects = [RPPS, OTHER], flow: Flow = 'INT_R01'): SlotQuery => ({
  flow,
  window: { fromMs: FROM, toMs: TO },
  subjects,
});

function answered(
  editor: string,
  page: Json | undefined,
  over: Partial<CallAnswer> = {},
  subjects = [RPPS, OTHER],
): CallResult {
  const reader = new AnswerReader({
    editor,
    flow: 'INT_R01',
    subjects,
    fromMs: FROM,
    toMs: TO,
    nowMs: NOW,
    hash,
  });
  if (page !== undefined) reader.add(page);
  const whole: CallAnswer = {
    call: 0,
    ...reader.finish(),
    durationMs: 5,
    bytes: 0,
    pages: 1,
    noStore: false,
    ...over,
  };
  return {
    call: { editor, subjects },
    answer: whole,
    ...(whole.failure === undefined ? {} : { failure: whole.failure }),
  };
}

interface Entry {
  fullUrl: string;
  resource: Json & { id: string; resourceType: string };
  search: { mode: string };
}

function merged(
  results: readonly CallResult[],
  nowMs = NOW,
): { total: number; entries: Entry[]; shown: ReadonlyMap<string, number> } {
  const result = mergeAnswers(results, { query: query(), base: BASE, nowMs });
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

  it('takes the fuller of two descriptions of a practitioner, whichever comes first', () => {
    const nameless = bundle([slot(), schedule(), practitioner({ name: undefined }), role()]);
    for (const results of [
      [answered('agenda-a', nameless), answered('agenda-b', answer([slot()]))],
      [answered('agenda-b', answer([slot()])), answered('agenda-a', nameless)],
    ]) {
      expect(ofType(merged(results).entries, 'Practitioner')[0]!.resource.name).toBeDefined();
    }
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
    const text = bundleText('id-1', 'SOS', 0, `${BASE}/Schedule?a=b%7Cc`, []);
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

describe('tombstones', () => {
  const startMs = Date.parse('2026-11-24T09:00:00Z');
  const endMs = Date.parse('2026-11-24T09:20:00Z');
  const show = (booked: readonly BookedSlot[]) =>
    mergeAnswers([answered('agenda-a', answer([slot()])), answered('agenda-b', answer([slot()]))], {
      query: query(),
      base: BASE,
      nowMs: NOW,
      tombstones: new Tombstones(booked),
    });

  it('[slot-booked] hide the slot of that vendor, practitioner, start and end, and no other', () => {
    expect(show([{ editor: 'agenda-a', practitioner: RPPS, startMs, endMs }])).toMatchObject({
      total: 1,
      hidden: [{ editor: 'agenda-a', rule: 'slot-booked', count: 1 }],
    });
    const others: BookedSlot[] = [
      { editor: 'agenda-c', practitioner: RPPS, startMs, endMs },
      { editor: 'agenda-a', practitioner: OTHER, startMs, endMs },
      { editor: 'agenda-a', practitioner: RPPS, startMs: startMs + 1, endMs },
      { editor: 'agenda-a', practitioner: RPPS, startMs, endMs: endMs + 1 },
    ];
    expect(show(others)).toMatchObject({ total: 2, hidden: [] });
    expect(show([])).toMatchObject({ total: 2, hidden: [] });
  });

  it('without practitioner hide an SOS slot only when it cannot be another one’s', () => {
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
        call: { editor: 'agenda-a', subjects: [SIRET] },
        answer: { call: 0, ...reader.finish(), durationMs: 1, bytes: 0, pages: 1, noStore: false },
      };
    };
    const total = (slots: Json[], booked: number): number => {
      const tombstones = new Tombstones(
        Array.from({ length: booked }, () => ({ editor: 'agenda-a', startMs, endMs })),
      );
      return mergeAnswers([page(slots)], { query: query([SIRET], 'SOS'), base: BASE, nowMs: NOW, tombstones })
        .total;
    };
    const two = [slot(), slot({ id: 's2', comment: 'https://sos.example/2' })];
    expect(total([slot()], 1)).toBe(0);
    expect(total(two, 0)).toBe(2);
    expect(total(two, 1)).toBe(2);
    expect(total(two, 2)).toBe(0);
  });
});

describe('ledger', () => {
  const editors = [
    { id: 'agenda-a', name: 'Agenda A' },
    { id: 'agenda-b', name: 'Agenda B', failingSinceMs: NOW - 60_000 },
  ];
  const failed = (editor: string, subjects = [RPPS, OTHER]): CallResult => ({
    call: { editor, subjects },
    failure: { reason: 'timeout' },
  });
  const keep = (fanOut: FanOut, shown = new Map<string, number>()) => keepLedger(query(), fanOut, shown, NOW);

  it('says none only when every vendor asked has answered', () => {
    const results = [answered('agenda-a', undefined), answered('agenda-b', undefined)];
    const ledger = keep({ editors, results });
    expect(ledger).toMatchObject({ none: [RPPS, OTHER], unknown: [], notInterfaced: [], failures: [] });
    expect(isPlainlyEmpty(ledger)).toBe(true);
  });

  it('says unknown, which vendor, why and since when', () => {
    const ledger = keep({ editors, results: [answered('agenda-a', undefined), failed('agenda-b')] });
    expect(ledger).toMatchObject({ none: [], unknown: [RPPS, OTHER] });
    const entry = JSON.parse(ledgerEntry(ledger, 'INT_R01', BASE, 'req-1', [])) as {
      resource: { issue: Json[] };
      search: Json;
    };
    expect(entry.search).toEqual({ mode: 'outcome' });
    expect(entry.resource.issue).toMatchObject([
      {
        severity: 'warning',
        code: 'timeout',
        details: {
          text: "Agenda B n'a pas répondu dans le délai : la disponibilité de 2 professionnels n'est pas connue.",
        },
        diagnostics: `editor=agenda-b reason=timeout since=${new Date(NOW - 60_000).toISOString()} subjects=${RPPS},${OTHER}`,
      },
    ]);
  });

  it('says not interfaced when nobody could be asked', () => {
    expect(keep({ editors: [], results: [] })).toMatchObject({ notInterfaced: [RPPS, OTHER] });
  });

  it('does not call it none when a vendor sent slots that could not be read', () => {
    const unreadable = answered('agenda-a', bundle([slot(), schedule(), practitioner()]));
    expect(keep({ editors, results: [unreadable] })).toMatchObject({
      none: [],
      unknown: [RPPS, OTHER],
      failures: [{ reason: 'unusable' }],
    });
  });

  it('puts every identifier in exactly one state, whatever the vendors did', () => {
    const outcome = fc.constantFrom('slots', 'empty', 'failed', 'partial');
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 4 }), (outcomes) => {
        const all = outcomes.map((_, i) => ({ id: `e${i}`, name: `E${i}` }));
        const results = outcomes.map((how, i): CallResult => {
          if (how === 'failed') return failed(`e${i}`);
          const page = how === 'empty' ? undefined : answer([slot()]);
          return answered(`e${i}`, page, how === 'partial' ? { failure: { reason: 'timeout' } } : {});
        });
        const { shown } = mergeAnswers(results, { query: query(), base: BASE, nowMs: NOW });
        const ledger = keep({ editors: all, results }, new Map(shown));
        const states = [...ledger.slots.keys(), ...ledger.none, ...ledger.unknown, ...ledger.notInterfaced];
        expect(states.sort()).toEqual([RPPS, OTHER].sort());
        expect(ledger.none.length > 0 && outcomes.some((how) => how === 'failed' || how === 'partial')).toBe(
          false,
        );
        expect(ledgerHeader(ledger)).toMatch(/^slots=\d+, none=\d+, unknown=\d+, not-interfaced=\d+$/);
      }),
    );
  });
});

describe('plan', () => {
  const shareSearch = (
    asked: SlotQuery,
    editors: Parameters<typeof planCalls>[1],
    relays: readonly RelayChoice[],
  ) => {
    const { calls } = planCalls(asked, editors);
    return { calls, ...assignCalls([...calls.keys()], calls, relays) };
  };

  const editor = (id: string, over: Json = {}) => ({
    id,
    name: id,
    flows: ['INT_R01', 'SOS'] as const,
    redirectHosts: [],
    certificateNotAfter: '',
    enabled: true,
    deadlineMs: undefined,
    cacheTtlS: undefined,
    ...over,
  });
  const subjects = (n: number): string[] => Array.from({ length: n }, (_, i) => `8${99_900_000_000 + i}`);
  const relay = (id: string, editors: string[], load = 0) => ({ id, editors: new Set(editors), load });

  it('splits evenly, never past the bound', () => {
    expect(splitEvenly(subjects(26), 25).map(({ length }) => length)).toEqual([13, 13]);
    expect(splitEvenly(subjects(500), 25).map(({ length }) => length)).toEqual(Array(20).fill(25));
    expect(splitEvenly([], 25)).toEqual([]);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 700 }), fc.integer({ min: 1, max: 30 }), (n, size) => {
        const batches = splitEvenly(subjects(n), size);
        expect(batches.flat()).toEqual(subjects(n));
        for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(size);
      }),
    );
  });

  it('asks enabled vendors that serve the flow, 25 practitioners or 10 associations at a time', () => {
    const editors = [editor('a'), editor('b', { enabled: false }), editor('c', { flows: ['SOS'] })];
    const relays = [relay('r', ['a', 'b', 'c'])];
    expect(
      shareSearch(query(subjects(50)), editors, relays).calls.map((call) => [
        call.editor,
        call.subjects.length,
      ]),
    ).toEqual([
      ['a', 25],
      ['a', 25],
    ]);
    expect(shareSearch(query(subjects(20), 'SOS'), editors, relays).calls).toHaveLength(4);
  });

  it('gives a vendor to the least loaded relay that serves it, and tells which no relay serves', () => {
    const editors = [editor('a'), editor('b'), editor('c')];
    const plan = shareSearch(query([RPPS]), editors, [relay('r1', ['a', 'b'], 5), relay('r2', ['a'])]);
    expect(plan.shares.map(({ relay: id, numbers }) => [id, numbers])).toEqual([
      ['r2', [0]],
      ['r1', [1]],
    ]);
    expect(plan.unserved).toEqual([2]);
  });

  it('passes on the time the operator gives a vendor', () => {
    const plan = shareSearch(query([RPPS]), [editor('a', { deadlineMs: 900 })], [relay('r', ['a'])]);
    expect(plan.shares[0]!.calls[0]!.budgetMs).toBe(900);
  });
});
