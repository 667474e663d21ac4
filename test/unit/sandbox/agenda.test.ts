// The simulated agendas: functions of (seed, calendar, local day), right on nights of clock change and overseas.

import { describe, expect, test } from 'vitest';
import { Agenda, type AgendaSlot } from '../../../sandbox/vendors/world/agenda.ts';
import { Directory, type KnownRole } from '../../../sandbox/vendors/world/directory.ts';
import { type Zone, ZoneClock } from '../../../sandbox/vendors/world/zones.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const clock = new ZoneClock();

function rolesOf(seed: number): KnownRole[] {
  return new Directory(seed).practitioners.flatMap(({ roles }) => roles);
}

function freeOf(
  seed: number,
  roles: readonly KnownRole[],
  nowMs: number,
  spanMs: number,
  agenda = new Agenda(seed, clock),
): AgendaSlot[] {
  const within = { fromMs: nowMs, toMs: nowMs + spanMs };
  return roles
    .flatMap((role) => agenda.list(role, within, nowMs, false))
    .filter(({ state }) => state === 'free');
}

describe('a local clock', () => {
  test.each<[Zone, string, string]>([
    ['Europe/Paris', '2026-01-15T12:00:00Z', '2026-01-15T13:00:00.000+01:00'],
    ['Europe/Paris', '2026-07-15T12:00:00Z', '2026-07-15T14:00:00.000+02:00'],
    ['Europe/Paris', '2026-10-25T00:59:59.999Z', '2026-10-25T02:59:59.999+02:00'],
    ['Europe/Paris', '2026-10-25T01:00:00Z', '2026-10-25T02:00:00.000+01:00'],
    ['Europe/Paris', '2026-03-29T01:00:00Z', '2026-03-29T03:00:00.000+02:00'],
    ['Indian/Reunion', '2026-07-15T21:30:00Z', '2026-07-16T01:30:00.000+04:00'],
    ['America/Cayenne', '2026-07-15T01:30:00Z', '2026-07-14T22:30:00.000-03:00'],
    ['America/Guadeloupe', '2026-07-15T01:30:00Z', '2026-07-14T21:30:00.000-04:00'],
    ['America/Martinique', '2026-01-15T12:00:00Z', '2026-01-15T08:00:00.000-04:00'],
  ])('in %s writes %s as %s', (zone, utc, local) => {
    expect(clock.format(zone, Date.parse(utc))).toBe(local);
  });

  test('counts 25 hours on the autumn night and 23 on the spring night', () => {
    const lengthOf = (date: string) => {
      const day = Date.parse(`${date}T00:00:00Z`) / DAY_MS;
      return (clock.startOfDay('Europe/Paris', day + 1) - clock.startOfDay('Europe/Paris', day)) / HOUR_MS;
    };
    expect(lengthOf('2026-10-25')).toBe(25);
    expect(lengthOf('2026-03-29')).toBe(23);
    expect(lengthOf('2026-10-26')).toBe(24);
  });
});

