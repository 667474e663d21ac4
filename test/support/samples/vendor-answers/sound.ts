// Sound answers of vendors as JSON, drawn: practitioners with one or two places or associations, with free slots or
// none, on one page or several, in the ways of writing that all mean the same. Everybody is invented.

import {
  contained,
  ESTABLISHMENT,
  type Json,
  practitioner,
  role,
  SERVICE_EXTENSION,
  slot,
} from '../vendor-bundle.ts';
import type { Random } from './random.ts';
import { paged } from './written.ts';

export type Flow = 'INT_R01' | 'INT_R04' | 'SOS';

export interface SoundAnswer {
  readonly flow: Flow;
  /** Asked; the last of those who exist is not. */
  readonly subjects: readonly string[];
  /** Of those asked, who has a free slot. */
  readonly withSlots: ReadonlySet<string>;
  readonly pages: Json[];
}

export const PEOPLE = ['899900000017', '899900000025', '899900000033', '899900000041'];
export const ASSOCIATIONS = ['399900000100071', '399900000100089', '399900000100097', '399900000100105'];
const TOWNS = ['Albi', 'Castres', 'Sète', 'Orléans', 'Nîmes', 'Angoulême', 'Besançon', 'Mâcon'];
const MINUTE_MS = 60_000;

export interface SoundRequest {
  readonly random: Random;
  readonly flow: Flow;
  readonly baseUrl: string;
  /** Whole minute from which on slots begin. */
  readonly fromMs: number;
}

export function drawSound({ random, flow, baseUrl, fromMs }: SoundRequest): SoundAnswer {
  const everybody = flow === 'SOS' ? ASSOCIATIONS : PEOPLE;
  const subjects = everybody.slice(0, 3);
  const withSlots = new Set<string>();
  const practices: Json[][] = [];
  let number = 0;
  for (const subject of everybody) {
    if (random.often(0.15)) continue;
    for (let place = random.below(2); place >= 0; place -= 1) {
      number += 1;
      const hours = Array.from({ length: random.often(0.4) ? 0 : 1 + random.below(2) }, (_, index) =>
        drawSlot(
          random,
          flow,
          `${number}`,
          fromMs + (30 + 45 * index + random.below(2_000)) * MINUTE_MS,
          index,
        ),
      );
      if (hours.length > 0 && everybody.indexOf(subject) < 3) withSlots.add(subject);
      practices.push([
        ...hours,
        ...(flow === 'SOS' ? association(subject, number) : practice(subject, number)),
      ]);
    }
  }
  return { flow, subjects, withSlots, pages: paged(random, practices, baseUrl, flow) };
}

function drawSlot(random: Random, flow: Flow, place: string, startMs: number, index: number): Json {
  const isCpts = flow === 'INT_R04' && random.often(0.4);
  const kinds = random.pick([['PUBLIC'], ['SNP', 'PUBLIC'], ...(flow === 'SOS' ? [] : [['PRO']])]);
  const system = 'https://mos.esante.gouv.fr/NOS/TRE_R314-TypeCreneau/FHIR/TRE-R314-TypeCreneau';
  return slot({
    id: `s${place}-${index}`,
    schedule: { reference: `Schedule/a${place}` },
    start: written(random, startMs),
    end: written(random, startMs + 20 * MINUTE_MS),
    meta: { security: [...kinds, ...(isCpts ? ['CPTS'] : [])].map((code) => ({ system, code })) },
    comment: `https://agenda.example/rdv/${place}`,
    ...(isCpts && {
      serviceType: [
        {
          coding: [{ system: ESTABLISHMENT, code: '604' }],
          extension: [
            { url: SERVICE_EXTENSION, valueReference: { reference: `HealthcareService/h${place}` } },
          ],
        },
      ],
    }),
  });
}

function written(random: Random, ms: number): string {
  const utc = new Date(ms).toISOString();
  return random.pick([
    utc,
    utc.replace('.000Z', '+00:00'),
    `${new Date(ms + 3_600_000).toISOString().slice(0, 16)}+01:00`,
  ]);
}

function practice(subject: string, number: number): Json[] {
  const id = `${number}`;
  return [
    {
      resourceType: 'Schedule',
      id: `a${id}`,
      actor: [{ reference: `Practitioner/p${id}` }, { reference: `PractitionerRole/r${id}` }],
    },
    practitioner({
      id: `p${id}`,
      identifier: [
        { system: 'urn:oid:1.2.250.1.71.4.2.1', value: number % 3 === 0 ? subject.slice(1) : subject },
      ],
      name: [{ family: `Hélène-${subject.slice(-2)}`, given: ['Zoé'] }],
    }),
    role({
      id: `r${id}`,
      practitioner: { reference: `Practitioner/p${id}` },
      contained: [contained({ id: 'lieu', address: address(number) })],
      location: [{ reference: '#lieu' }],
      telecom: [{ system: 'phone', value: `+3356100000${number}` }],
    }),
    { resourceType: 'HealthcareService', id: `h${id}`, providedBy: { reference: `Organization/o${id}` } },
    {
      resourceType: 'Organization',
      id: `o${id}`,
      name: `CPTS ${id}`,
      identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.2', value: `199000000${id}` }],
    },
  ];
}

function association(subject: string, number: number): Json[] {
  const id = `${number}`;
  return [
    { resourceType: 'Schedule', id: `a${id}`, actor: [{ reference: `Location/l${id}` }] },
    {
      resourceType: 'Location',
      id: `l${id}`,
      identifier: [{ type: { coding: [{ code: 'INTRN' }] }, system: 'https://sos.example/pfg', value: id }],
      name: `Point de garde ${id}`,
      telecom: [{ system: 'phone', value: `+3356100000${number}` }],
      address: address(number),
      managingOrganization: { reference: `Organization/o${id}` },
    },
    {
      resourceType: 'Organization',
      id: `o${id}`,
      identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.2', value: subject }],
      name: `SOS ${subject.slice(-2)}`,
    },
  ];
}

function address(number: number): Json {
  return {
    line: [`${number} rue de l'Été`],
    city: TOWNS[number % TOWNS.length],
    postalCode: `8100${number}`,
  };
}
