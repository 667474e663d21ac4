// Claim: a relay's key is the vendors that it was accepted for, and no other. Phases: a stranger announces a vendor that
// another serves, under another name and with hosts of its own, and says so again after restarts; the owner changes what it
// says; an operator accepts and refuses; relays of one operator share without a word. End: the vendor goes on with what was
// accepted, the stranger is asked nothing, and what waits is told.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ScriptedRelay } from '../../support/doubles/scripted-relay.ts';
import { ScriptedScene, told } from '../../support/scenes/scripted-scene.ts';
import { type System, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

const WHO = '810000000017';
let scene: ScriptedScene;
let system: System;
beforeAll(async () => {
  scene = await ScriptedScene.start();
  ({ system } = scene);
});
afterAll(() => scene?.stop());
afterEach(() => scene.closeRelays());

interface Claim {
  readonly relay: string;
  readonly editor: string;
  readonly state: string;
  readonly accepted?: { readonly name: string; readonly redirectHosts: readonly string[] };
  readonly proposal?: { readonly name: string; readonly since: string; readonly refused: boolean };
}

async function claim(relay: string, editor: string): Promise<Claim | undefined> {
  const { claims } = (await (await scene.admin('/admin/claims')).json()) as { claims: readonly Claim[] };
  return claims.find((one) => one.relay === relay && one.editor === editor);
}
const decide = (relay: string, editor: string, body: object): Promise<Response> =>
  scene.admin(`/admin/claims/${relay}/${editor}`, { method: 'PUT', body: JSON.stringify(body) });
async function vendor(id: string) {
  const { editors } = (await (await scene.admin('/admin/editors')).json()) as {
    editors: readonly { id: string; name: string; redirectHosts: readonly string[] }[];
  };
  return editors.find((one) => one.id === id);
}
const says = (relay: ScriptedRelay): void => {
  relay.onPlan = (arrived) => arrived.answerAll();
};
const search = () => system.search(slotPath([WHO]));
const EVIL = { name: 'Agenda du diable', redirectHosts: ['evil.example'] };

describe("a stranger's word about a vendor", () => {
  const id = 'agenda-own';

  it('is held and told: nothing is asked of it, nothing changes, also when the owner is gone or the edge restarts', async () => {
    const owner = await scene.join('relay-a', [{ id, name: 'Agenda O', redirectHosts: ['own.example'] }]);
    says(owner);
    const stranger = await scene.join('stranger', [{ id, ...EVIL }, 'agenda-new']);
    says(stranger);
    expect((await search()).headers.get('X-Passerelle-Ledger')).toContain('none=1');
    expect(owner.plans.at(-1)?.plan.calls.map((call) => call.editor)).toEqual([id]);
    expect(stranger.plans.flatMap(({ plan }) => plan.calls.map((call) => call.editor))).not.toContain(id);
    expect(await claim('stranger', id)).toMatchObject({ state: 'held', proposal: EVIL });
    expect(await vendor(id)).toMatchObject({ name: 'Agenda O', redirectHosts: ['own.example'] });
    expect((await scene.hub()).relays.find((relay) => relay.id === 'stranger')).toMatchObject({ held: [id] });
    expect(system.edgeLog.filter((line) => line.includes('"vendor-claim-owner"'))).toHaveLength(1);

    owner.close();
    await until('the owner is gone', async () => (await scene.hub()).relays.length === 1);
    expect(told(await search(), 'reason')).toBe('relay-absent');
    await system.stopEdge();
    await system.startEdge();
    const again = await scene.join('stranger', [{ id, ...EVIL }]);
    says(again);
    expect(told(await search(), 'reason')).toBe('relay-absent');
    expect(again.plans).toEqual([]);
    expect(await vendor(id)).toMatchObject({ name: 'Agenda O' });
  });

  it('counts once an operator accepts it, its name and hosts apart, and no more when he refuses', async () => {
    const stranger = await scene.join('stranger', [{ id, ...EVIL }]);
    says(stranger);
    expect(await (await decide('stranger', id, { state: 'accepted' })).json()).toMatchObject({
      state: 'accepted',
    });
    await search();
    expect(stranger.plans.at(-1)?.plan.calls.map((call) => call.editor)).toEqual([id]);
    expect(await vendor(id)).toMatchObject({ name: 'Agenda O', redirectHosts: ['own.example'] });

    const proposal = (await claim('stranger', id))?.proposal;
    const late = { since: '2020-01-01T00:00:00.000Z', decision: 'accepted' };
    expect((await decide('stranger', id, { proposal: late })).status).toBe(409);
    const seen = { since: proposal?.since, decision: 'accepted' };
    expect((await decide('stranger', id, { proposal: seen })).status).toBe(200);
    expect(await vendor(id)).toMatchObject(EVIL);

    await decide('stranger', id, { state: 'refused' });
    const plans = stranger.plans.length;
    expect(told(await search(), 'reason')).toBe('relay-absent');
    await stranger.announce([{ id, ...EVIL }]);
    expect(told(await search(), 'reason')).toBe('relay-absent');
    expect(stranger.plans).toHaveLength(plans);
  });

  it('is refused for relays and vendors that nobody announced, and for other decisions', async () => {
    expect((await decide('nobody', id, { state: 'accepted' })).status).toBe(404);
    expect((await decide('stranger', id, { state: 'held' })).status).toBe(400);
  });
});

describe('relays of one operator', () => {
  it('serve the same vendors without a word', async () => {
    const first = await scene.join('relay-a', ['agenda-shared']);
    const second = await scene.join('relay-b', ['agenda-shared']);
    for (const relay of [first, second]) says(relay);
    first.close();
    await until('the first is gone', async () => (await scene.hub()).relays.length === 1);
    await search();
    expect(second.plans.at(-1)?.plan.calls.map((call) => call.editor)).toContain('agenda-shared');
    expect(await claim('relay-b', 'agenda-shared')).toMatchObject({ state: 'accepted' });
  });
});

describe("an owner's change", () => {
  const id = 'agenda-moved';

  it('is held: the vendor is served as before; refused, it is not told again', async () => {
    const owner = await scene.join('relay-a', [{ id, name: 'Agenda M', redirectHosts: ['m.example'] }]);
    says(owner);
    const isTold = () => system.edgeLog.filter((line) => line.includes('"vendor-claim-change"')).length;
    const before = isTold();
    await owner.announce([{ id, ...EVIL }]);
    await search();
    expect(owner.plans.at(-1)?.plan.calls.map((call) => call.editor)).toContain(id);
    expect(isTold()).toBe(before + 1);
    await until('D1 has it', async () => (await claim('relay-a', id))?.proposal);
    expect(await vendor(id)).toMatchObject({ name: 'Agenda M', redirectHosts: ['m.example'] });
    const { since } = (await claim('relay-a', id))!.proposal!;
    await decide('relay-a', id, { proposal: { since, decision: 'refused' } });
    expect(await claim('relay-a', id)).toMatchObject({ state: 'accepted', proposal: { refused: true } });
    await owner.announce([{ id, ...EVIL }]);
    expect(isTold()).toBe(before + 1);
    expect(await vendor(id)).toMatchObject({ name: 'Agenda M' });
  });
});
