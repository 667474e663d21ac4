// Phones and postal addresses as the guide wants them. docs/guide.md G-702, G-703.

import { asFiniteNumber, asObject, asText, type JsonObject, objectsOf, textsOf } from '../../../fhir/json.ts';
import { isPremiumPhone, normalisePhone, PLAIN, withoutPremiumPhones } from '../../phone.ts';
import type { ReadRuleId } from './rules.ts';

export interface Phone {
  readonly system: 'phone';
  readonly value: string;
  readonly use?: string;
}

/** `old`: no longer in use (R4 ContactPoint.use, Address.use: modifiers). */
const OLD = 'old';
const PHONE_USES = new Set(['work', 'temp', 'mobile']);

/** The phones of a `telecom` list, in E.164, each once. What is no phone (e-mail, fax, url) is left out. */
export function readPhones(telecom: unknown, repairs: ReadRuleId[]): Phone[] {
  const phones: Phone[] = [];
  for (const contact of objectsOf(telecom)) {
    const value = asText(contact.value);
    const system = asText(contact.system)?.toLowerCase();
    if (value === undefined || (system !== undefined && system !== 'phone' && system !== 'sms')) continue;
    const number = contact.use === OLD ? undefined : normalisePhone(value);
    if (number === undefined) {
      repairs.push(isPremiumPhone(value) ? 'phone-premium' : 'phone-unusable');
      continue;
    }
    if (number !== contact.value || system !== 'phone') repairs.push('phone-form');
    if (phones.some((phone) => phone.value === number)) continue;
    const use = asText(contact.use);
    phones.push({
      system: 'phone',
      value: number,
      ...(use !== undefined && PHONE_USES.has(use) ? { use } : {}),
    });
  }
  return phones;
}

/** Signs that no reader sees: they turn a line round, hide a word, or let two names look the same. */
const UNSEEN = /[\u0080-\u009f\u2028\u2029\p{Cf}]+/gu;

/** A name, a street or a town as it is shown: without unseen signs, and the premium numbers that stand in it. */
export function readShownText(value: unknown, repairs: ReadRuleId[]): string | undefined {
  const sent = asText(value);
  const written = sent === undefined || PLAIN.test(sent) ? sent : asText(sent.replace(UNSEEN, ''));
  const text = written && withoutPremiumPhones(written);
  if (text === written) return written;
  repairs.push('phone-premium');
  return text === '' ? undefined : text;
}

export interface PostalAddress {
  readonly line: readonly [string];
  readonly city: string;
  readonly postalCode: string;
  readonly country?: string;
}

/** Undefined when a part the guide makes mandatory cannot be had. */
export function readAddress(value: unknown, repairs: ReadRuleId[]): PostalAddress | undefined {
  const address = asObject(value);
  if (address === undefined || address.use === OLD) return undefined;
  const line = readShownText(readLine(address, repairs), repairs);
  const city = readShownText(address.city, repairs);
  const postalCode = readPostalCode(address, repairs);
  if (line === undefined || city === undefined || postalCode === undefined) return undefined;
  const country = readShownText(address.country, repairs);
  return { line: [line], city, postalCode, ...(country === undefined ? {} : { country }) };
}

function readLine(address: JsonObject, repairs: ReadRuleId[]): string | undefined {
  const lines = typeof address.line === 'string' ? textsOf([address.line]) : textsOf(address.line);
  if (lines.length === 1) return lines[0];
  const joined = lines.length > 1 ? lines.join(', ') : asText(address.text);
  if (joined !== undefined) repairs.push('address-line-joined');
  return joined;
}

function readPostalCode(address: JsonObject, repairs: ReadRuleId[]): string | undefined {
  const text =
    asText(address.postalCode) ??
    // A number loses the zero in front of 01000, no more.
    (typeof address.postalCode === 'number' && address.postalCode >= 1000
      ? String(address.postalCode).padStart(5, '0')
      : undefined);
  if (text === undefined) return undefined;
  if (text === address.postalCode && /^\d{5}$/.test(text)) return text;
  const digits = text.replace(/^F(?:R)?-/i, '').replace(/[\s.]/g, '');
  if (!/^\d{5}$/.test(digits)) return undefined;
  repairs.push('postal-code-form');
  return digits;
}

/** Geographic position, when both numbers make sense. */
export function readPosition(value: unknown): { longitude: number; latitude: number } | undefined {
  const position = asObject(value);
  const longitude = asFiniteNumber(position?.longitude);
  const latitude = asFiniteNumber(position?.latitude);
  if (longitude === undefined || latitude === undefined) return undefined;
  return Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90 ? { longitude, latitude } : undefined;
}
