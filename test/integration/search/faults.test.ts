// Every way a vendor can misbehave, one at a time, with two others that answer well: the search still gives one
// conformant Bundle before its deadline, with all the others have, and the ledger names what failed.
import type { Slot } from 'fhir/r4';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FAULT_KINDS } from '../../../sandbox/vendors/faults/fault-kinds.ts';
import { expectConformant } from '../../support/oracles/bundle-checks.ts';
import { associationsOf, peopleOf } from '../../support/samples/people.ts';
import {
  laterWindow,
  type SearchAnswer,
  System,
  schedulePath,
  slotPath,
} from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

/** Of the search: only a hang reaches it. */
const DEADLINE_MS = 25_000;
/** Of a vendor that is not to answer. */
const LIMIT_MS = 600;
const FAULTY = 'agenda-b';

/** What the ledger must say of the faulty vendor; absent: it answers well enough to be read. */
const REASONS: Readonly<Record<string, string>> = {
  hang: 'timeout',
  'hang-body': 'timeout',
  drip: 'timeout',
  slow: 'timeout',
  'status-400': 'refused',
  'status-401': 'refused',
  'status-404': 'refused',
  'status-422': 'refused',
  'status-429': 'busy',
  'status-500': 'error',
  'status-503': 'busy',
  html: 'not-json',
  truncated: 'not-json',
  'gzip-bomb': 'too-large',
  huge: 'too-large',
  deep: 'too-deep',
  hostile: 'too-large',
  reset: 'reset',
  'reset-early': 'reset',
  'not-bundle': 'not-bundle',
  'missing-includes': 'unusable',
  'paging-loop': 'foreign-next',
  'paging-foreign': 'foreign-next',
  redirect: 'redirect',
  'bad-dates': 'unusable',
  'empty-elements': 'unusable',
};
/** What can be shown of these depends on the reader, whose own tests say it: only the isolation is judged here. */
const READER_DECIDES: readonly string[] = [
  'latin1',
  'entry-shape',
  'mixed-bases',
  'out-of-use',
  'outcome-incomplete',
  'cut-short',
  'shared-schedule',
  'foreign-labels',
  'versioned-refs',
];
/** Faults whose slots still all come through. */
const HARMLESS = FAULT_KINDS.filter(
  (kind) => REASONS[kind] === undefined && kind !== 'sos-pro' && !READER_DECIDES.includes(kind),
);

/** Pages of a size that fits the bound on their number. */
const steer = (kind: string): unknown => (kind === 'paging' ? { kind, pageSize: 100 } : kind);

let system: System;
let isLimited = false;

/** Faults that end with the vendor's own deadline are given a short one; all others end by themselves. */
async function steerLimit(kind = ''): Promise<void> {
  const isSilent = REASONS[kind] === 'timeout';
  if (isSilent !== isLimited) await system.limit(FAULTY, isSilent ? LIMIT_MS : undefined);
  isLimited = isSilent;
}

beforeAll(async () => {
  system = await System.start({ settings: { DEADLINE_MS: String(DEADLINE_MS) } });
});
afterAll(() => system?.stop());
beforeEach(() => {
  for (const vendor of system.vendors) vendor.reset();
});
afterEach(() => steerLimit());

const slotIds = (answer: SearchAnswer, isFaulty: boolean): string[] =>
  answer
    .resources<Slot>('Slot')
    .map(({ id }) => id ?? '')
    .filter((id) => id.startsWith(FAULTY) === isFaulty)
    .sort();

/** A window whose ends do not move between two searches, starting when no slot is about to start. */
const window = laterWindow();

/** What is out of use is understood: nobody need be unknown. */
const OUT_OF_USE = 'out-of-use';

/** Who had slots while the vendor was well, and is said to have none. */
const lostOf = (well: SearchAnswer, answer: SearchAnswer): string[] =>
  [...well.states].flatMap(([subject, state]) =>
    state === 'slots' && answer.states.get(subject) === 'none' ? [subject] : [],
  );

