// Every page that the edge shows to people, in a real browser: axe-core finds nothing, nothing runs off a narrow screen,
// what scrolls can be scrolled by keyboard, the menu is no wall. Skipped with one line where no Chromium is installed.
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeRedirectToken } from '../../../worker/front/redirect/token.ts';
import { Browser, findChromium } from '../../support/doubles/browser.ts';
import { System } from '../../support/scenes/system.ts';

const chromium = findChromium();
/** Where the pictures go, for who wants to look at them. */
const PICTURES = process.env.PASSERELLE_PICTURES;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const token = (page: string, startMs: number): string =>
  writeRedirectToken({ editor: 'agenda-a', page, startMs });
const PAST_MS = Date.UTC(2026, 5, 23, 12);

const PAGES: readonly (readonly [name: string, path: string])[] = [
  ['welcome', '/'],
  ['docs', '/docs'],
  ['not-found', '/nothing'],
  ['without-token', '/admin/editors'],
  ['front-not-found', '/aggregator/nothing'],
  ['link-malformed', '/aggregator/r/x'],
  ['link-refused', `/r/${token('https://evil.example/x', PAST_MS)}`],
  ['link-expired', `/aggregator/r/${token('https://agenda-a.sandbox.test/agenda/7', PAST_MS)}`],
];
const LOOKS = [1280, 360].flatMap((width) =>
  (['light', 'dark'] as const).flatMap((scheme) =>
    PAGES.map(([name, path]) => ({ name, path, width, scheme })),
  ),
);

if (chromium === undefined) console.info('pages-browser: no Chromium on this machine, its tests are skipped');

describe.skipIf(chromium === undefined)('in a browser', () => {
  let system: System;
  let browser: Browser;
  beforeAll(async () => {
    system = await System.start({
      vendors: [{ seed: 1 }],
      settings: { SUPPORT_CONTACT: 'support@sas.example' },
    });
    browser = await Browser.start(chromium ?? '');
  });
  afterAll(async () => {
    await browser?.stop();
    await system?.stop();
  });

  async function picture(name: string, width: number, height = 1_600): Promise<void> {
    if (PICTURES === undefined) return;
    await mkdir(PICTURES, { recursive: true });
    await writeFile(join(PICTURES, `${name}.png`), await browser.photograph(width, height));
  }

  it.each(LOOKS)(
    'axe finds nothing on $name at $width px, $scheme',
    async ({ name, path, width, scheme }) => {
      await browser.open(system.url + path, { width, scheme });
      await picture(`${name}-${width}-${scheme}`, width);
      await browser.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
      await browser.evaluate(axe);
      const found = await browser.evaluate<string[]>(
        `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
         .then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.slice(0, 3).map(({ html }) => html).join(' ')))`,
      );
      expect(found).toEqual([]);
      // Of the page itself nothing runs off its side; what scrolls inside can be reached by keyboard.
      expect(
        await browser.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
      ).toBeLessThanOrEqual(0);
      expect(
        await browser.evaluate(
          `[...document.querySelectorAll('body *')].filter((one) =>
           one.scrollWidth > one.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(one).overflowX) && one.tabIndex < 0
         ).map((one) => one.outerHTML.slice(0, 80))`,
        ),
      ).toEqual([]);
    },
  );

  it('on a telephone the description’s menu is one line, which unfolds by keyboard', async () => {
    await browser.open(`${system.url}/docs`, { width: 360 });
    const menu = () =>
      browser.evaluate<{ top: number; height: number; open: boolean }>(
        `(() => {
           const { top, height } = document.querySelector('nav.narrow').getBoundingClientRect();
           return { top, height, open: document.querySelector('nav.narrow details').open };
         })()`,
      );
    const folded = await menu();
    expect(folded).toMatchObject({ open: false });
    expect([folded.height < 80, folded.top + folded.height < 900]).toEqual([true, true]);
    await browser.evaluate("document.querySelector('nav.narrow summary').focus()");
    await browser.press('Enter');
    expect((await menu()).open).toBe(true);
  });

  it('the description prints without its menu, and without losing a line at the side', async () => {
    await browser.open(`${system.url}/docs`, { width: 700, media: 'print' });
    await picture('docs-print', 700);
    expect(
      await browser.evaluate("[...document.querySelectorAll('nav')].every((nav) => nav.offsetHeight === 0)"),
    ).toBe(true);
    expect(
      await browser.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
    ).toBeLessThanOrEqual(0);
  });
});
