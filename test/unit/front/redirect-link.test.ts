import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linkWriter, reservationLink } from '../../../worker/front/redirect/reservation-link.ts';
import { readRedirectToken, writeRedirectToken } from '../../../worker/front/redirect/token.ts';

const START_MS = Date.UTC(2026, 10, 23, 14);

describe('a reservation link', () => {
  it.each([
    ['https://agenda.example/rdv/12', 'https://agenda.example/rdv/12?origin=sas'],
    ['https://agenda.example', 'https://agenda.example/?origin=sas'],
    ['https://agenda.example/rdv?', 'https://agenda.example/rdv?origin=sas'],
    ['http://agenda.example:8080/rdv?id=7', 'http://agenda.example:8080/rdv?id=7&origin=sas'],
    ['https://agenda.example/a?z=1&a=2#/creneau', 'https://agenda.example/a?z=1&a=2&origin=sas#/creneau'],
    // Parameters keep the vendor's spelling.
    ['https://agenda.example/?q=a%20b&c=d+e&f', 'https://agenda.example/?q=a%20b&c=d+e&f&origin=sas'],
    // Whatever `origin` was there, in whatever spelling, one remains.
    ['https://agenda.example/?origin=x&id=7&origin=y', 'https://agenda.example/?id=7&origin=sas'],
    ['https://agenda.example/?%6frigin=x&id=7', 'https://agenda.example/?id=7&origin=sas'],
    [
      'https://agenda.example/?original=1&?origin=2',
      'https://agenda.example/?original=1&?origin=2&origin=sas',
    ],
    ['https://agenda.example/médecin?nom=Zoé', 'https://agenda.example/m%C3%A9decin?nom=Zo%C3%A9&origin=sas'],
  ])('%s → %s', (page, link) => {
    expect(reservationLink(page, 'sas')).toBe(link);
  });

  it.each([
    '',
    'agenda.example/rdv',
    '/rdv/12',
    'javascript:alert(1)',
    'data:text/html,rdv',
    'ftp://agenda.example/',
    'https://user:secret@agenda.example/',
    'https://user@agenda.example/',
    'https://',
    'https://agenda.example:99999/',
  ])('is empty for %j', (page) => {
    expect(reservationLink(page, 'sas')).toBe('');
  });

  it('given again changes nothing, and holds one origin whatever the address', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (page) => {
        const link = reservationLink(page, 'sas-preprod');
        const { searchParams, hash, pathname } = new URL(link);
        expect(searchParams.getAll('origin')).toEqual(['sas-preprod']);
        expect([pathname, hash]).toEqual([new URL(page).pathname, new URL(page).hash]);
        expect(reservationLink(link, 'sas-preprod')).toBe(link);
      }),
      { examples: [['http://a.aa??'], ['http://a.aa/???a=b?'], ['http://a.aa/?&&#?']] },
    );
  });
});

