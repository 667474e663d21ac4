// Tables `appointments` and `appointment_versions`, reading many: what a search or an export asks for, in a fixed
// order, a page at a time from where the last one ended. No statement reads more than 30,000 rows, whatever is asked:
// either one filter leaves so few appointments, by its index, that they are all looked at, or the order asked for is
// walked a stretch at a time, and a page may hold fewer than it could. Lists travel as one JSON parameter: D1 binds 100
// at most.

import { guardIdempotent } from '../../store/guard.ts';
import type { AppointmentFilter, Position, Sort } from '../model/filter.ts';
import type { Range } from '../model/range.ts';
import type { StoredAppointment } from '../model/resource.ts';

/** Appointments that one statement looks at: each is a row of the index and one of the table. */
const STRETCH_ROWS = 10_000;

/** An appointment found, with its second sort key. */
export interface FoundAppointment extends StoredAppointment {
  readonly startMs: number;
}

/** The facts of an appointment, without its content. */
export interface AppointmentFacts {
  readonly id: string;
  readonly editor: string;
  readonly system: string;
  readonly value: string;
  readonly version: number;
  readonly updatedMs: number;
  readonly profile: string;
  readonly status: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly practitioner: string | null;
  readonly operatorSystem: string | null;
  readonly operator: string | null;
}

/** A filter that leaves few appointments, and has an index. */
type Lead = 'identifier' | 'practitioner' | 'operator' | 'date' | '_lastUpdated';

/** How a search is read. `lead` undefined: by walking the order. */
export interface Way {
  readonly filter: AppointmentFilter;
  readonly sort: Sort;
  readonly lead: Lead | undefined;
}

/** Some of what is found. `next`: from where to go on; undefined: that was all. `queries`: what it has cost of D1. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly next: Position | undefined;
  readonly queries: number;
}

type Bound = string | number;

interface Condition {
  readonly sql: string;
  readonly values: readonly Bound[];
}

/**
 * The first filter that leaves few enough, in one round trip. Identifiers are one appointment a vendor each: they are not
 * counted. @throws GatewayError storage-unavailable.
 */
export async function chooseWay(db: D1Database, filter: AppointmentFilter, sort: Sort): Promise<Way> {
  if (filter.identifiers.length > 0) return { filter, sort, lead: 'identifier' };
  const leads = (['practitioner', 'operator', 'date', '_lastUpdated'] as const).filter(
    (lead) => lead !== sort.by && leadConditions(filter, lead).length > 0,
  );
  if (leads.length === 0) return { filter, sort, lead: undefined };
  const results = await guardIdempotent(() =>
    db.batch<{ readonly count: number }>(
      leads.map((lead) => {
        const { sql, values } = allOf(leadConditions(filter, lead));
        return db
          .prepare(
            `SELECT COUNT(*) AS count FROM (
               SELECT 1 FROM appointments AS a WHERE ${sql} LIMIT ${STRETCH_ROWS + 1})`,
          )
          .bind(...values);
      }),
    ),
  );
  const few = leads.find((_lead, at) => (results[at]?.results[0]?.count ?? 0) <= STRETCH_ROWS);
  return { filter, sort, lead: few };
}

/** At most `limit` of them, after `position`. @throws GatewayError storage-unavailable. */
export async function searchAppointments(
  db: D1Database,
  way: Way,
  position: Position | undefined,
  limit: number,
): Promise<Page<FoundAppointment>> {
  const order = orderOf(way);
  return readPage(
    db,
    way,
    position,
    limit,
    // The page is chosen first: sorting a wide answer must not drag its contents along.
    (
      where,
    ) => `SELECT a.id, a.current AS version, a.updated_ms AS updatedMs, a.start_ms AS startMs, a.profile, v.content
      FROM (
        SELECT a.id, a.current, a.updated_ms, a.start_ms, a.profile FROM appointments AS a
        WHERE ${where} ORDER BY ${order} LIMIT ?
      ) AS a CROSS JOIN appointment_versions AS v ON v.appointment = a.id AND v.version = a.current
      ORDER BY ${order}`,
  );
}

