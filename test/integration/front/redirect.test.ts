// From a slot of a real search to the vendor's booking page: `/r/{slot}` as a regulator's browser opens it, without
// token or certificate.
import { readFile, writeFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Slot } from 'fhir/r4';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { linkWriter } from '../../../worker/front/redirect/reservation-link.ts';
import { writeRedirectToken } from '../../../worker/front/redirect/token.ts';
import { FrontCaller, inTime, jsonOf } from '../../support/doubles/front-caller.ts';
import { get } from '../../support/doubles/sandbox-caller.ts';
import { peopleOf } from '../../support/samples/people.ts';
import { System, slotPath } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

const ORIGIN = 'sas-essai';
let system: System;
let admin: string;
let slots: Slot[];

beforeAll(async () => {
  system = await System.start({ vendors: [{ seed: 1 }, { seed: 2 }], settings: { REDIRECT_ORIGIN: ORIGIN } });
  admin = await signToken(system.state, 'admin');
  const free = peopleOf(system.vendors).filter(({ freeAt }) => freeAt.length > 0);
  const answer = await system.search(slotPath(free.slice(0, 20).map(({ identifier }) => identifier)));
  slots = answer.resources<Slot>('Slot').filter(({ comment }) => comment !== undefined);
});
afterAll(() => system?.stop());

const HOUR_MS = 3_600_000;
const PAGE = 'https://agenda-a.sandbox.test/agenda/7?lieu=3';

/** The path of a link, as the front would be given it. */
function pathOf(editor: string, page: string, startMs = Date.now() + HOUR_MS): string {
  return `/aggregator/r/${writeRedirectToken({ editor, page, startMs })}`;
}

/** As a browser goes there: nothing but the front's cookies. */
function open(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(system.url + path, {
    redirect: 'manual',
    headers: { Cookie: 'SSESS=canary-cookie' },
    ...init,
  });
}

/** What an operator reads of a relay's claim on a vendor. */
interface Claim {
  readonly relay: string;
  readonly editor: string;
  readonly accepted?: { readonly redirectHosts: readonly string[] };
  readonly proposal?: { readonly since: string };
}

interface Report {
  readonly from: string;
  readonly to: string;
  readonly counts: readonly { day: string; editor: string; outcome: string; count: number }[];
}
async function report(query = ''): Promise<Report> {
  const response = await system.fetch(`/admin/redirects${query}`, {
    headers: { Authorization: `Bearer ${admin}` },
  });
  return (await response.json()) as Report;
}
async function countOf(editor: string, outcome: string): Promise<number> {
  const { counts } = await report();
  const rows = counts.filter((row) => row.editor === editor && row.outcome === outcome);
  // A day may end meanwhile.
  return rows.reduce((sum, { count }) => sum + count, 0);
}

it('leads from the slots of a search to the vendor’s page, with one origin', async () => {
  const write = linkWriter({
    config: { reservationLinks: 'redirect', redirectOrigin: ORIGIN, publicUrl: undefined },
    url: new URL(system.url),
    editors: system.vendors.map(({ id, url }) => ({ id, redirectHosts: [new URL(url).host] })),
    onRefused: (editor) => expect(editor).toBe('declared'),
  });
  const agent = new Agent({ ca: await readFile(system.pki.caFile, 'utf8') });
  const editorOf = (page: string): string =>
    system.vendors.find(({ url }) => page.startsWith(new URL(url).origin))?.id ?? '';
  const pages = new Map(slots.map(({ comment = '', start }) => [comment, Date.parse(start)]));
  expect(pages.size).toBeGreaterThan(3);
  for (const [page, startMs] of pages) {
    const link = write(editorOf(page), page, startMs);
    const response = await open(new URL(link).pathname);
    expect(response.status).toBe(302);
    expect(response.headers.get('Referrer-Policy')).toBe('no-referrer');
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    const location = new URL(response.headers.get('Location') ?? '');
    expect(location.searchParams.getAll('origin')).toEqual([ORIGIN]);
    location.searchParams.delete('origin');
    expect(location.href).toBe(page);
    const landed = await get(response.headers.get('Location') ?? '', agent);
    expect(landed.status).toBe(200);
    expect(landed.text).toContain(`Vous arrivez depuis ${ORIGIN}.`);
  }
  agent.destroy();
});

