// What the relay accepts from the edge, on both sides of each bound.

import { expect, test } from 'vitest';
import { checkCancel, checkPlan } from '../../../relay/link/check-plan.ts';
import { ASSOCIATIONS_PER_CALL_MAX, PRACTITIONERS_PER_CALL_MAX } from '../../../shared/limits.ts';

const DAY_MS = 86_400_000;
const people = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `8${10_000_000_000 + index}`);
const plan = (change: object = {}): object => ({
  id: 'p1',
  flow: 'INT_R01',
  fromMs: 0,
  toMs: DAY_MS,
  budgetMs: 5000,
  gatherMs: 0,
  calls: [{ editor: 'agenda-a', subjects: people(1) }],
  ...change,
});
const calls = (subjects: readonly string[], more: object = {}) => ({
  calls: [{ editor: 'a', subjects, ...more }],
});

test.each([
  ['a plan', {}],
  ['a field of a newer edge', { fieldToCome: 'x' }],
  ['no call', { calls: [] }],
  ['a wish for traces', { trace: true }],
  ['a call with its own budget', calls(people(1), { budgetMs: 100 })],
  ['the most practitioners', calls(people(PRACTITIONERS_PER_CALL_MAX))],
  ['the most associations', { flow: 'SOS', ...calls(people(ASSOCIATIONS_PER_CALL_MAX)) }],
  ['31 days and an hour', { toMs: 31 * DAY_MS + 3_600_000 }],
  ['a rank with a slash', calls(['3456780581/11242343'])],
])('accepts %s', (_name, change) => {
  expect(checkPlan(plan(change))).toMatchObject({ id: 'p1' });
});

test.each([
  ['no id', { id: '' }],
  ['an unknown flow', { flow: 'INT_R02' }],
  ['too many practitioners', calls(people(PRACTITIONERS_PER_CALL_MAX + 1))],
  ['too many associations', { flow: 'SOS', ...calls(people(ASSOCIATIONS_PER_CALL_MAX + 1)) }],
  ['a call about nobody', calls([])],
  ['an identifier that would end the query', calls(['8100&status=busy'])],
  ['33 days', { toMs: 33 * DAY_MS }],
  ['dates that are no numbers', { fromMs: '2026-01-01' }],
  ['a budget of an hour', { budgetMs: 3_600_000 }],
  ['a negative budget', { budgetMs: -1 }],
  ['a call budget in words', calls(people(1), { budgetMs: '1' })],
  ['no calls', { calls: undefined }],
])('refuses %s', (_name, change) => {
  expect(checkPlan(plan(change))).toBeUndefined();
});

test.each([
  ['a whole search', undefined],
  ['some of its calls', [0, 3]],
  ['calls that may not exist', [-1, 99_999]],
])('gives up %s', (_name, calls) => {
  expect(checkCancel('p1', calls)).toEqual(calls === undefined ? { id: 'p1' } : { id: 'p1', calls });
});

test.each([
  ['no id', undefined, [0]],
  ['an id that is no text', 1, [0]],
  ['null for calls', 'p1', null],
  ['a call in words', 'p1', ['0']],
  ['half a call', 'p1', [0.5]],
  ['more calls than a plan holds', 'p1', Array.from({ length: 4097 }, () => 0)],
])('does not give up for %s', (_name, id, calls) => {
  expect(checkCancel(id, calls)).toBeUndefined();
});

test.each([[undefined], [null], ['plan'], [[]]])('refuses %j', (value) => {
  expect(checkPlan(value)).toBeUndefined();
});
