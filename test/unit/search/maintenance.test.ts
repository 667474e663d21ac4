// A vendor in a maintenance that it has declared is asked as any other; when it fails, the ledger says that it had said so.
// docs/ledger.md, docs/console.md.
import { describe, expect, it } from 'vitest';
import { planSearch } from '../../../worker/hub/memory/plan.ts';
import { keepLedger, ledgerEntry } from '../../../worker/search/ledger.ts';
import { lastedOf, maintenanceAt } from '../../../worker/store/maintenances.ts';
import { query } from '../../support/oracles/answered.ts';
import { A, ALPHA, B, failed, NONE_SKIPPED, NOW, said } from '../../support/oracles/kept-ledger.ts';

const HOUR_MS = 3_600_000;
const WINDOW = { fromMs: NOW, toMs: NOW + HOUR_MS };
const vendor = {
  id: 'agenda-a',
  name: 'Agenda A',
  flows: ['INT_R01'] as const,
  lostFlows: [],
  announced: true,
  redirectHosts: [],
  certificateNotAfter: '',
  enabled: true,
  deadlineMs: undefined,
  cacheTtlS: undefined,
};
const planAt = (nowMs: number, maintenances?: (typeof WINDOW)[]) =>
  planSearch(
    { vendors: [{ ...vendor, maintenances }], kept: new Map(), knowledge: undefined },
    { query: query([A]) },
    { cacheTtlS: 0, routing: { mode: 'off' } as never },
    nowMs,
  );
const told = (vendors: Parameters<typeof keepLedger>[1]['vendors'], results: ReturnType<typeof failed>[]) => {
  const answers = { vendors, results, skipped: NONE_SKIPPED, linkBytes: 0 };
  const ledger = keepLedger(query([A, B]), answers, new Map(), NOW);
  const { resource } = JSON.parse(ledgerEntry(ledger, 'INT_R01', 'https://e', 'r', [])) as {
    resource: { issue: { diagnostics: string; details: { text: string; coding: { code: string }[] } }[] };
  };
  return { ledger, issues: resource.issue };
};

describe('a search while a vendor is in maintenance', () => {
  it('asks it all the same, and knows when the maintenance ends, from its first millisecond to before its last', () => {
    const plans = [NOW - 1, NOW, NOW + HOUR_MS - 1, NOW + HOUR_MS].map((at) => planAt(at, [WINDOW]));
    expect(plans.map(({ calls }) => calls.length)).toEqual([1, 1, 1, 1]);
    expect(plans.map(({ vendors }) => vendors[0]?.maintenanceUntilMs)).toEqual([
      undefined,
      WINDOW.toMs,
      WINDOW.toMs,
      undefined,
    ]);
    // A hub of before remembers none.
    expect(planAt(NOW).vendors[0]).not.toHaveProperty('maintenanceUntilMs');
  });

  it('a failure stays unknown, and says until when; an answer counts as ever', () => {
    const inIt = [{ ...ALPHA, maintenanceUntilMs: WINDOW.toMs }];
    const { ledger, issues } = told(inIt, [failed('agenda-a', [A, B])]);
    expect([ledger.unknown, ledger.none]).toEqual([[A, B], []]);
    expect(issues).toMatchObject([
      {
        details: {
          text: "Agenda A n'a pas répondu dans le délai, en maintenance déclarée jusqu'au 24/11/2026 à 11:00 (UTC+1) : la disponibilité de 2 professionnels n'est pas connue.",
          coding: [{ code: 'unknown' }],
        },
        diagnostics: expect.stringMatching(
          /^editor=agenda-a reason=timeout .* maintenance=2026-11-24T10:00:00\.000Z$/,
        ),
      },
    ]);
    expect(told(inIt, [said('agenda-a', [A, B])]).ledger).toMatchObject({ none: [A, B], unknown: [] });
    expect(told([ALPHA], [failed('agenda-a', [A, B])]).issues[0]?.diagnostics).not.toContain('maintenance');
  });
});

describe('when it was', () => {
  const kept = {
    ...WINDOW,
    id: 'm',
    editor: 'agenda-a',
    reason: '',
    by: '',
    declaredMs: 0,
    changedMs: null,
    withdrawnMs: null,
  };

  it('one that was withdrawn ended then, or never began', () => {
    expect(lastedOf(kept)).toEqual(WINDOW);
    expect(lastedOf({ ...kept, withdrawnMs: NOW + 1_000 })).toEqual({ fromMs: NOW, toMs: NOW + 1_000 });
    expect(lastedOf({ ...kept, withdrawnMs: NOW })).toBeUndefined();
    expect(lastedOf({ ...kept, withdrawnMs: NOW + 2 * HOUR_MS })).toEqual(WINDOW);
  });

  it('of several, the one that holds now', () => {
    const later = { fromMs: WINDOW.toMs, toMs: WINDOW.toMs + HOUR_MS };
    expect(maintenanceAt([WINDOW, later], WINDOW.toMs)).toEqual(later);
    expect(maintenanceAt([WINDOW, later], later.toMs)).toBeUndefined();
    expect(maintenanceAt(undefined, NOW)).toBeUndefined();
  });
});