/** The facts alone, as `searchAppointments` finds them. @throws GatewayError storage-unavailable. */
export async function listFacts(
  db: D1Database,
  way: Way,
  position: Position | undefined,
  limit: number,
): Promise<Page<AppointmentFacts>> {
  return readPage(
    db,
    way,
    position,
    limit,
    (
      where,
    ) => `SELECT a.id, a.editor, a.system, a.value, a.current AS version, a.updated_ms AS updatedMs, a.profile,
        a.status, a.start_ms AS startMs, a.end_ms AS endMs, a.practitioner, a.operator_system AS operatorSystem, a.operator
      FROM appointments AS a WHERE ${where} ORDER BY ${orderOf(way)} LIMIT ?`,
  );
}

async function readPage<Row extends Pick<AppointmentFacts, 'id' | 'startMs' | 'updatedMs'>>(
  db: D1Database,
  way: Way,
  position: Position | undefined,
  limit: number,
  select: (where: string) => string,
): Promise<Page<Row>> {
  const { filter, sort, lead } = way;
  const rest = [...rangeConditions(way, otherThan(sort.by)), ...listConditions(filter, lead)];
  // Whoever walks and filters may meet nothing for a long time: until there, and no farther.
  const isBounded = lead === undefined && rest.length > 0;
  const end = isBounded ? await endOfStretch(db, way, position) : undefined;
  const queries = isBounded ? 2 : 1;
  const { sql, values } = allOf([...alongConditions(way, position, end), ...rest]);
  const { results } = await guardIdempotent(() =>
    db
      .prepare(select(sql))
      .bind(...values, limit)
      .all<Row>(),
  );
  const last = results.length === limit ? results.at(-1) : undefined;
  if (last === undefined) return { rows: results, next: end, queries };
  return {
    rows: results,
    next: { ms: sort.by === 'date' ? last.startMs : last.updatedMs, id: last.id },
    queries,
  };
}

/** The last place of the stretch; undefined when the order ends before. By the index alone. */
async function endOfStretch(
  db: D1Database,
  way: Way,
  position: Position | undefined,
): Promise<Position | undefined> {
  const { sql, values } = allOf(alongConditions(way, position, undefined));
  const place = way.sort.by === 'date' ? 'a.start_ms AS ms, a.id' : "a.updated_ms AS ms, '' AS id";
  const row = await guardIdempotent(() =>
    db
      .prepare(
        `SELECT ${place} FROM appointments AS a
         WHERE ${sql} ORDER BY ${orderOf(way)} LIMIT 1 OFFSET ${STRETCH_ROWS - 1}`,
      )
      .bind(...values)
      .first<Position>(),
  );
  return row ?? undefined;
}

function allOf(conditions: readonly Condition[]): Condition {
  return {
    sql: conditions.length === 0 ? 'TRUE' : conditions.map(({ sql }) => sql).join(' AND '),
    values: conditions.flatMap(({ values }) => values),
  };
}

/** A column whose index is not to be used is written with a `+`: SQLite would choose among them without knowing how many. */
type Use = '' | '+';

/** `updated_ms` is different for every appointment: alone, it is a place in the order. */
function orderOf({ sort: { by, descending }, lead }: Pick<Way, 'sort' | 'lead'>): string {
  const direction = descending ? 'DESC' : 'ASC';
  const use = lead === undefined ? '' : '+';
  return by === 'date'
    ? `${use}a.start_ms ${direction}, a.id ${direction}`
    : `${use}a.updated_ms ${direction}`;
}

const otherThan = (by: Sort['by']): Sort['by'] => (by === 'date' ? '_lastUpdated' : 'date');

/**
 * From `position`, itself not included, to `end`, included; each side as one bound: of two, SQLite would follow the first
 * with its index, and read what lies between.
 */
function alongConditions(way: Way, position: Position | undefined, end: Position | undefined): Condition[] {
  const { filter, sort } = way;
  const { fromMs, toMs } = sort.by === 'date' ? filter.start : filter.updated;
  const [lower, upper] = sort.descending ? [end, position] : [position, end];
  const use = useOfRange(way, sort.by);
  const isLower = lower !== undefined && (fromMs === undefined || lower.ms >= fromMs);
  const isUpper = upper !== undefined && (toMs === undefined || upper.ms <= toMs);
  return [
    ...(isLower ? [beyond(sort.by, use, lower === position ? '>' : '>=', lower)] : []),
    ...(isUpper ? [beyond(sort.by, use, upper === position ? '<' : '<=', upper)] : []),
    ...range({ fromMs: isLower ? undefined : fromMs, toMs: isUpper ? undefined : toMs }, sort.by, use),
  ];
}

