// A vendor speaks for its own: whatever others answer beside it, and in whichever order, each of its slots leads to its own
// words. A canary vendor is read alone, then among others that copy parts of it and change the rest. Replay with FUZZ_SEED=n.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Flow } from '../../shared/sas/query.ts';
import { AnswerReader } from '../../shared/sas/read/answer-reader.ts';
import { judgeBundle } from '../../shared/sas/rules/bundle.ts';
import { ruleOf } from '../../shared/sas/rules/table/table.ts';
import type { CallResult } from '../../worker/hub/call-result.ts';
import { bundleBytes, bundleEntries, bundlePieces, bundleText } from '../../worker/search/bundle.ts';
import { selectSlots } from '../../worker/search/selection.ts';
import { type FrontEntries, serverLot } from '../support/doubles/front-client.ts';
import { type Entry, hash } from '../support/oracles/answered.ts';
import { entriesOf, foundOf } from '../support/oracles/front-found.ts';
import {
  bundle,
  contained,
  ESTABLISHMENT,
  FROM,
  type Json,
  NOW,
  practitioner,
  RPPS,
  role,
  SERVICE_EXTENSION,
  SIRET,
  schedule,
  slot,
  sosAnswer,
  TO,
} from '../support/samples/vendor-bundle.ts';
import { drawn, SEED } from '../support/seed.ts';

const RUNS = drawn(300);
const CANARY = 'canary';
const BASE = 'https://edge.example/fhir';

/** Everything a vendor may say of a practitioner and his place; each word may be the canary's or another. */
interface Words {
  readonly family: string;
  readonly phone: string;
  readonly line: string;
  readonly city: string;
  readonly structure: string;
  readonly place: string;
  readonly community: string;
  readonly communityPhone: string;
  readonly consultation: string;
  readonly specialty: string;
  readonly link: string;
  readonly hours: readonly number[];
}
const OWN: Words = {
  family: 'Canari',
  phone: '+33561000001',
  line: '1 rue du Canari',
  city: 'Albi',
  structure: '1990000999',
  place: '+33561000002',
  community: 'CPTS du Canari',
  communityPhone: '+33561000003',
  consultation: 'AMB',
  specialty: 'Médecine du canari',
  link: 'https://canary.example/rdv/1',
  hours: [10, 11],
};
const word = (own: string, ...others: string[]): fc.Arbitrary<string> => fc.constantFrom(own, ...others);
const words: fc.Arbitrary<Words> = fc.record({
  family: word(OWN.family, 'Pirate', ''),
  phone: word(OWN.phone, '+33561999991', ''),
  line: word(OWN.line, '1 rue du Canari, 81000 ou rappelez', '9 rue Ailleurs'),
  city: word(OWN.city, 'Castres'),
  structure: word(OWN.structure, '1990000998', ''),
  place: word(OWN.place, '+33561999992', ''),
  community: word(OWN.community, 'CPTS Pirate', ''),
  communityPhone: word(OWN.communityPhone, '+33561999993', ''),
  consultation: word(OWN.consultation, 'VR'),
  specialty: word(OWN.specialty, 'Piraterie'),
  link: word(OWN.link, 'https://pirate.example/rdv/1', ''),
  hours: fc.uniqueArray(fc.integer({ min: 9, max: 15 }), { minLength: 1, maxLength: 3 }),
});

const phones = (value: string): Json => (value === '' ? {} : { telecom: [{ system: 'phone', value }] });
const named = (name: string): Json => (name === '' ? {} : { name });

function slotsOf({ hours, link, consultation, specialty }: Words, types: readonly Json[]): Json[] {
  return hours.map((hour) =>
    slot({
      id: `s${hour}`,
      start: `2026-11-24T${hour}:00:00.000+01:00`,
      end: `2026-11-24T${hour}:20:00.000+01:00`,
      comment: link === '' ? undefined : link,
      specialty: [{ text: specialty }],
      serviceType: [
        { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: consultation }] },
        ...types,
      ],
    }),
  );
}

