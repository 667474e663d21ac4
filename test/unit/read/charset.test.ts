// Bytes in any encoding that vendors send become the letters that they wrote, or nothing; never a U+FFFD.

import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readBody } from '../../../relay/reading/body.ts';
import { KnownEntries } from '../../../relay/reading/bundle-bytes/known-entries.ts';
import { decodeText } from '../../../shared/charset.ts';
import { asText } from '../../../shared/fhir/json.ts';
import { bookingLink } from '../../../shared/sas/read/link.ts';

const TEXT = '{"entry":[{"name":"Zoé Lefèvre, à Saint-Étienne"}]}';
const latin1 = Buffer.from(TEXT, 'latin1');
const utf16le = Buffer.from(TEXT, 'utf16le');
const utf16be = Buffer.from(utf16le).swap16();
const BYTES_MAX = 10_000;

describe('a body is read', () => {
  it.each<[string, Buffer, string | undefined]>([
    ['as UTF-8 without a word', Buffer.from(TEXT), undefined],
    ['as UTF-8 behind its mark', Buffer.from(`\ufeff${TEXT}`), 'application/fhir+json'],
    ['as UTF-8 although ISO-8859-1 is declared', Buffer.from(TEXT), 'application/json;charset=ISO-8859-1'],
    ['in the charset declared', latin1, 'application/fhir+json; charset=ISO-8859-1'],
    ['in the charset declared in capitals and quotes', latin1, 'text/json; Charset="Windows-1252"; x=y'],
    ['in the charset declared last', latin1, 'text/json; fhirVersion=4.0;charset = iso-8859-15'],
    ['as windows-1252 without a word', latin1, undefined],
    ['as windows-1252 although UTF-8 is declared', latin1, 'application/fhir+json; charset=utf-8'],
    ['as UTF-16, declared', utf16le, 'application/json; charset=utf-16'],
    ['as UTF-16 by its zero bytes', utf16be, undefined],
    ['as UTF-16 by its mark', Buffer.concat([Buffer.of(0xff, 0xfe), utf16le]), 'application/json'],
    ['as UTF-16 by its other mark', Buffer.concat([Buffer.of(0xfe, 0xff), utf16be]), 'text/plain'],
  ])('%s', async (_how, bytes, contentType) => {
    const expected = { ok: true, value: { json: JSON.parse(TEXT), bytes: bytes.length } };
    const known = new KnownEntries();
    for (const memory of [undefined, known, known]) {
      expect(readBody(bytes, { contentType }, { bytesMax: BYTES_MAX }, memory)).toMatchObject(expected);
      const body = readBody(
        gzipSync(bytes),
        { encoding: 'gzip', contentType },
        { bytesMax: BYTES_MAX },
        memory,
      );
      expect(body).toMatchObject(expected);
    }
    expect(decodeText(bytes, contentType)).toBe(TEXT);
  });

  it('with the letters and signs that only windows-1252 has', () => {
    const bytes = Buffer.from('{"a":"c\x9cur, l\x92apr\xe8s-midi \x80"}', 'latin1');
    expect(decodeText(bytes, 'application/json; charset=iso-8859-1')).toBe('{"a":"cœur, l’après-midi €"}');
    expect(decodeText(bytes)).toBe('{"a":"cœur, l’après-midi €"}');
  });
});

describe('a body is not read', () => {
  it.each<[string, Buffer, string | undefined]>([
    ['when part of it is UTF-8 and part is not', Buffer.concat([Buffer.from(TEXT), latin1]), undefined],
    ['when it is in an encoding nobody knows', latin1, 'application/json; charset=x-ours'],
    ['when its bytes are no letters of windows-1252', Buffer.from('{"a":"\x8d\xe9"}', 'latin1'), undefined],
    ['when UTF-16 breaks off', Buffer.concat([utf16le, Buffer.of(0x00)]), 'application/json; charset=utf-16'],
  ])('%s', async (_why, bytes, contentType) => {
    expect(decodeText(bytes, contentType)).toBeUndefined();
    const known = new KnownEntries();
    for (const memory of [undefined, known, known]) {
      const read = readBody(bytes, { contentType }, { bytesMax: BYTES_MAX }, memory);
      expect(read).toEqual({ ok: false, error: { reason: 'not-json' } });
    }
  });
});

describe('a Bundle that names its entries twice', () => {
  const page = (...lists: string[]): Buffer => Buffer.from(`{"resourceType":"Bundle",${lists.join(',')}}`);
  const slots = '"entry":[{"resource":{"resourceType":"Slot"}}]';

  it('is not read as the last of them', async () => {
    const known = new KnownEntries();
    for (const memory of [undefined, known, known]) {
      const read = readBody(page(slots, '"entry" : []'), {}, { bytesMax: BYTES_MAX }, memory);
      expect(read).toEqual({ ok: false, error: { reason: 'not-json' } });
    }
  });

  it('is told from a Bundle within it and from the word', async () => {
    for (const other of [`"x":{${slots}}`, '"type":"entry"']) {
      expect(readBody(page(slots, other), {}, { bytesMax: BYTES_MAX })).toMatchObject({ ok: true });
    }
  });
});

describe('a character lost before it came to us', () => {
  it('is shown as a question mark', () => {
    expect(asText('Lef\ufffdvre')).toBe('Lef?vre');
    expect(asText('Lef\ud83dvre')).toBe('Lef?vre');
  });

  it('takes the booking page with it', () => {
    expect(bookingLink('https://agenda.example/rdv/\ufffd')).toBeUndefined();
  });
});
