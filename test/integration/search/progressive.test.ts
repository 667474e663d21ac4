// Parts as they land, a ledger at the end; and whoever leaves takes his calls along.
import type { Bundle, OperationOutcome, Slot } from 'fhir/r4';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { askAndLeave } from '../../support/doubles/leaving-caller.ts';
import { errorsOf } from '../../support/oracles/bundle-checks.ts';
import { peopleOf } from '../../support/samples/people.ts';
import { laterWindow, System, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

let system: System;
/** Longer than the others take, also on a busy machine. */
const SLOW_MS = 2_000;

beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system?.stop());
beforeEach(() => {
  for (const vendor of system.vendors) vendor.reset();
});

/** What a search may take here. */
const SEARCH_MS = 25_000;

interface Arrived {
  readonly event: string;
  readonly data: Bundle;
  /** Calls that agenda-b had not answered yet when it came. */
  readonly open: number;
}

async function stream(
  path: string,
): Promise<{ status: number; type: string | null; events: Arrived[]; text: string }> {
  const response = await system.fetch(path, { headers: { Accept: 'text/event-stream' } });
  const events: Arrived[] = [];
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    for (let at = text.indexOf('\n\n'); at >= 0; at = text.indexOf('\n\n')) {
      const [event = '', data = ''] = text.slice(0, at).split('\n');
      text = text.slice(at + 2);
      events.push({
        event: event.replace('event: ', ''),
        data: JSON.parse(data.replace('data: ', '')) as Bundle,
        open: system.vendor('agenda-b').state().inFlight,
      });
    }
  }
  return { status: response.status, type: response.headers.get('Content-Type'), events, text };
}

const people = (): string[] =>
  peopleOf(system.vendors)
    .slice(0, 25)
    .map(({ identifier }) => identifier);
const urls = (bundles: readonly Bundle[]): string[] =>
  [
    ...new Set(
      bundles
        .flatMap(({ entry }) => entry ?? [])
        .filter(({ search }) => search?.mode !== 'outcome')
        .map(({ fullUrl }) => fullUrl ?? ''),
    ),
  ].sort();

it('sends each vendor’s part when it lands, the fastest without waiting, and adds up to the plain answer', async () => {
  const window = laterWindow();
  const subjects = people();
  await system.search(slotPath(subjects, window));
  system.vendor('agenda-b').setSettings({ latencyMs: SLOW_MS });
  const { status, type, events } = await stream(slotPath(subjects, window));
  expect([status, type]).toEqual([200, 'text/event-stream']);
  const parts = events.filter(({ event }) => event === 'part');
  expect(parts.length).toBeGreaterThan(1);
  expect(parts[0]!.open).toBe(1);
  expect(parts.at(-1)!.open).toBe(0);
  for (const { data } of parts) {
    expect(errorsOf(data, { flow: 'INT_R01', subjects, window })).toEqual([]);
    expect(data.total).toBe(
      (data.entry ?? []).filter(({ resource }) => (resource as Slot).resourceType === 'Slot').length,
    );
  }
  const plain = await system.search(slotPath(subjects, window));
  expect(urls(parts.map(({ data }) => data))).toEqual(urls([plain.bundle]));
});

it('ends with the ledger of the whole', async () => {
  system.vendor('agenda-b').setFaults('hang');
  await system.limit('agenda-b', 600);
  const { events } = await stream(slotPath([...people(), '899900999999']));
  await system.limit('agenda-b');
  const last = events.at(-1)!;
  expect(events.map(({ event }) => event).lastIndexOf('end')).toBe(events.length - 1);
  expect(events.filter(({ event }) => event === 'end')).toHaveLength(1);
  expect(last.data).toMatchObject({ type: 'searchset', total: 0 });
  const outcome = last.data.entry?.[0]?.resource as OperationOutcome;
  const slots = outcome.issue.find(({ details }) => details?.coding?.[0]?.code === 'slots');
  expect(slots?.diagnostics?.split(',').length).toBeGreaterThan(5);
  expect(
    outcome.issue.some(({ diagnostics }) => diagnostics?.startsWith('editor=agenda-b reason=timeout')),
  ).toBe(true);
});

it('refuses a wrong question with an ordinary outcome', async () => {
  const response = await system.fetch(`${slotPath(people())}&foo=bar`, {
    headers: { Accept: 'text/event-stream' },
  });
  expect(response.status).toBe(400);
  expect(response.headers.get('Content-Type')).toContain('application/fhir+json');
});

it.each(['text/event-stream', 'application/fhir+json'])(
  'ends its vendor calls when a caller of %s leaves',
  async (accept) => {
    system.vendor('agenda-b').setFaults('hang');
    const asked = askAndLeave(system, slotPath(people()), accept);
    await until('the vendor is called', () => system.vendor('agenda-b').state().inFlight === 1);
    const calledMs = performance.now();
    asked.leave();
    await until('the call is over', () => system.vendor('agenda-b').state().inFlight === 0);
    expect(performance.now() - calledMs).toBeLessThan(SEARCH_MS);
  },
);
