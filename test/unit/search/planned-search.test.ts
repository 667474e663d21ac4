// What a search is told when no relay is left: nothing was reached, unless some vendor had answered before.

import { expect, test } from 'vitest';
import type { CallResult } from '../../../worker/hub/call-result.ts';
import type { HubPlan } from '../../../worker/hub/memory/search-memory.ts';
import { KnownRows } from '../../../worker/memory/known-rows.ts';
import type { SearchEnd } from '../../../worker/search/answers.ts';
import { PlannedSearch } from '../../../worker/search/planned-search.ts';

const WHO = '899900000017';
const window = { fromMs: Date.now(), toMs: Date.now() + 3_600_000 };
const calls = ['agenda-a', 'agenda-b'].map((vendor) => ({ vendor, subjects: [WHO] }));
const plan: HubPlan = {
  askedWindow: window,
  vendors: [],
  switchedOff: [],
  calls,
  broadcast: [],
  skipped: { vendors: 0, subjects: 0 },
  covered: [],
  kept: { epoch: 'one', rows: [] },
  booked: [],
} as unknown as HubPlan;

function unreached(ended: SearchEnd, reasons: readonly ('relay-absent' | 'answered')[]) {
  const rows = new KnownRows();
  const query = { flow: 'INT_R01', subjects: [WHO], window } as const;
  const search = new PlannedSearch(query, plan, { rows, recalled: rows.recall('INT_R01', [WHO]) });
  const results = reasons.map((reason, index): CallResult => {
    const call = calls[index] ?? { vendor: '', subjects: [] };
    return reason === 'answered' ? { call, arrivedMs: Date.now() } : { call, failure: { reason } };
  });
  return search.settle({ plan, results, failing: {}, linkBytes: 0, ended }).unreached?.reason;
}

test.each([
  { ended: 'no-relay', reasons: [], reason: 'relay-absent' },
  { ended: 'no-relay', reasons: ['relay-absent', 'relay-absent'], reason: 'relay-absent' },
  { ended: 'no-relay', reasons: ['answered', 'relay-absent'], reason: undefined },
  { ended: 'done', reasons: ['answered', 'relay-absent'], reason: undefined },
] as const)('$ended after $reasons is $reason', ({ ended, reasons, reason }) => {
  expect(unreached(ended, reasons)).toBe(reason);
});
