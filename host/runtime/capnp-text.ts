// Writes a value as Cap'n Proto text, the language of workerd's configuration. Pure.
// https://capnproto.org/language.html

/** Structs are objects (a union is its one chosen member), lists arrays, enumerants symbols; undefined members are left out. */
export type CapnpValue = string | number | boolean | symbol | readonly CapnpValue[] | CapnpStruct | undefined;
export interface CapnpStruct {
  readonly [member: string]: CapnpValue;
}

/** The value as it stands behind `=` in a configuration. */
export function capnpText(value: CapnpValue): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'symbol') return value.description ?? '';
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${value.map(capnpText).join(', ')}]`;
  const members = Object.entries(value).filter(([, one]) => one !== undefined);
  return `(${members.map(([name, one]) => `${name} = ${capnpText(one)}`).join(', ')})`;
}

/** Whatever is no plain ASCII travels as the octal of its UTF-8 bytes, which no reader takes for anything else. */
function quote(text: string): string {
  let quoted = '"';
  for (const byte of Buffer.from(text, 'utf8')) {
    if (byte === 0x22 || byte === 0x5c) quoted += `\\${String.fromCharCode(byte)}`;
    else if (byte >= 0x20 && byte < 0x7f) quoted += String.fromCharCode(byte);
    else if (byte === 0x0a) quoted += '\\n';
    else quoted += `\\${byte.toString(8).padStart(3, '0')}`;
  }
  return `${quoted}"`;
}
