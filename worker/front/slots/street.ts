// Street names as people write them, brought to one form for comparing. Pure. docs/guide.md G-917.

const ABBREVIATIONS: ReadonlyMap<string, string> = new Map([
  ['all', 'allee'],
  ['av', 'avenue'],
  ['ave', 'avenue'],
  ['bd', 'boulevard'],
  ['bld', 'boulevard'],
  ['blvd', 'boulevard'],
  ['boul', 'boulevard'],
  ['bvd', 'boulevard'],
  ['ch', 'chemin'],
  ['che', 'chemin'],
  ['chem', 'chemin'],
  ['crs', 'cours'],
  ['dr', 'docteur'],
  ['esp', 'esplanade'],
  ['fbg', 'faubourg'],
  ['fg', 'faubourg'],
  ['gal', 'general'],
  ['gen', 'general'],
  ['imp', 'impasse'],
  ['lot', 'lotissement'],
  ['mal', 'marechal'],
  ['pass', 'passage'],
  ['pl', 'place'],
  ['pr', 'professeur'],
  ['pres', 'president'],
  ['prom', 'promenade'],
  ['qu', 'quai'],
  ['r', 'rue'],
  ['res', 'residence'],
  ['rte', 'route'],
  ['sq', 'square'],
  ['st', 'saint'],
  ['ste', 'sainte'],
]);

/** Lower case without accents, punctuation, abbreviations, nor what follows the postal code in a full address. */
export function foldStreet(text: string, postalCode: string): string {
  const at = /^\d{5}$/.test(postalCode) ? text.lastIndexOf(postalCode) : -1;
  return (at > 0 ? text.slice(0, at) : text)
    .toLowerCase()
    .replaceAll('œ', 'oe')
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/\bn[°º] */g, '')
    .replace(/(\d)(?=(bis|ter|quater)\b)/g, '$1 ')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
    .split(' ')
    .map((word) => ABBREVIATIONS.get(word) ?? word)
    .join(' ');
}
