// Distinguished names of the imitation authority. Every authority carries "(IMITATION)" so that nothing made
// here can be mistaken for a certificate of the real IGC-Santé. Leaves keep its layout: C, ST, O, OU, CN.

export interface DnAttribute {
  readonly type: 'C' | 'ST' | 'O' | 'OU' | 'CN';
  readonly value: string;
}

export type CaRole = 'root' | 'org' | 'pers' | 'spoof-root' | 'spoof-org';

export const CA_ROLES: readonly CaRole[] = ['root', 'org', 'pers', 'spoof-root', 'spoof-org'];

const CA_COMMON_NAMES: Readonly<Record<CaRole, string>> = {
  root: 'TEST AC RACINE IGC-SANTE ELEMENTAIRE (IMITATION)',
  org: 'TEST AC IGC-SANTE ELEMENTAIRE ORGANISATIONS (IMITATION)',
  pers: 'TEST AC IGC-SANTE ELEMENTAIRE PERSONNES (IMITATION)',
  // The impostor has the very same names and other keys: only a signature check tells them apart.
  'spoof-root': 'TEST AC RACINE IGC-SANTE ELEMENTAIRE (IMITATION)',
  'spoof-org': 'TEST AC IGC-SANTE ELEMENTAIRE ORGANISATIONS (IMITATION)',
};

export const CA_ISSUERS: Readonly<Record<CaRole, CaRole>> = {
  root: 'root',
  org: 'root',
  pers: 'root',
  'spoof-root': 'spoof-root',
  'spoof-org': 'spoof-root',
};

export function nameAuthority(role: CaRole): readonly DnAttribute[] {
  return [
    { type: 'C', value: 'FR' },
    { type: 'O', value: 'ASIP-SANTE IMITATION' },
    { type: 'OU', value: '0002 187512751' },
    { type: 'OU', value: 'IGC-SANTE TEST' },
    { type: 'CN', value: CA_COMMON_NAMES[role] },
  ];
}

export interface LeafNameParts {
  readonly cn: string | readonly string[];
  readonly ou: string | readonly string[];
  readonly order?: readonly DnAttribute['type'][];
}

/** Several CN or OU make the malformed names a relay must refuse; `order` moves the attributes about. */
export function nameLeaf(parts: LeafNameParts): readonly DnAttribute[] {
  const values: Readonly<Record<DnAttribute['type'], readonly string[]>> = {
    C: ['FR'],
    ST: ['Paris (75)'],
    O: ['EDITEUR DE BAC A SABLE (IMITATION)'],
    OU: typeof parts.ou === 'string' ? [parts.ou] : parts.ou,
    CN: typeof parts.cn === 'string' ? [parts.cn] : parts.cn,
  };
  const order = parts.order ?? ['C', 'ST', 'O', 'OU', 'CN'];
  return order.flatMap((type) => values[type].map((value) => ({ type, value })));
}
