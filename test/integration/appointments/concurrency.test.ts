// Many at once about one appointment at the real edge: nothing is doubled, nothing is lost.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, AppointmentEdge } from '../../../bench/appointments/appointment-edge.ts';
import { individual } from '../../../bench/appointments/samples.ts';
import { startAppointmentEdge } from '../../support/scenes/built/edge.ts';

const PARALLEL = 64;
const ROUNDS = 8;

let edge: AppointmentEdge;
beforeAll(async () => {
  edge = await startAppointmentEdge();
});
afterAll(() => edge?.stop());

function atOnce(send: (i: number) => Promise<Answer>): Promise<Answer[]> {
  return Promise.all(Array.from({ length: PARALLEL }, (_, i) => send(i)));
}

const count = (answers: readonly Answer[], status: number): number =>
  answers.filter((answer) => answer.status === status).length;
const locations = (answers: readonly Answer[]): Set<string | null> =>
  new Set(answers.map(({ headers }) => headers.get('Location')));

async function historyOf(
  location: string,
): Promise<{ status: string; start: string; meta: { versionId: string } }[]> {
  const { json } = await edge.get(`${location}/_history?_count=100`);
  return json.entry.map(({ resource }: { resource: unknown }) => resource);
}

describe(`${PARALLEL} at once`, () => {
  it(`identical PUTs make one resource: one 201, the rest 200 (${ROUNDS} rounds)`, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const message = individual({ value: `same-${round}` });
      const answers = await atOnce(() => edge.put(message));
      expect([count(answers, 201), count(answers, 200)]).toEqual([1, PARALLEL - 1]);
      expect(locations(answers).size).toBe(1);
      const found = await edge.get(`/fhir/Appointment?identifier=same-${round}`);
      expect(found.json.total).toBe(1);
      expect(await historyOf([...locations(answers)][0] ?? '')).toHaveLength(1);
    }
  });

  it('identical POSTs make one resource, and all get its Location', async () => {
    const message = individual({ value: 'posted' });
    const answers = await atOnce(() => edge.post(message));
    expect(count(answers, 201)).toBe(PARALLEL);
    expect(locations(answers).size).toBe(1);
    expect(await historyOf([...locations(answers)][0] ?? '')).toHaveLength(1);
  });

  it('different PUTs all become versions, numbered without a gap, and one of them holds', async () => {
    for (let round = 0; round < 5; round += 1) {
      const startOf = (i: number): string => new Date(Date.UTC(2026, 11, 2, 8, i)).toISOString();
      const answers = await atOnce((i) =>
        edge.put(individual({ value: `apart-${round}`, start: startOf(i) })),
      );
      expect([count(answers, 201), count(answers, 200)]).toEqual([1, PARALLEL - 1]);
      const location = [...locations(answers)][0] ?? '';
      const versions = await historyOf(location);
      expect(new Set(versions.map(({ start }) => start)).size).toBe(PARALLEL);
      expect(versions.map(({ meta }) => Number(meta.versionId))).toEqual(
        Array.from({ length: PARALLEL }, (_, i) => PARALLEL - i),
      );
      // All say the same status and no time: the last to arrive holds.
      const current = await edge.get(location);
      expect([current.json.start, current.json.meta.versionId]).toEqual([
        versions[0]?.start,
        String(PARALLEL),
      ]);
    }
  });

  it('a cancellation among bookings holds wherever it arrives', async () => {
    const answers = await atOnce((i) =>
      edge.put(
        individual({
          value: 'crossed',
          start: new Date(Date.UTC(2026, 11, 2, 8, i)).toISOString(),
          ...(i === 20 ? { status: 'cancelled' } : {}),
        }),
      ),
    );
    const current = await edge.get([...locations(answers)][0] ?? '');
    expect(current.json.status).toBe('cancelled');
  });

  it('corrections of one version: one is right, the others learn that they are not', async () => {
    await edge.put(individual({ value: 'matched' }));
    const answers = await atOnce((i) =>
      edge.put(individual({ value: 'matched', start: new Date(Date.UTC(2026, 11, 3, 8, i)).toISOString() }), {
        'If-Match': 'W/"1"',
      }),
    );
    expect([count(answers, 200), count(answers, 412)]).toEqual([1, PARALLEL - 1]);
  });

  it('changes of different appointments are ordered: no two at the same instant', async () => {
    const answers = await atOnce((i) => edge.put(individual({ value: `order-${i}` })));
    expect(count(answers, 201)).toBe(PARALLEL);
    const { json } = await edge.get('/fhir/Appointment?_count=200');
    const times = json.entry.map(
      ({ resource }: { resource: { meta: { lastUpdated: string } } }) => resource.meta.lastUpdated,
    );
    expect(new Set(times).size).toBe(times.length);
    expect(times).toEqual([...times].sort());
  });
});
