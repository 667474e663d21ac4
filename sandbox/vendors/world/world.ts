// The invented world that every simulated vendor is a window on: practitioners, their places, territorial
// communities (CPTS) and SOS associations. It is the same for all seeds; what a vendor knows of it is not
// (`directory.ts`). Nobody here exists: RPPS are in the test range 99900, SIRET in a range never given, phones in
// the ranges kept for fiction.

import { hash, pick } from './random.ts';
import type { Zone } from './zones.ts';

interface Town {
  readonly city: string;
  readonly postalCode: string;
  readonly zone: Zone;
  /** First digits of a phone number, `+` included; four or six more follow. */
  readonly phonePrefix: string;
}

export interface Place {
  readonly line: string;
  readonly town: Town;
  readonly phone: string | undefined;
  /** National structure identifier, prefixed: 1 FINESS, 3 SIRET, 4 RPPS and rank. */
  readonly structure: string;
}

interface Specialty {
  readonly code?: string;
  readonly text?: string;
}

export interface Person {
  /** Prefixed: 8 and RPPS, or 0 and ADELI. */
  readonly identifier: string;
  readonly family: string;
  readonly given: string;
  readonly specialties: readonly Specialty[];
  readonly places: readonly [Place, ...Place[]];
  /** Ranks in `COMMUNITIES`. */
  readonly communities: readonly number[];
}

export interface Community {
  readonly name: string;
  readonly finess: string;
  readonly phone: string;
}

export interface Association {
  readonly name: string;
  readonly siret: string;
  readonly points: readonly { readonly name: string; readonly place: Place; readonly everyDay: boolean }[];
}

const POPULATION_SIZE = 60;

const PARIS = 'Europe/Paris';
const TOWNS: readonly [Town, ...Town[]] = [
  { city: 'Rouen', postalCode: '76000', zone: PARIS, phonePrefix: '+3326191' },
  { city: 'Lyon', postalCode: '69003', zone: PARIS, phonePrefix: '+3346571' },
  { city: 'Toulouse', postalCode: '31000', zone: PARIS, phonePrefix: '+3353649' },
  { city: 'Nancy', postalCode: '54000', zone: PARIS, phonePrefix: '+3335301' },
  { city: 'Paris', postalCode: '75011', zone: PARIS, phonePrefix: '+3319900' },
  { city: 'Saint-Denis', postalCode: '97400', zone: 'Indian/Reunion', phonePrefix: '+26226200' },
  { city: 'Quimper', postalCode: '29000', zone: PARIS, phonePrefix: '+3326191' },
  { city: 'Cayenne', postalCode: '97300', zone: 'America/Cayenne', phonePrefix: '+59459400' },
  { city: 'Ajaccio', postalCode: '20000', zone: PARIS, phonePrefix: '+3346571' },
  { city: 'Les Abymes', postalCode: '97139', zone: 'America/Guadeloupe', phonePrefix: '+59059000' },
  { city: 'Aurillac', postalCode: '15000', zone: PARIS, phonePrefix: '+3346571' },
  { city: 'Fort-de-France', postalCode: '97200', zone: 'America/Martinique', phonePrefix: '+59659600' },
];
const FAMILIES: readonly [string, ...string[]] = [
  'AUBRELIN',
  'BRUMESSE',
  'CASTELVERT',
  'DORMELLE',
  'ESTRAVAL',
  'FONTRIEU',
  'GALVERNE',
  'HAUTRIVAL',
  'ISSARDEL',
  'JONQUERAY',
  'KERVADEC-LUNE',
  'LAMBROIS',
  'MARSENVAL',
  'NOIREFAGE',
  "O'BRUYÈRE",
  'PÉRIGNOLE',
  'QUERVANE',
  'ROCHEMARTE',
  'SOUVERAIN-PRÉ',
  'TAMARELLE',
  'URVILLON',
  'VALDORGE',
  'WESTERMOND',
  'YVRESOL',
  'ZÉPHIRAC',
];
const GIVENS: readonly [string, ...string[]] = [
  'Aliénor',
  'Baptiste',
  'Céleste',
  'Damien',
  'Élodie',
  'Fabrice',
  'Gwenaëlle',
  'Hippolyte',
  'Inès',
  'Joris',
  'Lison',
  'Maëlys',
  'Noé',
  'Octavie',
  'Pacôme',
  'Romane',
  'Sixtine',
  'Théodore',
  'Ursule',
  'Yannick',
];
const STREETS: readonly [string, ...string[]] = [
  'rue du Moulin aux Grives',
  'avenue des Quatre Saisons',
  'place du Vieux Lavoir',
  'chemin des Tisserands',
  'boulevard de la Comète',
  'impasse des Lucioles',
  "rue de l'Horloge Bleue",
  'allée des Cormorans',
];
const SPECIALTY_SETS: readonly [readonly Specialty[], ...(readonly Specialty[])[]] = [
  [{ code: 'SM54' }],
  [{ code: 'SM54' }, { text: 'Médecine du sport' }],
  [{ code: 'SM40' }],
  [{ code: 'SM54' }, { code: 'SM05' }],
  [{ text: 'Acupuncture' }],
  [{ code: 'SM26' }],
  [{ code: 'SM53' }],
];

