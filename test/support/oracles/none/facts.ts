// What the second reader understands of single values: instants, national numbers, states of use, addresses, telephones.

import { isObj, listOf, type Obj } from './text.ts';

const INSTANT = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?$/i;

/** Milliseconds since the epoch; without an offset it is the time of Paris. */
export function instantOf(value: unknown): number | undefined {
  const parts = typeof value === 'string' ? INSTANT.exec(value.trim()) : null;
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second = '00', fraction = '', offset] = parts;
  const wall = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const asUtc = Date.parse(`${wall}Z`);
  if (Number.isNaN(asUtc) || new Date(asUtc).toISOString().slice(0, 19) !== wall) return undefined;
  const ms = asUtc + Number(fraction.padEnd(3, '0').slice(0, 3));
  if (offset === undefined) return ms - parisOffsetMs(asUtc);
  if (/^z$/i.test(offset)) return ms;
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(-2));
  return ms - (offset.startsWith('-') ? -1 : 1) * minutes * 60_000;
}

const PARIS = new Intl.DateTimeFormat('en', { timeZone: 'Europe/Paris', timeZoneName: 'longOffset' });

function parisOffsetMs(ms: number): number {
  const at = (instant: number): number =>
    Number(/GMT\+(\d\d)/.exec(PARIS.format(instant))?.[1] ?? 0) * 3_600_000;
  return at(ms - at(ms));
}

/** National numbers of a person (prefix 8, 0) or of an association (prefix 3); `near`: all other digits that stand there. */
export interface Numbers {
  readonly sure: ReadonlySet<string>;
  readonly near: readonly string[];
}

export function numbersOf({ identifier }: Obj, isSos: boolean): Numbers {
  const sure = new Set<string>();
  const near: string[] = [];
  const oid = isSos ? /(^|:)1\.2\.250\.1\.71\.4\.2\.2$/ : /(^|:)1\.2\.250\.1\.71\.4\.2\.1$/;
  for (const one of listOf(identifier)) {
    if (!isObj(one)) continue;
    const value = String(one.value ?? '').replace(/[^0-9A-Za-z]/g, '');
    const system = one.system === null || one.system === '' ? undefined : one.system;
    const isNational = system === undefined || (typeof system === 'string' && oid.test(system.trim()));
    const whole = isNational && one.use !== 'old' ? prefixed(value, isSos) : undefined;
    if (whole !== undefined) sure.add(whole);
    else near.push(value);
  }
  return { sure, near };
}

function prefixed(value: string, isSos: boolean): string | undefined {
  if (isSos) return /^3?\d{14}$/.test(value) ? value.padStart(15, '3') : undefined;
  if (/^8?\d{11}$/.test(value)) return value.padStart(12, '8');
  return /^0?[0-9AB]{9}$/.test(value) ? value.padStart(10, '0') : undefined;
}

export type Use = 'in' | 'out' | 'unclear';

export function useOf({ resourceType, active, status }: Obj): Use {
  if (resourceType === 'Location') {
    if (status === undefined || status === null) return 'in';
    const word = typeof status === 'string' ? status.trim().toLowerCase() : '';
    return word === 'active' ? 'in' : /^(suspended|inactive)$/.test(word) ? 'out' : 'unclear';
  }
  return active === undefined || active === null || active === true
    ? 'in'
    : active === false
      ? 'out'
      : 'unclear';
}

/** Letters and digits alone: how a text is written is not what it says. */
export function squash(text: unknown): string {
  return String(text ?? '')
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase();
}

/** Street, postal code and town of each address in use, one text each. */
export function addressesOf({ address }: Obj): string[] {
  return listOf(address).flatMap((one) => {
    if (!isObj(one) || one.use === 'old') return [];
    return [addressText(listOf(one.line).join(' '), one.postalCode, one.city)];
  });
}

export function addressText(line: unknown, postalCode: unknown, city: unknown): string {
  const digits = String(postalCode).padStart(5, '0').replace(/\D/g, '').slice(0, 5);
  return [squash(line), digits, squash(city)].join('|');
}

/** The last nine digits of each telephone number in use. */
export function phonesOf({ telecom }: Obj): string[] {
  return listOf(telecom).flatMap((one) =>
    isObj(one) && one.use !== 'old' ? [String(one.value).replace(/\D/g, '').slice(-9)] : [],
  );
}
