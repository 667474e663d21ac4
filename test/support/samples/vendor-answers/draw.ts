// One vendor answer of a seed: a sound one, and what one to three mutations make of it.

import type { SentPage } from '../../oracles/none/text.ts';
import { BUNDLE_MUTATIONS } from './bundles.ts';
import { BYTE_MUTATIONS } from './bytes.ts';
import { Random } from './random.ts';
import type { Mutation } from './reach.ts';
import { RESOURCE_MUTATIONS } from './resources.ts';
import { SLOT_MUTATIONS } from './slots.ts';
import { drawSound, type SoundAnswer } from './sound.ts';
import { TREE_MUTATIONS } from './tree.ts';

export interface DrawnCase extends Omit<SoundAnswer, 'pages'> {
  readonly pages: readonly SentPage[];
  /** Names of what was done to it. */
  readonly kinds: readonly string[];
}

export interface CaseRequest {
  readonly seed: number;
  readonly baseUrl: string;
  readonly mutated: boolean;
}

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  ...BUNDLE_MUTATIONS,
  ...RESOURCE_MUTATIONS,
  ...SLOT_MUTATIONS,
  ...TREE_MUTATIONS,
};

export const KINDS = [...Object.keys(MUTATIONS), ...Object.keys(BYTE_MUTATIONS)];

const MINUTE_MS = 60_000;

export function drawCase({ seed, baseUrl, mutated }: CaseRequest): DrawnCase {
  const random = new Random(seed);
  const fromMs = Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS;
  const { pages, ...sound } = drawSound({
    random,
    flow: random.pick(['INT_R01', 'INT_R04', 'SOS']),
    baseUrl,
    fromMs,
  });
  const kinds = mutated ? Array.from({ length: random.pick([1, 1, 2, 3]) }, () => random.pick(KINDS)) : [];
  const answer = { pages, random, baseUrl };
  for (const kind of kinds) MUTATIONS[kind]?.(answer);
  const sent = answer.pages.map(
    (page): SentPage => ({ body: Buffer.from(JSON.stringify(page)), status: 200 }),
  );
  for (const kind of kinds) {
    const change = BYTE_MUTATIONS[kind];
    const at = random.below(sent.length);
    const page = sent[at];
    if (change !== undefined && page !== undefined && page.body.length > 0) sent[at] = change(page, random);
  }
  return { ...sound, kinds, pages: sent };
}
