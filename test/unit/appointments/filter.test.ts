// Searches of appointments, read: dates by their precision, lists, cursors, days of Paris, lines of an export.
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../shared/error.ts';
import { parseQuery } from '../../../shared/fhir/search.ts';
import { csvLine } from '../../../worker/appointments/export/lines.ts';
import {
  type AppointmentSearch,
  decodeCursor,
  encodeCursor,
  readAppointmentSearch,
} from '../../../worker/appointments/model/filter.ts';
import { readRange } from '../../../worker/appointments/model/range.ts';
import { readIfMatch } from '../../../worker/appointments/target.ts';
import { addDays, daysBetween, parisDayOf } from '../../../worker/base/calendar/days.ts';
import { readReturn } from '../../../worker/http/prefer.ts';

const at = (text: string): number => Date.parse(text);

function search(query: string, handling: 'strict' | 'lenient' = 'strict'): AppointmentSearch {
  const parsed = parseQuery(query);
  if (!parsed.ok) throw new Error('query');
  return readAppointmentSearch(parsed.value, handling);
}

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (cause) {
    if (cause instanceof GatewayError) return `${cause.reason} ${cause.expression.join(' ')}`;
    throw cause;
  }
  throw new Error('was accepted');
}

describe('a date', () => {
  it.each<[string, string, string | undefined, string | undefined]>([
    ['a day, in Paris', '2026-07-01', '2026-06-30T22:00:00.000Z', '2026-07-01T21:59:59.999Z'],
    ['a month', '2026-02', '2026-01-31T23:00:00.000Z', '2026-02-28T22:59:59.999Z'],
    ['a leap month', '2028-02', '2028-01-31T23:00:00.000Z', '2028-02-29T22:59:59.999Z'],
    ['a year', '2026', '2025-12-31T23:00:00.000Z', '2026-12-31T22:59:59.999Z'],
    ['a minute', '2026-07-01T09:30Z', '2026-07-01T09:30:00.000Z', '2026-07-01T09:30:59.999Z'],
    ['a second', 'eq2026-07-01T09:30:00Z', '2026-07-01T09:30:00.000Z', '2026-07-01T09:30:00.999Z'],
    ['from', 'ge2026-07-01T09:30:00Z', '2026-07-01T09:30:00.000Z', undefined],
    ['after', 'gt2026-07-01T09:30:00Z', '2026-07-01T09:30:01.000Z', undefined],
    ['up to', 'le2026-07-01T09:30:00Z', undefined, '2026-07-01T09:30:00.999Z'],
    ['before', 'lt2026-07-01T09:30:00Z', undefined, '2026-07-01T09:29:59.999Z'],
    ['a plus that became a blank', 'ge2026-07-01T09:30:00 02:00', '2026-07-01T07:30:00.000Z', undefined],
  ])('means all that it covers: %s', (_what, text, from, to) => {
    const { fromMs, toMs } = readRange('date', [text]);
    expect(fromMs).toBe(from === undefined ? undefined : at(from));
    expect(toMs).toBe(to === undefined ? undefined : at(to));
  });

  it('narrows with each bound', () => {
    const range = readRange('date', ['ge2026-07', 'ge2026-07-15', 'lt2026-08', 'le2026-07-20']);
    expect(range).toEqual({ fromMs: at('2026-07-14T22:00:00Z'), toMs: at('2026-07-20T21:59:59.999Z') });
  });

  it.each(['', 'ge', 'soon', '2026-02-30', '2026-13', 'sa2026-07-01', 'ne2026'])('refuses %j', (text) => {
    expect(refusal(() => readRange('date', [text]))).toBe('parameter-invalid http.date');
  });
});

