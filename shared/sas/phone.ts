// French telephone numbers in E.164, as the guide wants them (docs/guide.md G-703), and those that cost the caller more
// than a call (G-707). Pure.

/** Area codes of the overseas départements and their country code; mainland numbers take 33. */
const OVERSEAS: readonly (readonly [RegExp, string])[] = [
  [/^0(262|263|692|693|269|639)/, '+262'],
  [/^0(590|690|691)/, '+590'],
  [/^0(594|694)/, '+594'],
  [/^0(596|696|697)/, '+596'],
];
const E164 = /^\+(33|262|590|594|596)[1-9]\d{8}$/;
/** 0800 to 0809 are free or cost a call; every other 08 costs more, or is nobody's. */
const PREMIUM = /^\+(33|262|590|594|596)8(?!0)/;
/** Directory enquiries, and the four digits that may be billed; 30 and 31 are free. */
const PREMIUM_SHORT = /^(118\d{3}|3[2-9]\d\d)$/;

/**
 * `+33…` (or +262, +590, +594, +596) from what people write; undefined for short numbers, foreign ones, those that cost more
 * than a call and what is no number at all.
 */
export function normalisePhone(value: string): string | undefined {
  const plus = toE164(value);
  return plus === undefined || PREMIUM.test(plus) ? undefined : plus;
}

/** True of a number that costs its caller more than a call, however it is written. */
export function isPremiumPhone(value: string): boolean {
  const plus = toE164(value);
  return plus === undefined ? PREMIUM_SHORT.test(bareOf(value)) : PREMIUM.test(plus);
}

/** Ten digits of a premium number within a text, and its international forms. */
const PREMIUM_WITHIN =
  /(?<!\d)(?:(?:\+|00)[\s.-]*33[\s.-]*(?:\(0\)|0)?|0)[\s.-]*8[\s.-]*[1-9](?:[\s.-]*\d){7}(?!\d)/g;

/** The text without the premium numbers that stand in it. */
export function withoutPremiumPhones(text: string): string {
  return text.includes('8') ? text.replace(PREMIUM_WITHIN, '').trim() : text;
}

function toE164(value: string): string | undefined {
  if (E164.test(value)) return value;
  const bare = bareOf(value);
  if (!/^\+?\d+$/.test(bare)) return undefined;
  const plus = international(bare);
  return plus !== undefined && E164.test(plus) ? plus : undefined;
}

function bareOf(value: string): string {
  return value
    .replace(/^tel:/i, '')
    .replace(/\(0\)/g, '')
    .replace(/[\s.\-_/()\u00a0\u202f]/g, '');
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
