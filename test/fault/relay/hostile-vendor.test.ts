// One vendor answers with what costs most to read, in every form there is, while the others answer well. Claim: it costs its
// own slots only. Phases: well; each form, three searches at once; SIGTERM in the midst of it. End state: every search was
// answered with all that the others have, the link was never lost, the relay's memory is bounded, its process ends by itself.

import { once } from 'node:events';
import type { Slot } from 'fhir/r4';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HOSTILE_FORMS } from '../../../sandbox/vendors/faults/hostile.ts';
import { peopleOf } from '../../support/samples/people.ts';
import { laterWindow, type SearchAnswer, System, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

const HOSTILE = 'agenda-b';
/** Of the hostile vendor: what has no end ends with it. */
const LIMIT_MS = 1_000;
const ENDLESS: readonly string[] = ['drip', 'unfinished'];
/** Three threads and the main one, with all that they may hold; unbounded it was 350 MB for each answer under way. */
const MEMORY_BYTES_MAX = 1_000_000_000;

/** Forms that end by themselves, and as what. The others are for the reader to show, or end with the vendor's time. */
const REASONS: Readonly<Record<string, RegExp>> = {
  values: /reason=too-large bound=values/,
  contained: /reason=too-large bound=values/,
  extension: /reason=too-large bound=values/,
  duplicates: /reason=too-large bound=values/,
  nested: /reason=too-large bound=values/,
  pages: /reason=too-large bound=values/,
  slots: /reason=too-large .*rules=slot-over-limit/,
  pieces: /reason=too-large bound=pieces/,
  interim: /reason=too-large/,
  next: /reason=foreign-next/,
  'small-pages': /reason=too-(many-pages|large)/,
  drip: /reason=timeout/,
  unfinished: /reason=timeout/,
};

let system: System;
/** Three questions for different people, so that no search joins another's call; and what is known of them while all are well. */
let paths: readonly string[];
let wells: readonly SearchAnswer[];

beforeAll(async () => {
  // A breaker would spare the relay the rest.
  system = await System.start({ settings: { BREAKER_MODE: 'off' } });
  const subjects = peopleOf(system.vendors).map(({ identifier }) => identifier);
  const window = laterWindow();
  paths = [0, 12, 24].map((from) => slotPath(subjects.slice(from, from + 12), window));
  wells = await searchAll();
});
afterAll(() => system?.stop());

/** Once more where the test's own kept connection was found closed: it writes the hostile answers in this process. */
const searchAll = (): Promise<SearchAnswer[]> =>
  Promise.all(paths.map((path) => system.search(path).catch(() => system.search(path))));

const others = (answer: SearchAnswer): string[] =>
  answer
    .resources<Slot>('Slot')
    .map(({ id }) => id ?? '')
    .filter((id) => !id.startsWith(HOSTILE))
    .sort();

const links = (): string[] => system.relayLog.filter((line) => /"link-(down|up|silent)"/.test(line));

async function relayBytes(): Promise<number> {
  const ready = system.relayLog.map((line) => /"port":(\d+).*"relay-ready"/.exec(line)?.[1]).find(Boolean);
  const metrics = await (await fetch(`http://127.0.0.1:${ready}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)/m.exec(metrics)?.[1]);
}

test.each(HOSTILE_FORMS)(
  '%s costs the hostile vendor its own slots, and nobody else anything',
  async (form) => {
    const before = links();
    await system.limit(HOSTILE, ENDLESS.includes(form) ? LIMIT_MS : undefined);
    system.vendors.find(({ id }) => id === HOSTILE)?.setFaults(`hostile:${form}`);
    for (const [which, answer] of (await searchAll()).entries()) {
      const well = wells[which] as SearchAnswer;
      expect(others(well).length).toBeGreaterThan(5);
      expect(answer.status).toBe(200);
      expect(others(answer)).toEqual(others(well));
      const told = answer.ledger
        .map(({ diagnostics = '' }) => diagnostics)
        .filter((text) => text.includes(HOSTILE));
      if (REASONS[form] !== undefined) expect(told.join('\n')).toMatch(REASONS[form]);
      // Who had slots is never said to have none.
      for (const [subject, state] of well.states) {
        if (state === 'slots') expect(answer.states.get(subject)).not.toBe('none');
      }
    }
    expect(links()).toEqual(before);
    const bytes = await relayBytes();
    console.log(`${form}: relay ${Math.round(bytes / 1e6)} MB`);
    expect(bytes).toBeLessThan(MEMORY_BYTES_MAX);
  },
);

test('SIGTERM in the midst of it ends the relay by itself, all answered', async () => {
  await system.limit(HOSTILE);
  const hostile = system.vendors.find(({ id }) => id === HOSTILE);
  hostile?.setFaults('hostile:keys');
  const asked = hostile?.state().counts.Slot ?? 0;
  const searching = searchAll();
  await until('the vendor is asked', () => (hostile?.state().counts.Slot ?? 0) >= asked + 3);
  const child = system.relay?.process;
  if (child === undefined) throw new Error('no relay runs');
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  for (const [which, answer] of (await searching).entries()) {
    expect(others(answer)).toEqual(others(wells[which] as SearchAnswer));
  }
  expect((await ended)[0]).toBe(0);
});