describe('a search', () => {
  it('reads every parameter', () => {
    const { filter, sort, count } = search(
      'identifier=urn:a%7C1,2&status=Booked,cancelled&practitioner:identifier=10101215225' +
        '&operator=urn:oid:1.2.250.1.213.3.6%7Cx&vendor=agenda-a,agenda-b&_sort=-date&_count=10',
    );
    expect(filter.identifiers).toEqual([
      { system: 'urn:a', value: '1' },
      { system: undefined, value: '2' },
    ]);
    expect(filter.statuses).toEqual(['booked', 'cancelled']);
    expect(filter.practitioners).toEqual(['810101215225']);
    expect(filter.operators).toEqual([{ system: 'urn:oid:1.2.250.1.213.3.6', value: 'x' }]);
    expect(filter.vendors).toEqual(['agenda-a', 'agenda-b']);
    expect(sort).toEqual({ by: 'date', descending: true });
    expect(count).toBe(10);
  });

  it('reads FHIR’s escapes in every parameter of tokens and texts', () => {
    const { filter } = search(
      'identifier=urn:a%7C1\\,2,3%5C%7C4&operator=x\\\\y&vendor=a\\,b&status=http://hl7.org/fhir/appointmentstatus%7Cbooked',
    );
    expect(filter.identifiers).toEqual([
      { system: 'urn:a', value: '1,2' },
      { system: undefined, value: '3|4' },
    ]);
    expect(filter.operators).toEqual([{ system: undefined, value: 'x\\y' }]);
    expect([filter.vendors, filter.statuses]).toEqual([['a,b'], ['booked']]);
  });

  it('gives pages of 200 at most, 50 by default', () => {
    expect(search('').count).toBe(50);
    expect(search('_count=200').count).toBe(200);
    expect(search('_count=201').count).toBe(200);
  });

  it.each([
    ['patient=1', 'parameter-unknown http.patient'],
    ['status=perhaps', 'parameter-invalid http.status'],
    ['status=', 'parameter-invalid http.status'],
    ['status=booked&status=cancelled', 'parameter-repeated http.status'],
    ['identifier=a%7Cb%7Cc', 'parameter-invalid http.identifier'],
    ['practitioner=urn:oid:1.2%7C810101215225', 'parameter-invalid http.practitioner'],
    ['practitioner=1', 'parameter-invalid http.practitioner'],
    ['_sort=status', 'parameter-invalid http._sort'],
    ['_count=0', 'parameter-invalid http._count'],
    ['_cursor=nonsense', 'parameter-invalid http._cursor'],
    ['_format=xml', 'format-not-supported http._format'],
    [`vendor=${Array.from({ length: 501 }, (_, i) => `v${i}`).join(',')}`, 'too-many-subjects http.vendor'],
  ])('refuses %s', (query, expected) => {
    expect(refusal(() => search(query))).toBe(expected);
  });

  it('passes over what is unknown when handling is lenient', () => {
    expect(search('patient=1&status=booked', 'lenient').ignored).toEqual(['patient']);
  });
});

describe('a cursor', () => {
  const sort = { by: 'date', descending: true } as const;
  it('comes back as it went', () => {
    const position = { ms: -62_000_000, id: 'agenda-a-0123456789abcdef0123' };
    expect(decodeCursor(encodeCursor(sort, position), sort)).toEqual(position);
  });

  it('belongs to one order', () => {
    const cursor = encodeCursor(sort, { ms: 1, id: 'x' });
    expect(refusal(() => decodeCursor(cursor, { by: 'date', descending: false }))).toContain('_cursor');
    expect(refusal(() => decodeCursor(cursor, { by: '_lastUpdated', descending: true }))).toContain(
      '_cursor',
    );
    expect(refusal(() => decodeCursor(`${cursor}${'A'.repeat(300)}`, sort))).toContain('_cursor');
  });
});

describe('a day in Paris', () => {
  it('has 23 or 25 hours when the clocks change', () => {
    const hours = (day: string): number => {
      const [bounds] = daysBetween(day, day, 1) ?? [];
      return ((bounds?.toMs ?? 0) - (bounds?.fromMs ?? 0) + 1) / 3_600_000;
    };
    expect([hours('2026-03-29'), hours('2026-06-01'), hours('2026-10-25')]).toEqual([23, 24, 25]);
  });

  it('begins at midnight there', () => {
    expect(parisDayOf(at('2026-07-01T22:00:00Z'))).toBe('2026-07-02');
    expect(parisDayOf(at('2026-12-31T22:59:59Z'))).toBe('2026-12-31');
    expect(addDays('2028-02-28', 2)).toBe('2028-03-01');
  });

  it('is counted, and refused when it is none', () => {
    expect(daysBetween('2026-03-28', '2026-03-30', 10)?.map(({ day }) => day)).toHaveLength(3);
    expect(daysBetween('2026-03-30', '2026-03-28', 10)).toBeUndefined();
    expect(daysBetween('2026-02-30', '2026-03-28', 10)).toBeUndefined();
    // One more than asked tells the caller that there are too many.
    expect(daysBetween('2026-01-01', '2026-12-31', 10)).toHaveLength(11);
  });
});

it('quotes a CSV field, and disarms what a spreadsheet would run', () => {
  const line = csvLine({
    id: 'i',
    editor: 'agenda-a',
    system: 'urn:a',
    value: '=HYPERLINK("x"),1',
    version: 1,
    updatedMs: 0,
    profile: 'sos',
    status: 'booked',
    startMs: 0,
    endMs: 0,
    practitioner: null,
    operatorSystem: null,
    operator: null,
  });
  expect(line).toBe(
    `1970-01-01T00:00:00.000Z,i,agenda-a,urn:a,"'=HYPERLINK(""x""),1",1,sos,booked,` +
      '1970-01-01T00:00:00.000Z,1970-01-01T00:00:00.000Z,,,\r\n',
  );
});

describe('headers of a write', () => {
  it('say what to answer', () => {
    expect(readReturn(null)).toBeUndefined();
    expect(readReturn('respond-async, return="representation"')).toBe('representation');
    expect(readReturn('return=operationoutcome')).toBe('OperationOutcome');
    expect(refusal(() => readReturn('return=all'))).toBe('parameter-invalid http.Prefer');
  });

  it('say which version must be current', () => {
    expect([null, 'W/"2"', '"2"', '2', '*'].map(readIfMatch)).toEqual([undefined, 2, 2, 2, 'any']);
    expect(refusal(() => readIfMatch('W/"x"'))).toBe('parameter-invalid http.If-Match');
  });
});
