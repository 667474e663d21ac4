import { expect, it } from 'vitest';
import { ReaderMemory } from '../../../shared/sas/read/reader-memory.ts';

const shape = { text: '', services: [], repairs: [] };
function readsOf(memory: ReaderMemory, signature: string, flow: 'INT_R01' | 'INT_R04' = 'INT_R01'): number {
  let reads = 0;
  const read = (): typeof shape => {
    reads += 1;
    return shape;
  };
  memory.shapeOf(flow, signature, read);
  return reads;
}

it('reads a shape once per flow', () => {
  const memory = new ReaderMemory();
  expect([readsOf(memory, 'a'), readsOf(memory, 'a'), readsOf(memory, 'a', 'INT_R04')]).toEqual([1, 0, 1]);
});

it('remembers no shape that is told apart by a long text: a vendor cannot fill memory with them', () => {
  const memory = new ReaderMemory();
  expect([readsOf(memory, 'x'.repeat(4_000)), readsOf(memory, 'x'.repeat(4_000))]).toEqual([1, 0]);
  expect([readsOf(memory, 'x'.repeat(4_001)), readsOf(memory, 'x'.repeat(4_001))]).toEqual([1, 1]);
});
