// What the console says: of a vendor, of all of them in one sentence, of instants; and that a vendor's name is never markup.
import { describe, expect, it } from 'vitest';
import { table } from '../../../worker/console/frame/parts.ts';
import { type AuditEntry, findBreak, hashEntry } from '../../../worker/console/model/audit-chain.ts';
import { counted, writeClock, writeDuration, writeMoment } from '../../../worker/console/model/moment.ts';
import { tellVendor } from '../../../worker/console/model/vendor-words.ts';
import { sayWatch } from '../../../worker/console/model/watch-sentence.ts';
import type { VendorHealthReport } from '../../../worker/hub/vendors/state.ts';

const NOW_MS = Date.parse('2026-11-30T20:00:00Z');
const ago = (seconds: number): string => new Date(NOW_MS - seconds * 1_000).toISOString();
const tell = (health: VendorHealthReport | undefined, more = {}) =>
  tellVendor({ enabled: true, health, ...more }, NOW_MS);
const plain = (text: string): string => text.replace(/<[^>]*>/g, '');

describe('a vendor', () => {
  it.each<[string, VendorHealthReport | undefined, string, string]>([
    ['that the hub does not tell of', undefined, 'sans donnée', 'chez nous'],
    ['never called', { state: 'untried' }, 'sans donnée', ''],
    ['well a minute ago', { state: 'well', since: ago(900), lastSuccess: ago(60) }, 'bon', ''],
    ['well fifteen minutes ago', { state: 'well', since: ago(9_000), lastSuccess: ago(900) }, 'bon', ''],
    ['well longer ago', { state: 'well', since: ago(9_000), lastSuccess: ago(901) }, 'sans donnée', ''],
    [
      'that failed once',
      { state: 'failing', since: ago(5), lastFailure: { at: ago(5), reason: 'timeout' } },
      'douteux',
      'éditeur',
    ],
    [
      'that has failed for half a minute',
      { state: 'failing', since: ago(40), lastFailure: { at: ago(10), reason: 'certificate' } },
      'en panne',
      'à vérifier',
    ],
    [
      'whose breaker opened',
      { state: 'failing', since: ago(5), lastFailure: { at: ago(5), reason: 'connect' }, breaker: 'open' },
      'en panne',
      'éditeur',
    ],
    ['held back', { state: 'held-back', since: ago(5) }, 'en panne', 'éditeur'],
    ['that no relay serves', { state: 'absent', since: ago(5) }, 'en panne', 'chez nous'],
  ])('%s', (_, health, state, fault) => {
    expect(tell(health)).toMatchObject({ state, fault });
  });

  it('that an operator cut, or took out, is neither well nor down', () => {
    expect(tell({ state: 'off' }, { enabled: false }).state).toBe('coupé');
    expect(tell({ state: 'well', lastSuccess: ago(1) }, { takenOutMs: NOW_MS }).state).toBe('sorti');
  });
});

describe('the sentence', () => {
  const vendor = (name: string, health: VendorHealthReport | undefined) => ({ name, words: tell(health) });
  const say = (vendors: Parameters<typeof sayWatch>[0]['vendors'], relays: number | undefined = 1) => {
    const { tone, text } = sayWatch({ vendors, relays, nowMs: NOW_MS });
    return `${tone}: ${plain(text.text)}`;
  };
  const well = vendor('A', { state: 'well', since: ago(60), lastSuccess: ago(1) });
  const down = vendor('B', { state: 'absent', since: ago(60) });
  const silent = vendor('C', { state: 'untried' });

  it('tells of the worst first, and never that all is well of what is unknown', () => {
    expect(say([well])).toBe('well: Tous les éditeurs interrogés répondent (1 sur 1).');
    expect(say([well, silent])).toBe('unknown: Aucune panne connue sur 2 éditeurs ; 1 sans donnée récente.');
    expect(say([well, down, silent])).toBe(
      'down: 1 éditeur sur 3 en panne : B depuis 20:59, chez nous ; 1 sans donnée récente.',
    );
    expect(say([])).toMatch(/^unknown: Aucun éditeur n’est interrogé/);
    expect(say([well], 0)).toMatch(/^down: Aucun relais/);
    expect(say(undefined)).toMatch(/^down: On ne sait pas/);
  });

  it('holds a vendor’s name that is markup as text', () => {
    const { text } = sayWatch({
      vendors: [{ ...down, name: '<img src=x onerror=alert(1)>' }],
      relays: 1,
      nowMs: NOW_MS,
    });
    expect(text.text).not.toContain('<img');
    expect(text.text).toContain('&lt;img src=x');
    const written = table('"><b>', ['<i>'], [['</th><script>']], '').text;
    expect(written).not.toMatch(/<b>|<i>|<script>/);
  });
});

describe('time', () => {
  it('is of Paris, with the day where it is another, and the offset in the doubled hour', () => {
    expect(plain(writeMoment(NOW_MS, NOW_MS).text)).toBe('21:00');
    expect(plain(writeMoment(Date.parse('2026-11-29T23:30:00Z'), NOW_MS).text)).toBe('00:30');
    expect(plain(writeMoment(Date.parse('2026-11-29T22:30:00Z'), NOW_MS).text)).toBe('29 nov., 23:30');
    expect(plain(writeMoment(Date.parse('2027-01-05T08:00:00Z'), NOW_MS).text)).toBe('5 janv. 2027, 09:00');
    const doubled = ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'].map(Date.parse);
    expect(doubled.map((ms) => plain(writeMoment(ms, doubled[0] ?? 0).text))).toEqual([
      '02:30 (UTC+2)',
      '02:30 (UTC+1)',
    ]);
    expect(plain(writeClock(NOW_MS).text)).toBe('21:00:00, heure de Paris (UTC+1)');
    expect([5, 65, 7_500, 200_000].map(writeDuration)).toEqual(['5 s', '1 min', '2 h 05', '2 j']);
    expect([counted(0, 'compte'), counted(1, 'compte'), counted(2, 'compte')]).toEqual([
      '0 compte',
      '1 compte',
      '2 comptes',
    ]);
  });
});

describe('the chain', () => {
  const chain = async (): Promise<AuditEntry[]> => {
    const entries: AuditEntry[] = [];
    for (const act of ['entrer', 'couper', 'sortir']) {
      const before = entries.at(-1);
      const draft = {
        ...{
          id: (before?.id ?? 6) + 1,
          atMs: NOW_MS,
          actor: 'local:exploitant',
          act,
          target: '',
          before: '',
          after: '',
        },
        ...{ reason: '', requestId: 'abcdefgh', previous: before?.hash ?? 'of a line before' },
      };
      entries.push({ ...draft, hash: await hashEntry(draft) });
    }
    return entries;
  };

  it('holds from whatever line it begins at; a line changed, taken out or moved is found', async () => {
    const [first, second, third] = (await chain()) as [AuditEntry, AuditEntry, AuditEntry];
    expect(await findBreak([first, second, third])).toBeUndefined();
    expect(await findBreak([second, third])).toBeUndefined();
    for (const change of [{ reason: 'x' }, { atMs: 1 }, { actor: 'y' }, { previous: 'z' }]) {
      expect(await findBreak([first, { ...second, ...change }, third])).toMatch(/8/);
    }
    expect(await findBreak([first, third])).toMatch(/7 et 9/);
    const rewritten = { ...second, reason: 'x' };
    expect(await findBreak([first, { ...rewritten, hash: await hashEntry(rewritten) }, third])).toMatch(
      /9 ne suit pas/,
    );
  });
});
