// What an appointment is counted as: the cells of table `activity_days` that it adds one to. It is kept beside the
// appointment, so that a change moves it whatever has become of the regulator since. docs/appointments.md § 5. No I/O.

import { parisDayOf } from '../../base/calendar/days.ts';
import { offsetMs, zoneOfCounty } from '../../base/calendar/zones.ts';

/** What of an appointment is counted. */
export interface Countable {
  readonly vendor: string;
  readonly status: string;
  readonly startMs: number;
  /** The regulator's identifier; null when none is named. */
  readonly operatorSystem: string | null;
  readonly operator: string | null;
}

/** A territory that an appointment counts in, and the day of its start there, YYYY-MM-DD. */
interface CountedTerritory {
  readonly name: string;
  readonly ownDay: string;
}

/** What an appointment is counted as. `day`: of its start in Paris. Without territories: in that of none. */
export interface Counted {
  readonly operator: string;
  readonly day: string;
  readonly vendor: string;
  readonly status: string;
  readonly territories: readonly CountedTerritory[];
}

/** The key of a row of `activity_days`, in the order of its columns. */
export type Cell = readonly [territory: string, day: string, vendor: string, status: string, ownDay: string];

/** The territory of a cell that counts everybody, and of one for those of no known territory. */
export const EVERYBODY = '';
export const NO_TERRITORY = '-';

/** The regulator whom the appointment names, as one text; empty when it names none. */
export function operatorOf({
  operatorSystem,
  operator,
}: Pick<Countable, 'operatorSystem' | 'operator'>): string {
  return operator === null ? '' : `${operatorSystem ?? ''}|${operator}`;
}

/**
 * `before`: what it is counted as now. The territories of a regulator are those that were first known of him for this
 * appointment: one who moves, or is forgotten, takes nothing along. `known`: as table `regulators` has them now.
 */
export function countedAs(
  appointment: Countable,
  before: Counted | undefined,
  known: readonly string[],
): Counted {
  const { vendor, status, startMs } = appointment;
  const operator = operatorOf(appointment);
  const kept = before?.operator === operator ? before.territories.map(({ name }) => name) : [];
  const names = kept.length > 0 ? kept : [...new Set(known)].filter((name) => name !== '').sort();
  return {
    operator,
    day: parisDayOf(startMs),
    vendor,
    status,
    territories: names.map((name) => ({ name, ownDay: dayIn(name, startMs) })),
  };
}

/** Overseas, by the number in the territory's name (`SAS-974 Réunion`); else in Paris. */
function dayIn(territory: string, ms: number): string {
  const county = /(?<!\d)9[78]\d(?!\d)/.exec(territory)?.[0];
  if (county === undefined) return parisDayOf(ms);
  return new Date(ms + offsetMs(zoneOfCounty(county), ms)).toISOString().slice(0, 10);
}

/** One for everybody, and one for each territory. */
export function cellsOf({ day, vendor, status, territories }: Counted): Cell[] {
  const cell = (territory: string, ownDay: string): Cell => [territory, day, vendor, status, ownDay];
  return [
    cell(EVERYBODY, day),
    ...(territories.length === 0
      ? [cell(NO_TERRITORY, day)]
      : territories.map(({ name, ownDay }) => cell(name, ownDay))),
  ];
}

/** For the column `appointments.counted`. */
export function writeCounted({ operator, day, vendor, status, territories }: Counted): string {
  return JSON.stringify([
    operator,
    day,
    vendor,
    status,
    territories.map(({ name, ownDay }) => [name, ownDay]),
  ]);
}

type Written = readonly [string, string, string, string, readonly (readonly [string, string])[]];

/** From that column. */
export function readCounted(text: string): Counted {
  const [operator, day, vendor, status, territories] = JSON.parse(text) as Written;
  return {
    operator,
    day,
    vendor,
    status,
    territories: territories.map(([name, ownDay]) => ({ name, ownDay })),
  };
}
