// AC-27 and G-903 of docs/guide.md on an isolate that has just begun, with a database that never answers: D1 cannot be
// made to hang in the local runtime, so the calls run here with one whose promises never settle. With a database that
// fails instead: test/integration/front/data.test.ts. Last, what a search says of an accident.
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { answerMarketplace } from '../../../worker/front/data/editors.ts';
import { answerSamuLrms } from '../../../worker/front/data/samulrms.ts';
import { openSlot } from '../../../worker/front/redirect/open-slot.ts';
import { writeRedirectToken } from '../../../worker/front/redirect/token.ts';
import { searchCards } from '../../../worker/front/slots/card-search.ts';
import { readLot } from '../../../worker/front/slots/cards.ts';
import { frontLedger } from '../../../worker/front/slots/lot-ledger.ts';
import type { RequestContext } from '../../../worker/http/http.ts';

// The class that the Durable Object extends is the runtime's; nothing here reaches it.
vi.mock('cloudflare:workers', () => ({ DurableObject: class {} }));

beforeAll(() => {
  for (const level of ['log', 'warn', 'error', 'info'] as const) {
    vi.spyOn(console, level).mockReturnValue(undefined);
  }
});

const never = (): Promise<never> => new Promise(() => undefined);

function hangingDatabase(): RequestContext['env']['DB'] {
  const statement = { bind: () => statement, all: never, first: never, run: never, raw: never };
  return { prepare: () => statement, batch: never } as unknown as RequestContext['env']['DB'];
}

/** A hub that never answers either, unless it is given what to say to a search. */
const hubSaying = (search: () => Promise<unknown> = never) => ({
  idFromName: () => ({}),
  get: () => ({
    call: async ({ method }: { readonly method: string }) => ({
      kind: 'done',
      value: await (method === 'search' ? search() : never()),
    }),
  }),
});

function context(parameters: Record<string, string> = {}, hub = hubSaying()): RequestContext {
  const database = hangingDatabase();
  const url = new URL('https://edge.example/aggregator/');
  return {
    request: new Request(url),
    url,
    fhirBase: 'https://edge.example/fhir',
    env: {
      DB: database,
      APPOINTMENTS: database,
      CACHE: database,
      RELAY_HUB: hub,
    } as unknown as RequestContext['env'],
    config: {
      deadlineMs: 7_000,
      hubs: 1,
      routing: { mode: 'off' },
      front: { samuLrms: ['SAMU42'] },
    } as unknown as RequestContext['config'],
    requestId: 'hanging',
    startedMs: Date.now(),
    caller: undefined,
    callerKey: undefined,
    sender: undefined,
    parameters,
    waitUntil: () => undefined,
  };
}

/** What `work` gives once the clock has gone on by so much; @throws when it needs longer. */
async function within<T>(ms: number, work: () => T | Promise<T>): Promise<T> {
  vi.useFakeTimers();
  try {
    const late = Symbol('late');
    const given = Promise.race([work(), new Promise<typeof late>((done) => setTimeout(done, ms, late))]);
    await vi.advanceTimersByTimeAsync(ms);
    const value = await given;
    if (value === late) throw new Error(`not within ${ms} ms`);
    return value as T;
  } finally {
    vi.useRealTimers();
  }
}

describe('AC-27 with a database that hangs', () => {
  it('samulrms answers the setting in about a second', async () => {
    const value = await within(2_000, () => answerSamuLrms(context()));
    expect(value.status).toBe(200);
    expect(await value.json()).toEqual([{ id: expect.any(Number), affectation_authority: 'SAMU42' }]);
  });

  it('marketplace answers at once', async () => {
    const value = await within(1, () => answerMarketplace(context()));
    expect([value.status, await value.json()]).toEqual([200, []]);
  });

  it('a lot is answered within its five seconds, associations included', async () => {
    const lot = readLot([{ 1: { rpps: '99900000017' }, 2: { siret: '99900000100071' } }]);
    const value = await within(5_000, () => searchCards(context(), lot));
    // Those with INT_R04, those with INT_R01 alone, and the associations: nobody could say who they are.
    expect(value.searches.map(({ query, found }) => [query.flow, query.subjects, found])).toMatchObject([
      ['INT_R04', ['899900000017'], { reason: 'hub-lost' }],
      ['INT_R01', ['899900000017'], { reason: 'hub-lost' }],
      ['SOS', ['399900000100071'], { reason: expect.any(String) }],
    ]);
    expect(frontLedger(value)).toMatch(/^slots=0, none=0, unknown=2, not-interfaced=0/);
  });

  it('a click that cannot be judged is told to come back', async () => {
    const slot = writeRedirectToken({
      editor: 'agenda-a',
      page: 'https://agenda.example/',
      startMs: Date.now() + 60_000,
    });
    const value = await openSlot(context({ slot }));
    expect(value.status).toBe(503);
  });
});

it('an accident of ours in one search is told with its cards, and thrown at nobody', async () => {
  // A plan that no hub makes: what reads it meets a TypeError.
  const hub = hubSaying(async () => ({ kind: 'done', plan: {} }));
  const { searches } = await searchCards(context({}, hub), readLot([{ 1: { rpps: '99900000017' } }]));
  const accident = { reason: 'internal', detail: expect.stringMatching(/^TypeError at /) };
  expect(searches.map(({ found }) => found)).toMatchObject([accident, accident]);
});