function beyond(by: Sort['by'], use: Use, operator: string, { ms, id }: Position): Condition {
  return by === 'date'
    ? { sql: `(${use}a.start_ms, a.id) ${operator} (?, ?)`, values: [ms, id] }
    : { sql: `${use}a.updated_ms ${operator} ?`, values: [ms] };
}

/** Of the two ranges: the order's own serves a walk, and the one of the lead its index; the start also a person's index. */
function useOfRange({ sort, lead }: Way, name: Sort['by']): Use {
  const isUsed = lead === undefined ? name === sort.by : lead === name || isOfPerson(lead, name);
  return isUsed ? '' : '+';
}

function rangeConditions(way: Way, name: Sort['by']): Condition[] {
  return range(name === 'date' ? way.filter.start : way.filter.updated, name, useOfRange(way, name));
}

/** The indexes of practitioners and of regulators go on with the start. */
const isOfPerson = (lead: Lead, name: Lead): boolean =>
  name === 'date' && (lead === 'practitioner' || lead === 'operator');

function range({ fromMs, toMs }: Range, name: Sort['by'], use: Use): Condition[] {
  const column = `${use}a.${name === 'date' ? 'start_ms' : 'updated_ms'}`;
  return [
    ...(fromMs === undefined ? [] : [{ sql: `${column} >= ?`, values: [fromMs] }]),
    ...(toMs === undefined ? [] : [{ sql: `${column} <= ?`, values: [toMs] }]),
  ];
}

/** What the index of a lead is asked; empty when the filter does not have it. */
function leadConditions(filter: AppointmentFilter, lead: Exclude<Lead, 'identifier'>): Condition[] {
  const { start, updated } = filter;
  if (lead === 'date' || lead === '_lastUpdated') return range(lead === 'date' ? start : updated, lead, '');
  const own = personCondition(filter, lead, '');
  return own.length === 0 ? [] : [...own, ...range(start, 'date', '')];
}

function personCondition(
  { practitioners, operators }: AppointmentFilter,
  lead: 'practitioner' | 'operator',
  use: Use,
): Condition[] {
  if (lead === 'practitioner') {
    if (practitioners.length === 0) return [];
    return [{ sql: listSql(`${use}a.practitioner`), values: [JSON.stringify(practitioners)] }];
  }
  if (operators.length === 0) return [];
  return [{ sql: tokenSql(`${use}a.operator`, 'a.operator_system'), values: twice(operators) }];
}

function listConditions(filter: AppointmentFilter, lead: Lead | undefined): Condition[] {
  const { identifiers, statuses, vendors } = filter;
  const use = (name: Lead): Use => (lead === name ? '' : '+');
  return [
    ...(identifiers.length === 0
      ? []
      : [{ sql: tokenSql(`${use('identifier')}a.value`, 'a.system'), values: twice(identifiers) }]),
    ...personCondition(filter, 'practitioner', use('practitioner')),
    ...personCondition(filter, 'operator', use('operator')),
    ...(statuses.length === 0 ? [] : [{ sql: listSql('a.status'), values: [JSON.stringify(statuses)] }]),
    ...(vendors.length === 0 ? [] : [{ sql: listSql('a.editor'), values: [JSON.stringify(vendors)] }]),
  ];
}

function listSql(column: string): string {
  return `${column} IN (SELECT value FROM json_each(?))`;
}

/** By value first, which has the index; a token without system matches any. */
function tokenSql(value: string, system: string): string {
  return `${value} IN (SELECT asked.value ->> 'value' FROM json_each(?) AS asked) AND EXISTS (
    SELECT 1 FROM json_each(?) AS asked WHERE asked.value ->> 'value' = ${value}
      AND COALESCE(asked.value ->> 'system', ${system}) = ${system})`;
}

function twice(value: unknown): [string, string] {
  const text = JSON.stringify(value);
  return [text, text];
}
