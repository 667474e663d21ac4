// Who may write appointments when entries are broken: each vendor stands for itself.

import { expect, test } from 'vitest';
import { checkConfig } from '../../../relay/base/config.ts';
import { type InboundEditors, pairKey } from '../../../relay/certificates/trust.ts';
import { loadInboundEditors } from '../../../relay/inbound/editors.ts';

type Entry = readonly [id: string, cn: string | undefined];

function load(entries: readonly Entry[], previous?: InboundEditors) {
  const editors = entries.map(([id, cn]) => ({
    id,
    name: id,
    baseUrl: 'https://agenda.example/fhir',
    flows: ['INT_R03'],
    certFile: 'a',
    keyFile: 'b',
    caFile: 'c',
    ...(cn !== undefined && { client: { cn, ou: '3999' } }),
    appointmentSystem: `https://${id}.example`,
  }));
  const edge = { url: 'https://edge.example', keyFile: 'k' };
  const config = checkConfig({ relayId: 'relay', edge, editors }, '/');
  if (!config.ok) throw new Error(JSON.stringify(config.error));
  const loaded = loadInboundEditors(config.value.editors, [], previous);
  const owners = Object.fromEntries(
    [...loaded.editors].map(([key, { id }]) => [JSON.parse(key)[0] as string, id]),
  );
  return { ...loaded, owners, blamed: loaded.problems.map(({ editor }) => editor) };
}

test('leaves out the vendor whose certificate is not named, and takes the others', () => {
  const { owners, blamed } = load([
    ['alpha', undefined],
    ['beta', 'b'],
  ]);
  expect(owners).toEqual({ b: 'beta' });
  expect(blamed).toEqual(['alpha']);
});

test('takes neither of two that claim one certificate, when neither had it', () => {
  const { owners, blamed } = load([
    ['alpha', 'a'],
    ['beta', 'a'],
    ['gamma', 'c'],
  ]);
  expect(owners).toEqual({ c: 'gamma' });
  expect(blamed).toEqual(['alpha', 'beta']);
});

test('leaves a certificate to the vendor that had it, and the claimant with his own', () => {
  const before = load([
    ['alpha', 'a'],
    ['beta', 'b'],
  ]).editors;
  const { owners, blamed } = load(
    [
      ['beta', 'a'],
      ['alpha', 'a'],
    ],
    before,
  );
  expect(owners).toEqual({ a: 'alpha', b: 'beta' });
  expect(blamed).toEqual(['beta']);
});

test('lets a vendor that is no longer there go, and one whose entry is broken stay', () => {
  const before = load([
    ['alpha', 'a'],
    ['beta', 'b'],
  ]).editors;
  const { owners } = load([['alpha', undefined]], before);
  expect(owners).toEqual({ a: 'alpha' });
  expect(before.has(pairKey('b', '3999'))).toBe(true);
});
