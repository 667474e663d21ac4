// Tables `appointments` and `appointment_versions`, reading many: what a search or an export asks for, in a fixed
// order, a page at a time from where the last one ended. Lists travel as one JSON parameter: D1 binds 100 at most.

import { guardIdempotent } from '../../store/guard.ts';
import type { AppointmentFilter, Position, Sort } from '../model/filter.ts';
import type { Range } from '../model/range.ts';
import type { StoredAppointment } from '../model/resource.ts';

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

type Bound = string | number;

interface Condition {
  readonly sql: string;
  readonly values: readonly Bound[];
}

/** At most `limit` of them, after `position`. @throws GatewayError storage-unavailable. */
export async function searchAppointments(
  db: D1Database,
  filter: AppointmentFilter,
  sort: Sort,
  position: Position | undefined,
  limit: number,
): Promise<FoundAppointment[]> {
  const { sql, values } = whereOf(filter, sort, position);
  const { results } = await guardIdempotent(() =>
    db
      .prepare(
        // The page is chosen first: sorting a wide answer must not drag its contents along.
        `SELECT a.id, a.current AS version, a.updated_ms AS updatedMs, a.start_ms AS startMs, a.profile, v.content
         FROM (
           SELECT a.id, a.current, a.updated_ms, a.start_ms, a.profile FROM appointments AS a
           WHERE ${sql} ORDER BY ${orderOf(sort)} LIMIT ?
         ) AS a CROSS JOIN appointment_versions AS v ON v.appointment = a.id AND v.version = a.current
         ORDER BY ${orderOf(sort)}`,
      )
      .bind(...values, limit)
      .all<FoundAppointment>(),
  );
  return results;
}

/** In the order of their last change. @throws GatewayError storage-unavailable. */
export async function listFacts(
  db: D1Database,
  filter: AppointmentFilter,
  position: Position | undefined,
  limit: number,
): Promise<AppointmentFacts[]> {
  const sort: Sort = { by: '_lastUpdated', descending: false };
  const { sql, values } = whereOf(filter, sort, position);
  const { results } = await guardIdempotent(() =>
    db
      .prepare(
        `SELECT a.id, a.editor, a.system, a.value, a.current AS version, a.updated_ms AS updatedMs, a.profile,
           a.status, a.start_ms AS startMs, a.end_ms AS endMs, a.practitioner,
           a.operator_system AS operatorSystem, a.operator
         FROM appointments AS a WHERE ${sql} ORDER BY ${orderOf(sort)} LIMIT ?`,
      )
      .bind(...values, limit)
      .all<AppointmentFacts>(),
  );
  return results;
}

/** `updated_ms` is different for every appointment: alone, it is a place in the order. */
function orderOf({ by, descending }: Sort): string {
  const direction = descending ? 'DESC' : 'ASC';
  return by === 'date' ? `a.start_ms ${direction}, a.id ${direction}` : `a.updated_ms ${direction}`;
}

function whereOf(filter: AppointmentFilter, sort: Sort, position: Position | undefined): Condition {
  const conditions = [
    ...conditionsOf(filter),
    ...startConditions(filter.start, sort),
    ...afterPosition(sort, position),
  ];
  return {
    sql: conditions.length === 0 ? 'TRUE' : conditions.map(({ sql }) => sql).join(' AND '),
    values: conditions.flatMap(({ values }) => values),
  };
}

function afterPosition({ by, descending }: Sort, position: Position | undefined): Condition[] {
  if (position === undefined) return [];
  const beyond = descending ? '<' : '>';
  return by === 'date'
    ? [{ sql: `(a.start_ms, a.id) ${beyond} (?, ?)`, values: [position.ms, position.id] }]
    : [{ sql: `a.updated_ms ${beyond} ?`, values: [position.ms] }];
}

function conditionsOf(filter: AppointmentFilter): Condition[] {
  const conditions: Condition[] = [];
  const add = (sql: string, ...values: Bound[]): void => void conditions.push({ sql, values });
  const { identifiers, statuses, practitioners, operators, vendors, updated } = filter;
  if (identifiers.length > 0) add(tokenSql('a.value', 'a.system'), ...twice(identifiers));
  if (operators.length > 0) add(tokenSql('a.operator', 'a.operator_system'), ...twice(operators));
  if (statuses.length > 0) add(listSql('a.status'), JSON.stringify(statuses));
  if (practitioners.length > 0) add(listSql('a.practitioner'), JSON.stringify(practitioners));
  if (vendors.length > 0) add(listSql('a.editor'), JSON.stringify(vendors));
  if (updated.fromMs !== undefined) add('a.updated_ms >= ?', updated.fromMs);
  if (updated.toMs !== undefined) add('a.updated_ms <= ?', updated.toMs);
  return conditions;
}

/** Wider than this, the index on the start finds too much to be sorted otherwise. */
const NARROW_MS = 31 * 24 * 3600 * 1000;

/** A wide range that is asked in the order of changes is a filter on that order: `+` keeps its index away. */
function startConditions({ fromMs, toMs }: Range, sort: Sort): Condition[] {
  const isNarrow = fromMs !== undefined && toMs !== undefined && toMs - fromMs <= NARROW_MS;
  const column = sort.by === 'date' || isNarrow ? 'a.start_ms' : '+a.start_ms';
  return [
    ...(fromMs === undefined ? [] : [{ sql: `${column} >= ?`, values: [fromMs] }]),
    ...(toMs === undefined ? [] : [{ sql: `${column} <= ?`, values: [toMs] }]),
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
