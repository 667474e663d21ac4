// What tells the shapes of slots apart, as one text: made once per slot, so it is joined by hand. Pure.

import { asObject, type JsonObject } from '../../../fhir/json.ts';
import { CPTS_CODE, EXTENSION, SYSTEM } from '../../canonical.ts';

/**
 * The text two slots of one shape share: what `readShape` looks at, and nothing else. Strings are joined by hand (three
 * times faster than JSON.stringify, once per slot); an element of another type makes it fall back to JSON.
 */
export function shapeSignature(slot: JsonObject): string {
  const security = asObject(slot.meta)?.security;
  const { serviceType, specialty, appointmentType } = slot;
  try {
    return `${codingsKey(security)}\n${conceptsKey(serviceType)}\n${conceptsKey(specialty)}\n${conceptKey(appointmentType)}`;
  } catch (cause) {
    if (cause !== UNUSUAL) throw cause;
    return JSON.stringify([security, serviceType, specialty, appointmentType]);
  }
}

/** True when a shape tells all of itself: with the code of a CPTS it leads to other resources of its answer. */
export function isOwnShape(signature: string): boolean {
  return !signature.includes(CPTS_CODE);
}

/** Thrown for what is not written as the guide writes it; never leaves this file. */
const UNUSUAL = Symbol('unusual');

function codingsKey(value: unknown): string {
  if (value === undefined) return '';
  if (!Array.isArray(value)) throw UNUSUAL;
  let key = '';
  for (const item of value as unknown[]) {
    const coding = plain(item);
    key += `${systemKey(coding.system)}${word(coding.code)}${word(coding.display)},`;
  }
  return key;
}

function conceptsKey(value: unknown): string {
  if (value === undefined) return '';
  if (!Array.isArray(value)) throw UNUSUAL;
  let key = '';
  for (const item of value as unknown[]) key += conceptKey(item);
  return key;
}

function conceptKey(value: unknown): string {
  if (value === undefined) return '';
  const concept = plain(value);
  let key = `${codingsKey(concept.coding)};${word(concept.text)};`;
  if (concept.extension !== undefined) {
    if (!Array.isArray(concept.extension)) throw UNUSUAL;
    for (const item of concept.extension as unknown[]) {
      const { url, valueReference } = plain(item);
      key += `+${url === EXTENSION.slotService ? 'x' : word(url)}${valueReference === undefined ? '-' : word(plain(valueReference).reference)}`;
    }
  }
  return key;
}

function plain(value: unknown): JsonObject {
  const object = asObject(value);
  if (object === undefined) throw UNUSUAL;
  return object;
}

/** The guide's own systems are long and in every slot: one letter each keeps the key short. */
function systemKey(value: unknown): string {
  switch (value) {
    case SYSTEM.actCode:
      return 'a';
    case SYSTEM.slotKind:
      return 'k';
    case SYSTEM.specialty:
      return 's';
    case SYSTEM.bookable:
      return 'b';
    case SYSTEM.establishment:
      return 'e';
    default:
      return word(value);
  }
}

/** Led by its length, so that no two lists of words make the same key; nothing at all is told from an empty string. */
function word(value: unknown): string {
  if (value === undefined) return '-';
  if (typeof value !== 'string') throw UNUSUAL;
  return `${value.length}:${value}`;
}
