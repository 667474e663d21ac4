// What a validated answer costs beside reading it: microseconds per slot of the three Bundle judges next to
// JSON.parse of the same text in the same run. Load: one valid Bundle of 500 or 5,000 slots over fifty places.
// Budget: 3 times JSON.parse. A valibot schema of one slot, which covers a part of the rules only, is measured
// beside them for docs/decisions/0001-validators.md.
import * as v from 'valibot';
import type { Flow } from '../shared/sas/query.ts';
import { judgeBundle } from '../shared/sas/rules/bundle.ts';
import { judgeSlot } from '../shared/sas/rules/slot.ts';
import { largeBundle } from './samples/bundles.ts';
import { individualSlot } from './samples/valid.ts';

const FLOWS: readonly Flow[] = ['INT_R01', 'INT_R04', 'SOS'];
const SIZES = [500, 5_000];
const ROUND_COUNT = 15;
/** Slots per round: small Bundles are judged several times, so that a round lasts long enough to measure. */
const SLOTS_PER_ROUND = 10_000;

const coding = v.object({ system: v.optional(v.string()), code: v.optional(v.string()) });
const concept = v.object({ coding: v.optional(v.array(coding)), text: v.optional(v.string()) });
const VALIBOT_SLOT = v.object({
  resourceType: v.literal('Slot'),
  id: v.pipe(v.string(), v.regex(/^[A-Za-z0-9\-.]{1,64}$/)),
  meta: v.object({ profile: v.array(v.string()), security: v.optional(v.array(coding)) }),
  serviceType: v.optional(v.array(concept)),
  specialty: v.optional(v.array(concept)),
  appointmentType: v.optional(concept),
  schedule: v.object({ reference: v.string() }),
  status: v.literal('free'),
  start: v.pipe(v.string(), v.isoTimestamp()),
  end: v.pipe(v.string(), v.isoTimestamp()),
  comment: v.optional(v.pipe(v.string(), v.url())),
});

/** Median over the rounds of microseconds per slot. */
function measure(slotsPerCall: number, call: () => unknown): number {
  const calls = Math.max(1, Math.round(SLOTS_PER_ROUND / slotsPerCall));
  const rounds: number[] = [];
  for (let round = 0; round < ROUND_COUNT; round += 1) {
    const startMs = performance.now();
    for (let n = 0; n < calls; n += 1) call();
    rounds.push(((performance.now() - startMs) * 1_000) / (calls * slotsPerCall));
  }
  return rounds.sort((a, b) => a - b)[Math.floor(ROUND_COUNT / 2)] ?? 0;
}

interface Line {
  readonly what: string;
  readonly bytesPerSlot: number;
  readonly parseUs: number;
  readonly judgeUs: number;
  readonly ratio: number;
}

function measureBundle(flow: Flow, size: number): Line {
  const text = JSON.stringify(largeBundle(flow, size));
  const value: unknown = JSON.parse(text);
  const findings = judgeBundle(value, flow).length;
  if (findings !== 0) throw new Error(`the ${flow} sample has ${findings} findings`);
  const parseUs = measure(size, () => JSON.parse(text));
  const judgeUs = measure(size, () => judgeBundle(value, flow));
  return line(`${flow}, ${size} slots`, text.length / size, parseUs, judgeUs);
}

function measureSlot(what: string, judge: (value: unknown) => unknown): Line {
  const text = JSON.stringify(individualSlot());
  const value: unknown = JSON.parse(text);
  return line(
    what,
    text.length,
    measure(1, () => JSON.parse(text)),
    measure(1, () => judge(value)),
  );
}

function line(what: string, bytesPerSlot: number, parseUs: number, judgeUs: number): Line {
  return { what, bytesPerSlot, parseUs, judgeUs, ratio: judgeUs / parseUs };
}

/** Prints the table, and returns its lines. */
export function benchValidators(): readonly Line[] {
  const lines = FLOWS.flatMap((flow) => SIZES.map((size) => measureBundle(flow, size)));
  lines.push(measureSlot('one slot, judgeSlot', (value) => judgeSlot(value, 'individual')));
  lines.push(
    measureSlot('one slot, valibot (part of the rules)', (value) => v.safeParse(VALIBOT_SLOT, value)),
  );
  console.log(
    `${'validators'.padEnd(38)} ${'B/slot'.padStart(7)} ${'parse µs'.padStart(9)} ${'judge µs'.padStart(9)}  ratio`,
  );
  for (const { what, bytesPerSlot, parseUs, judgeUs, ratio } of lines) {
    console.log(
      `${what.padEnd(38)} ${bytesPerSlot.toFixed(0).padStart(7)} ${parseUs.toFixed(2).padStart(9)} ` +
        `${judgeUs.toFixed(2).padStart(9)} ${ratio.toFixed(2).padStart(6)}`,
    );
  }
  return lines;
}

if (import.meta.main) benchValidators();
