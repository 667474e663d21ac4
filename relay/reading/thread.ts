// A reader thread: takes vendors' pages, gives back lines for the link. All that a vendor can make costly happens here,
// and the main thread may end it at any moment (lane.ts). Knows no socket, logs nothing, and lives as long as it is fed.

import { constants, getPriority, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { VENDOR_HELD_BYTES_MAX, VENDOR_VALUES_MAX } from '../../shared/limits.ts';
import { AnswerReading, type PageRead, VendorMemory } from './answer-reading.ts';
import type { FromReader, ReaderData, Step, ToReader } from './messages.ts';

const memories = new Map<number, VendorMemory>();
/** Calls of which pages were read and more are to come. */
const readings = new Map<number, { readonly vendor: number; readonly reading: AnswerReading }>();
/** What they may hold of one vendor, as VENDOR_HELD_BYTES_MAX: V8 ends the whole process, not the thread, when one parse is too much. */
const HELD_VALUES_MAX = 3 * VENDOR_VALUES_MAX;

giveWay((workerData as ReaderData).niceness);

/** To the thread that holds the link and vendors' connections, when cores are few. Only on Linux a thread has a priority of its own. */
function giveWay(niceness: number): void {
  if (process.platform === 'linux')
    setPriority(Math.min(getPriority() + niceness, constants.priority.PRIORITY_LOW));
}

function memoryOf(vendor: number): VendorMemory {
  const known = memories.get(vendor);
  if (known !== undefined) return known;
  const memory = new VendorMemory();
  memories.set(vendor, memory);
  return memory;
}

function read({ reading, vendor, question, pages, failure }: Extract<ToReader, { kind: 'read' }>): Step {
  const known = readings.get(reading)?.reading ?? new AnswerReading(question, memoryOf(vendor));
  readings.set(reading, { vendor, reading: known });
  let next: string | undefined;
  for (const page of pages) {
    const outcome: PageRead = isOverHeld(vendor)
      ? { failure: { reason: 'too-large', bound: 'held', status: page.status } }
      : known.add(page);
    if ('failure' in outcome) return end(reading, known, outcome.failure);
    next = outcome.next;
  }
  if (failure === undefined && next !== undefined) return { kind: 'next', next };
  return end(reading, known, failure);
}

function isOverHeld(vendor: number): boolean {
  let bytes = 0;
  let values = 0;
  for (const one of readings.values()) {
    if (one.vendor !== vendor) continue;
    bytes += one.reading.bytes;
    values += one.reading.values;
  }
  return bytes > VENDOR_HELD_BYTES_MAX || values > HELD_VALUES_MAX;
}

function end(reading: number, known: AnswerReading, failure: Parameters<AnswerReading['finish']>[0]): Step {
  readings.delete(reading);
  return { kind: 'done', answer: known.finish(failure) };
}

function tryRead(message: Extract<ToReader, { kind: 'read' }>): Step | { kind: 'broken'; error: string } {
  try {
    return read(message);
  } catch (error) {
    readings.delete(message.reading);
    return { kind: 'broken', error: error instanceof Error ? error.name : 'unknown' };
  }
}

parentPort?.on('message', (message: ToReader) => {
  switch (message.kind) {
    case 'drop':
      readings.delete(message.reading);
      return;
    case 'forget':
      memories.get(message.vendor)?.known.forget();
      memories.delete(message.vendor);
      return;
    case 'read': {
      const step = tryRead(message);
      say({ ...step, cpuUs: cpuUs() }, step.kind === 'done' ? [step.answer.lines.buffer] : []);
    }
  }
});

function say(reply: FromReader, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(reply, transfer);
}

function cpuUs(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

say({ kind: 'ready', cpuUs: cpuUs() });
