// The simulated vendors' directories: functions of the seed that overlap, and whose ids collide on purpose.

import { describe, expect, test } from 'vitest';
import { Directory } from '../../../sandbox/vendors/world/directory.ts';
import { ASSOCIATIONS, PERSONS } from '../../../sandbox/vendors/world/world.ts';

const SEEDS = [1, 2, 3];

function identifiersOf(seed: number): Set<string> {
  return new Set(new Directory(seed).practitioners.map(({ person }) => person.identifier));
}

function luhn(digits: string): boolean {
  const sum = [...digits].reverse().reduce((total, digit, rank) => {
    const value = rank % 2 === 1 ? Number(digit) * 2 : Number(digit);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

describe('the invented world', () => {
  test('has sixty people, each with one identifier of the test range', () => {
    expect(PERSONS).toHaveLength(60);
    expect(new Set(PERSONS.map(({ identifier }) => identifier)).size).toBe(60);
    for (const { identifier } of PERSONS) expect(identifier).toMatch(/^(899900\d{6}|0999\d{6})$/);
  });

  test('gives RPPS numbers a right check digit', () => {
    const numbers = PERSONS.map(({ identifier }) => identifier).filter((value) => value.startsWith('8'));
    expect(numbers.length).toBeGreaterThan(40);
    for (const value of numbers) expect(luhn(value.slice(1)), value).toBe(true);
  });

  test('has people with one, two and three places, some known by ADELI only, some in two communities', () => {
    expect(new Set(PERSONS.map(({ places }) => places.length))).toEqual(new Set([1, 2, 3]));
    expect(PERSONS.some(({ identifier }) => identifier.startsWith('0'))).toBe(true);
    expect(new Set(PERSONS.map(({ communities }) => communities.length))).toEqual(new Set([0, 1, 2]));
  });

  test('gives structures of the three kinds, well formed', () => {
    const structures = PERSONS.flatMap(({ places }) => places.map(({ structure }) => structure));
    expect(new Set(structures.map((value) => value[0]))).toEqual(new Set(['1', '3', '4']));
    for (const value of structures) expect(value).toMatch(/^(1\d{9}|[34]\d{14})$/);
  });

  test('gives phones in international form, with their overseas prefix', () => {
    const phones = PERSONS.flatMap(({ places }) => places.flatMap(({ phone }) => phone ?? []));
    for (const phone of phones) expect(phone).toMatch(/^\+(33|262|590|594|596)\d{9}$/);
    expect(phones.some((phone) => phone.startsWith('+262'))).toBe(true);
  });

  test('has places in metropolitan France and in four overseas zones', () => {
    const zones = new Set(PERSONS.flatMap(({ places }) => places.map(({ town }) => town.zone)));
    expect(zones).toEqual(
      new Set([
        'Europe/Paris',
        'Indian/Reunion',
        'America/Cayenne',
        'America/Guadeloupe',
        'America/Martinique',
      ]),
    );
  });

  test('has six associations with well-formed SIRET, some with several consultation points', () => {
    expect(ASSOCIATIONS).toHaveLength(6);
    for (const { siret } of ASSOCIATIONS) expect(siret).toMatch(/^3\d{14}$/);
    expect(new Set(ASSOCIATIONS.map(({ points }) => points.length))).toEqual(new Set([1, 2, 3]));
  });
});

describe('a directory', () => {
  test('is the same for the same seed and another for another seed', () => {
    const describeAll = (seed: number) => JSON.stringify(new Directory(seed).practitioners);
    expect(describeAll(7)).toBe(describeAll(7));
    expect(describeAll(7)).not.toBe(describeAll(8));
  });

  test('of three vendors knows some people once, twice, three times, and some not at all', () => {
    const known = SEEDS.map(identifiersOf);
    const counts = PERSONS.map(({ identifier }) => known.filter((set) => set.has(identifier)).length);
    expect(new Set(counts)).toEqual(new Set([0, 1, 2, 3]));
  });

  test('numbers resources from 1, so the same id names different people at two vendors', () => {
    const [first, second] = [new Directory(1), new Directory(2)];
    const other = new Map(second.practitioners.map(({ id, person }) => [id, person.identifier]));
    const clashes = first.practitioners.filter(
      ({ id, person }) => other.has(id) && other.get(id) !== person.identifier,
    );
    expect(first.practitioners[0]?.id).toBe('ps-1');
    expect(first.practitioners[0]?.roles[0]?.roleId).toBe('role-1');
    expect(clashes.length).toBeGreaterThan(5);
  });

  test('gives every calendar of a vendor its own schedule id', () => {
    for (const seed of SEEDS) {
      const directory = new Directory(seed);
      const ids = [
        ...directory.practitioners.flatMap(({ roles }) => roles.map(({ scheduleId }) => scheduleId)),
        ...directory.associations.flatMap(({ points }) => points.map(({ scheduleId }) => scheduleId)),
      ];
      expect(new Set(ids).size).toBe(ids.length);
    }
  });

  test('finds a practitioner with or without the prefix of the number', () => {
    const directory = new Directory(1);
    const known = directory.practitioners.find(({ person }) => person.identifier.startsWith('8'))!;
    expect(directory.findPractitioner(known.person.identifier, false)).toBe(known);
    expect(directory.findPractitioner(known.person.identifier.slice(1), false)).toBe(known);
    const adeli = directory.practitioners.find(({ person }) => person.identifier.startsWith('0'))!;
    expect(directory.findPractitioner(adeli.person.identifier.slice(1), false)).toBe(adeli);
  });

  test('knows an unheard-of number only when its population is anybody', () => {
    const directory = new Directory(1);
    expect(directory.findPractitioner('899912345678', false)).toBeUndefined();
    const invented = directory.findPractitioner('899912345678', true);
    expect(invented?.person.identifier).toBe('899912345678');
    expect(directory.findPractitioner('99912345678', true)).toBe(invented);
    expect(directory.findPractitioner('not a number', true)).toBeUndefined();
  });

  test('always knows an association', () => {
    for (let seed = 0; seed < 200; seed += 1) {
      expect(new Directory(seed).associations.length, `seed ${seed}`).toBeGreaterThan(0);
    }
  });
});
