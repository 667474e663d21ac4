// With PRACTITIONER_CLAIMS=strict a vendor speaks of those who declare it: what becomes of its other slots.
import { describe, expect, it } from 'vitest';
import type { Claim } from '../../../worker/memory/claims.ts';
import { keepLedger, ledgerEntry } from '../../../worker/search/ledger.ts';
import { selectSlots, shownOf } from '../../../worker/search/selection.ts';
import { answered, OTHER, query } from '../../support/oracles/answered.ts';
import { answer, NOW, RPPS, slot } from '../../support/samples/vendor-bundle.ts';

const page = answer([slot()]);
const results = [answered('agenda-a', page), answered('agenda-b', page)];
const vendors = ['agenda-a', 'agenda-b'].map((id) => ({ id, name: id }));

const told = (claims: (vendor: string, subject: string) => Claim) => {
  const selection = selectSlots(results, { query: query(), nowMs: NOW, claims });
  const answers = { vendors, results, skipped: { vendors: 0, subjects: 0 }, linkBytes: 0 };
  const ledger = keepLedger(query(), answers, shownOf(selection), NOW, selection.withheld);
  return { selection, ledger, entry: ledgerEntry(ledger, 'INT_R01', '', 'id', []) };
};

describe('a vendor’s slots', () => {
  it('are shown when its practitioner declares it', () => {
    expect(told(() => 'declared')).toMatchObject({
      selection: { total: 2, withheld: [], hidden: [] },
      ledger: { none: [OTHER], unknown: [] },
    });
  });

  it.each([
    ['[slot-undeclared] he does not', 'undeclared', 'slot-undeclared', 'undeclared'],
    [
      '[slot-declarations-unread] it cannot be read',
      'unread',
      'slot-declarations-unread',
      'declarations-unread',
    ],
  ] as const)('are left out when %s, which is no "none"', (_, claim, rule, reason) => {
    const { selection, ledger, entry } = told(() => claim);
    expect(selection).toMatchObject({ total: 0, subjects: [] });
    expect(selection.hidden).toEqual(
      vendors.map(({ id }) => ({ vendor: id, rule, count: 1, isShared: false })),
    );
    expect(ledger).toMatchObject({ none: [OTHER], unknown: [RPPS] });
    expect(entry).toContain(`editor=agenda-b reason=${reason} `);
    expect(entry).toContain(`subjects=${RPPS} rules=${rule}`);
  });

  it('are those of the vendor declared, beside another that is not', () => {
    const { selection, ledger, entry } = told((vendor) =>
      vendor === 'agenda-a' ? 'declared' : 'undeclared',
    );
    expect(selection.subjects.map(({ offers }) => offers.map(({ vendor }) => vendor))).toEqual([
      ['agenda-a'],
    ]);
    expect(ledger).toMatchObject({ none: [OTHER], unknown: [] });
    expect(entry).toContain('editor=agenda-b reason=undeclared ');
  });
});
