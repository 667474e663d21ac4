// What becomes of a vendor's text on its way to bytes: charsets, compression, keys written twice, bytes that are wrong.

import { deflateSync, gzipSync } from 'node:zlib';
import type { SentPage } from '../../oracles/none/text.ts';
import type { Random } from './random.ts';

export type ByteMutation = (page: SentPage, random: Random) => SentPage;

const textOf = ({ body }: SentPage): string => body.toString('utf8');
const withBody = (page: SentPage, body: Buffer | string): SentPage => ({
  ...page,
  body: Buffer.from(body as string),
});
const western = (page: SentPage): Buffer => Buffer.from(textOf(page), 'latin1');

/** A key of the text, written a second time with another value, before or after. */
function twice(page: SentPage, random: Random): SentPage {
  const text = textOf(page);
  const keys = [
    ...text.matchAll(
      /([{,])"(entry|status|start|schedule|actor|reference|resource|value|active|total|id)":/g,
    ),
  ];
  if (keys.length === 0) return page;
  const { index, 1: before = '', 2: key = '' } = random.pick(keys);
  const value = random.pick(['[]', 'null', '"busy"', '"Schedule/a1"', '0', '{}']);
  return withBody(page, `${text.slice(0, index)}${before}"${key}":${value},${text.slice(index + 1)}`);
}

function entryLast(page: SentPage, random: Random): SentPage {
  return withBody(page, textOf(page).replace(/}\s*$/, `,"entry":${random.pick(['[]', 'null', '{}'])}}`));
}

export const BYTE_MUTATIONS: Readonly<Record<string, ByteMutation>> = {
  'ISO-8859-1, declared': (page) => ({
    ...page,
    body: western(page),
    contentType: 'application/fhir+json; charset=ISO-8859-1',
  }),
  'ISO-8859-1, not declared': (page) => ({ ...page, body: western(page) }),
  'UTF-8, declared otherwise': (page) => ({ ...page, contentType: 'application/json;charset="iso-8859-1"' }),
  'an unknown charset': (page) => ({
    ...page,
    body: western(page),
    contentType: 'application/json; charset=x-mac',
  }),
  'half UTF-8': (page, random) => {
    const cut = random.below(page.body.length);
    return withBody(
      page,
      Buffer.concat([
        page.body.subarray(0, cut),
        Buffer.from(page.body.subarray(cut).toString('utf8'), 'latin1'),
      ]),
    );
  },
  'UTF-16': (page, random) =>
    withBody(page, Buffer.from(`${random.pick(['', '\ufeff'])}${textOf(page)}`, 'utf16le')),
  'a byte order mark': (page) => withBody(page, `\ufeff${textOf(page)}`),
  'letters lost at the vendor': (page) => withBody(page, textOf(page).replace(/[éèÉ]/g, '\ufffd')),
  gzip: (page) => ({ ...withBody(page, gzipSync(page.body)), encoding: 'gzip' }),
  deflate: (page) => ({ ...withBody(page, deflateSync(page.body)), encoding: 'deflate' }),
  'gzip declared only': (page) => ({ ...page, encoding: 'gzip' }),
  'gzip cut': (page) => ({ ...withBody(page, gzipSync(page.body).subarray(0, -20)), encoding: 'gzip' }),
  'partial content': (page) => ({ ...page, status: 206 }),
  'no page': (page, random) => ({ ...page, status: random.pick([404, 500, 302, 204]) }),
  NDJSON: (page) => withBody(page, `${textOf(page)}\n${textOf(page)}`),
  'a key twice': twice,
  'entry twice': entryLast,
  'a prototype': (page) =>
    withBody(page, textOf(page).replace('"entry":', '"__proto__":{"entry":[]},"entry":')),
  'entry as prototype': (page) => withBody(page, textOf(page).replace('"entry":', '"__proto__":')),
  truncated: (page, random) => withBody(page, page.body.subarray(0, random.below(page.body.length))),
  'a byte changed': (page, random) => {
    const body = Buffer.from(page.body);
    const at = random.below(body.length);
    body[at] = random.often(0.5) ? random.below(256) : 32 + random.below(95);
    return { ...page, body };
  },
  'bytes lost': (page, random) => {
    const at = random.below(page.body.length);
    return withBody(
      page,
      Buffer.concat([page.body.subarray(0, at), page.body.subarray(at + 1 + random.below(40))]),
    );
  },
  'bytes twice': (page, random) => {
    const at = random.below(page.body.length);
    const end = at + 1 + random.below(300);
    return withBody(page, Buffer.concat([page.body.subarray(0, end), page.body.subarray(at)]));
  },
};
