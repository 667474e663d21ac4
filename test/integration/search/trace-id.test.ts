// One trace id from the caller's request to a vendor's: in the edge's log, the relay's, and on the vendor's side where agreed.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { peopleOf } from '../../support/samples/people.ts';
import { System, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
let system: System;

beforeAll(async () => {
  system = await System.start({ relay: false });
  await system.startRelay('relay-a', { traced: ['agenda-a'] });
});
afterAll(() => system?.stop());

const headersOf = (vendor: string): string[] =>
  system
    .vendor(vendor)
    .state()
    .requests.flatMap(({ headers }) =>
      headers.flatMap(([name, value]) => (name.toLowerCase() === 'traceparent' ? [value] : [])),
    );

/** The ids on those lines of a log, of one search. */
const idsIn = (log: readonly string[], message: string, id: string): string[] =>
  log
    .filter((line) => line.includes(`"${message}"`) && line.includes(id))
    .map((line) => (JSON.parse(line.slice(line.indexOf('{'))) as { traceId?: string }).traceId ?? 'none');

async function search(id: string, traceparent?: string): Promise<string[]> {
  const subjects = peopleOf(system.vendors).slice(0, 3);
  const path = slotPath(subjects.map(({ identifier }) => identifier));
  const headers = { 'X-Request-Id': id, ...(traceparent !== undefined && { traceparent }) };
  const answer = await system.search(path, { headers });
  expect([answer.status, answer.headers.get('X-Request-Id')]).toEqual([200, id]);
  await until(
    'the relay has logged its calls',
    () => idsIn(system.relayLog, 'vendor-exchange', id).length >= 3,
  );
  await until('the edge has logged it', () => idsIn(system.edgeLog, 'search-answered', id).length === 1);
  return [...idsIn(system.edgeLog, 'search-answered', id), ...idsIn(system.relayLog, 'vendor-exchange', id)];
}

it('goes from the caller through edge, hub and relay, and to the vendor that takes it', async () => {
  const ids = await search('trace-essai-1', `00-${TRACE}-${PARENT}-01`);
  expect(new Set(ids)).toEqual(new Set([TRACE]));
  const [sent = ''] = headersOf('agenda-a');
  expect(sent).toMatch(new RegExp(`^00-${TRACE}-(?!${PARENT})[0-9a-f]{16}-00$`));
  expect([headersOf('agenda-b'), headersOf('agenda-c')]).toEqual([[], []]);
});

it('is made anew when the caller’s is not well-formed, and opens nothing', async () => {
  const [first = '', ...others] = await search('trace-essai-2', `00-${TRACE}-${PARENT}`);
  expect(first).toMatch(/^[0-9a-f]{32}$/);
  expect(first).not.toBe(TRACE);
  expect(new Set(others)).toEqual(new Set([first]));
  const headers = { Authorization: '', traceparent: `00-${TRACE}-${PARENT}-01` };
  expect((await fetch(`${system.url}/fhir/Slot`, { headers })).status).toBe(401);
});
