// What vendors' servers make of a Bundle: its entries, total, links and outcomes in other forms, or elsewhere.

import type { Json } from '../vendor-bundle.ts';
import { entriesOf, isObj, type Mutable, type Mutation, page } from './reach.ts';
import { ASSOCIATIONS, PEOPLE } from './sound.ts';

const outcome = (issue: unknown): Mutation =>
  page((bundle) => void entriesOf(bundle).push({ resource: { resourceType: 'OperationOutcome', issue } }));

/** A second practice that numbers its resources as the first does, for another person. */
function twoBases({ pages, random, baseUrl }: Mutable): void {
  const bundle = random.pick(pages);
  const base = random.pick(['https://b.example/fhir', `${baseUrl}/cabinet-b`]);
  const text = JSON.stringify(entriesOf(bundle));
  const [from, to] = random.shuffled(random.pick([PEOPLE, ASSOCIATIONS]).slice(0, 3)) as [string, string];
  const copy = text.replaceAll(from, to).replaceAll(from.slice(1), to.slice(1)).replaceAll('Hélène', 'Renée');
  const moved = JSON.parse(copy.replaceAll(baseUrl, base).replaceAll("'Été", "'Hiver")) as Json[];
  bundle.entry = random.shuffled([...entriesOf(bundle), ...moved]);
  bundle.total = undefined;
  if (random.often(0.3)) pages.reverse();
}

export const BUNDLE_MUTATIONS: Readonly<Record<string, Mutation>> = {
  'two bases': twoBases,
  'ids that hold for one page': ({ pages }) => {
    for (const bundle of pages) for (const entry of entriesOf(bundle).filter(isObj)) delete entry.fullUrl;
  },
  'fullUrl of another': page((bundle, { random }) => {
    const entries = entriesOf(bundle).filter(isObj);
    if (entries.length > 1) random.pick(entries).fullUrl = random.pick(entries).fullUrl;
  }),
  'entry an object': page((bundle) => {
    bundle.entry = { ...entriesOf(bundle) };
  }),
  'entry one': page((bundle, { random }) => {
    if (entriesOf(bundle).length > 0) bundle.entry = random.pick(entriesOf(bundle));
  }),
  'entry lists in the list': page((bundle) => {
    const entries = entriesOf(bundle);
    bundle.entry = [entries.slice(0, 3), entries.slice(3)];
  }),
  'entry without entries': page((bundle) => {
    bundle.entry = entriesOf(bundle).map((entry) => entry?.resource ?? null);
  }),
  'entry elsewhere': page((bundle, { random }) => {
    bundle[random.pick(['entries', 'Entry', 'contained', 'data', 'slots'])] = bundle.entry;
    delete bundle.entry;
  }),
  'entry null or empty': page(
    (bundle, { random }) => void entriesOf(bundle).splice(0, 1, random.pick([null, {}, [], ''] as never[])),
  ),
  'Bundle in the Bundle': page((bundle, { random }) => {
    const { link, total, ...inner } = bundle;
    bundle.entry = random.pick([[{ resource: inner }], [inner], { resource: inner }]);
    bundle.total = random.pick([total, undefined]);
    bundle.link = link;
  }),
  'total without entries': page((bundle, { random }) => {
    bundle.total = random.pick([2, '2', 40]);
    delete bundle.entry;
  }),
  'total otherwise': page((bundle, { random }) => {
    bundle.total = random.pick<unknown>(['0', '3', 'deux', -1, 1.5, 400, null, {}]);
  }),
  'an outcome with an error': (answer) =>
    outcome([{ severity: answer.random.pick(['error', 'fatal', 'Error']), code: 'processing' }])(answer),
  'an outcome that warns': (answer) =>
    outcome([
      {
        severity: 'warning',
        code: answer.random.pick(['incomplete', 'timeout', 'informational', 'throttled']),
      },
    ])(answer),
  'an outcome in a response': page((bundle, { random }) => {
    const entry = random.pick([...entriesOf(bundle).filter(isObj), {}]);
    entry.response = {
      status: '500',
      outcome: { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'exception' }] },
    };
  }),
  'a Bundle in another case': page(
    (bundle, { random }) =>
      void Object.assign(
        bundle,
        random.pick<Json>([
          { resourceType: 'bundle' },
          { type: 'SEARCHSET' },
          { type: 'collection' },
          { type: undefined },
        ]),
      ),
  ),
  'links otherwise': page((bundle, { random, baseUrl }) => {
    const next = random.pick([
      '?page=0',
      '?page=9',
      'https://elsewhere.example/fhir/Slot?page=1',
      '',
      `${baseUrl}/Slot`,
    ]);
    bundle.link = random.pick<unknown>([
      { relation: 'next', url: next },
      [{ relation: 'next', url: next }],
      ['next'],
      next,
      [{ relation: 'NEXT', url: next }],
      [{ relation: 'next' }],
    ]);
  }),
  'a page lost': ({ pages, random }) => {
    if (pages.length > 1) pages.splice(1 + random.below(pages.length - 1));
  },
  'a resource lost': page((bundle, { random }) => {
    const entries = entriesOf(bundle);
    if (entries.length > 0) entries.splice(random.below(entries.length), 1);
  }),
};
