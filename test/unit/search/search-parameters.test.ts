import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../shared/error.ts';
import { echoQuery, encodeToken, parseQuery, parseToken, splitValues } from '../../../shared/fhir/search.ts';
import { readIndividualSearch } from '../../../shared/sas/individual.ts';
import { readSosSearch } from '../../../shared/sas/sos.ts';
import { buildVendorRequest } from '../../../shared/sas/vendor-request.ts';

const IDNPS = 'urn:oid:1.2.250.1.71.4.2.1';
const IDNST = 'urn:oid:1.2.250.1.71.4.2.2';
const INCLUDES = '_include=Slot:schedule&_include:iterate=Schedule:actor';
const WINDOW = 'start=ge2026-11-24T10:00:00.000%2B01:00&start=le2026-11-26T23:59:59.999%2B01:00';
const WHO = `schedule.actor:Practitioner.identifier=${IDNPS}%7C899900000017`;
const GOOD = `${INCLUDES}&${WINDOW}&status=free&${WHO}`;

function read(raw: string, handling: 'strict' | 'lenient' = 'strict') {
  const parsed = parseQuery(raw);
  if (!parsed.ok) throw new Error(`undecodable ${parsed.error}`);
  return readIndividualSearch(parsed.value, handling);
}

function refusal(raw: string): { reason: string; expression: string | undefined } {
  try {
    read(raw);
  } catch (error) {
    if (error instanceof GatewayError) return { reason: error.reason, expression: error.expression[0] };
    throw error;
  }
  throw new Error('was accepted');
}

describe('a search with several problems', () => {
  const issuesOf = (raw: string): readonly string[] => {
    try {
      read(raw);
    } catch (error) {
      if (error instanceof GatewayError)
        return error.issues.map(({ reason, expression }) => `${reason} ${expression}`);
      throw error;
    }
    throw new Error('was accepted');
  };

  it('is told everything that is missing at once', () => {
    expect(issuesOf('_include=Slot:schedule')).toEqual([
      'parameter-missing http.status',
      'parameter-missing http.start',
      'parameter-missing http.schedule.actor:Practitioner.identifier',
    ]);
  });

  it('is told what is wrong beside what is missing', () => {
    expect(issuesOf('colour=red&_count=0&start=hier&status=busy&colour=blue')).toEqual([
      'parameter-unknown http.colour',
      'parameter-invalid http._count',
      'parameter-unknown http.colour',
      'parameter-invalid http.status',
      'parameter-invalid http.start',
      'parameter-missing http.schedule.actor:Practitioner.identifier',
    ]);
  });

  it('is not answered by more sentences than somebody reads', () => {
    const many = Array.from({ length: 21 }, (_, at) => `x${at}=1`).join('&');
    expect(issuesOf(many)).toHaveLength(20);
  });

  it('names both bounds of the window in one sentence when both are missing', () => {
    let text = '';
    try {
      read(`${INCLUDES}&status=free&${WHO}`);
    } catch (error) {
      text = error instanceof GatewayError ? error.text : '';
    }
    expect(text).toContain('start=ge et start=le : obligatoire');
  });
});

