// How SQLite carries out every statement that the Worker prepares, on the schema that the migrations make: no table that
// grows is read from one end to the other. What is read so all the same is named here, with its reason.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, expect, it } from 'vitest';
import type { AppointmentFilter, Sort } from '../../../worker/appointments/model/filter.ts';
import { chooseWay, listFacts, searchAppointments } from '../../../worker/appointments/tables/search.ts';
import {
  type Prepared,
  placesOfStatements,
  StatementRecorder,
} from '../../support/oracles/prepared-statements.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** Tables that do not grow with use. */
const SMALL: Readonly<Record<string, string>> = {
  editors: 'some twenty vendors',
  vendor_usage: 'one row a vendor',
  relay_editors: 'vendors times relays',
  relays: 'a few',
  relay_reports: 'a row a relay',
  vendor_claims: 'vendors times relays',
  front_users: 'an operator adds each by hand',
  samu_lrms: "an operator's list, 2,000 at most",
  sos_associations: "an operator's list, 2,000 at most",
  account_waves: 'a few a year',
  restores: 'a few in a life',
  console_users: 'people of the console, some tens',
};
/** Partial indexes that hold few rows, whatever their table holds. */
const SHORT: Readonly<Record<string, string>> = {
  accounts_withdrawing: 'withdrawals that a vendor has not confirmed: none in quiet times',
  regulators_inactive: 'rights that ended within a year',
  erased_appointments_untold: 'erasures that a hub could not be told yet: none in quiet times',
  lrm_attempts_leased: 'what relays have in their hands: some hundred',
};
/** Read in the order of a key from one end, and no farther than a LIMIT: nothing is filtered on the way. */
const FROM_ONE_END: readonly RegExp[] = [
  /FROM appointments AS a\s+WHERE TRUE ORDER BY a\.(start_ms|updated_ms) (ASC|DESC)(, a\.id (ASC|DESC))?\s+LIMIT (\?|1 OFFSET 9999)/,
  /FROM declaration_changes ORDER BY id DESC LIMIT \?1/,
  /FROM declared_editors\s+GROUP BY practitioner ORDER BY practitioner LIMIT \?1/,
  /FROM account_drift\s+ORDER BY at_ms DESC LIMIT \?1/,
  /FROM lrm_strays ORDER BY last_ms DESC LIMIT \?1/,
  /FROM console_audit ORDER BY id DESC LIMIT (1|\?1)/,
  /FROM erased_regulators ORDER BY asked_ms DESC LIMIT \?1/,
];

const recorder = new StatementRecorder();
const places = placesOfStatements();
let databases: readonly DatabaseSync[];

beforeAll(async () => {
  databases = ['core', 'appointments', 'cache'].map((name) => {
    const database = new DatabaseSync(':memory:');
    const files = globSync(`worker/store/migrations/${name}/*.sql`, { cwd: ROOT }).sort();
    for (const file of files) database.exec(readFileSync(join(ROOT, file), 'utf8'));
    return database;
  });
  for (const file of places.keys()) await recorder.callAll(await import(join(ROOT, file)));
  await reachTheRest();
});