function pageOf(own: Words, flow: Flow): Json {
  if (flow === 'SOS') {
    const { phone: _, ...rest } = own;
    return sosAnswer(slotsOf(own, []), {
      location: {
        ...phones(rest.place),
        name: `Point ${rest.line}`,
        address: { line: [rest.line], city: rest.city, postalCode: '81000' },
      },
      organization: { ...named(rest.community), name: rest.community || undefined, ...phones(own.phone) },
    });
  }
  const cpts = {
    coding: [{ system: ESTABLISHMENT, code: '604' }],
    extension: [{ url: SERVICE_EXTENSION, valueReference: { reference: 'HealthcareService/hs' } }],
  };
  return bundle([
    ...slotsOf(own, flow === 'INT_R04' ? [cpts] : []),
    schedule(),
    practitioner({
      name: own.family === '' ? undefined : [{ family: own.family, given: ['Ada'] }],
      ...phones(own.phone),
    }),
    role({
      telecom: undefined,
      ...phones(own.place),
      organization: { identifier: { value: own.structure } },
      contained: [contained({ address: { line: [own.line], city: own.city, postalCode: '81000' } })],
    }),
    {
      resourceType: 'HealthcareService',
      id: 'hs',
      providedBy: { reference: 'Organization/cpts' },
      ...named(own.community),
    },
    {
      resourceType: 'Organization',
      id: 'cpts',
      identifier: [{ value: '1990000001' }],
      ...named(own.community),
      ...phones(own.communityPhone),
    },
  ]);
}

const subjectOf = (flow: Flow): string => (flow === 'SOS' ? SIRET : RPPS);

function resultOf(editor: string, page: Json, flow: Flow, isOld: boolean): CallResult {
  const subjects = [subjectOf(flow)];
  const reader = new AnswerReader({ editor, flow, subjects, fromMs: FROM, toMs: TO, nowMs: NOW, hash });
  reader.add(page);
  const read = reader.finish();
  const answer = {
    call: 0,
    ...read,
    // As a relay of the release before tells it.
    ...(isOld && {
      subjects: read.subjects.map(({ said: _, ...rest }) => rest),
      services: read.services.map(({ said: _, ...rest }) => rest),
    }),
    durationMs: 0,
    bytes: 0,
    pages: 1,
    noStore: false,
  };
  return { call: { vendor: editor, subjects }, answer };
}

/** Every relay names what was said: two vendors that say the same share a resource. */
function isNamed(results: readonly CallResult[]): boolean {
  return results.every(({ answer }) => answer?.subjects.every(({ said }) => said !== undefined));
}

function bundleOf(results: readonly CallResult[], flow: Flow): string {
  const subjects = [subjectOf(flow)];
  const window = { fromMs: FROM, toMs: TO };
  const selection = selectSlots(results, { query: { flow, window, subjects }, nowMs: NOW });
  const head = { id: 'id', flow, total: selection.total, selfUrl: `${BASE}/Slot?a=b` };
  const text = bundleText(head, bundleEntries(selection, flow, BASE));
  for (let again = 0; again < 2; again += 1) {
    // What is pasted as it was written is what would be written now.
    const kept = selection.subjects.map((one) => ({
      ...one,
      offers: one.offers.map((offer) => ({ ...offer, isKept: true })),
    }));
    const pieces = bundlePieces({ ...selection, subjects: kept }, flow, BASE);
    expect(new TextDecoder().decode(bundleBytes(head, pieces))).toBe(text);
  }
  expect(
    judgeBundle(JSON.parse(text), flow, { ...{ window, subjects }, isMerged: true })
      .filter(({ rule }) => ruleOf(rule).severity === 'error')
      .filter(({ rule }) => isNamed(results) || !rule.endsWith('-once'))
      .map(({ rule, expression }) => `${rule} at ${expression}`),
  ).toEqual([]);
  return text;
}

/** What follows the vendor's id in a slot's holds no dash. */
function isOf(vendor: string, id: string): boolean {
  return id.slice(0, id.lastIndexOf('-')) === vendor;
}

/** Each slot of the canary with all that it leads to, by the references of the Bundle. */
function reachedBy(vendor: string, text: string): unknown[] {
  const entries = (JSON.parse(text) as { entry?: Entry[] }).entry ?? [];
  const byKey = new Map(entries.map(({ resource }) => [`${resource.resourceType}/${resource.id}`, resource]));
  expect(byKey.size).toBe(entries.length);
  const walk = (key: string, seen: Set<string>): unknown[] => {
    const resource = byKey.get(key);
    if (seen.has(key) || resource === undefined) return [];
    seen.add(key);
    const references = [...JSON.stringify(resource).matchAll(/"reference":"([A-Z]\w+\/[^"]+)"/g)];
    return [resource, ...references.flatMap(([, to = '']) => walk(to, seen))];
  };
  return entries
    .filter(({ resource }) => resource.resourceType === 'Slot' && isOf(vendor, resource.id))
    .map(({ resource }) => walk(`Slot/${resource.id}`, new Set()));
}

