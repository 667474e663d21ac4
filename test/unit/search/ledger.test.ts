import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallResult } from '../../../worker/hub/call-result.ts';
import type { Answers } from '../../../worker/search/answers.ts';
import { isPlainlyEmpty, keepLedger, ledgerEntry, ledgerHeader } from '../../../worker/search/ledger.ts';
import { answered, BASE, mergeAnswers, OTHER, query } from '../../support/oracles/answered.ts';
import {
  answer,
  bundle,
  type Json,
  NOW,
  practitioner,
  RPPS,
  schedule,
  slot,
} from '../../support/samples/vendor-bundle.ts';

describe('ledger', () => {
  const vendors = [
    { id: 'agenda-a', name: 'Agenda A' },
    { id: 'agenda-b', name: 'Agenda B', failingSinceMs: NOW - 60_000 },
  ];
  const failed = (vendor: string, subjects = [RPPS, OTHER]): CallResult => ({
    call: { vendor, subjects },
    failure: { reason: 'timeout' },
  });
  const keep = (
    answers: Pick<Answers, 'vendors' | 'results' | 'switchedOff'>,
    shown = new Map<string, number>(),
  ) => keepLedger(query(), { ...answers, skipped: { vendors: 0, subjects: 0 }, linkBytes: 0 }, shown, NOW);

  it('says none only when every vendor asked has answered', () => {
    const results = [answered('agenda-a', undefined), answered('agenda-b', undefined)];
    const ledger = keep({ vendors, results });
    expect(ledger).toMatchObject({ none: [RPPS, OTHER], unknown: [], notInterfaced: [], failures: [] });
    expect(isPlainlyEmpty(ledger)).toBe(true);
  });

  it('says unknown, which vendor, why and since when', () => {
    const ledger = keep({ vendors, results: [answered('agenda-a', undefined), failed('agenda-b')] });
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

  it('says since when a vendor is held back, whatever else is known of it', () => {
    const sinceMs = NOW - 7_000;
    const results = ['agenda-a', 'agenda-b'].map(
      (vendor): CallResult => ({ call: { vendor, subjects: [RPPS] }, failure: { reason: 'open', sinceMs } }),
    );
    expect(keep({ vendors, results }).failures).toMatchObject([{ sinceMs }, { sinceMs }]);
  });

  it('says not interfaced when nobody could be asked', () => {
    expect(keep({ vendors: [], results: [] })).toMatchObject({ notInterfaced: [RPPS, OTHER] });
  });

  it('says switched off, and by whom, where it would say none or not interfaced', () => {
    const switchedOff = [{ id: 'agenda-c', name: 'Agenda C' }];
    const results = [{ ...answered('agenda-a', undefined), call: { vendor: 'agenda-a', subjects: [RPPS] } }];
    const ledger = keep({ vendors, results, switchedOff });
    expect(ledger).toMatchObject({ none: [], notInterfaced: [], switchedOff: [RPPS, OTHER] });
    expect(ledgerHeader(ledger)).toBe('slots=0, none=0, unknown=0, not-interfaced=0, switched-off=2');
    expect(isPlainlyEmpty(ledger)).toBe(false);
    const failing = keep({ vendors, results: [failed('agenda-b', [RPPS])], switchedOff });
    expect(failing).toMatchObject({ unknown: [RPPS], switchedOff: [OTHER] });
  });

  it('does not call it none when a vendor sent slots that could not be read: of whose they are, else of all', () => {
    const his = answered('agenda-a', bundle([slot(), schedule(), practitioner()]));
    expect(keep({ vendors, results: [his] })).toMatchObject({
      none: [OTHER],
      unknown: [RPPS],
      failures: [{ reason: 'unusable', rules: ['slot-site-unresolved'] }],
    });
    const anybodys = answered('agenda-a', bundle([slot(), schedule()]));
    expect(keep({ vendors, results: [anybodys] })).toMatchObject({ none: [], unknown: [RPPS, OTHER] });
  });

  it('says that an answer is not whole, and shows what came of it', () => {
    const results = [answered('agenda-a', { ...answer([slot()]), total: 40 })];
    const { shown } = mergeAnswers(results, { query: query(), nowMs: NOW });
    const ledger = keep({ vendors, results }, new Map(shown));
    expect(ledger).toMatchObject({ none: [], unknown: [OTHER] });
    expect([...ledger.slots.keys()]).toEqual([RPPS]);
    expect(ledgerEntry(ledger, 'INT_R01', BASE, 'req-1', [])).toContain(
      `editor=agenda-a reason=incomplete since=${new Date(NOW).toISOString()} subjects=${OTHER} rules=answer-incomplete`,
    );
  });

  it('puts every identifier in exactly one state, whatever the vendors did', () => {
    const outcome = fc.constantFrom('slots', 'empty', 'failed', 'partial');
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 4 }), fc.boolean(), (outcomes, isOneOff) => {
        const switchedOff = isOneOff ? [{ id: 'off', name: 'Off' }] : [];
        const all = outcomes.map((_, i) => ({ id: `e${i}`, name: `E${i}` }));
        const results = outcomes.map((how, i): CallResult => {
          if (how === 'failed') return failed(`e${i}`);
          const page = how === 'empty' ? undefined : answer([slot()]);
          return answered(`e${i}`, page, how === 'partial' ? { failure: { reason: 'timeout' } } : {});
        });
        const { shown } = mergeAnswers(results, { query: query(), nowMs: NOW });
        const ledger = keep({ vendors: all, results, switchedOff }, new Map(shown));
        const states = [
          ...ledger.slots.keys(),
          ...ledger.none,
          ...ledger.unknown,
          ...ledger.switchedOff,
          ...ledger.notInterfaced,
        ];
        expect(states.sort()).toEqual([RPPS, OTHER].sort());
        const isSilent = isOneOff || outcomes.some((how) => how === 'failed' || how === 'partial');
        expect(ledger.none.length > 0 && isSilent).toBe(false);
        expect(ledgerHeader(ledger)).toMatch(
          /^slots=\d+, none=\d+, unknown=\d+, not-interfaced=\d+(, switched-off=\d+)?$/,
        );
      }),
    );
  });
});