/** Branches that arguments that are anything do not take. */
async function reachTheRest(): Promise<void> {
  const db = recorder.database as never;
  const { Budget } = await import('../../../worker/store/budget.ts');
  // What counts statements prepares none of its own.
  new Budget(0).counted(db).prepare('SELECT 1');
  const { noteInterfaced } = await import('../../../worker/store/interfaced.ts');
  await noteInterfaced(db, [{ subject: '899900000017', editor: 'agenda-a', flow: 'INT_R01' }], Date.now());
  const { writePages } = await import('../../../worker/hub/memory/kept/pages.ts');
  const part = { vendor: 'agenda-a', window: { fromMs: 0, toMs: 1 }, saidMs: 0, untilMs: 1, lines: '' };
  await writePages(db, [{ flow: 'INT_R01', subject: '8', ...part }]);
  const { listNumberedVendors } = await import('../../../worker/front/tables/declarations.ts');
  await listNumberedVendors(recorder.answering([{ number: null }]) as never);
  const { takeNewlyInterfaced } = await import('../../../worker/front/tables/index.ts');
  const untold = { subject: '012345678', since_ms: 0, announced_ms: null };
  await takeNewlyInterfaced(recorder.answering([untold]) as never, { fromMs: 0, toMs: 1 }, 0);
  const { exposureByVendor, accountsByVendor, listOpen } = await import(
    '../../../worker/accounts/tables/exposure.ts'
  );
  for (const read of [exposureByVendor, accountsByVendor, listOpen]) {
    await read(recorder.answering([{ id: 'agenda-a' }]) as never, 1);
  }
  const { lookUp, saveRegulator } = await import('../../../worker/accounts/tables/regulators.ts');
  const identifier = { system: 's', value: 'v' };
  await lookUp(
    db,
    [
      { by: 'identifier', identifier },
      { by: 'technical-id', technicalId: 't' },
    ],
    { by: 'b', nowMs: 0, windowMs: 1, max: 1 },
  );
  const regulator = { id: 'r', active: false, version: 1, territories: [], wave: 'w' } as never;
  for (const what of ['identifier', 'technical-id'] as const) {
    for (const active of [false, true]) {
      const next = { ...(regulator as object), active } as never;
      await saveRegulator(db, { next, before: 1, released: [{ regulator, what }], opensWave: true });
    }
  }
  const { decideClaim } = await import('../../../worker/store/vendor-claims.ts');
  const claim = {
    relay: 'r',
    editor: 'e',
    state: 'held',
    sinceMs: 0,
    proposed: { name: 'n', redirectHosts: [] },
  };
  for (const isAccepted of [true, false]) {
    const proposal = { sinceMs: 1, isAccepted };
    await decideClaim(db, claim as never, { state: 'refused', proposal }, 1);
  }
  const { eraseWhole, maskNext } = await import('../../../worker/appointments/tables/erased.ts');
  const held = { id: 'a', editor: 'agenda-a', updated_ms: 1, start_ms: null, content: '{}' };
  const asked = { by: 'b', reason: 'test-data', reference: undefined, nowMs: 0 };
  await eraseWhole(recorder.answering([held]) as never, 'a', asked);
  await maskNext(recorder.answering([held]) as never, [identifier], 0, 0);
  const { listUndelivered } = await import('../../../worker/lrm/tables/overview.ts');
  await listUndelivered(db, undefined, undefined, 1);
  const { takeArrivals } = await import('../../../worker/lrm/tables/replies.ts');
  const about = { hash: 'h', queue: 'ack', bytes: 1, id: 'fr.health.test.ptfsas_1' } as const;
  const failed = { code: 500, reaction: 'resend', sender: undefined, cause: undefined } as const;
  await takeArrivals(
    db,
    [
      { ...about, kind: 'ack', step: undefined, isRefused: false },
      { ...about, kind: 'error', ...failed },
    ],
    0,
  );
  await searchEveryWay();
}

const NO_FILTER: AppointmentFilter = {
  identifiers: [],
  statuses: [],
  practitioners: [],
  operators: [],
  vendors: [],
  start: { fromMs: undefined, toMs: undefined },
  updated: { fromMs: undefined, toMs: undefined },
};
const FILTERS: readonly Partial<AppointmentFilter>[] = [
  { identifiers: [{ system: undefined, value: 'v' }] },
  { practitioners: ['8'] },
  { operators: [{ system: undefined, value: 'o' }] },
  { start: { fromMs: 1, toMs: 2 } },
  { start: { fromMs: undefined, toMs: 2 } },
  { updated: { fromMs: 1, toMs: undefined } },
  { statuses: ['booked'] },
  { vendors: ['agenda-a'] },
];

/** Each filter alone and with each other, in each order, from the beginning and from a place; few found, and many. */
async function searchEveryWay(): Promise<void> {
  const pairs = FILTERS.flatMap((one) => FILTERS.map((other) => ({ ...NO_FILTER, ...one, ...other })));
  for (const filter of [NO_FILTER, ...pairs]) {
    for (const by of ['date', '_lastUpdated'] as const) {
      for (const descending of [false, true]) {
        const sort: Sort = { by, descending };
        for (const count of [1, Number.MAX_SAFE_INTEGER]) {
          const db = recorder.answering([{ count, ms: 1, id: 'x' }]) as never;
          const way = await chooseWay(db, filter, sort);
          for (const position of [undefined, { ms: 1, id: 'x' }]) {
            await searchAppointments(db, way, position, 50);
            await listFacts(db, way, position, 50);
          }
        }
      }
    }
  }
}

