// What a mutation of a vendor's answer takes hold of: a page, a resource, any node of the tree.

import type { Json } from '../vendor-bundle.ts';
import type { Random } from './random.ts';

export interface Mutable {
  pages: Json[];
  readonly random: Random;
  readonly baseUrl: string;
}

export type Mutation = (answer: Mutable) => void;

export const entriesOf = (page: Json): Json[] => (Array.isArray(page.entry) ? (page.entry as Json[]) : []);
export const isObj = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function resourcesOf({ pages }: Mutable, type?: string): Json[] {
  const all = pages
    .flatMap(entriesOf)
    .map((entry) => entry?.resource)
    .filter(isObj);
  return type === undefined ? all : all.filter(({ resourceType }) => resourceType === type);
}

/** Changes one resource of that type, if there is one. */
export function one(type: string, change: (resource: Json, answer: Mutable) => void): Mutation {
  return (answer) => {
    const found = resourcesOf(answer, type);
    if (found.length > 0) change(answer.random.pick(found), answer);
  };
}

export function page(change: (page: Json, answer: Mutable) => void): Mutation {
  return (answer) => change(answer.random.pick(answer.pages), answer);
}

export function set(type: string, over: (random: Random) => Json): Mutation {
  return one(type, (resource, { random }) => void Object.assign(resource, over(random)));
}

const any = (random: Random): string =>
  random.pick(['Slot', 'Schedule', 'Practitioner', 'PractitionerRole', 'Location', 'Organization']);
export const anyOne =
  (change: (resource: Json, answer: Mutable) => void): Mutation =>
  (answer) =>
    one(any(answer.random), change)(answer);
export const HOSTILE = [
  '',
  null,
  0,
  true,
  [],
  {},
  [[]],
  [null],
  '#',
  '\ufffd',
  ' x ',
  'slot',
  '2026-02-30',
  { reference: {} },
  '__proto__',
];

/** Each node of the tree as its holder and key. */
export function nodesOf(value: unknown, found: [Json, string][] = []): [Json, string][] {
  if (typeof value !== 'object' || value === null) return found;
  for (const key of Object.keys(value)) {
    found.push([value as Json, key]);
    nodesOf((value as Json)[key], found);
  }
  return found;
}