describe('a search of practitioners', () => {
  it('is read with its window and its practitioners', () => {
    expect(read(GOOD)).toEqual({
      flow: 'INT_R01',
      window: { fromMs: Date.parse('2026-11-24T09:00:00Z'), toMs: Date.parse('2026-11-26T22:59:59.999Z') },
      subjects: ['899900000017'],
      ignored: [],
    });
  });

  it('is INT_R04 when CPTS resources are included', () => {
    expect(read(`${GOOD}&_include=Slot:service-type-reference`).flow).toBe('INT_R04');
  });

  it.each([
    ['a raw bar', GOOD.replace('%7C', '|')],
    ['an encoded colon and comma', GOOD.replace('_include:iterate', '_include%3Aiterate')],
    ['a raw + in dates', GOOD.replaceAll('%2B', '+')],
    ['a blank where the + was', GOOD.replaceAll('%2B', '%20')],
    ['an unprefixed identifier', GOOD.replace('899900000017', '99900000017')],
    ['a token without system', GOOD.replace(`${IDNPS}%7C`, '')],
    ['a token with an empty system', GOOD.replace(IDNPS, '')],
    ['a system without urn:oid:', GOOD.replace('urn:oid:', '')],
    ['the pre-R4 recurse', GOOD.replace(':iterate', ':recurse')],
    ['an include in another case', GOOD.replace('Slot:schedule', 'slot:Schedule')],
    ['_count and _format', `${GOOD}&_count=1000&_format=application/fhir%2Bjson`],
  ])('accepts %s', (_, raw) => {
    expect(read(raw)).toMatchObject({ flow: 'INT_R01', subjects: ['899900000017'] });
  });

  it.each([
    '_include:iterate=Schedule:actor:Practitioner',
    '_include:iterate=Schedule:actor:PractitionerRole',
    '_include=Slot:schedule:Schedule',
    '_include:iterate=Slot:schedule',
    '_include:iterate=PractitionerRole:practitioner',
  ])('may ask for less than is answered: %s', (include) => {
    expect(read(`${GOOD}&${include}`)).toEqual(read(GOOD));
    expect(read(GOOD.replace(INCLUDES, include))).toEqual(read(GOOD));
  });

  it.each([
    '_include=Schedule:actor:Location',
    '_include=Schedule:actor:Practitioner:x',
    '_include=Slot:*',
    '_include=*',
    '_revinclude=Slot:schedule',
    '_revinclude=Appointment:slot',
    '_include:exact=Slot:schedule',
    '_include=constructor:',
  ])('may not ask for more: %s', (include) => {
    expect(refusal(`${GOOD}&${include}`).reason).toBe('parameter-unknown');
  });

  it('is INT_R04 in every form of its include', () => {
    for (const form of [
      '_include:iterate=Slot:service-type-reference',
      '_include=Slot:service-type-reference:HealthcareService',
    ]) {
      expect(read(`${GOOD}&${form}`).flow).toBe('INT_R04');
    }
  });

  it('reads dates without offset in Paris, and a second-precise upper bound to its end', () => {
    const raw = GOOD.replace(WINDOW, 'start=ge2026-07-01T10:00:00&start=le2026-07-01T12:00:00');
    expect(read(raw).window).toEqual({
      fromMs: Date.parse('2026-07-01T08:00:00Z'),
      toMs: Date.parse('2026-07-01T10:00:00.999Z'),
    });
  });

  it('takes commas, blanks after them and repetitions as one list without doubles', () => {
    const raw = `${GOOD},%20${IDNPS}%7C899900000025&schedule.actor:Practitioner.identifier=899900000017,0990000012`;
    expect(read(raw).subjects).toEqual(['899900000017', '899900000025', '0990000012']);
  });

  it('accepts 500 practitioners and refuses 501', () => {
    const list = (n: number): string =>
      Array.from({ length: n }, (_, i) => `8${String(99_900_000_000 + i)}`).join(',');
    expect(read(GOOD.replace('899900000017', list(500))).subjects).toHaveLength(500);
    expect(refusal(GOOD.replace('899900000017', list(501))).reason).toBe('too-many-subjects');
  });

  it('accepts a window of 31 days and refuses one millisecond more', () => {
    const until = (to: string): string => GOOD.replace('2026-11-26T23:59:59.999', to);
    expect(read(until('2026-12-25T10:00:00.000')).subjects).toHaveLength(1);
    expect(refusal(until('2026-12-25T10:00:00.001'))).toEqual({
      reason: 'window-invalid',
      expression: 'http.start',
    });
  });

  it.each([
    [
      'no lower bound',
      GOOD.replace('start=ge2026-11-24T10:00:00.000%2B01:00&', ''),
      'parameter-missing',
      'start',
    ],
    [
      'no upper bound',
      GOOD.replace('&start=le2026-11-26T23:59:59.999%2B01:00', ''),
      'parameter-missing',
      'start',
    ],
    ['a repeated bound', `${GOOD}&start=ge2026-11-24T11:00:00Z`, 'parameter-repeated', 'start'],
    ['reversed bounds', GOOD.replace('ge2026-11-24', 'ge2026-11-27'), 'window-invalid', 'start'],
    ['a bound without prefix', GOOD.replace('start=ge', 'start='), 'parameter-invalid', 'start'],
    ['a bound with gt', GOOD.replace('start=ge', 'start=gt'), 'parameter-invalid', 'start'],
    ['a date that does not exist', GOOD.replace('2026-11-24T', '2026-02-30T'), 'parameter-invalid', 'start'],
    [
      'no practitioner',
      GOOD.replace(`&${WHO}`, ''),
      'parameter-missing',
      'schedule.actor:Practitioner.identifier',
    ],
    [
      'an empty practitioner',
      GOOD.replace(`${IDNPS}%7C899900000017`, ''),
      'parameter-missing',
      'schedule.actor:Practitioner.identifier',
    ],
    [
      'a token with two bars',
      GOOD.replace('%7C', '%7C%7C'),
      'parameter-invalid',
      'schedule.actor:Practitioner.identifier',
    ],
    [
      'a value that is no identifier',
      GOOD.replace('899900000017', '12'),
      'parameter-invalid',
      'schedule.actor:Practitioner.identifier',
    ],
    [
      'an unknown system',
      GOOD.replace(IDNPS, IDNST),
      'parameter-invalid',
      'schedule.actor:Practitioner.identifier',
    ],
    [
      'a lost % sign',
      GOOD.replace('%7C', '.27C'),
      'parameter-invalid',
      'schedule.actor:Practitioner.identifier',
    ],
    ['no status', GOOD.replace('&status=free', ''), 'parameter-missing', 'status'],
    ['a status other than free', GOOD.replace('free', 'busy'), 'parameter-invalid', 'status'],
    ['an unknown parameter', `${GOOD}&specialty=SM54`, 'parameter-unknown', 'specialty'],
    ['an unknown include', `${GOOD}&_include=Slot:patient`, 'parameter-unknown', '_include'],
    ['an unsupported format', `${GOOD}&_format=xml`, 'format-not-supported', '_format'],
    ['a _count of zero', `${GOOD}&_count=0`, 'parameter-invalid', '_count'],
  ])('refuses %s, naming the parameter', (_, raw, reason, parameter) => {
    expect(refusal(raw)).toEqual({ reason, expression: `http.${parameter}` });
  });

  it('passes over an unknown parameter when asked to be lenient, and tells', () => {
    expect(read(`${GOOD}&specialty=SM54`, 'lenient').ignored).toEqual(['specialty']);
  });
});

