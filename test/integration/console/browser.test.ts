// The console in a real Chromium: C-07 (its policy, errors), C-08 (axe; light, dark, empty, error, 320 px) and C-09 (keyboard). Skipped
// with one line where no Chromium is installed. PASSERELLE_PICTURES names a folder for pictures of every screen.
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signConsoleCode } from '../../../sandbox/platform/local/state.ts';
import { Browser, findChromium } from '../../support/doubles/browser.ts';
import { peopleOf } from '../../support/samples/people.ts';
import { System, slotPath, windowOf } from '../../support/scenes/system.ts';
import { until } from '../../support/wait/until.ts';

const chromium = findChromium();
const PICTURES = process.env.PASSERELLE_PICTURES;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** What axe does not see: what runs off the side. */
const OVERFLOW = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

const PATHS: readonly (readonly [name: string, path: string])[] = [
  ['veille', '/console/veille'],
  ['editeurs', '/console/editeurs'],
  ['editeur', '/console/editeurs/agenda-a'],
  ['recherches', '/console/recherches'],
  ['recherche-absente', '/console/recherches/aucune-recherche'],
  ['expliquer', '/console/expliquer'],
  ['comptes', '/console/comptes'],
  ['certificats', '/console/certificats'],
  ['maintenances', '/console/maintenances'],
  ['journal', '/console/journal'],
  ['absent', '/console/editeurs/personne'],
];
const LOOKS = PATHS.flatMap(([name, path]) =>
  (
    [
      ['light', 1280],
      ['dark', 1280],
      ['light', 320],
      ['dark', 320],
    ] as const
  ).map(([scheme, width]) => ({
    name,
    path,
    scheme,
    width,
  })),
);

if (chromium === undefined)
  console.info('console/browser: no Chromium on this machine, its tests are skipped');

describe.skipIf(chromium === undefined)('the console in a browser', () => {
  let system: System;
  let browser: Browser;
  beforeAll(async () => {
    system = await System.start({ vendors: [{ seed: 1 }, { seed: 2 }, { seed: 3 }] });
    browser = await Browser.start(chromium ?? '');
  });
  afterAll(async () => {
    await browser?.stop();
    await system?.stop();
  });

  async function look(name: string, width: number): Promise<void> {
    if (PICTURES !== undefined) {
      await mkdir(PICTURES, { recursive: true });
      const height = await browser.evaluate<number>('document.documentElement.scrollHeight');
      await writeFile(
        join(PICTURES, `console-${name}.png`),
        await browser.photograph(width, Math.min(height, 2_400)),
      );
    }
    await browser.evaluate(axe);
    const found = await browser.evaluate<string[]>(
      `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] })
       .then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.slice(0, 3).map(({ html }) => html).join(' ')))`,
    );
    expect(found).toEqual([]);
    expect(await browser.evaluate(OVERFLOW)).toBeLessThanOrEqual(0);
  }

  it('C-08, C-09 the link’s page is entered by one press of Enter', async () => {
    const code = await signConsoleCode(system.state, ['exploitant']);
    await browser.open(`${system.url}/console/entree`, { width: 320 });
    await look('entree-320-light', 320);
    await browser.open(`${system.url}/console/entree?code=${code}`, { width: 1280 });
    await look('entree-1280-light', 1280);
    await browser.evaluate("document.querySelector('form button').focus()");
    await browser.press('Enter');
    await until('it is in', () =>
      browser.evaluate<boolean>("location.pathname === '/console/veille'").catch(() => false),
    );
    // The browser took the cookie, and no page can read it.
    expect(await browser.evaluate('document.cookie')).toBe('');
    await look('vide-1280-light', 1280);
    const [ill, silent] = [system.vendors[0], system.vendors[1]];
    ill?.setFaults('status-500');
    const subjects = peopleOf([system.vendors[0]!])
      .slice(0, 3)
      .map(({ identifier }) => identifier);
    await system.search(slotPath(subjects, windowOf(30)));
    expect(silent).toBeDefined();
  });

  it.each(LOOKS)(
    'C-08 axe finds nothing on $name, $scheme at $width px',
    async ({ name, path, scheme, width }) => {
      await browser.open(system.url + path, { width, scheme });
      await look(`${name}-${width}-${scheme}`, width);
    },
  );

  it('C-07 the policy is broken by nothing, and nothing comes from elsewhere', async () => {
    for (const [, path] of PATHS) {
      await browser.open(system.url + path, { width: 1280 });
      const loaded = await browser.evaluate<string[]>(
        "performance.getEntriesByType('resource').map(({ name }) => name)",
      );
      expect(loaded.filter((url) => !url.startsWith(`${system.url}/console/assets/`))).toEqual([]);
      // Buffered reports of violations of the policy, however early they were.
      const reports = await browser.evaluate<string[]>(
        `new Promise((resolve) => {
           const seen = [];
           const observer = new ReportingObserver((reports) => seen.push(...reports.map(({ body }) => String(body.blockedURL))),
             { types: ['csp-violation'], buffered: true });
           observer.observe();
           requestAnimationFrame(() => resolve([...seen, ...observer.takeRecords().map(({ body }) => String(body.blockedURL))]));
         })`,
      );
      expect([path, reports]).toEqual([path, []]);
      expect(await browser.evaluate('getComputedStyle(document.body).marginTop')).toBe('0px');
    }
  });

  it('C-09 the skip link is first, every field and button can be reached, and focus is seen', async () => {
    await browser.open(`${system.url}/console/editeurs/agenda-a`, { width: 1280 });
    const first = await browser.evaluate<string>(
      "[...document.querySelectorAll('a[href], button, input, select')].find((one) => one.type !== 'hidden').className",
    );
    expect(first).toBe('skip');
    const unseen = await browser.evaluate<string[]>(
      `[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select')].filter((one) => {
         one.focus({ focusVisible: true });
         return document.activeElement !== one || getComputedStyle(one).outlineStyle === 'none';
       }).map((one) => one.outerHTML.slice(0, 80))`,
    );
    expect(unseen).toEqual([]);
  });

  it('prints without its menu and its forms', async () => {
    await browser.open(`${system.url}/console/editeurs/agenda-a`, { width: 700, media: 'print' });
    expect(
      await browser.evaluate(
        "[...document.querySelectorAll('nav, form.act')].every((one) => one.offsetHeight === 0)",
      ),
    ).toBe(true);
    expect(await browser.evaluate(OVERFLOW)).toBeLessThanOrEqual(0);
  });
});
