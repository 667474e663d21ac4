// What a person meets at this address: the front door, refusals, links that lead nowhere. Each says in French what
// happened and how to go on; programs are given what they always read.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signToken } from '../../../sandbox/platform/local/state.ts';
import { writeRedirectToken } from '../../../worker/front/redirect/token.ts';
import { System } from '../../support/scenes/system.ts';

const CHROMIUM =
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8';
const SAS = 'https://sas.example';
let system: System;
let bare: System;

beforeAll(async () => {
  system = await System.start({
    vendors: [{ seed: 1 }],
    settings: {
      SAS_URL: `${SAS}/recherche`,
      SUPPORT_CONTACT: 'support@sas.example',
      FRONT_BROWSER_HOSTS: 'navigateur.example',
    },
  });
  bare = await System.start({ vendors: [], relay: false });
});
afterAll(async () => {
  await system?.stop();
  await bare?.stop();
});

const open = (path: string, headers: Record<string, string> = {}, at = system): Promise<Response> =>
  fetch(at.url + path, { redirect: 'manual', headers: { Accept: CHROMIUM, ...headers } });
const linksIn = (page: string): string[] => [...page.matchAll(/href="([^"]*)"/g)].map(([, to = '']) => to);
const expired = `/r/${writeRedirectToken({ editor: 'agenda-a', page: 'https://agenda-a.sandbox.test/7', startMs: Date.UTC(2026, 5, 23) })}`;

describe('the front door', () => {
  it('tells a browser in French what this is, and every link of it leads somewhere', async () => {
    const response = await open('/');
    expect([response.status, response.headers.get('Content-Type')]).toEqual([
      200,
      'text/html; charset=utf-8',
    ]);
    const page = await response.text();
    expect(page).toContain('<html lang="fr">');
    expect(page).toMatch(/créneaux libres/);
    const own = linksIn(page).filter((to) => to.startsWith('/'));
    expect(own).toEqual(expect.arrayContaining(['/docs', '/openapi.json', '/fhir/metadata', '/readyz']));
    for (const to of new Set(own)) {
      const [path = '', anchor] = to.split('#');
      const there = await open(path);
      expect([to, there.status]).toEqual([to, 200]);
      if (anchor !== undefined) expect(await there.text()).toContain(`id="${anchor}"`);
    }
    expect(linksIn(page)).toContain(`${SAS}/recherche`);
  });

  it.each(['*/*', 'application/json', 'application/fhir+json'])(
    'tells a program (%s) in JSON',
    async (accept) => {
      const response = await open('/', { Accept: accept });
      expect(response.headers.get('Content-Type')).toBe('application/json; charset=utf-8');
      expect(response.headers.get('Vary')).toBe('Accept');
      expect(await response.json()).toMatchObject({ links: { fhir: `${system.url}/fhir` } });
    },
  );
});

