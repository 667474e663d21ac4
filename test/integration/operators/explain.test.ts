// A vendor that sends slots and sees none displayed learns why: in the answer when asked, over a day, and slot by slot.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { peopleOf } from '../../support/samples/people.ts';
import { type SearchAnswer, System, slotPath, windowOf } from '../../support/scenes/system.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..', '..');
let system: System;
let admin: string;
let subject: string;

beforeAll(async () => {
  system = await System.start({ vendors: [{ seed: 1 }, { seed: 2 }] });
  admin = await signToken(system.state, 'admin');
  subject = peopleOf([system.vendors[0]!]).find(({ full, places }) => !full && places === 1)!.identifier;
});
afterAll(() => system?.stop());
beforeEach(() => {
  for (const vendor of system.vendors) vendor.reset();
});

const asAdmin = (path: string, init: RequestInit = {}): Promise<Response> =>
  system.fetch(path, {
    ...init,
    headers: { Authorization: `Bearer ${admin}`, 'Content-Type': 'application/json' },
  });
const full = (path: string): Promise<SearchAnswer> =>
  system.search(path, { headers: { Prefer: 'return=OperationOutcome' } });
const field = (text: string | undefined, name: string): string =>
  new RegExp(`(?:^| )${name}=(\\S*)`).exec(text ?? '')?.[1] ?? '';

describe('the ledger, when asked for all', () => {
  it('says per vendor what was received, shown and dropped, and by which rule', async () => {
    system.vendors[0]?.setFaults(['busy', 'french-phones']);
    const answer = await full(slotPath([subject]));
    const of = (reason: string) =>
      answer.ledger.filter(
        ({ details, diagnostics }) =>
          details?.coding?.[0]?.code === reason && field(diagnostics, 'editor') === 'agenda-a',
      );
    const [received] = of('received');
    const count = (name: string): number => Number(field(received?.diagnostics, name));
    expect(count('received')).toBe(count('shown') + count('dropped'));
    const dropped = of('dropped');
    expect(dropped.map(({ diagnostics }) => field(diagnostics, 'rule'))).toContain('slot-not-free');
    expect(dropped.reduce((sum, { diagnostics }) => sum + Number(field(diagnostics, 'count')), 0)).toBe(
      count('dropped'),
    );
    expect(of('repaired').map(({ diagnostics }) => field(diagnostics, 'rule'))).toContain('phone-form');
    expect(answer.bundle.total).toBeGreaterThanOrEqual(count('shown'));
  });
});

describe('a vendor’s day', () => {
  it('is kept with counts and the vendor’s own slot ids', async () => {
    system.vendors[0]?.setFaults('busy');
    await system.search(slotPath([subject]));
    await system.search(slotPath([subject]));
    const day = (await (await asAdmin('/admin/editors/agenda-a/rules')).json()) as {
      received: number;
      shown: number;
      dropped: number;
      rules: { kind: string; rule: string; text: string; count: number; ids: string[] }[];
    };
    expect(day.received).toBe(day.shown + day.dropped);
    const busy = day.rules.find(({ rule }) => rule === 'slot-not-free')!;
    expect(busy.kind).toBe('dropped');
    expect(busy.count).toBeGreaterThan(1);
    expect(busy.ids[0]).toMatch(/^slot-/);
    expect(busy.text).toMatch(/libre/);
    expect(JSON.stringify(day)).not.toContain(subject);
  });

  it('is shown to administrators only, and for vendors that exist', async () => {
    expect((await system.fetch('/admin/editors/agenda-a/rules')).status).toBe(403);
    expect((await asAdmin('/admin/editors/nobody/rules')).status).toBe(404);
    const { editors } = (await (await asAdmin('/admin/editors')).json()) as {
      editors: { id: string; enabled: boolean }[];
    };
    expect(editors.map(({ id, enabled }) => [id, enabled])).toEqual([
      ['agenda-a', true],
      ['agenda-b', true],
    ]);
  });
});

interface Explained {
  readonly answered: boolean;
  readonly received: number;
  readonly shown: number;
  readonly failure?: { reason: string };
  readonly slots: {
    id: string;
    start: string;
    matches: boolean;
    shown: boolean;
    dropped?: { rule: string; text: string };
  }[];
}

describe('one slot', () => {
  const explain = async (at: string, over: Record<string, unknown> = {}): Promise<Response> =>
    asAdmin('/admin/explain', {
      method: 'POST',
      body: JSON.stringify({ editor: 'agenda-a', identifier: subject, at, ...over }),
    });
  const aStart = async (): Promise<string> => {
    const answer = await system.search(slotPath([subject], windowOf(40)));
    const [slot] = answer
      .resources<{ resourceType: 'Slot'; start: string; id: string }>('Slot')
      .filter(({ id }) => id.startsWith('agenda-a'));
    return slot!.start;
  };

  it('is told to be shown, or dropped by which rule', async () => {
    const at = await aStart();
    const well = (await (await explain(at)).json()) as Explained;
    expect(well.slots[0]).toMatchObject({ matches: true, shown: true, start: at });
    system.vendors[0]?.setFaults('missing-includes');
    const ill = (await (await explain(at)).json()) as Explained;
    expect(ill).toMatchObject({ answered: true, shown: 0 });
    expect(ill.slots[0]).toMatchObject({
      matches: true,
      shown: false,
      dropped: { rule: 'slot-schedule-unresolved' },
    });
    expect(ill.received).toBe(ill.slots.length);
  });

  it('asks that vendor alone', async () => {
    await explain(await aStart());
    const before = system.vendors[1]!.state().requests.length;
    await explain(await aStart());
    expect(system.vendors[1]!.state().requests.length).toBe(before + 1);
  });

  it('is told why the vendor did not answer', async () => {
    const at = await aStart();
    system.vendors[0]?.setFaults('status-500');
    expect(await (await explain(at)).json()).toMatchObject({
      answered: false,
      failure: { reason: 'error', status: 500 },
      slots: [],
    });
  });

  it.each([
    ['no body', undefined, 400],
    ['no JSON', '{', 400],
    ['a field missing', JSON.stringify({ editor: 'agenda-a' }), 400],
    [
      'an unreadable identifier',
      JSON.stringify({ editor: 'agenda-a', identifier: 'x', at: '2026-11-24T10:00:00Z' }),
      400,
    ],
    [
      'an unreadable time',
      JSON.stringify({ editor: 'agenda-a', identifier: '899900000017', at: 'demain' }),
      400,
    ],
    [
      'an unknown vendor',
      JSON.stringify({ editor: 'nobody', identifier: '899900000017', at: '2026-11-24T10:00:00Z' }),
      404,
    ],
    ['too much', JSON.stringify({ editor: 'x'.repeat(5_000) }), 413],
  ])('refuses %s', async (_, body, status) => {
    expect(
      (await asAdmin('/admin/explain', { method: 'POST', ...(body === undefined ? {} : { body }) })).status,
    ).toBe(status);
  });

  it('is explained by the command too', async () => {
    const at = await aStart();
    system.vendors[0]?.setFaults('missing-includes');
    const args = [
      'scripts/explain.ts',
      '--editor',
      'agenda-a',
      '--rpps',
      subject,
      '--at',
      at,
      '--edge',
      system.url,
      '--state',
      system.state.dir,
    ];
    const { stdout } = await run(process.execPath, args, { cwd: ROOT });
    expect(stdout).toContain('écarté [slot-schedule-unresolved]');
    const wrong = run(process.execPath, ['scripts/explain.ts', '--editor', 'agenda-a'], { cwd: ROOT });
    await expect(wrong).rejects.toMatchObject({ code: 2 });
  });
});
