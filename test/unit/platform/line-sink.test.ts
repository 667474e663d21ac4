// The log's way out: what a reader that is slow, gone or back costs, in lines.

import { expect, test } from 'vitest';
import { LineSink } from '../../../shared/line-sink.ts';

class Descriptor {
  text = '';
  /** Bytes it still takes. */
  room = Number.POSITIVE_INFINITY;
  error: string | undefined;
  writes = 0;

  write(bytes: Uint8Array): number {
    this.writes += 1;
    if (this.error !== undefined) throw Object.assign(new Error('write'), { code: this.error });
    if (this.room === 0) throw Object.assign(new Error('write'), { code: 'EAGAIN' });
    const taken = bytes.subarray(0, this.room);
    this.room -= taken.length;
    this.text += new TextDecoder().decode(taken);
    return taken.length;
  }
}

function make(backlogBytesMax = 1000): { descriptor: Descriptor; sink: LineSink } {
  const descriptor = new Descriptor();
  const sink = new LineSink({
    write: (bytes) => descriptor.write(bytes),
    lostLine: (count) => `lost ${count}`,
    backlogBytesMax,
  });
  return { descriptor, sink };
}

test('hands each line to the descriptor at once', () => {
  const { descriptor, sink } = make();
  sink.write('one');
  sink.write('two');
  expect(descriptor.text).toBe('one\ntwo\n');
});

test('keeps what a full pipe does not take, in order, and writes nothing while it is full', () => {
  const { descriptor, sink } = make();
  descriptor.room = 5;
  for (const line of ['one', 'two', 'three']) sink.write(line);
  expect(descriptor.text).toBe('one\nt');
  const { writes } = descriptor;
  for (let i = 0; i < 10; i += 1) sink.write(`more ${i}`);
  expect(descriptor.writes).toBe(writes);
  descriptor.room = Number.POSITIVE_INFINITY;
  sink.flush();
  expect(descriptor.text).toMatch(/^one\ntwo\nthree\nmore 0\n.*more 9\n$/s);
  expect(sink.lost).toBe(0);
});

test('holds the backlog up to its bound, loses the first line past it, and says so when the reader is back', () => {
  const { descriptor, sink } = make(10);
  descriptor.room = 2;
  sink.write('12345');
  sink.write('12345');
  expect(sink.lost).toBe(0);
  sink.write('x');
  expect(sink.lost).toBe(1);
  descriptor.room = Number.POSITIVE_INFINITY;
  sink.flush();
  expect(descriptor.text).toBe('12345\nlost 1\n12345\n');
});

test('says once how many lines a reader has missed who stayed away for long', () => {
  const { descriptor, sink } = make(10);
  descriptor.room = 0;
  sink.write('kept');
  for (let i = 0; i < 5; i += 1) {
    sink.write('too many');
    sink.flush();
  }
  descriptor.room = Number.POSITIVE_INFINITY;
  sink.flush();
  expect(descriptor.text).toBe('lost 5\nkept\n');
});

test.each(['EPIPE', 'ENOSPC', 'EIO', 'EBADF'])(
  'counts what %s costs, and tries again later, not at once',
  (code) => {
    const { descriptor, sink } = make();
    sink.write('before');
    descriptor.error = code;
    for (let i = 0; i < 5; i += 1) sink.write(`line ${i}`);
    expect(descriptor.writes).toBe(2);
    expect(sink.lost).toBe(1);
    descriptor.error = undefined;
    sink.flush();
    expect(descriptor.text).toBe('before\nlost 1\nline 1\nline 2\nline 3\nline 4\n');
  },
);

test('never joins a line that was cut to the next one, and tells of lines lost more than once', () => {
  const { descriptor, sink } = make();
  descriptor.room = 3;
  sink.write('broken');
  descriptor.error = 'ENOSPC';
  sink.flush();
  sink.write('gone');
  sink.flush();
  sink.write('also gone');
  sink.flush();
  expect(sink.lost).toBe(3);
  descriptor.error = undefined;
  descriptor.room = Number.POSITIVE_INFINITY;
  sink.write('whole');
  sink.flush();
  expect(descriptor.text).toBe('bro\nlost 3\nwhole\n');
});

test('ends its last words in time when nobody reads, and at once when the descriptor is broken', async () => {
  const { descriptor, sink } = make();
  descriptor.room = 0;
  sink.write('stuck');
  const startedMs = performance.now();
  await sink.finish(50);
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(45);
  descriptor.error = 'EPIPE';
  await sink.finish(3_600_000);
  expect(sink.lost).toBe(1);
});

test('waits with its last words for a reader who comes back', async () => {
  const { descriptor, sink } = make();
  descriptor.room = 0;
  sink.write('late');
  const finished = sink.finish(3_600_000);
  descriptor.room = Number.POSITIVE_INFINITY;
  await finished;
  expect(descriptor.text).toBe('late\n');
});
