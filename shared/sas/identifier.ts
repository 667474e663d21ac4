// National identifiers of professionals and structures, with their prefix digit. docs/guide.md G-602, G-605.
// Check digits are never a reason to refuse: the guide's own examples have wrong ones.

/** What a prefixed identifier names. */
export type ProfessionalKind = 'RPPS' | 'ADELI';

const RPPS = /^8\d{11}$/;
const ADELI = /^0[0-9AB]{9}$/;
const FINESS = /^1[0-9AB]{9}$/;
const SIRET = /^3\d{14}$/;
const RANG = /^4\d{14}$/;
const RANG_ADELI = /^0[0-9AB]{9,12}$/;

/** Blanks and dots that people put into numbers. */
function squeeze(value: string): string {
  return /[\s.]/.test(value) ? value.replace(/[\s.]+/g, '') : value;
}

/** `value`: with its prefix digit. Undefined when it is neither form. */
export function professionalKind(value: string): ProfessionalKind | undefined {
  if (RPPS.test(value)) return 'RPPS';
  return ADELI.test(value) ? 'ADELI' : undefined;
}

/** Fourteen digits, the check digit not judged. */
export function isSiret(value: string): boolean {
  return SIRET.test(value);
}

/** Strict FINESS of the CPTS Organization profile (digits only). */
export function isStrictFiness(value: string): boolean {
  return /^1\d{9}$/.test(value);
}

/** `8…` or `0…` from what a vendor or a caller wrote, with or without prefix; undefined when it is neither. */
export function normaliseProfessional(value: string): string | undefined {
  const text = squeeze(value);
  if (RPPS.test(text) || ADELI.test(text)) return text;
  if (/^\d{11}$/.test(text)) return `8${text}`;
  return /^[0-9AB]{9}$/.test(text) ? `0${text}` : undefined;
}

/** Prefixed FINESS, SIRET, RPPS rang or ADELI rang; undefined when it is none of them. */
export function normaliseStructure(value: string): string | undefined {
  const text = squeeze(value);
  if (FINESS.test(text) || SIRET.test(text) || RANG.test(text)) return text;
  if (/^[0-9AB]{9}$/.test(text)) return `1${text}`;
  if (/^\d{14}$/.test(text)) return !isLuhn(text) && text.startsWith('1') ? `4${text}` : `3${text}`;
  return RANG_ADELI.test(text) ? text : undefined;
}

/** `3` + 14 digits; undefined otherwise. A SIRET is 14 digits whatever its check digit says. */
export function normaliseSiret(value: string): string | undefined {
  const text = squeeze(value);
  if (SIRET.test(text)) return text;
  return /^\d{14}$/.test(text) ? `3${text}` : undefined;
}

function isLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = digits.length - 1, double = false; i >= 0; i -= 1, double = !double) {
    const digit = digits.charCodeAt(i) - 48;
    sum += double ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit;
  }
  return sum % 10 === 0;
}