it('opens under both paths, and to HEAD, which counts nothing', async () => {
  const path = pathOf('agenda-b', PAGE.replace('agenda-a', 'agenda-b'));
  const before = await countOf('agenda-b', 'opened');
  const head = await open(path.replace('/aggregator', ''), { method: 'HEAD' });
  expect([head.status, head.headers.get('Location')]).toEqual([
    302,
    `https://agenda-b.sandbox.test/agenda/7?lieu=3&origin=${ORIGIN}`,
  ]);
  expect((await open(path.replace('/aggregator', ''))).status).toBe(302);
  await until('one is counted', async () => (await countOf('agenda-b', 'opened')) > before);
  expect(await countOf('agenda-b', 'opened')).toBe(before + 1);
});

it('tells in French that the slot has started, and still shows the way to the agenda', async () => {
  const before = await countOf('agenda-a', 'expired');
  const response = await open(pathOf('agenda-a', PAGE, Date.UTC(2026, 5, 23, 12)));
  expect(response.status).toBe(410);
  expect(response.headers.get('Location')).toBeNull();
  expect(response.headers.get('Content-Security-Policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
  const text = await response.text();
  expect(text).toContain('mardi 23 juin 2026 à 14:00 (heure de Paris)');
  expect(text).toContain(`href="https://agenda-a.sandbox.test/agenda/7?lieu=3&amp;origin=${ORIGIN}"`);
  expect(text).toContain('<html lang="fr">');
  expect(text).not.toContain('<script');
  await until('it is counted', async () => (await countOf('agenda-a', 'expired')) > before);
});

it.each([
  ['another host', 'https://evil.example/agenda'],
  ['the host of another vendor', 'https://agenda-b.sandbox.test/agenda'],
  ['a host that only begins so', 'https://agenda-a.sandbox.test.evil.example/'],
  ['a host in the user’s place', 'https://agenda-a.sandbox.test%2f@evil.example/'],
  ['a last dot', 'https://agenda-a.sandbox.test./agenda'],
])('goes nowhere with %s', async (_what, page) => {
  const response = await open(pathOf('agenda-a', page));
  expect([403, 404]).toContain(response.status);
  expect(response.headers.get('Location')).toBeNull();
  expect(await response.text()).not.toContain('evil');
});

it('counts a refusal for the vendor, and nothing for a vendor that nobody announced', async () => {
  const before = await countOf('agenda-a', 'refused');
  expect((await open(pathOf('nobody', PAGE))).status).toBe(403);
  expect((await open(pathOf('agenda-a', 'https://evil.example/'))).status).toBe(403);
  await until('it is counted', async () => (await countOf('agenda-a', 'refused')) > before);
  expect((await report()).counts.map(({ editor }) => editor)).not.toContain('nobody');
});

it('opens for everybody in a flood of clicks, and counts sixty of them', async () => {
  const path = pathOf('agenda-b', PAGE.replace('agenda-a', 'agenda-b'), Date.now() - HOUR_MS);
  const before = await countOf('agenda-b', 'expired');
  const startedMs = Date.now();
  const statuses: number[] = [];
  for (let round = 0; round < 10; round += 1) {
    const replies = await Promise.all(Array.from({ length: 20 }, () => open(path)));
    statuses.push(...replies.map(({ status }) => status));
    await Promise.all(replies.map((reply) => reply.body?.cancel()));
  }
  expect(new Set(statuses)).toEqual(new Set([410]));
  await until('sixty are counted', async () => (await countOf('agenda-b', 'expired')) - before >= 60);
  const secondsMax = Math.ceil((Date.now() - startedMs) / 1_000);
  expect((await countOf('agenda-b', 'expired')) - before).toBeLessThanOrEqual(60 + secondsMax);
});

it.each(['/r/x', '/r/%E9', '/aggregator/r/a.b', `/r/${'A'.repeat(5_000)}`, '/r/..%2f..%2fadmin'])(
  'says that it is no link: #%#',
  async (path) => {
    const response = await open(path);
    expect(response.status).toBe(404);
    expect(response.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
    expect(await response.text()).toContain('Ce lien n’est pas complet');
  },
);

it('reports to operators only, by day and vendor', async () => {
  expect((await system.fetch('/admin/redirects')).status).toBe(403);
  expect((await open('/admin/redirects')).status).toBe(401);
  const { counts, from, to } = await report('?vendor=agenda-b');
  expect(from < to).toBe(true);
  expect(new Set(counts.map(({ editor }) => editor))).toEqual(new Set(['agenda-b']));
  expect((await report('?from=2026-01-01&to=2026-01-02')).counts).toEqual([]);
  const wrong = await system.fetch('/admin/redirects?from=hier', {
    headers: { Authorization: `Bearer ${admin}` },
  });
  expect(wrong.status).toBe(400);
});

it('writes neither page nor cookie into the logs', async () => {
  await open(pathOf('agenda-a', 'https://agenda-a.sandbox.test/canary-page'));
  const lines = () => system.edgeLog.filter((line) => line.includes('"message":"slot-opened"'));
  await until('it is logged', () => lines().some((line) => line.includes('"detail":"opened"')));
  expect([...system.edgeLog, ...system.relayLog].join('\n')).not.toContain('canary');
});

describe('through the front’s face', () => {
  interface Entry {
    readonly slot: Record<
      string,
      readonly { readonly slot_reservation_link: string; readonly start: string }[]
    >;
  }

  /** The links of a lot of cards, as the front would show them. */
  async function linksOf(edge: System): Promise<string[]> {
    const people = peopleOf(edge.vendors).filter(({ freeAt }) => freeAt.length > 0);
    const cards = people.slice(0, 25).map(({ identifier }, rank) => ({
      [String(810_000 + rank)]: { [identifier.startsWith('8') ? 'rpps' : 'adeli']: identifier.slice(1) },
    }));
    const front = new FrontCaller(() => edge.url);
    const reply = await inTime(() =>
      front.asServer('/v1/PractitionerSlots', { method: 'POST', body: cards }),
    );
    const entries = Object.values(jsonOf<Record<string, Entry>>(reply));
    // None that is about to begin.
    const slots = entries
      .flatMap(({ slot }) => Object.values(slot).flat())
      .filter(({ start }) => Date.parse(start) > Date.now() + HOUR_MS);
    return [...new Set(slots.map((one) => one.slot_reservation_link).filter((link) => link !== ''))];
  }

  async function land(link: string, ca: string): Promise<void> {
    const agent = new Agent({ ca });
    const page = await get(link, agent);
    agent.destroy();
    expect([link, page.status, page.text.includes(`Vous arrivez depuis ${ORIGIN}.`)]).toEqual([
      link,
      200,
      true,
    ]);
  }

  it('AC-16 gives the vendor’s page, which opens without token', async () => {
    const ca = await readFile(system.pki.caFile, 'utf8');
    const links = await linksOf(system);
    expect(links.length).toBeGreaterThan(3);
    for (const link of links.slice(0, 10)) {
      expect(new URL(link).searchParams.getAll('origin')).toEqual([ORIGIN]);
      await land(link, ca);
    }
  });

  it('AC-16 gives no page on a host that the vendor has not declared, and counts that once', async () => {
    const before = await countOf('agenda-b', 'refused');
    const own = new URL(system.vendor('agenda-b').url).host;
    const hosts = async (): Promise<Set<string>> =>
      new Set((await linksOf(system)).map((link) => new URL(link).host));
    expect(await hosts()).toContain(own);
    const file = join(system.dir, 'relay-a', 'relay.json');
    const declare = async (list: readonly string[]): Promise<void> => {
      const announced = (): number =>
        system.edgeLog.filter((line) => line.includes('"relay-announced"')).length;
      const before = announced();
      const config = JSON.parse(await readFile(file, 'utf8')) as {
        editors: { id: string; redirectHosts: unknown }[];
      };
      for (const one of config.editors) if (one.id === 'agenda-b') one.redirectHosts = list;
      await writeFile(file, JSON.stringify(config));
      await until('the relay says so', () => announced() > before);
      await acceptHosts(list);
    };
    // Other hosts than those accepted wait for an operator; those accepted before are no change.
    const acceptHosts = async (list: readonly string[]): Promise<void> => {
      const headers = { Authorization: `Bearer ${admin}` };
      await until('the operator has accepted them', async () => {
        const { claims } = (await (await system.fetch('/admin/claims', { headers })).json()) as {
          claims: readonly Claim[];
        };
        const claim = claims.find(({ relay, editor }) => relay === 'relay-a' && editor === 'agenda-b');
        if (isDeepStrictEqual(claim?.accepted?.redirectHosts.toSorted(), list.toSorted())) return true;
        if (claim?.proposal === undefined) return false;
        const body = JSON.stringify({ proposal: { since: claim.proposal.since, decision: 'accepted' } });
        await system.fetch('/admin/claims/relay-a/agenda-b', { method: 'PUT', headers, body });
        return false;
      });
    };
    await declare(['elsewhere.example']);
    for (let count = 0; count < 3; count += 1) {
      const shown = await hosts();
      expect(shown).not.toContain(own);
      expect(shown).toContain(new URL(system.vendor('agenda-a').url).host);
    }
    await until('it is counted', async () => (await countOf('agenda-b', 'refused')) > before);
    expect(await countOf('agenda-b', 'refused')).toBe(before + 1);
    await declare([`agenda-b.sandbox.test`, new URL(system.vendor('agenda-b').url).host]);
    expect(await hosts()).toContain(own);
  });

  it('AC-16 gives our redirect when the settings say so, and it lands on the same pages', async () => {
    const own = await System.start({
      vendors: [{ seed: 1 }, { seed: 2 }],
      settings: { REDIRECT_ORIGIN: ORIGIN, RESERVATION_LINKS: 'redirect' },
    });
    try {
      const ca = await readFile(own.pki.caFile, 'utf8');
      const links = await linksOf(own);
      expect(links.length).toBeGreaterThan(3);
      for (const link of links.slice(0, 10)) {
        expect(link).toMatch(new RegExp(`^${own.url}/aggregator/r/[\\w-]+$`));
        const response = await fetch(link, { redirect: 'manual' });
        expect(response.status).toBe(302);
        await land(response.headers.get('Location') ?? '', ca);
      }
    } finally {
      await own.stop();
    }
  });
});

describe('without its database', () => {
  let lonely: System;
  beforeAll(async () => {
    lonely = await System.start({ vendors: [], relay: false });
  });
  afterAll(() => lonely?.stop());

  const go = (): Promise<Response> => fetch(lonely.url + pathOf('agenda-a', PAGE), { redirect: 'manual' });

  it('asks for patience, then opens, then goes on opening without it', async () => {
    const db = await lonely.edge.database();
    await db.exec('ALTER TABLE relay_editors RENAME TO away');
    const closed = await go();
    expect([closed.status, closed.headers.get('Retry-After')]).toEqual([503, '5']);
    expect(await closed.text()).toContain('ne peut pas être ouvert pour l’instant');
    await db.exec('ALTER TABLE away RENAME TO relay_editors');
    await db.exec(
      `INSERT INTO editors (id, name, flows, redirect_hosts, certificate_not_after, announced_at) VALUES ('agenda-a', 'Agenda A', '[]', '["agenda-a.sandbox.test"]', '', 0)`,
    );
    await db.exec(`INSERT INTO relay_editors (relay, editor) VALUES ('relay-a', 'agenda-a')`);
    await until('the hub has read it', async () => (await go()).status === 302);
    await db.exec('ALTER TABLE relay_editors RENAME TO away');
    await db.exec('ALTER TABLE redirects RENAME TO redirects_away');
    expect((await go()).status).toBe(302);
    await until('it is said that nothing is counted', () =>
      lonely.edgeLog.some((line) => line.includes('"message":"redirect-not-counted"')),
    );
  });
});
