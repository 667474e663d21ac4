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
  if (plus !== undefined) return PREMIUM.test(plus);
  return PREMIUM_SHORT.test(bareOf(value)) || withoutPremiumPhones(value) !== value;
}

/** What may stand between two digits: anything but letters and digits, seen or not. */
const GAP = String.raw`[^\p{L}\p{N}]{0,4}`;
/** `8` and what follows it in a premium number; the eighth of a month is none. */
const EIGHT = String.raw`(?!8[/.-]1[0-2][/.-](?:19|20))8${GAP}[1-9](?:${GAP}\d){7}`;
/**
 * Ten digits of a premium number within a text, its international forms, and directory enquiries. Four digits may be the
 * number of a house.
 */
const PREMIUM_WITHIN = new RegExp(
  String.raw`(?<!\d)(?:(?:(?:(?:\+|00)${GAP})?(?:33|262|59[046])${GAP}(?:0${GAP}){0,2}|0${GAP})${EIGHT}|118[^\p{L}\p{N},;]{0,2}\d{3})(?!\d)`,
  'gu',
);

/** Letters of French, digits and signs that everybody sees and that stand for themselves: most texts. */
export const PLAIN = /^[\x20-\x7e\u00c0-\u017f]*$/;

/** The text without the premium numbers that stand in it, also in digits of another width or style. */
export function withoutPremiumPhones(text: string): string {
  const plain = PLAIN.test(text) ? text : text.normalize('NFKC');
  if (!plain.includes('8')) return text;
  const kept = plain.replace(PREMIUM_WITHIN, '');
  return kept === plain ? text : kept.trim();
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