const reasonOf = (answer: SearchAnswer): string | undefined =>
  answer.ledger
    .map(({ diagnostics }) => new RegExp(`^editor=${FAULTY} reason=(\\S+)`).exec(diagnostics ?? '')?.[1])
    .find(Boolean);

describe.each(FAULT_KINDS)('a vendor with the fault %s', (kind) => {
  it('costs its own slots only', async () => {
    const subjects = peopleOf(system.vendors)
      .slice(0, 20)
      .map(({ identifier }) => identifier);
    const path = slotPath(subjects, window, true);
    const well = await system.search(path);
    system.vendor(FAULTY).setFaults(steer(kind));
    await steerLimit(kind);
    const answer = await system.search(path);
    expectConformant(answer, { flow: 'INT_R04', subjects, window });
    expect(slotIds(answer, false)).toEqual(slotIds(well, false));
    expect(slotIds(well, false).length).toBeGreaterThan(20);
    if (!READER_DECIDES.includes(kind)) expect(reasonOf(answer)).toBe(REASONS[kind]);
    if (kind !== OUT_OF_USE) expect(lostOf(well, answer)).toEqual([]);
    if (HARMLESS.includes(kind)) expect(slotIds(answer, true)).toHaveLength(slotIds(well, true).length);
    expect(answer.durationMs).toBeLessThan(DEADLINE_MS);
  });

  it('costs its own SOS slots only', async () => {
    const subjects = associationsOf(system.vendors).map(({ siret }) => siret);
    const path = schedulePath(subjects, window);
    const well = await system.search(path);
    system.vendor(FAULTY).setFaults(kind);
    await steerLimit(kind);
    const answer = await system.search(path);
    expectConformant(answer, { flow: 'SOS', subjects, window });
    expect(slotIds(answer, false)).toEqual(slotIds(well, false));
    if (kind !== OUT_OF_USE && kind !== 'sos-pro') expect(lostOf(well, answer)).toEqual([]);
    expect(answer.durationMs).toBeLessThan(DEADLINE_MS);
  });
});

describe('a vendor that hangs', () => {
  it('holds the answer until its deadline, no longer, and the ledger says who and for whom', async () => {
    const subjects = ['899900999999'];
    system.vendor(FAULTY).setFaults('hang');
    await steerLimit('hang');
    const answer = await system.search(slotPath(subjects, window));
    expect(answer.durationMs).toBeGreaterThan(LIMIT_MS - 100);
    expect(answer.durationMs).toBeLessThan(DEADLINE_MS);
    expect(answer.states.get('899900999999')).toBe('unknown');
    expect(answer.ledger[0]).toMatchObject({
      severity: 'warning',
      code: 'timeout',
      details: {
        text: "Agenda b n'a pas répondu dans le délai : la disponibilité de 1 professionnel n'est pas connue.",
      },
    });
  });

  it('is called no longer once the answer has left', async () => {
    system.vendor(FAULTY).setFaults('hang');
    await steerLimit('hang');
    await system.search(slotPath(['899900999999'], window));
    await until('the call is over', () => system.vendor(FAULTY).state().inFlight === 0);
  });

  it('has been failing since its first failure, until it answers again', async () => {
    const since = (answer: SearchAnswer): string | undefined =>
      /since=(\S+)/.exec(answer.ledger[0]?.diagnostics ?? '')?.[1];
    system.vendor(FAULTY).setFaults('status-500');
    const first = await system.search(slotPath(['899900999999'], window));
    const second = await system.search(slotPath(['899900999999'], window));
    expect(since(second)).toBe(since(await system.search(slotPath(['899900999999'], window))));
    expect(Date.parse(since(second) ?? '')).toBeGreaterThanOrEqual(Date.parse(since(first) ?? '') - 1_000);
    system.vendor(FAULTY).reset();
    expect((await system.search(slotPath(['899900999999'], window))).ledger).toEqual([]);
  });
});
