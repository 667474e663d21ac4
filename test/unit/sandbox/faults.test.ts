// The table of faults and the reading of what a test asks for.

import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { FAULT_KINDS, FAULTS } from '../../../sandbox/vendors/faults/fault-kinds.ts';
import { FaultSet, readFaults } from '../../../sandbox/vendors/faults/faults.ts';

function accepted(input: unknown) {
  const faults = readFaults(input);
  if (typeof faults === 'string') throw new Error(faults);
  return faults;
}

describe('a fault asked for', () => {
  test.each(FAULT_KINDS)('%s is accepted by its bare name and described by one sentence', (kind) => {
    expect(accepted(kind)).toMatchObject([{ kind, times: null, route: null }]);
    expect(FAULTS[kind].sentence).toMatch(/^[A-ZÀÉÔ].*\.$/);
  });

  test('takes its default parameters, then those given', () => {
    expect(accepted({ kind: 'drip', bytes: 3 })[0]?.parameters).toEqual({ bytes: 3, everyMs: 50 });
  });

  test.each([
    ['an unknown kind', { kind: 'nope' }],
    ['an unknown parameter', { kind: 'hang', bytes: 3 }],
    ['a parameter of another type', { kind: 'drip', bytes: '3' }],
    ['a negative number', { kind: 'drip', bytes: -1 }],
    ['a value out of the choices', { kind: 'bad-dates', form: 'roman' }],
    ['no times left', { kind: 'hang', times: 0 }],
    ['an unknown route', { kind: 'hang', route: 'Patient' }],
    ['a number', 3],
    ['nothing', null],
    ['a name of every object', { kind: 'toString' }],
  ])('is refused with a sentence for %s', (_title, input) => {
    expect(readFaults(input)).toEqual(expect.any(String));
  });
});

describe('the faults in force', () => {
  test('apply to both searches and to nothing else', () => {
    const set = new FaultSet();
    set.replace(accepted('hang'));
    expect(set.take('Slot')).toHaveLength(1);
    expect(set.take('Schedule')).toHaveLength(1);
    expect(set.take('metadata')).toHaveLength(0);
  });

  test('are forgotten after their number of times', () => {
    const set = new FaultSet();
    set.replace(accepted([{ kind: 'gzip', times: 2 }, 'slow']));
    expect([1, 2, 3].map(() => set.take('Slot').map(({ kind }) => kind))).toEqual([
      ['gzip', 'slow'],
      ['gzip', 'slow'],
      ['slow'],
    ]);
  });

  test('of one route leave the others alone, without being used up', () => {
    const set = new FaultSet();
    set.replace(accepted({ kind: 'hang', route: 'page', times: 1 }));
    expect(set.take('Slot')).toHaveLength(0);
    expect(set.take('page')).toHaveLength(1);
    expect(set.take('page')).toHaveLength(0);
  });
});

test('the documentation lists every fault with its sentence', async () => {
  const page = await readFile(new URL('../../../docs/sandbox.md', import.meta.url), 'utf8');
  for (const kind of FAULT_KINDS) expect(page).toContain(`| \`${kind}\` | ${FAULTS[kind].sentence} |`);
});
