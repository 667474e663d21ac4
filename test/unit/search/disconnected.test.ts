import { expect, it } from 'vitest';
import { whenDisconnected } from '../../../worker/search/ask-hub.ts';

it('hears once of a caller who leaves, and of one who had left before', () => {
  const heard: string[] = [];
  const early = new AbortController();
  early.abort();
  whenDisconnected(early.signal, () => heard.push('early'));
  const late = new AbortController();
  whenDisconnected(late.signal, () => heard.push('late'));
  expect(heard).toEqual(['early']);
  late.abort();
  late.abort();
  expect(heard).toEqual(['early', 'late']);
});
