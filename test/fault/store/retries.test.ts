// Claim: a D1 that fails in passing, before it has done what was asked or after, costs a write that may run twice a moment
// and doubles nothing; a write that may not run twice runs once; what does not pass is not tried again. Over the real D1 and
// the real statements. End state: each effect once, and told as it was.
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { individual } from '../../../bench/appointments/samples.ts';
import { SYSTEM } from '../../../shared/sas/canonical.ts';
import type { RegulatorContent } from '../../../shared/sas/regulator.ts';
import { appointmentId, contentHash } from '../../../worker/appointments/model/identity.ts';
import { readMessage } from '../../../worker/appointments/model/message.ts';
import { recordAppointment, type WriteOutcome } from '../../../worker/appointments/tables/record.ts';
import { replaceDeclarations } from '../../../worker/front/tables/declarations.ts';
import { countRedirect } from '../../../worker/front/tables/redirects.ts';
import { guardIdempotent } from '../../../worker/store/guard.ts';
import { noteInterfaced } from '../../../worker/store/interfaced.ts';
import { type Fault, FlakyDatabase, LOST } from '../../support/doubles/flaky-database.ts';
import { AccountBench } from '../../support/scenes/accounts-bench.ts';
import { type Database, openDatabase } from '../../support/scenes/database.ts';

const A = 'agenda-a';
const BOTH = ['before', 'after'] as const;
let bench: AccountBench;
let core: FlakyDatabase;
let other: Database;
let appointments: FlakyDatabase;

