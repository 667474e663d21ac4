// Claim: a vendor that floods one search costs its own part of the answer and no other's. Phases: a relay without bounds of
// its own brings many slots, then few whose texts are long, told whole and as they come. End state: the other vendor's
// slots are all shown, the flooding one is told by name, nobody is said to have none, and the answer stays within its bound.
import { createHash } from 'node:crypto';
import { setImmediate as immediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { ANSWER_LENGTH_MAX } from '../../../shared/limits.ts';
import type { CallAnswer, SubjectAnswer } from '../../../shared/sas/answer.ts';
import { AnswerReader } from '../../../shared/sas/read/answer-reader.ts';
import type { ArrivedPlan, ScriptedRelay } from '../../support/doubles/scripted-relay.ts';
import { makeBundle } from '../../support/samples/relay-bundle.ts';
import { ScriptedScene } from '../../support/scenes/scripted-scene.ts';
import { laterWindow, type SearchAnswer, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

const FLOOD = 'agenda-flood';
const QUIET = 'agenda-quiet';
const PEOPLE = 250;
const window = laterWindow();
const startMs = Date.parse(window.from) + 3_600_000;
/** The last one has slots at the flooding vendor alone. */
const subjects = Array.from({ length: PEOPLE }, (_, n) => `89990${String(10_000_000 + n).slice(1)}`);
const ONLY_FLOOD = subjects.at(-1) ?? '';

let scene: ScriptedScene;
let relay: ScriptedRelay;

beforeAll(async () => {
  // Merging is what is bounded here: however busy the machine, what came in time is told.
  scene = await ScriptedScene.start({ DEADLINE_MS: '25000', CACHE_TTL_S: '600' });
  relay = await scene.join('relay-a', [FLOOD, QUIET]);
});
afterAll(() => scene?.stop());
afterEach(async () => {
  await until('nothing is under way', async () => (await scene.hub()).calls === 0);
});

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 20);

/** What a vendor says of somebody, with so many slots of so long a text. */
function said(
  editor: string,
  subject: string,
  slots: number,
  text: number,
): Pick<CallAnswer, 'subjects' | 'shapes'> {
  const toMs = startMs + 24 * 3_600_000;
  const question = {
    editor,
    flow: 'INT_R01' as const,
    subjects: [subject],
    fromMs: startMs,
    toMs,
    nowMs: startMs,
  };
  const reader = new AnswerReader({ ...question, hash });
  reader.add(makeBundle({ subject, startMs }));
  const { subjects: read, shapes } = reader.finish();
  const [one] = read as [SubjectAnswer];
  const [place] = one.places;
  const [row] = place?.slots ?? [];
  if (place === undefined || row === undefined) throw new Error('nothing was read');
  const rows = Array.from({ length: slots }, (_, n) => [0, `${row[1]}${n}`, row[2], row[3]] as const);
  const { slotKeys: _, ...rest } = place;
  return {
    subjects: [{ ...one, places: [{ ...rest, slots: rows }] }],
    shapes: shapes.map((shape) => ({
      ...shape,
      text: shape.text.replace(/"text":"[^"]*"/, `"text":"${'x'.repeat(text)}"`),
    })),
  };
}

function answerWith(slots: number, text: number): (arrived: ArrivedPlan) => void {
  return async (arrived) => {
    for (const [call, { editor, subjects: asked }] of arrived.plan.calls.entries()) {
      // The relay gives signs of life meanwhile.
      while (relay.socket.bufferedAmount > 0) await immediate();
      const own = asked.filter((subject) => editor === FLOOD || subject !== ONLY_FLOOD);
      const isFlood = editor === FLOOD;
      const parts = own.map((subject) => said(editor, subject, isFlood ? slots : 1, isFlood ? text : 10));
      const shapes = parts[0]?.shapes ?? [];
      arrived.answer(call, { subjects: parts.flatMap((part) => part.subjects), shapes });
    }
  };
}

const search = (headers: Record<string, string> = {}): Promise<SearchAnswer> =>
  scene.system.search(slotPath(subjects, window), { headers: { 'Cache-Control': 'no-store', ...headers } });

/** Slots shown of each vendor, in a Bundle or in all parts. */
function shownOf(text: string, vendor: string): number {
  return text.split(`"resourceType":"Slot","id":"${vendor}-`).length - 1;
}

function expectFair(text: string, ledger: string): void {
  expect(shownOf(text, QUIET)).toBe(PEOPLE - 1);
  expect(shownOf(text, FLOOD)).toBeGreaterThan(0);
  expect(text.length).toBeLessThan(1.2 * ANSWER_LENGTH_MAX);
  expect(ledger).toMatch(/, none=0, unknown=1, not-interfaced=0/);
  expect(text).toMatch(new RegExp(`editor=${FLOOD} reason=too-large since=\\S+ subjects=${ONLY_FLOOD}`));
  expect(text).not.toContain(`editor=${QUIET} reason=`);
}

it('shows every other vendor’s slots when one sends 1,500 for each of 250 asked', async () => {
  relay.onPlan = answerWith(1_500, 10);
  const answer = await search();
  expect(answer.status).toBe(200);
  expectFair(answer.text, answer.headers.get('X-Passerelle-Ledger') ?? '');
  expect((await scene.hub()).relays).toMatchObject([{ id: 'relay-a', state: 'serving' }]);
});

it('and when the text that its slots share is long', async () => {
  relay.onPlan = answerWith(200, 40_000);
  const answer = await search();
  expect(answer.status).toBe(200);
  expectFair(answer.text, answer.headers.get('X-Passerelle-Ledger') ?? '');
  expect(answer.text).toContain('rules=slot-over-limit');
});

it('and when the answer is told as it comes', async () => {
  relay.onPlan = answerWith(200, 40_000);
  const answer = await search({ Accept: 'text/event-stream' });
  expect(answer.status).toBe(200);
  expect(shownOf(answer.text, QUIET)).toBe(PEOPLE - 1);
  expect(answer.text.length).toBeLessThan(1.2 * ANSWER_LENGTH_MAX);
  expect(answer.text).toMatch(
    new RegExp(`editor=${FLOOD} reason=too-large since=\\S+ subjects=${ONLY_FLOOD}`),
  );
});
