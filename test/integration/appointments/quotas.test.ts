// What one vendor may store, at the real edge over D1: an alarm, then a refusal of what is new, for that vendor alone; what
// exists may change within a reserve, and end always. And what no appointment can be. docs/storage.md "Quotas".
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, type AppointmentEdge, SYSTEM_B } from '../../../bench/appointments/appointment-edge.ts';
import { individual, type SampleOptions } from '../../../bench/appointments/samples.ts';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { startAppointmentEdge } from '../../support/scenes/built/edge.ts';
import { untilHourLasts } from '../../support/wait/hour.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

let edge: AppointmentEdge;
afterEach(() => edge?.stop());
const start = async (settings: Record<string, string> = {}): Promise<void> => {
  edge = await startAppointmentEdge(settings);
};

const fresh = (): string => `rdv-${randomUUID()}`;
const told = ({ status, reason, headers }: Answer): string =>
  `${status} ${reason ?? headers.get('X-Passerelle-Appointment')}`;
const put = (value: string, options: Partial<SampleOptions> = {}): Promise<Answer> =>
  edge.put(individual({ value, ...options }));
const putByB = (): Promise<Answer> =>
  edge.put(individual({ value: fresh(), system: SYSTEM_B }), {}, 'agenda-b');

async function storage(): Promise<{
  vendors: { vendor: string; state: string; versions: number; bytes: number; createdThisHour: number }[];
}> {
  return (await edge.get('/admin/storage', await signToken(edge.state, 'admin'))).json;
}

/** What the tables hold, counted row by row. */
async function scanned(): Promise<unknown> {
  const db = await edge.edge?.database('APPOINTMENTS');
  const { results } = (await db
    ?.prepare(
      `SELECT a.editor AS vendor, COUNT(*) AS versions, SUM(length(CAST(v.content AS BLOB)) + 1000) AS bytes
     FROM appointment_versions AS v JOIN appointments AS a ON a.id = v.appointment GROUP BY 1 ORDER BY 1`,
    )
    .all()) ?? { results: [] };
  return results;
}

describe('in versions', () => {
  beforeEach(() => start({ VENDOR_VERSIONS_MAX: '8' }));

  it('refuses new ones of that vendor alone; changes within a reserve, endings always, once', async () => {
    const values = Array.from({ length: 8 }, fresh);
    for (const value of values) expect(told(await put(value))).toBe('201 created');
    const refused = await put(fresh());
    expect([told(refused), refused.headers.get('Retry-After')]).toEqual(['429 quota-exceeded', '3600']);
    const posted = await edge.post(individual({ value: fresh() }));
    expect(told(posted)).toBe('429 quota-exceeded');
    expect(told(await putByB())).toBe('201 created');
    // Said again it is what it was.
    const [first = '', second = '', third = ''] = values;
    expect(told(await put(first))).toBe('200 same');
    // A quarter more: two changes.
    for (const value of [first, second])
      expect(told(await put(value, { status: 'arrived' }))).toBe('200 changed');
    expect(told(await put(third, { status: 'arrived' }))).toBe('429 quota-exceeded');
    for (const value of values) expect(told(await put(value, { status: 'cancelled' }))).toBe('200 changed');
    // It had ended: no loop of endings.
    expect(told(await put(first, { status: 'fulfilled' }))).toBe('429 quota-exceeded');
    const stamp = new Date(Date.now() - 1_000).toISOString();
    // Booked again later is not said to be known: it is not.
    expect(told(await put(first, { stamp }))).toBe('429 quota-exceeded');
    expect(await scanned()).toMatchObject([{ versions: 18 }, { versions: 1 }]);
  });

  it('warns operators before it refuses, and counts what is there', async () => {
    const states: (string | undefined)[] = [];
    for (let count = 0; count < 8; count += 1) {
      await put(fresh());
      const { vendors } = await storage();
      states.push(vendors.find(({ vendor }) => vendor === 'agenda-a')?.state);
    }
    expect(states).toEqual(['well', 'well', 'well', 'well', 'well', 'well', 'near', 'full']);
    await putByB();
    const { vendors } = await storage();
    expect(vendors.map(({ vendor, versions, bytes }) => ({ vendor, versions, bytes }))).toEqual(
      await scanned(),
    );
  });

  it('takes new ones again when old ones are forgotten', async () => {
    const values = Array.from({ length: 8 }, fresh);
    for (const value of values) await put(value);
    expect(told(await put(fresh()))).toBe('429 quota-exceeded');
    const db = await edge.edge?.database('APPOINTMENTS');
    // As a purge does; the triggers count whatever forgets.
    await db
      ?.prepare(
        'DELETE FROM appointment_versions WHERE seq IN (SELECT seq FROM appointment_versions LIMIT 1)',
      )
      .run();
    expect(told(await put(fresh()))).toBe('201 created');
    expect(told(await put(fresh()))).toBe('429 quota-exceeded');
  });
});

