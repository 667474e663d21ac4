// Whom a vendor may speak of: with PRACTITIONER_CLAIMS=strict those who declare it, over the real edge; and whom it alone
// speaks of, as operators see it.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallAnswer } from '../../../shared/sas/answer.ts';
import { AnswerReader } from '../../../shared/sas/read/answer-reader.ts';
import type { ArrivedPlan } from '../../support/doubles/scripted-relay.ts';
import { makeBundle } from '../../support/samples/relay-bundle.ts';
import { ScriptedScene } from '../../support/scenes/scripted-scene.ts';
import { laterWindow, type SearchAnswer, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

const [DECLARED, CLAIMED, NOBODY] = ['899900100017', '899900100025', '899900100033'] as const;
const window = laterWindow();
const startMs = Date.parse(window.from) + 3_600_000;
const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 20);

/** Each vendor has slots of those named, and of nobody else. */
function holding(held: Readonly<Record<string, readonly string[]>>): (arrived: ArrivedPlan) => void {
  return (arrived) => {
    for (const [call, { editor, subjects }] of arrived.plan.calls.entries()) {
      const parts = subjects.filter((one) => held[editor]?.includes(one) === true);
      const toMs = startMs + 24 * 3_600_000;
      const question = { editor, flow: 'INT_R01' as const, fromMs: startMs, toMs, nowMs: startMs, hash };
      const read = parts.map((subject): Pick<CallAnswer, 'subjects' | 'shapes'> => {
        const reader = new AnswerReader({ ...question, subjects: [subject] });
        reader.add(makeBundle({ subject, startMs }));
        return reader.finish();
      });
      const shown = read.length;
      const shapes = read[0]?.shapes ?? [];
      arrived.answer(call, { subjects: read.flatMap((one) => one.subjects), shapes, received: shown, shown });
    }
  };
}

const declare = async (scene: ScriptedScene, practitioner: string, editors: string[]): Promise<void> => {
  const body = JSON.stringify({ practitioner, editors });
  const reply = await scene.admin('/admin/front/declarations', { method: 'PUT', body });
  expect(reply.status).toBe(200);
};

describe('strict', () => {
  let scene: ScriptedScene;
  beforeAll(async () => {
    scene = await ScriptedScene.start({ PRACTITIONER_CLAIMS: 'strict', CACHE_TTL_S: '600' });
    const relay = await scene.join('relay-a', ['agenda-s']);
    relay.onPlan = holding({ 'agenda-s': [DECLARED, CLAIMED] });
    await declare(scene, DECLARED, ['agenda-s']);
  });
  afterAll(() => scene?.stop());

  const search = (headers: Record<string, string> = {}): Promise<SearchAnswer> =>
    scene.system.search(slotPath([DECLARED, CLAIMED, NOBODY], window), { headers });

  it('shows slots of those who declare the vendor, and says of the others that they are not known', async () => {
    const answer = await search();
    expect(answer.headers.get('X-Passerelle-Ledger')).toMatch(
      /^slots=1, none=1, unknown=1, not-interfaced=0/,
    );
    expect(answer.states.get(DECLARED)).toBe('slots');
    expect(answer.states.get(NOBODY)).toBe('none');
    expect(answer.text).toMatch(
      new RegExp(`editor=agenda-s reason=undeclared since=\\S+ subjects=${CLAIMED} rules=slot-undeclared`),
    );
    expect(answer.text).not.toContain(`"value":"${CLAIMED}"`);
  });

  it('also when it is told as it comes', async () => {
    const { text } = await search({ Accept: 'text/event-stream', 'Cache-Control': 'no-cache' });
    expect(text).toContain(`"value":"${DECLARED}"`);
    expect(text).not.toContain(`"value":"${CLAIMED}"`);
    expect(text).toContain('reason=undeclared');
  });

  it('counts what is left out for the vendor, and takes nobody for interfaced by it', async () => {
    await until('it is counted', async () => {
      const reply = await scene.admin('/admin/editors/agenda-s/rules');
      return (await reply.text()).includes('slot-undeclared');
    });
    const claims = (await (await scene.admin('/admin/practitioner-claims')).json()) as { claims: unknown[] };
    expect(claims.claims).toEqual([]);
  });

  it('shows them, kept or not, once he has declared it', async () => {
    await declare(scene, CLAIMED, ['agenda-s']);
    const answer = await search();
    expect(answer.headers.get('X-Passerelle-Ledger')).toMatch(/^slots=2, none=1, unknown=0/);
    await declare(scene, CLAIMED, []);
    expect((await search()).states.get(CLAIMED)).toBe('unknown');
  });
});

it('tells operators whom one vendor alone speaks of, without a declaration', async () => {
  const scene = await ScriptedScene.start();
  try {
    const relay = await scene.join('relay-a', ['agenda-s', 'agenda-t']);
    relay.onPlan = holding({ 'agenda-s': [DECLARED, CLAIMED, NOBODY], 'agenda-t': [NOBODY] });
    await declare(scene, DECLARED, ['agenda-s']);
    const answer = await scene.system.search(slotPath([DECLARED, CLAIMED, NOBODY], window));
    expect(answer.headers.get('X-Passerelle-Ledger')).toMatch(/^slots=3/);
    const claims = async (query = ''): Promise<unknown> =>
      (await scene.admin(`/admin/practitioner-claims${query}`)).json() as Promise<unknown>;
    const one = { subject: CLAIMED, editor: 'agenda-s', declaredElsewhere: false };
    await until('it is noted', async () => JSON.stringify(await claims()).includes(CLAIMED));
    expect(await claims()).toMatchObject({
      isWhole: true,
      counts: [{ editor: 'agenda-s', count: 1 }],
      claims: [one],
    });
    expect(await claims('?vendor=agenda-t')).toMatchObject({ counts: [], claims: [] });
    expect(await claims('?from=2026-01-01&to=2026-01-02')).toMatchObject({ counts: [], claims: [] });
    await declare(scene, CLAIMED, ['agenda-t']);
    expect(await claims()).toMatchObject({ claims: [{ ...one, declaredElsewhere: true }] });
    await declare(scene, CLAIMED, ['agenda-s']);
    expect(await claims()).toMatchObject({ claims: [] });
  } finally {
    await scene.stop();
  }
});
