// French telephone numbers in E.164, as the guide wants them (docs/guide.md G-703). Pure.

/** Area codes of the overseas départements and their country code; mainland numbers take 33. */
const OVERSEAS: readonly (readonly [RegExp, string])[] = [
  [/^0(262|263|692|693|269|639)/, '+262'],
  [/^0(590|690|691)/, '+590'],
  [/^0(594|694)/, '+594'],
  [/^0(596|696|697)/, '+596'],
];
const E164 = /^\+(33|262|590|594|596)[1-9]\d{8}$/;

/**
 * `+33…` (or +262, +590, +594, +596) from what people write; undefined for short numbers, foreign ones and
 * what is no number at all.
 */
export function normalisePhone(value: string): string | undefined {
  if (E164.test(value)) return value;
  const bare = value
    .replace(/^tel:/i, '')
    .replace(/\(0\)/g, '')
    .replace(/[\s.\-_/()\u00a0\u202f]/g, '');
  if (!/^\+?\d+$/.test(bare)) return undefined;
  const plus = international(bare);
  return plus !== undefined && E164.test(plus) ? plus : undefined;
}

function international(bare: string): string | undefined {
  if (bare.startsWith('+')) return dropTrunkZero(bare);
  if (bare.startsWith('00')) return dropTrunkZero(`+${bare.slice(2)}`);
  if (/^0\d{9}$/.test(bare)) {
    const overseas = OVERSEAS.find(([code]) => code.test(bare));
    return `${overseas?.[1] ?? '+33'}${bare.slice(1)}`;
  }
  return /^(33\d{9}|(262|590|594|596)\d{9})$/.test(bare) ? `+${bare}` : undefined;
}

/** `+330561…`: the trunk zero left in by hand. */
function dropTrunkZero(plus: string): string {
  return plus.replace(/^(\+(?:33|262|590|594|596))0(\d{9})$/, '$1$2');
}