describe('an agenda', () => {
  test('is the same whatever the hour it is asked at', () => {
    const roles = rolesOf(1);
    const monday = Date.parse('2026-06-01T06:00:00Z');
    const later = monday + 30 * HOUR_MS;
    const idsFrom = (slots: AgendaSlot[]) =>
      slots
        .filter(({ startMs }) => startMs >= later && startMs < monday + 48 * HOUR_MS)
        .map(({ id, startMs }) => [id, startMs]);
    const asked = idsFrom(freeOf(1, roles, monday, 48 * HOUR_MS));
    expect(asked.length).toBeGreaterThan(20);
    expect(idsFrom(freeOf(1, roles, later, 48 * HOUR_MS))).toEqual(asked);
  });

  test('differs with the seed', () => {
    const nowMs = Date.parse('2026-06-01T06:00:00Z');
    const startsOf = (seed: number) => freeOf(seed, rolesOf(1), nowMs, DAY_MS).map(({ startMs }) => startMs);
    expect(startsOf(1)).not.toEqual(startsOf(2));
  });

  test('has free slots in the next four hours and on each of the next days, at any hour of the week', () => {
    for (const seed of [1, 2, 3]) {
      const roles = rolesOf(seed);
      const agenda = new Agenda(seed, clock);
      for (let hour = 0; hour < 7 * 24; hour += 5) {
        const nowMs = Date.parse('2026-10-22T00:00:00Z') + hour * HOUR_MS;
        const starts = freeOf(seed, roles, nowMs, 4 * DAY_MS, agenda).map(({ startMs }) => startMs - nowMs);
        const within = (from: number, to: number) => starts.filter((at) => at >= from && at < to).length;
        expect(within(0, 4 * HOUR_MS), `seed ${seed}, hour ${hour}`).toBeGreaterThan(0);
        for (let day = 0; day < 3; day += 1) {
          expect(
            within(day * DAY_MS, (day + 1) * DAY_MS),
            `seed ${seed}, hour ${hour}, day ${day}`,
          ).toBeGreaterThan(10);
        }
      }
    }
  });

  test('gives each person who is not full a free slot within three days', () => {
    const nowMs = Date.parse('2026-06-06T21:00:00Z');
    for (const role of rolesOf(1)) {
      const free = freeOf(1, [role], nowMs, 3 * DAY_MS).length;
      if (role.full) expect(free).toBe(0);
      else expect(free, role.roleId).toBeGreaterThan(0);
    }
  });

  test('gives one vendor no slot id twice within the days it shows', () => {
    const nowMs = Date.parse('2026-10-23T00:00:00Z');
    const ids = freeOf(1, rolesOf(1), nowMs, 10 * DAY_MS).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('shows nothing past its horizon', () => {
    const nowMs = Date.parse('2026-06-01T06:00:00Z');
    const last = Math.max(...freeOf(1, rolesOf(1), nowMs, 30 * DAY_MS).map(({ startMs }) => startMs));
    expect(last).toBeLessThan(nowMs + 5.2 * DAY_MS);
  });

  test('offers the repeated hour of the autumn night twice, at two offsets', () => {
    const nowMs = Date.parse('2026-10-24T12:00:00Z');
    const night = { fromMs: Date.parse('2026-10-25T00:00:00Z'), toMs: Date.parse('2026-10-25T01:59:59Z') };
    const agenda = new Agenda(1, clock);
    const metropolitan = rolesOf(1).filter(({ place }) => place.town.zone === 'Europe/Paris');
    const starts = metropolitan
      .flatMap((role) => agenda.list(role, night, nowMs, false))
      .map(({ startMs }) => clock.format('Europe/Paris', startMs));
    expect(starts).toContain('2026-10-25T02:30:00.000+02:00');
    expect(starts).toContain('2026-10-25T02:30:00.000+01:00');
  });

  test('spreads exactly the count asked over the window and the places', () => {
    const agenda = new Agenda(1, clock);
    const [first, ...others] = new Directory(1).practitioners.find(({ roles }) => roles.length === 3)!.roles;
    const within = {
      fromMs: Date.parse('2026-06-01T06:00:00.123Z'),
      toMs: Date.parse('2026-06-03T21:59:59.999Z'),
    };
    const slots = agenda.spread([first!, ...others], within, 20);
    expect(slots).toHaveLength(20);
    expect(new Set(slots.map(({ id }) => id)).size).toBe(20);
    expect(new Set(slots.map(({ diary }) => diary.key)).size).toBe(3);
    for (const { startMs } of slots) {
      expect(startMs).toBeGreaterThanOrEqual(within.fromMs);
      expect(startMs).toBeLessThanOrEqual(within.toMs);
    }
  });

  test('spreads the exact count even over a minute', () => {
    const [role] = rolesOf(1);
    const within = { fromMs: 1_000_000, toMs: 1_060_000 };
    const slots = new Agenda(1, clock).spread([role!], within, 50);
    expect(slots).toHaveLength(50);
    expect(slots.every(({ startMs }) => startMs >= within.fromMs && startMs <= within.toMs)).toBe(true);
  });
});
