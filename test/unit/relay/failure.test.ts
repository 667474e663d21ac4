// The words of Node, OpenSSL and undici, each under the reason the edge knows.

import { expect, test } from 'vitest';
import { DialError, describeExchangeError, readRetryAfter } from '../../../relay/base/failure.ts';
import { matchPin } from '../../../relay/vendor/dial.ts';

const coded = (code: string): Error => Object.assign(new Error('outside text'), { code });

test.each([
  ['UND_ERR_SOCKET', 'reset'],
  ['ECONNRESET', 'reset'],
  ['EPIPE', 'reset'],
  ['HPE_INVALID_EOF_STATE', 'reset'],
  ['UND_ERR_HEADERS_OVERFLOW', 'too-large'],
  ['UND_ERR_HEADERS_TIMEOUT', 'timeout'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'tls'],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN', 'tls'],
  ['EPROTO', 'tls'],
  ['HPE_INVALID_CONSTANT', 'not-json'],
  ['UND_ERR_DESTROYED', 'internal'],
  ['WHATEVER', 'internal'],
])('%s is %s', (code, reason) => {
  expect(describeExchangeError(coded(code))).toBe(reason);
});

test('a refused dial keeps its own reason', () => {
  expect(describeExchangeError(new DialError('certificate', 'CERT_REVOKED'))).toBe('certificate');
});

const NOW_MS = Date.parse('2026-03-01T10:00:00Z');

test.each([
  ['30', 30],
  [' 0 ', 0],
  ['999999999', 86_400],
  ['Sun, 01 Mar 2026 10:01:00 GMT', 60],
  ['Sun, 01 Mar 2026 09:00:00 GMT', 0],
  ['Sun, 01 Mar 2027 09:00:00 GMT', 86_400],
  ['-5', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  ['2026', 2026],
  ['', undefined],
  [undefined, undefined],
])('Retry-After %s is %s seconds', (header, seconds) => {
  expect(readRetryAfter(header, NOW_MS)).toBe(seconds);
});

test('a pin matches exactly one CN and one OU', () => {
  const pin = { cn: 'agenda', ou: '1810004421' };
  const subject = (value: object) => ({ subject: value }) as never;
  expect(matchPin(subject({ CN: 'agenda', OU: '1810004421' }), pin)).toBeUndefined();
  expect(matchPin(subject({ CN: ['agenda'], OU: '1810004421' }), pin)).toBeInstanceOf(DialError);
  expect(matchPin(subject({ CN: 'agenda', OU: ['1810004421', '2'] }), pin)).toBeInstanceOf(DialError);
  expect(matchPin(subject({ CN: 'agenda\0', OU: '1810004421' }), pin)).toBeInstanceOf(DialError);
  expect(matchPin(subject({ CN: ' agenda', OU: '1810004421' }), pin)).toBeInstanceOf(DialError);
  expect(matchPin({} as never, pin)).toBeInstanceOf(DialError);
});