export const COMMUNITIES: readonly Community[] = [
  'des Deux Vallées',
  'du Haut Plateau',
  'de la Baie',
  'des Îles',
  'Grand Sud',
].map((suffix, rank) => ({
  name: `CPTS ${suffix}`,
  finess: `1${withCheckDigit(`9900${String(1000 + rank)}`)}`,
  phone: `+3319900${String(7000 + rank)}`,
}));

export const PERSONS: readonly Person[] = Array.from({ length: POPULATION_SIZE }, (_, rank) =>
  inventPerson(rank),
);

export const ASSOCIATIONS: readonly Association[] = Array.from({ length: 6 }, (_, rank) =>
  inventAssociation(rank),
);

/** Someone for an identifier outside the shared population, for measurements that ask for anybody. */
export function inventAnyone(identifier: string): Person {
  return {
    identifier,
    family: pick(FAMILIES, 'anyone', identifier),
    given: pick(GIVENS, 'anyone-given', identifier),
    specialties: pick(SPECIALTY_SETS, 'anyone-specialty', identifier),
    places: [inventPlace(identifier, 0)],
    communities: [],
  };
}

function inventPerson(rank: number): Person {
  // Ranks ending in 7 are known by an ADELI number only.
  const identifier =
    rank % 10 === 7
      ? `0999${String(100_000 + rank * 7).padStart(6, '0')}`
      : `8${withCheckDigit(`99900${String(10_000 + rank * 137)}`)}`;
  const places = Array.from({ length: rank % 5 === 2 ? 2 : rank % 10 === 4 ? 3 : 1 }, (_, order) =>
    inventPlace(identifier, order, rank),
  );
  return {
    identifier,
    family: FAMILIES[rank % FAMILIES.length] ?? FAMILIES[0],
    given: GIVENS[(rank * 7 + Math.floor(rank / 20)) % GIVENS.length] ?? GIVENS[0],
    specialties: SPECIALTY_SETS[rank % SPECIALTY_SETS.length] ?? SPECIALTY_SETS[0],
    places: [places[0] ?? inventPlace(identifier, 0, rank), ...places.slice(1)],
    communities: rank % 3 === 0 ? (rank % 6 === 0 ? [rank % 5, (rank + 2) % 5] : [rank % 5]) : [],
  };
}

function inventPlace(identifier: string, order: number, rank = hash(identifier)): Place {
  const town = TOWNS[(rank + order * 5) % TOWNS.length] ?? TOWNS[0];
  const number = 1 + (hash(identifier, order, 'number') % 120);
  const digits = hash(identifier, order, 'structure') % 10_000;
  const structures = [
    `1${withCheckDigit(`99${String(100_000 + digits)}`)}`,
    `399991${String(digits).padStart(4, '0')}00014`,
    identifier.startsWith('8')
      ? `4${identifier.slice(1)}00${order + 1}`
      : `1${withCheckDigit(`98${100_000 + digits}`)}`,
  ] as const;
  return {
    line: `${number} ${pick(STREETS, identifier, order, 'street')}`,
    town,
    phone: hash(identifier, order, 'silent') % 9 === 0 ? undefined : inventPhone(town, digits),
    structure: structures[(rank + order) % 3] ?? structures[0],
  };
}

function inventPhone(town: Town, digits: number): string {
  return `${town.phonePrefix}${String(digits).padStart(4, '0')}`;
}

function inventAssociation(rank: number): Association {
  const siret = `399992${String(1000 + rank * 11)}00017`;
  const town = TOWNS[(rank * 2 + 1) % TOWNS.length] ?? TOWNS[0];
  const points = Array.from({ length: 1 + (rank % 3) }, (_, order) => ({
    name: `Point de consultation ${town.city} ${['Centre', 'Nord', 'Les Quais'][order] ?? order}`,
    place: {
      ...inventPlace(siret, order, rank * 2 + 1),
      town,
      phone: inventPhone(town, 8000 + rank * 10 + order),
    },
    everyDay: order !== 1,
  }));
  return { name: `SOS Médecins ${town.city} (imitation)`, siret, points };
}

/** Appends the Luhn digit of a number. */
function withCheckDigit(digits: string): string {
  let sum = 0;
  for (let i = 0; i < digits.length; i += 1) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = i % 2 === 0 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return `${digits}${(10 - (sum % 10)) % 10}`;
}
