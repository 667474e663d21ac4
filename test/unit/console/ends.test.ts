// How near the end of a certificate or a list is, in words and shapes: C-22 of the console's checks, without a relay.
import { expect, it } from 'vitest';
import { REPORTED_ROLES, type ReportedCertificate } from '../../../shared/link/report.ts';
import {
  daysLeft,
  endingCertificates,
  endingLists,
  stateOfEnd,
  stateOfList,
} from '../../../worker/console/model/ends.ts';

const NOW = Date.UTC(2026, 10, 24, 9);
const DAY_MS = 86_400_000;
const relay = (id: string, certificates: ReportedCertificate[], lists: object[] = []) => ({
  relay: id,
  isConnected: true,
  version: '0.1.0',
  atMs: NOW,
  report: {
    version: '0.1.0',
    certificates,
    lists: lists as never,
    alarms: [],
    queues: [],
    reload: 'done' as const,
  },
});

it.each([
  [31, 'valable', 'well'],
  [30, 'valable', 'well'],
  [29, 'à renouveler', 'doubt'],
  [7, 'à renouveler', 'doubt'],
  [6, 'urgent', 'down'],
  [0, 'fini', 'down'],
  [-3, 'fini', 'down'],
])('C-22 a certificate of %i days is %s', (days, word, tone) => {
  expect(stateOfEnd(NOW + days * DAY_MS, NOW)).toEqual({ word, tone });
  expect(daysLeft(NOW + days * DAY_MS, NOW)).toBe(days);
});

it.each([
  [31 * DAY_MS, 'à jour'],
  [29 * DAY_MS, 'à jour'],
  [6 * DAY_MS, 'à jour'],
  [6 * 3_600_000, 'à jour'],
  [6 * 3_600_000 - 1, 'urgent'],
  [0, 'périmée'],
])('C-22 a list with its next update in %i ms is %s', (leftMs, word) => {
  expect(stateOfList(NOW + leftMs, NOW).word).toBe(word);
});

it('of a list that says no next update, nothing is known', () => {
  expect(stateOfList(undefined, NOW)).toEqual({ word: 'sans échéance', tone: 'unknown' });
});

it('C-22 tells each kind once, first to end first, with all that it is about and the newest sight of it', () => {
  const one = (role: ReportedCertificate['role'], over: Partial<ReportedCertificate> = {}) => ({
    role,
    serial: 'A1',
    notAfterMs: NOW + REPORTED_ROLES.indexOf(role) * DAY_MS,
    ...over,
  });
  const authority = { authority: 'ACI', serial: 'B2' };
  const first = [
    one('authority', { ...authority, editor: 'agenda-b' }),
    one('authority', { ...authority, editor: 'agenda-a' }),
    one('client', { editor: 'agenda-a' }),
    one('client', { editor: 'agenda-b' }),
    one('server', { editor: 'agenda-a', seenMs: 1 }),
  ];
  const second = [
    one('server', { editor: 'agenda-a', seenMs: 5 }),
    one('port'),
    one('sender', { editor: 'agenda-a' }),
  ];
  const told = endingCertificates([relay('relay-a', first), relay('relay-b', second)]);
  expect(told.map(({ role, editors }) => `${role} ${editors.join(' ')}`)).toEqual([
    'client agenda-a',
    'client agenda-b',
    'server agenda-a',
    'sender agenda-a',
    'port ',
    'authority agenda-a agenda-b',
  ]);
  expect(told[2]).toMatchObject({ seenMs: 5, relays: ['relay-a', 'relay-b'] });
  const list = (nextUpdateMs: number | undefined, authorityName: string) => ({
    authority: authorityName,
    thisUpdateMs: NOW - DAY_MS,
    ...(nextUpdateMs !== undefined && { nextUpdateMs }),
  });
  const lists = [list(undefined, 'x'), list(NOW + 2, 'b'), list(NOW + 1, 'a')];
  expect(endingLists([relay('relay-a', [], lists)]).map((each) => each.authority)).toEqual(['a', 'b', 'x']);
});