it('every place that prepares a statement is reached', () => {
  const reached = new Set(recorder.prepared.map(({ place }) => place));
  const missed = [...places].flatMap(([file, lines]) =>
    lines.map((line) => `${file}:${line}`).filter((place) => !reached.has(place)),
  );
  expect(missed, 'call them in reachTheRest').toEqual([]);
  expect(recorder.prepared.length).toBeGreaterThan(100);
});

interface Plan extends Prepared {
  readonly steps: readonly string[];
}

function explain({ sql, place }: Prepared): Plan {
  const problems: string[] = [];
  for (const database of databases) {
    try {
      const rows = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { readonly detail: string }[];
      return { sql, place, steps: rows.map(({ detail }) => detail) };
    } catch (cause) {
      problems.push(String(cause));
    }
  }
  throw new Error(`${place} prepares what no database takes:\n${sql}\n${problems.join('\n')}`);
}

/** What a plan reads from one end to the other without leave. */
function scansOf({ sql, steps }: Plan): string[] {
  const made = new Set(steps.map((step) => /^(?:CO-ROUTINE|MATERIALIZE) (.+)$/.exec(step)?.[1]));
  return steps.filter((step) => {
    const [, name = '', index] = /^SCAN (\(subquery-\d+\)|\w+)(?:.* INDEX (\w+))?/.exec(step) ?? [];
    if (name === '' || made.has(name) || / VIRTUAL TABLE /.test(step) || step === 'SCAN CONSTANT ROW')
      return false;
    const table = new RegExp(`\\b(\\w+) AS ${name}\\b`).exec(sql)?.[1] ?? name;
    if (Object.hasOwn(SMALL, table) || Object.hasOwn(SHORT, index ?? '')) return false;
    return !FROM_ONE_END.some((pattern) => pattern.test(sql));
  });
}

it('no statement reads a table that grows from one end to the other', () => {
  const plans = [...new Map(recorder.prepared.map((one) => [one.sql, one])).values()].map(explain);
  const scans = plans.flatMap((plan) => {
    const found = scansOf(plan);
    return found.length === 0 ? [] : [`${plan.place}: ${found.join(', ')}\n${plan.sql}`];
  });
  expect(scans.join('\n\n')).toBe('');
  // A leave that nobody needs hides what comes to need it.
  const text = plans.map(({ steps }) => steps.join('\n')).join('\n');
  const sqls = plans.map(({ sql }) => sql);
  expect(Object.keys(SHORT).filter((index) => !text.includes(`INDEX ${index}`))).toEqual([]);
  expect(FROM_ONE_END.filter((pattern) => !sqls.some((sql) => pattern.test(sql)))).toEqual([]);
});

it('a search of appointments is led by the filter that leaves few, and walks only its own order', () => {
  const search = 'worker/appointments/tables/search.ts';
  const plans = recorder.prepared.filter(({ place }) => place.startsWith(search)).map(explain);
  const indexes = new Set(
    plans.flatMap(({ steps }) =>
      steps.map((step) => / a USING (?:COVERING )?INDEX (\w+)/.exec(step)?.[1] ?? ''),
    ),
  );
  indexes.delete('');
  expect([...indexes].sort()).toEqual([
    'appointments_identifier',
    'appointments_operator',
    'appointments_practitioner',
    'appointments_start',
    // Of updated_ms.
    'sqlite_autoindex_appointments_2',
  ]);
  // Whoever sorts has few to sort: a walk follows its index.
  const walks = plans.filter(({ sql }) => /ORDER BY a\./.test(sql) && !/ORDER BY \+a\./.test(sql));
  for (const { sql, steps } of walks) expect(steps.join('\n'), sql).not.toContain('TEMP B-TREE');
});