describe('a refusal', () => {
  it.each([
    ['/nothing', 404],
    ['/docs/x', 404],
    ['/admin', 404],
    ['/admin/editors', 401],
    ['/admin/explain', 405],
    ['/fhir/Slot', 401],
    ['/fhir/Slot/_search', 405],
    ['/r/', 404],
    ['/link', 401],
  ])('of %s is a page with the same status, a way on and whom to ask', async (path, status) => {
    const response = await open(path);
    expect([response.status, response.headers.get('Content-Type')]).toEqual([
      status,
      'text/html; charset=utf-8',
    ]);
    const page = await response.text();
    expect(page).toContain('<html lang="fr">');
    expect(linksIn(page)).toEqual(expect.arrayContaining(['/', '/docs', 'mailto:support@sas.example']));
    expect(page).toContain(response.headers.get('X-Request-Id')!);
    const program = await open(path, { Accept: '*/*' });
    expect([program.status, program.headers.get('Content-Type')]).toEqual([
      status,
      'application/fhir+json; charset=utf-8',
    ]);
    for (const header of ['Allow', 'WWW-Authenticate'])
      expect(response.headers.get(header)).toBe(program.headers.get(header));
  });

  it('under the SAS front’s address leads back to the front, and nowhere else', async () => {
    const response = await open('/aggregator/nothing');
    expect(response.status).toBe(404);
    expect(linksIn(await response.text())).toEqual([`${SAS}/recherche`, 'mailto:support@sas.example']);
    const program = await open('/aggregator/nothing', { Accept: 'application/json, text/plain, */*' });
    expect(await program.json()).toEqual({ code: 404, message: "Ce chemin n'existe pas." });
  });

  it('of a token without the right, of a FHIR reader and of what is not JSON stays as it was', async () => {
    const reader = await signToken(system.state, 'system/Slot.s');
    const forbidden = await open('/admin/editors', { Authorization: `Bearer ${reader}` });
    expect([forbidden.status, forbidden.headers.get('Content-Type')]).toEqual([
      403,
      'text/html; charset=utf-8',
    ]);
    const mixed = await open('/fhir/Slot', { Accept: 'application/fhir+json, text/html' });
    expect(mixed.headers.get('Content-Type')).toContain('application/fhir+json');
    const markup = await open('/fhir/Slot', { Accept: 'text/html', Authorization: `Bearer ${reader}` });
    expect([markup.status, markup.headers.get('Content-Type')]).toEqual([
      406,
      'application/fhir+json; charset=utf-8',
    ]);
    const head = await fetch(`${system.url}/nothing`, { method: 'HEAD', headers: { Accept: CHROMIUM } });
    expect([head.status, await head.text()]).toEqual([404, '']);
  });

  it('of wrong settings tells a browser to come back', async () => {
    const wrong = await System.start({ vendors: [], relay: false, settings: { DEADLINE_MS: 'soon' } });
    try {
      const response = await open('/', {}, wrong);
      expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '5']);
      expect(await response.text()).toContain('pour l’instant');
    } finally {
      await wrong.stop();
    }
  });
});

describe('a link that leads nowhere', () => {
  const back = async (path: string, referer?: string, at = system): Promise<string[]> =>
    linksIn(await (await open(path, referer === undefined ? {} : { Referer: referer }, at)).text());

  it.each([
    ['the very page of the front', `${SAS}/sas/recherche?p=7`],
    ['a page of the front’s browser host', 'https://navigateur.example/liste'],
  ])('leads back to %s that the browser came from', async (_what, referer) => {
    expect(await back(expired, referer)).toContain(referer);
    expect(await back('/aggregator/r/x', referer)).toContain(referer);
  });

  it.each([
    ['nobody', undefined],
    ['a stranger', 'https://evil.example/phish'],
    ['a stranger named like it', 'https://sas.example.evil.example/'],
    ['no page', 'javascript:alert(1)'],
    ['itself', `${SAS}/aggregator/r/x`],
    ['something endless', `${SAS}/${'x'.repeat(3_000)}`],
  ])('leads back to the front’s own address when the browser came from %s', async (_what, referer) => {
    const links = await back(expired, referer);
    expect(links).toContain(`${SAS}/recherche`);
    if (referer !== undefined) expect(links).not.toContain(referer);
  });

  it('names whom to ask', async () => {
    expect(await back(expired)).toContain('mailto:support@sas.example');
    expect(await back('/r/x')).toContain('mailto:support@sas.example');
  });

  it('without settings still has a way on, and says in words whom to ask', async () => {
    expect(await back('/aggregator/r/x', undefined, bare)).toEqual([`${bare.url}/`]);
    expect(await back('/aggregator/r/x', `${bare.url}/sas/liste`, bare)).toEqual([`${bare.url}/sas/liste`]);
    expect(await back('/r/x', undefined, bare)).toEqual(['/']);
    expect(await (await open('/r/x', {}, bare)).text()).toContain('le support de votre plateforme SAS');
  });
});