describe('a search of associations', () => {
  const raw =
    '_revinclude=Slot:schedule&_include=Schedule:actor:Location&_include:iterate=Location:Organization' +
    '&_has:Slot:schedule:start=ge2026-11-24T10:00:00%2B01:00&_has:Slot:schedule:start=le2026-11-25T08:00:00%2B01:00' +
    `&_has:Slot:schedule:status=free&actor:Location.organization.identifier=${IDNST}%7C99900000100071`;

  it('is read with its SIRET, prefixed', () => {
    const parsed = parseQuery(raw);
    expect(parsed.ok && readSosSearch(parsed.value, 'strict')).toMatchObject({
      flow: 'SOS',
      subjects: ['399900000100071'],
    });
  });
});

describe('query strings', () => {
  it('that cannot be decoded name their parameter', () => {
    expect(parseQuery('status=free&start=%zz')).toEqual({ ok: false, error: 'start' });
  });

  it('are echoed with nothing changed but illegal characters', () => {
    expect(echoQuery('a=b|c d&e=%7C"<é>&f=%2B,+')).toBe('a=b%7Cc%20d&e=%7C%22%3C%C3%A9%3E&f=%2B,+');
    expect(echoQuery('a=%zz')).toBe('a=%25zz');
  });
});

describe('FHIR’s escapes', () => {
  it('keep , | $ and \\ inside a value, and any other backslash as it is', () => {
    expect(parseToken('urn:s|a\\,b')).toEqual({ system: 'urn:s', value: 'a,b' });
    expect(parseToken('urn:s|a\\\\\\|b')).toEqual({ system: 'urn:s', value: 'a\\|b' });
    expect(parseToken('urn:s\\|t|\\$1')).toEqual({ system: 'urn:s|t', value: '$1' });
    expect(parseToken('C:\\dir\\')).toEqual({ system: undefined, value: 'C:\\dir\\' });
    expect(parseToken('|a\\|b')).toEqual({ system: undefined, value: 'a|b' });
  });

  it('leave what is not escaped what it was: a list, a bar too many', () => {
    expect(splitValues('a\\,b, c\\\\,d')).toEqual(['a\\,b', 'c\\\\', 'd']);
    for (const text of ['a|b|c', 'urn:s|a,b', 'urn:s|a\\\\,b', '', 'urn:s|'])
      expect(parseToken(text)).toBeUndefined();
  });

  it('that we write are read as what we meant, whatever the value', () => {
    const alphabet = ['a', 'B', '7', ',', '|', '$', '\\', '/', ':', '-', 'é', '%', '+', '&', '='];
    let state = 7;
    const next = (below: number): number => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((state / 2 ** 31) * below);
    };
    const text = (): string =>
      Array.from({ length: 1 + next(12) }, () => alphabet[next(alphabet.length)] ?? '').join('');
    for (let i = 0; i < 2_000; i += 1) {
      const tokens = Array.from({ length: 1 + next(3) }, () => ({ system: text(), value: text() }));
      const raw = `identifier=${tokens.map(({ system, value }) => encodeToken(system, value)).join(',')}`;
      const parsed = parseQuery(raw);
      const [parameter] = parsed.ok ? parsed.value : [];
      expect(splitValues(parameter?.value ?? '').map(parseToken), raw).toEqual(tokens);
    }
  });

  it('are read in a search for slots; free may carry its system', () => {
    const escaped = GOOD.replace('%7C899900000017', '%7C\\899900000017');
    expect(refusal(escaped).reason).toBe('parameter-invalid');
    expect(
      read(GOOD.replace('status=free', 'status=http://hl7.org/fhir/slotstatus%7Cfree')).subjects,
    ).toEqual(read(GOOD).subjects);
    expect(refusal(GOOD.replace('status=free', 'status=urn:x%7Cfree')).reason).toBe('parameter-invalid');
  });
});

