// Blind changes of an answer's tree.

import type { Json } from '../vendor-bundle.ts';
import { HOSTILE, type Mutable, type Mutation, nodesOf } from './reach.ts';

const node =
  (change: (holder: Json, key: string, answer: Mutable) => void): Mutation =>
  (answer) => {
    const [holder, key] = answer.random.pick(nodesOf(answer.pages));
    if (holder !== (answer.pages as unknown)) change(holder, key, answer);
  };

export const TREE_MUTATIONS: Readonly<Record<string, Mutation>> = {
  'a node set': node((holder, key, { random }) => {
    holder[key] = structuredClone(random.pick<unknown>(HOSTILE));
  }),
  'a node dropped': node((holder, key) => void delete holder[key]),
  'a node moved': node((holder, key, { pages, random }) => {
    const [other, its] = random.pick(nodesOf(pages));
    if (other !== (pages as unknown)) holder[key] = structuredClone(other[its]);
  }),
  'a node in a list': node((holder, key) => {
    holder[key] = [holder[key]];
  }),
  'a key in another case': node((holder, key, { random }) => {
    if (Array.isArray(holder)) return;
    const value = holder[key];
    delete holder[key];
    holder[random.pick([key.toUpperCase(), ` ${key}`, `${key}s`, `_${key}`])] = value;
  }),
};