it('in bytes as well, those of the rows around them too', async () => {
  await start({ VENDOR_MB_MAX: '1' });
  const big = (): object => ({
    specialty: Array.from({ length: 100 }, (_, index) => ({
      coding: [{ system: `https://x.example/${'s'.repeat(60)}`, code: `${index}` }],
    })),
  });
  let answer: Answer | undefined;
  let sent = 0;
  for (; sent < 400 && answer?.status !== 429; sent += 1) {
    answer = await edge.put({ ...individual({ value: fresh() }), ...big() });
    if (sent === 0) expect(told(answer)).toBe('201 created');
  }
  expect(told(answer as Answer)).toBe('429 quota-exceeded');
  const { vendors } = await storage();
  expect(vendors[0]?.bytes).toBeGreaterThanOrEqual(1_000_000);
  expect(vendors[0]?.bytes).toBeLessThan(1_020_000);
  expect(told(await putByB())).toBe('201 created');
});

it('in new ones an hour, and says when the next hour is; changes pass', async () => {
  await start({ VENDOR_CREATED_PER_HOUR_MAX: '3' });
  await untilHourLasts();
  const seen: string[] = [];
  let last = '';
  let refused: Answer | undefined;
  // The hour may end in between.
  for (let count = 0; count < 12 && refused === undefined; count += 1) {
    const value = fresh();
    const answer = await put(value);
    const one = (await storage()).vendors.find(({ vendor }) => vendor === 'agenda-a');
    seen.push(`${one?.createdThisHour} ${one?.state}`);
    if (answer.status === 429) refused = answer;
    else last = value;
  }
  expect(told(refused as Answer)).toBe('429 quota-exceeded');
  // Operators see it before it is refused.
  expect(seen.slice(-4)).toEqual(['1 well', '2 well', '3 full', '3 full']);
  const waitS = Number(refused?.headers.get('Retry-After'));
  expect(waitS).toBeGreaterThan(0);
  expect(waitS).toBeLessThanOrEqual(HOUR_MS / 1000);
  expect(told(await put(last, { status: 'arrived' }))).toBe('200 changed');
  expect(told(await putByB())).toBe('201 created');
});

describe('bounds of an appointment', () => {
  beforeEach(() => start());
  const at = (days: number, lengthDays = 0.01): { start: string; end: string } => {
    const startMs = Date.now() + days * DAY_MS;
    return {
      start: new Date(startMs).toISOString(),
      end: new Date(startMs + lengthDays * DAY_MS).toISOString(),
    };
  };

  it('takes what is within them and refuses what is out, also when it is sent as ended already', async () => {
    for (const within of [at(730.9), at(0, 6.99), { start: '2020-01-01T00:00:00Z' }]) {
      expect(told(await put(fresh(), within)), JSON.stringify(within)).toBe('201 created');
    }
    const out = [
      at(731.1),
      at(0, 7.01),
      { start: '2019-12-31T23:00:00Z' },
      { start: '9999-12-31T23:00:00Z' },
    ];
    for (const options of out) {
      for (const status of ['booked', 'cancelled', 'entered-in-error']) {
        const answer = await put(fresh(), { ...options, status });
        expect(told(answer), JSON.stringify(options)).toBe('422 rule-broken');
      }
    }
  });

  it('refuses more content than any needs, and lets no change or cancellation carry an appointment out of them', async () => {
    const value = fresh();
    await put(value);
    const coding = { system: `https://x.example/${'s'.repeat(100)}`, code: 'x' };
    const large = {
      ...individual({ value }),
      specialty: Array.from({ length: 140 }, () => ({ coding: [coding] })),
    };
    expect(told(await edge.put(large))).toBe('422 rule-broken');
    for (const status of ['booked', 'cancelled']) {
      expect(told(await put(value, { start: '9999-12-31T23:00:00Z', status }))).toBe('422 rule-broken');
    }
    expect(told(await put(value, { status: 'cancelled' }))).toBe('200 changed');
  });

  it('lets one that stood out of them before be cancelled at its own times', async () => {
    const value = fresh();
    await put(value);
    const far = { start: '9999-12-01T10:00:00Z', end: '9999-12-01T10:20:00Z' };
    const db = await edge.edge?.database('APPOINTMENTS');
    const [startMs, endMs] = [Date.parse(far.start), Date.parse(far.end)];
    await db?.prepare('UPDATE appointments SET start_ms = ?1, end_ms = ?2').bind(startMs, endMs).run();
    await db
      ?.prepare('UPDATE appointment_versions SET start_ms = ?1, end_ms = ?2')
      .bind(startMs, endMs)
      .run();
    expect(told(await put(value, { ...far, status: 'arrived' }))).toBe('422 rule-broken');
    expect(told(await put(value, { ...far, status: 'cancelled' }))).toBe('200 changed');
  });
});
