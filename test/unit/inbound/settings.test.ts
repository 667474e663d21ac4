// The settings of the mTLS port: defaults, bounds, and the JSON Schema that says the same.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkConfig } from '../../../relay/base/config.ts';
import { accepts } from '../../support/oracles/relay-json-schema.ts';

const schema = JSON.parse(
  readFileSync(new URL('../../../relay/config.schema.json', import.meta.url), 'utf8'),
);

function settings(listen: object): object {
  return {
    relayId: 'relay-a',
    edge: { url: 'https://edge.example', keyFile: 'link.key.pem' },
    listen: {
      host: '0.0.0.0',
      port: 8443,
      certFile: 'server.crt',
      keyFile: 'server.key',
      caFile: 'igc.pem',
      ...listen,
    },
    editors: [],
  };
}

test('has generous bounds when none are given', () => {
  const checked = checkConfig(settings({}), '/etc/relay');
  if (!checked.ok) throw new Error('refused');
  expect(checked.value.listen).toMatchObject({
    revocation: 'hard',
    limits: {
      connections: 1000,
      handshakeMs: 5000,
      headersMs: 10_000,
      requestMs: 20_000,
      keepAliveMs: 65_000,
      requestsPerConnection: 10_000,
      edgeMs: 8000,
      editorRequestsPerSecond: 50,
      editorBurst: 200,
    },
  });
});

test('resolves the authorities of its own certificate', () => {
  const checked = checkConfig(settings({ serverCaFile: 'public.pem' }), '/etc/relay');
  expect(checked.ok && checked.value.listen?.serverCaFile).toBe('/etc/relay/public.pem');
});

const BOUNDS: readonly [string, number, number][] = [
  ['connections', 1, 65_535],
  ['handshakeMs', 1, 86_400_000],
  ['headersMs', 1, 86_400_000],
  ['requestMs', 1, 86_400_000],
  ['keepAliveMs', 1, 86_400_000],
  ['requestsPerConnection', 1, 1_000_000],
  ['edgeMs', 1, 86_400_000],
  ['editorRequestsPerSecond', 1, 100_000],
  ['editorBurst', 1, 1_000_000],
];

test.each(BOUNDS)('%s goes from %i to %i', (name, least, most) => {
  for (const [value, isFine] of [
    [least, true],
    [most, true],
    [least - 1, false],
    [most + 1, false],
    [1.5, false],
    ['1', false],
  ] as const) {
    const given = settings({ limits: { [name]: value } });
    const checked = checkConfig(given, '/etc/relay');
    expect([value, checked.ok]).toEqual([value, isFine]);
    expect(accepts(schema, given)).toBe(isFine);
    if (!checked.ok) expect(checked.error.map(({ field }) => field)).toEqual([`listen.limits.${name}`]);
  }
});

test('refuses a bound it does not know', () => {
  const given = settings({ limits: { bodyBytes: 1 } });
  expect(checkConfig(given, '/etc/relay').ok).toBe(false);
  expect(accepts(schema, given)).toBe(false);
});
