// What the ledger's entry says of each state and each failure, to people and to machines. docs/ledger.md, docs/errors.md.
import { describe, expect, it } from 'vitest';
import type { SlotQuery } from '../../../shared/sas/query.ts';
import type { CallResult, LedgerFailure } from '../../../worker/hub/call-result.ts';
import { type Ledger, ledgerEntry } from '../../../worker/search/ledger.ts';
import { A, B, BETA, doubted, failed, keep, NOW, said, unread } from '../../support/oracles/kept-ledger.ts';

describe('the entry', () => {
  interface Told {
    readonly severity: string;
    readonly code: string;
    readonly details: { readonly text: string; readonly coding?: readonly { readonly code: string }[] };
    readonly diagnostics: string;
  }
  const told = (ledger: Ledger, flow: SlotQuery['flow'] = 'INT_R01'): Told[] =>
    (JSON.parse(ledgerEntry(ledger, flow, 'https://e', 'r', [])) as { resource: { issue: Told[] } }).resource
      .issue;

  it.each<[string, Ledger, string, string, RegExp, string]>([
    [
      'slots, counted together',
      keep([said('agenda-a', [A, B])], {
        shown: [
          [A, 2],
          [B, 3],
        ],
      }),
      'information slots',
      'informational',
      /^5 créneaux pour 2 professionnels\.$/,
      `subjects=${A}:2,${B}:3`,
    ],
    [
      'one slot',
      keep([said('agenda-a', [A])], { shown: [[A, 1]] }),
      'information slots',
      'informational',
      /^1 créneau pour 1 professionnel\.$/,
      `subjects=${A}:1`,
    ],
    [
      'none',
      keep([said('agenda-a', [A, B])]),
      'information none',
      'informational',
      /pour 2 professionnels/,
      `subjects=${A},${B}`,
    ],
    [
      'not interfaced',
      keep([]),
      'warning not-interfaced',
      'not-found',
      /pour 2 professionnels/,
      `subjects=${A},${B}`,
    ],
    [
      'switched off',
      keep([], { switchedOff: true }),
      'warning switched-off',
      'incomplete',
      /^Agenda C .*de 2 professionnels n'est pas connue\.$/,
      `editor=agenda-c reason=switched-off subjects=${A},${B}`,
    ],
    [
      'kept',
      keep([said('agenda-a', [A], { saidMs: NOW - 1_001 }), said('agenda-b', [B], { saidMs: NOW - 3_000 })], {
        shown: [
          [A, 1],
          [B, 1],
        ],
      }),
      'information kept',
      'informational',
      /: Agenda A \(2 s\), Agenda B \(3 s\)\.$/,
      'ages=agenda-a:2,agenda-b:3',
    ],
    [
      'left aside',
      keep([said('agenda-a', [A, B])], {
        shown: [
          [A, 1],
          [B, 1],
        ],
        skipped: { vendors: 2, subjects: 1 },
      }),
      'information routed',
      'informational',
      /2 éditeurs sans .* pour 1 professionnel /,
      'editors=2 count=1',
    ],
    [
      'a failure that hides nothing',
      keep([said('agenda-a', [A, B]), failed('agenda-b', [A])], {
        shown: [
          [A, 1],
          [B, 1],
        ],
      }),
      'warning unknown',
      'timeout',
      /^Agenda B .* : les créneaux affichés viennent des autres éditeurs\.$/,
      `editor=agenda-b reason=timeout since=${new Date(BETA.failingSinceMs).toISOString()} subjects=`,
    ],
    [
      'a doubt, with its rules',
      keep([doubted('agenda-a', [A, B], unread, { rule: 'slot-dates-unreadable' })]),
      'warning unknown',
      'invalid',
      /^Agenda A .* : la disponibilité de 2 professionnels n'est pas connue\.$/,
      `editor=agenda-a reason=unusable since=${new Date(NOW).toISOString()} subjects=${A},${B} rules=slot-site-unresolved,slot-dates-unreadable`,
    ],
  ])('%s', (_name, ledger, kind, code, text, diagnostics) => {
    const [severity, reason] = kind.split(' ');
    const issue = told(ledger).find((one) => one.diagnostics === diagnostics);
    expect(issue).toMatchObject({ severity, code, details: { coding: [{ code: reason }] } });
    expect(issue?.details.text).toMatch(text);
  });

  it('says nothing of what there is nothing to say of', () => {
    expect(told(keep([said('agenda-a', [A, B])])).map(({ code }) => code)).toEqual(['informational']);
    expect(
      told(
        keep([said('agenda-a', [A, B])], {
          shown: [
            [A, 1],
            [B, 1],
          ],
        }),
      ),
    ).toHaveLength(1);
    expect(told(keep([]))).toHaveLength(1);
  });

  /** Of FHIR's IssueType: what a machine may make of it. */
  const CODES: Readonly<Record<LedgerFailure, string>> = {
    timeout: 'timeout',
    connect: 'transient',
    reset: 'transient',
    draining: 'transient',
    'relay-absent': 'transient',
    'relay-lost': 'transient',
    'hub-lost': 'transient',
    'out-of-order': 'transient',
    open: 'transient',
    tls: 'security',
    certificate: 'security',
    'foreign-next': 'security',
    refused: 'processing',
    redirect: 'processing',
    error: 'exception',
    internal: 'exception',
    busy: 'throttled',
    overloaded: 'throttled',
    'hub-overloaded': 'throttled',
    'not-json': 'structure',
    'not-bundle': 'structure',
    'too-deep': 'too-long',
    'too-large': 'too-long',
    'too-many-entries': 'too-long',
    'too-many-pages': 'too-long',
    'not-served': 'not-supported',
    unusable: 'invalid',
    incomplete: 'incomplete',
    undeclared: 'business-rule',
    'declarations-unread': 'transient',
  };
  it.each(Object.entries(CODES) as [LedgerFailure, string][])(
    'of a vendor that failed by %s is %s',
    (reason, code) => {
      const failure = { reason } as NonNullable<CallResult['failure']>;
      const ledger = keep([{ call: { vendor: 'agenda-a', subjects: [A, B] }, failure }]);
      const [issue] = told(ledger);
      expect(issue).toMatchObject({ severity: 'warning', code, details: { coding: [{ code: 'unknown' }] } });
      expect(issue?.details.text).toMatch(/^Agenda A \S.{10,} : la disponibilité de 2 professionnels/);
      expect(issue?.diagnostics).toContain(`reason=${reason} `);
    },
  );

  it('calls those of SOS associations', () => {
    expect(told(keep([]), 'SOS')[0]?.details.text).toContain('2 associations');
  });
});
