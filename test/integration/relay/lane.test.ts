// A call that was given up while it stood behind a costly one is not read on the next thread: its reading would stay there,
// and count as held by a vendor that asked for nothing.

import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { expect, test } from 'vitest';
import { Lane, type ReadJob, type VendorShare } from '../../../relay/reading/lane.ts';
import { until } from '../../support/wait/until.ts';

/** Names of its own for every slot: what V8 takes longest to parse. */
const costly = `{"resourceType":"Bundle","type":"searchset","entry":[${Array.from(
  { length: 19_000 },
  (_, slot) =>
    `{"resource":{"resourceType":"Slot",${Array.from({ length: 9 }, (_, key) => `"k${slot}-${key}":0`).join(',')}}}`,
).join(',')}]}`;
const small = '{"resourceType":"Bundle","type":"searchset","total":0}';

test.skipIf(process.platform !== 'linux')(
  'a reader thread gives way to the thread that holds the link, alone of its process',
  async () => {
    const own = getPriority();
    const theirs = Math.min(own + 7, 19);
    const count = (): number => nicenessOfThreads().filter((niceness) => niceness === theirs).length;
    const before = count();
    const lane = new Lane({
      cpuMsMax: 150,
      wallMsMax: 15_000,
      watchMs: 50,
      memoryMb: () => 256,
      niceness: 7,
    });
    lane.start();
    await until('one thread that gives way', () => count() === before + 1);
    expect(getPriority()).toBe(own);
    await lane.close();
  },
);

/** Of each thread of this process: the 19th field of /proc/…/stat. */
function nicenessOfThreads(): readonly number[] {
  const tasks = '/proc/self/task';
  return readdirSync(tasks).map((task) => {
    const stat = readFileSync(`${tasks}/${task}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
  });
}

test('a call that was given up while another was read is not read again on the next thread', async () => {
  const lane = new Lane({ cpuMsMax: 150, wallMsMax: 15_000, watchMs: 5, memoryMb: () => 256, niceness: 0 });
  const said: string[] = [];
  const submit = (reading: number, text: string): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const share: VendorShare = { vendor: reading, weightMs: 0, note: () => undefined, lose: () => undefined };
    const page = { body: Buffer.from(text), encoding: undefined, contentType: 'application/fhir+json' };
    const job: ReadJob = {
      reading,
      share,
      question: {
        ...{ call: 0, editor: `agenda-${reading}`, flow: 'INT_R01', subjects: [] },
        ...{ fromMs: 0, toMs: 1, trace: false, startedMs: 0 },
      },
      pages: [{ ...page, status: 200, noStore: false }],
      begun: () => undefined,
      resolve: ({ kind }) => {
        said.push(`${reading} ${kind}`);
        resolve();
      },
      reject,
    };
    lane.submit(job);
    return promise;
  };
  const hostile = submit(1, costly);
  void submit(2, small);
  const other = submit(3, small);
  lane.drop(2);
  await hostile;
  await other;
  // Behind whatever the next thread was given.
  await submit(4, small);
  expect(said).toEqual(['1 lost', '3 done', '4 done']);
  await lane.close();
});
