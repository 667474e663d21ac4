// The log names operators by the subject of their token only when that cannot be a person.
import { expect, it } from 'vitest';
import { operatorOf } from '../../../worker/http/operator.ts';

const named = (subject: string): string => operatorOf({ subject, scopes: new Set() });

it.each(['ops-7', 'exploitant.nuit', 'urn:client:console', 'a'.repeat(64)])('says %s', (subject) => {
  expect(named(subject)).toBe(subject);
});

it.each([
  '',
  'ada.lovelace@regulation.example',
  '899900000017',
  'ps-99900000017',
  'u0477000001',
  'Ada Lovelace',
  'a'.repeat(65),
  'x"}\n{"level":"info"',
])('withholds %j', (subject) => {
  expect(named(subject)).toBe('withheld');
});

it('withholds what has no caller', () => {
  expect(operatorOf(undefined)).toBe('withheld');
});
