// The log lets through what the list of shared/log.ts names, and nothing an object brings along.

import { expect, test } from 'vitest';
import { pick } from '../../../relay/base/log.ts';
import type { LogFields } from '../../../shared/log.ts';

test('drops fields that are not on the list', () => {
  const fields = {
    editor: 'agenda-a',
    url: 'https://x/?identifier=8100',
    family: 'CANARI',
    count: 2,
  } as LogFields;
  expect(pick(fields)).toEqual({ editor: 'agenda-a', count: 2 });
});

test('drops objects and inherited names, and cuts long texts', () => {
  const fields = {
    detail: 'x'.repeat(1000),
    reason: { text: 'CANARI' },
    constructor: 'CANARI',
  } as unknown as LogFields;
  expect(pick(fields)).toEqual({ detail: 'x'.repeat(200) });
});