const others = fc.array(fc.tuple(fc.constantFrom('aaa', 'mmm', 'zzz', 'canary-b'), words, fc.boolean()), {
  minLength: 1,
  maxLength: 4,
});
const flows = fc.constantFrom<Flow>('INT_R01', 'INT_R04', 'SOS');

describe(`with seed ${SEED}`, () => {
  it('a slot leads to what its own vendor says, whoever else answers and in whichever order', () => {
    let differing = 0;
    fc.assert(
      fc.property(flows, others, fc.boolean(), fc.infiniteStream(fc.nat()), (flow, beside, isOld, order) => {
        const own = resultOf(CANARY, pageOf(OWN, flow), flow, isOld);
        const alone = reachedBy(CANARY, bundleOf([own], flow));
        expect(alone).toHaveLength(OWN.hours.length);
        const all = [
          own,
          ...new Map(
            beside.map(([id, said, old]) => [id, resultOf(id, pageOf(said, flow), flow, old)]),
          ).values(),
        ];
        const text = bundleOf(all, flow);
        expect(reachedBy(CANARY, text)).toEqual(alone);
        const shuffled = all
          .map((result) => ({ result, rank: order.next().value as number }))
          .sort((one, other) => one.rank - other.rank)
          .map(({ result }) => result);
        expect(bundleOf(shuffled, flow)).toBe(text);
        differing += Number(text.includes('irate') || text.includes('99999'));
      }),
      { seed: SEED, numRuns: RUNS },
    );
    expect(differing).toBeGreaterThan(RUNS / 4);
  });

  it('a card of the front shows one voice, and the canary keeps its own', () => {
    let apart = 0;
    const lot = serverLot({
      810001: { rpps: RPPS.slice(1), cp: '81000', address: OWN.line, phone: ['05 61 00 00 09'] },
    });
    fc.assert(
      fc.property(others, fc.boolean(), (beside, isReversed) => {
        const own = { [CANARY]: pageOf(OWN, 'INT_R01') };
        const said = Object.fromEntries(beside.map(([id, one]) => [id, pageOf(one, 'INT_R01')]));
        const pages = { ...own, ...said };
        const answer = entriesOf(pages, lot) as FrontEntries;
        const turned = Object.fromEntries(Object.entries(pages).reverse());
        if (isReversed) expect(entriesOf(turned, lot)).toEqual(answer);
        const mine = Object.values(answer).filter((entry) =>
          Object.values(entry.slot)
            .flat()
            .some(({ slot_reservation_link: link }) => link.startsWith(OWN.link)),
        );
        // Others may give the canary's link and other words: they stand on cards of their own.
        const entry = mine.find(({ practitioner: { phone, lastname, specialities }, address }) => {
          const isOwn = phone === OWN.place && lastname === OWN.family && address?.line === OWN.line;
          return isOwn && specialities?.join() === OWN.specialty && address?.city === OWN.city;
        });
        expect(entry).toBeDefined();
        const hours = Object.values(entry!.slot).flat();
        for (const hour of OWN.hours) {
          const start = new Date(`2026-11-24T${hour}:00:00+01:00`).toISOString().replace('Z', '+00:00');
          expect(hours).toContainEqual(expect.objectContaining({ start, consultation_type: ['AMB'] }));
        }
        // Whoever stands on this card says the very same.
        const places = foundOf(pages, lot).flatMap((found) => found.places);
        for (const { slot_reservation_link: link, start } of hours) {
          const tellers = places.filter(({ offer, line, city, phones: [phone = ''], holder }) => {
            const isHeard = line === OWN.line && city === OWN.city && holder.lastname === OWN.family;
            const slots = offer.place.slots.map(([, , from]) => new Date(from).getTime());
            return isHeard && phone === OWN.place && slots.includes(Date.parse(start));
          });
          expect(tellers.length, `${start} ${link}`).toBeGreaterThan(0);
        }
        apart += Number(Object.keys(answer).length > 1);
      }),
      { seed: SEED, numRuns: RUNS },
    );
    expect(apart).toBeGreaterThan(RUNS / 4);
  });
});