describe('the request to a vendor', () => {
  const question = {
    fromMs: Date.parse('2026-10-24T22:30:00Z'),
    toMs: Date.parse('2026-10-26T22:59:59.999Z'),
    subjects: ['899900000017', '0990000012'],
  };

  it('is the guide’s INT_R01, offsets on both sides of the clock change', () => {
    expect(buildVendorRequest('https://vendor.example/fhir/', { flow: 'INT_R01', ...question })).toBe(
      'https://vendor.example/fhir/Slot?_include=Slot:schedule&_include:iterate=Schedule:actor' +
        '&start=ge2026-10-25T00:30:00.000%2B02:00&start=le2026-10-26T23:59:59.999%2B01:00&status=free' +
        `&schedule.actor:Practitioner.identifier=${IDNPS}%7C899900000017,${IDNPS}%7C0990000012`,
    );
  });

  it('adds both CPTS includes for INT_R04', () => {
    expect(buildVendorRequest('https://vendor.example/fhir', { flow: 'INT_R04', ...question })).toContain(
      '&_include=Slot:service-type-reference&_include:iterate=HealthcareService:organization&start=',
    );
  });

  it('asks Schedules of associations for SOS', () => {
    const url = buildVendorRequest('https://vendor.example/fhir', {
      ...question,
      flow: 'SOS',
      subjects: ['399900000100071'],
    });
    expect(url).toContain('/Schedule?_revinclude=Slot:schedule&_include=Schedule:actor:Location');
    expect(url).toContain('&_has:Slot:schedule:start=ge2026-10-25T00:30:00.000%2B02:00');
    expect(url).toContain(`&actor:Location.organization.identifier=${IDNST}%7C399900000100071`);
  });

  it('is read by our own face as the same question', () => {
    const url = new URL(buildVendorRequest('https://vendor.example/fhir', { flow: 'INT_R04', ...question }));
    expect(read(url.search.slice(1))).toEqual({
      flow: 'INT_R04',
      window: { fromMs: question.fromMs, toMs: question.toMs },
      subjects: question.subjects,
      ignored: [],
    });
  });
});