beforeAll(async () => {
  for (const level of ['warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue(undefined);
  const database = await openDatabase('core');
  bench = await AccountBench.start([A], database);
  core = new FlakyDatabase(database);
  other = await openDatabase('appointments');
  appointments = new FlakyDatabase(other);
});
beforeEach(() => bench.clear());
afterAll(async () => {
  await bench?.stop();
  await other?.close();
});

const passing = (sql: RegExp, when: Fault['when'], times = 1): Fault => ({ sql, when, times, message: LOST });

describe.each(BOTH)('an answer of D1 that is lost %s the work', (when) => {
  const value = `retried-${when}`;
  const record = async (over: object, writeId: string): Promise<WriteOutcome> => {
    const read = readMessage({ ...individual({ value }), ...over }, Date.now());
    if (!read.ok) throw new Error('the sample is refused');
    const message = read.value;
    const { system } = message.identifier;
    return recordAppointment(appointments.db, {
      id: await appointmentId(A, system, value),
      hash: await contentHash(message.profile, message.content),
      message,
      editor: A,
      relay: 'relay-a',
      method: 'PUT',
      ifMatch: undefined,
      writeId,
      quota: { versions: 1_000, bytes: 1_000_000, createdPerHour: 1_000 },
      nowMs: Date.now(),
      wantsContent: false,
      tellsLrm: '2026-11-30',
    });
  };
  const versions = async () =>
    (
      await appointments.db
        .prepare(
          'SELECT version, repeats, held FROM appointment_versions WHERE appointment IN (SELECT id FROM appointments WHERE value = ?1)',
        )
        .bind(value)
        .all()
    ).results;

  const told = async () =>
    (
      await appointments.db
        .prepare(
          `SELECT turn, version, merged, state FROM lrm_messages
           WHERE appointment IN (SELECT id FROM appointments WHERE value = ?1) ORDER BY turn`,
        )
        .bind(value)
        .all()
    ).results;

  it('makes an appointment one version, told as created, and to its LRM once', async () => {
    appointments.fail(passing(/INSERT INTO appointment_versions/, when));
    const outcome = await record({}, `${value}-first`);
    expect([appointments.calls, outcome.inserted, outcome.state?.version]).toEqual([2, 1, 1]);
    expect(await versions()).toEqual([{ version: 1, repeats: 0, held: 1 }]);
    expect(await told()).toEqual([{ turn: 1, version: 1, merged: 0, state: 'pending' }]);
    appointments.fail(passing(/INSERT INTO appointment_versions/, when, 3));
    const cancelled = await record({ status: 'cancelled' }, `${value}-second`);
    expect([appointments.calls, cancelled.inserted, cancelled.state?.status]).toEqual([4, 2, 'cancelled']);
    appointments.fail(passing(/INSERT INTO appointment_versions/, when));
    const again = await record({ status: 'cancelled' }, `${value}-third`);
    expect([again.inserted, again.same, again.state?.version]).toEqual([undefined, 2, 2]);
    expect(await told()).toEqual([{ turn: 1, version: 2, merged: 1, state: 'pending' }]);
    const [first, second] = (await versions()) as { repeats: number }[];
    expect(first?.repeats).toBe(0);
    // Counted by the first attempt alone, whether it was done or not.
    expect(second?.repeats).toBe(when === 'after' ? 1 : 0);
  });

  const person: RegulatorContent = {
    identifier: { system: SYSTEM.sas, value },
    active: true,
    family: 'Imaginaire',
    given: 'Camille',
    email: `${value}@regulation.example`,
  };

  it('saves a regulator once, and withdraws him at once', async () => {
    const engine = { ...bench.engine(), db: core.db };
    core.fail(passing(/INSERT INTO regulators/, when));
    const saved = await bench.save({ by: 'nobody' }, person, engine);
    expect([core.calls, saved.isNew, saved.regulator.version]).toEqual([2, true, 1]);
    core.fail(passing(/INSERT INTO accounts/, when, 0));
    await bench.logIn(saved.regulator.id, engine);
    core.fail(passing(/INSERT INTO regulators/, when, 2));
    const ended = await bench.save(
      { by: 'identifier', identifier: person.identifier },
      { ...person, active: false },
      engine,
    );
    expect([core.calls, ended.isWithdrawn, ended.regulator.version]).toEqual([3, true, 2]);
    const rows = await bench.rows('SELECT version, active FROM regulators WHERE value = ?1', value);
    expect(rows).toEqual([{ version: 2, active: 0 }]);
    expect(bench.heard.map(({ active }) => active)).toEqual([true, false]);
  });

  it('records once what a vendor answered, so that it is not asked again', async () => {
    const engine = { ...bench.engine(), db: core.db };
    const { regulator } = await bench.save({ by: 'nobody' }, person, engine);
    core.fail(passing(/SELECT .* WHERE TRUE\s+ON CONFLICT \(regulator, editor\)/s, when));
    const { vendors } = await bench.logIn(regulator.id, engine);
    expect(core.calls).toBe(2);
    expect(vendors.map(({ state }) => state)).toEqual(['done']);
    // Nobody else has recorded it: it was ours.
    expect(console.warn).not.toHaveBeenCalledWith(expect.stringContaining('account-answer-came-late'));
    const rows = await bench.rows('SELECT revision, open, confirmed_active, lease FROM accounts');
    expect(rows).toEqual([{ revision: 2, open: 1, confirmed_active: 1, lease: null }]);
    bench.heard.length = 0;
    await bench.logIn(regulator.id, engine);
    expect(bench.heard).toEqual([]);
  });

  it('notes a declaration and its record once, and who is interfaced', async () => {
    const practitioner = when === 'before' ? '899900000017' : '899900000025';
    core.fail(passing(/declaration_changes|INSERT INTO interfaced/, when));
    const request = { practitioner, editors: [A], origin: 'admin', requestId: 'r' } as const;
    await replaceDeclarations(core.db, { ...request, nowMs: 5 });
    expect(core.calls).toBe(2);
    expect(
      await bench.rows('SELECT after FROM declaration_changes WHERE practitioner = ?1', practitioner),
    ).toEqual([{ after: `["${A}"]` }]);
    core.fail(passing(/declaration_changes|INSERT INTO interfaced/, when));
    await noteInterfaced(core.db, [{ subject: practitioner, editor: A, flow: 'INT_R01' }], 7);
    expect(await bench.rows('SELECT flows FROM interfaced WHERE subject = ?1', practitioner)).toEqual([
      { flows: 'INT_R01' },
    ]);
  });

  it('is not tried again where the second time would count twice', async () => {
    const redirect = { day: `2026-01-0${when === 'before' ? 1 : 2}`, editor: A, outcome: 'opened' } as const;
    core.fail(passing(/INSERT INTO redirects/, when));
    await expect(countRedirect(core.db, redirect)).rejects.toMatchObject({ reason: 'storage-unavailable' });
    expect(core.calls).toBe(1);
    const rows = await bench.rows<{ count: number }>(
      'SELECT count FROM redirects WHERE day = ?1',
      redirect.day,
    );
    expect(rows.map(({ count }) => count)).toEqual(when === 'before' ? [] : [1]);
  });
});

describe('what D1 answers', () => {
  const ask = (message: string, times = 1): Promise<unknown> => {
    core.fail({ sql: /SELECT 1/, when: 'before', times, message });
    return guardIdempotent(() => core.db.prepare('SELECT 1').first());
  };

  // As https://developers.cloudflare.com/d1/observability/debug-d1/ lists them.
  it.each([
    'D1_ERROR: D1 DB reset because its code was updated.',
    'D1_ERROR: Internal error while starting up D1 DB storage caused object to be reset.',
    'D1_ERROR: Internal error in D1 DB storage caused object to be reset.',
    'D1_ERROR: Cannot resolve D1 DB due to transient issue on remote node.',
    "D1_ERROR: Can't read from request stream because client disconnected.",
    'D1_ERROR: internal error; reference = 0123456789abcdef',
  ])('passes, and is tried again: %s', async (message) => {
    await ask(message);
    expect(core.calls).toBe(2);
  });

  it.each([
    'D1_ERROR: D1 DB is overloaded. Requests queued for too long.',
    'D1_ERROR: D1 DB is overloaded. Too many requests queued.',
    'D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.',
    "D1_ERROR: D1 DB's isolate exceeded its memory limit and was reset.",
    'D1_ERROR: D1 DB exceeded its CPU time limit and was reset.',
    'D1_ERROR: no such table: away: SQLITE_ERROR',
    'D1_ERROR: UNIQUE constraint failed: regulators.value: SQLITE_CONSTRAINT',
  ])('does not pass, and is told at once: %s', async (message) => {
    await expect(ask(message)).rejects.toMatchObject({ reason: 'storage-unavailable' });
    expect(core.calls).toBe(1);
  });

  it('and goes on being lost is told after five tries', async () => {
    await expect(ask(LOST, 99)).rejects.toMatchObject({ reason: 'storage-unavailable' });
    expect(core.calls).toBe(5);
  });

  it('never is waited for no longer than the caller likes', async () => {
    const attempts: number[] = [];
    const hanging = guardIdempotent((attempt) => {
      attempts.push(attempt);
      return new Promise(() => undefined);
    }, 20);
    await expect(hanging).rejects.toMatchObject({ reason: 'storage-unavailable' });
    expect(attempts).toEqual([1]);
  });
});
