// What searches leave behind for the messages to LRMs, over the real edge: names of those whom vendors showed, behind the
// answer; nothing while INT_L02 is off, nothing of whom a vendor may not speak.
import { createHash } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import type { CallAnswer } from '../../../shared/sas/answer.ts';
import { AnswerReader } from '../../../shared/sas/read/answer-reader.ts';
import type { ArrivedPlan } from '../../support/doubles/scripted-relay.ts';
import { makeBundle } from '../../support/samples/relay-bundle.ts';
import { ScriptedScene } from '../../support/scenes/scripted-scene.ts';
import { laterWindow, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

const [DECLARED, CLAIMED] = ['899900100017', '899900100025'] as const;
const ON = { LRM_CLIENT_ID: 'fr.health.test.ptfsas' };
const window = laterWindow();
const startMs = Date.parse(window.from) + 3_600_000;
const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 20);

let scene: ScriptedScene;
afterEach(() => scene?.stop());

/** Each call is answered with one slot of each whom it asks for. */
function answerAll(arrived: ArrivedPlan): void {
  for (const [call, { editor, subjects }] of arrived.plan.calls.entries()) {
    const toMs = startMs + 24 * 3_600_000;
    const question = { editor, flow: 'INT_R01' as const, fromMs: startMs, toMs, nowMs: startMs, hash };
    const reader = new AnswerReader({ ...question, subjects });
    for (const [n, subject] of subjects.entries())
      reader.add(makeBundle({ subject, startMs, tag: String(n + 1) }));
    const read: Pick<CallAnswer, 'subjects' | 'shapes'> = reader.finish();
    arrived.answer(call, { ...read, received: subjects.length, shown: subjects.length });
  }
}

async function start(settings: Readonly<Record<string, string>>): Promise<void> {
  scene = await ScriptedScene.start(settings);
  const relay = await scene.join('relay-a', ['agenda-s']);
  relay.onPlan = answerAll;
}

async function rows(): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const db = await scene.system.edge.database();
  const sql =
    'SELECT editor, subject, structure, name, given, specialty FROM lrm_people ORDER BY subject, structure';
  return (await db.prepare(sql).all<Record<string, unknown>>()).results;
}
const search = () => scene.system.search(slotPath([DECLARED, CLAIMED], window));
/** The hub has noted the search that was answered. */
async function interfaced(): Promise<readonly string[]> {
  const db = await scene.system.edge.database();
  const { results } = await db.prepare('SELECT subject FROM interfaced').all<{ subject: string }>();
  return results.map(({ subject }) => subject);
}

test('the names of those whom a vendor shows are noted, as that vendor’s word', async () => {
  await start(ON);
  expect((await search()).states.get(DECLARED)).toBe('slots');
  await until('it is noted', async () => (await rows()).length === 4);
  const said = {
    editor: 'agenda-s',
    structure: '',
    name: 'CANARI-NOM',
    given: 'Canari-Prenom',
    specialty: 'SM54',
  };
  // Their places have no name in this answer.
  const structure = { editor: 'agenda-s', structure: '1990000011', name: null, given: null, specialty: null };
  expect(await rows()).toEqual(
    [DECLARED, CLAIMED].flatMap((subject) => [
      { ...said, subject },
      { ...structure, subject },
    ]),
  );
});

test('whom a vendor may not speak of is not noted by its word', async () => {
  await start({ ...ON, PRACTITIONER_CLAIMS: 'strict' });
  const body = JSON.stringify({ practitioner: DECLARED, editors: ['agenda-s'] });
  await scene.admin('/admin/front/declarations', { method: 'PUT', body });
  await search();
  await until('it is noted', async () => (await rows()).length > 0);
  expect(new Set((await rows()).map(({ subject }) => subject))).toEqual(new Set([DECLARED]));
});

test('nothing is noted while INT_L02 is off', async () => {
  await start({});
  await search();
  await until('the search is noted', async () => (await interfaced()).length === 2);
  expect(await rows()).toEqual([]);
});