describe('the writer of links', () => {
  const refused: string[] = [];
  const writer = (reservationLinks: 'direct' | 'redirect', publicUrl?: string) =>
    linkWriter({
      config: { reservationLinks, redirectOrigin: 'sas', publicUrl },
      url: new URL('http://127.0.0.1:8787/aggregator/api-sas/v1/PractitionerSlots'),
      editors: [
        {
          id: 'agenda-a',
          redirectHosts: ['agenda.example', 'a.example', 'Ports.example:8443', 'http://Plain.example', '::1'],
        },
        { id: 'agenda-b', redirectHosts: [] },
      ],
      onRefused: (editor) => refused.push(editor),
    });

  it.each(['direct', 'redirect'] as const)('gives nothing to a host that is not declared, %s', (mode) => {
    const write = writer(mode);
    refused.length = 0;
    expect(write('agenda-a', 'https://agenda.example/rdv', START_MS)).not.toBe('');
    for (const page of [
      'https://ports.example:8443/',
      'https://agenda.example:443/',
      'http://plain.example/rdv',
      'https://[::1]/rdv',
    ]) {
      expect(write('agenda-a', page, START_MS)).not.toBe('');
    }
    for (const page of [
      'https://evil.example/rdv',
      'https://agenda.example.evil.example/',
      'https://sub.agenda.example/',
      'https://ports.example/',
      // Another scheme or port of a declared host is another server.
      'http://agenda.example/rdv',
      'https://agenda.example:8443/rdv',
      'http://agenda.example:443/rdv',
      'http://ports.example:8443/',
      'https://plain.example/rdv',
      'http://plain.example:8080/rdv',
      'https://[::1]:444/',
    ]) {
      expect(write('agenda-a', page, START_MS)).toBe('');
      expect(write('agenda-a', page, START_MS)).toBe('');
    }
    // Each page is told once. Another vendor's host is not one's own; a vendor that is not known has none.
    expect(refused).toEqual(Array(11).fill('agenda-a'));
    expect(write('agenda-b', 'https://agenda.example/rdv', START_MS)).toBe('');
    expect(write('nobody', 'https://agenda.example/rdv', START_MS)).toBe('');
    expect(refused.slice(11)).toEqual(['agenda-b']);
  });

  it('gives the page itself, or nothing without one', () => {
    const write = writer('direct');
    expect(write('agenda-a', 'https://agenda.example/rdv', START_MS)).toBe(
      'https://agenda.example/rdv?origin=sas',
    );
    expect(write('agenda-a', undefined, START_MS)).toBe('');
    expect(write('agenda-a', 'rdv', START_MS)).toBe('');
  });

  it('gives our redirect when the settings say so, without origin inside', () => {
    const link = writer('redirect', 'https://edge.example')(
      'agenda-a',
      'https://agenda.example/rdv',
      START_MS,
    );
    expect(link).toMatch(/^https:\/\/edge\.example\/aggregator\/r\/[\w-]+$/);
    expect(readRedirectToken(link.split('/').pop() ?? '')).toEqual({
      editor: 'agenda-a',
      page: 'https://agenda.example/rdv',
      startMs: START_MS,
    });
    expect(writer('redirect')('agenda-a', 'https://a.example/', START_MS)).toMatch(
      /^http:\/\/127\.0\.0\.1:8787\/aggregator\/r\//,
    );
    expect(writer('redirect')('agenda-a', 'javascript:alert(1)', START_MS)).toBe('');
  });
});

describe('the path segment of a redirect', () => {
  it('comes back as it was written', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/),
        fc.webUrl({ withQueryParameters: true, withFragments: true }),
        fc.integer({ min: 0, max: 4_000_000_000 }),
        (editor, page, seconds) => {
          const target = { editor, page: new URL(page).href, startMs: seconds * 1000 };
          expect(readRedirectToken(writeRedirectToken(target))).toEqual(target);
        },
      ),
    );
  });

  const written = (content: string): string => Buffer.from(content).toString('base64url');

  it.each([
    ['', ''],
    ['another alphabet', 'a b'],
    ['no base64', 'abcde'],
    ['another version', written('2.abc.agenda-a.https://agenda.example/')],
    ['no vendor', written('1.abc..https://agenda.example/')],
    ['a vendor that no relay could announce', written('1.abc.Agenda A.https://agenda.example/')],
    ['a control character', written('1.abc.agenda-a.https://agenda.example/\r\nX: y')],
    [
      '4,097 characters',
      written(`1.abc.agenda-a.https://agenda.example/${'a'.repeat(3_040)}`).padEnd(4_097, 'A'),
    ],
  ])('is refused with %s', (_what, token) => {
    expect(readRedirectToken(token)).toBeUndefined();
  });

  it('is read up to 4,096 characters', () => {
    const head = '1.abc.agenda-a.https://agenda.example/';
    const token = written(head + 'a'.repeat(3_072 - head.length));
    expect(token).toHaveLength(4_096);
    expect(readRedirectToken(token)?.editor).toBe('agenda-a');
  });
});
