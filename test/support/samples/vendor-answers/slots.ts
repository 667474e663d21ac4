// What vendors' servers make of a slot.

import type { Json } from '../vendor-bundle.ts';
import { entriesOf, type Mutable, type Mutation, one, set } from './reach.ts';

function busyTwin(slot: Json, { pages, random }: Mutable): void {
  const twin = {
    ...slot,
    ...(random.often(0.5) && { id: 'twin' }),
    status: random.pick(['busy', 'free', 'entered-in-error']),
  };
  entriesOf(random.pick(pages)).push({ resource: twin });
}

export const SLOT_MUTATIONS: Readonly<Record<string, Mutation>> = {
  'a slot both free and busy': one('Slot', busyTwin),
  'a label': set('Slot', (random) => {
    const system = random.pick([
      undefined,
      'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',
      'urn:TRE_R314-TypeCreneau',
    ]);
    return {
      meta: random.pick<unknown>([
        { security: [{ system, code: random.pick(['N', 'PRIVE', 'PRO', 'CPTS']) }] },
        {},
        'PUBLIC',
        { security: 'PUBLIC' },
      ]),
    };
  }),
  'another status': set('Slot', (random) => ({
    status: random.pick<unknown>([
      'FREE',
      ' free ',
      'Busy',
      'busy-tentative',
      'libre',
      null,
      undefined,
      ['free'],
      'entered-in-error',
    ]),
  })),
  'another start': one('Slot', (slot, { random }) => {
    const start = String(slot.start);
    slot.start = random.pick<unknown>([
      ` ${start} `,
      start.replace('T', ' '),
      start.slice(0, 10),
      start.slice(0, 16),
      Date.parse(start),
      start.toLowerCase(),
      start.replace(/^\d{4}/, '2019'),
      'demain',
      undefined,
      null,
      start.replaceAll('-', '/'),
      start.replace(/(\d\d):(\d\d)/, '24:00'),
      start.slice(0, 16).replaceAll('-', '').replace(':', ''),
      { value: start },
      [start],
    ]);
  }),
  'another end': one('Slot', (slot, { random }) => {
    slot.end = random.pick<unknown>([slot.start, undefined, 'plus tard', 20, ` ${String(slot.end)} `]);
  }),
  'a slot in another resource': one('Slot', (slot, answer) => {
    const copy = { ...slot };
    const holder = answer.random.pick<Json>([
      { resourceType: 'Parameters', parameter: [{ name: 'slot', resource: copy }] },
      { resourceType: 'Schedule', id: 'holder', contained: [copy] },
      { resourceType: 'Endpoint', id: 'e', extension: [{ url: 'urn:x', resource: copy }] },
    ]);
    for (const key of Object.keys(slot)) delete slot[key];
    Object.assign(slot, holder);
  }),
};
