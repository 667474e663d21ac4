// The three reports: what a hostile vendor sends stays text, what changed is told, the JUnit file is XML, and the
// corrected fragments are right themselves.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { windowFrom } from '../../../conformance/calls/search.ts';
import { compareReports } from '../../../conformance/report/difference.ts';
import { writeHtml } from '../../../conformance/report/html/html.ts';
import { writeJunit } from '../../../conformance/report/junit.ts';
import { Mask } from '../../../conformance/report/mask.ts';
import { makeReport, type Report } from '../../../conformance/report/model.ts';
import { modelBundle, showModel } from '../../../conformance/report/model-resources.ts';
import { writeReports } from '../../../conformance/report/write.ts';
import { compareQueries } from '../../../conformance/self-link.ts';
import { judgeBundle } from '../../../shared/sas/rules/bundle.ts';
import { ruleOf } from '../../../shared/sas/rules/table/table.ts';
import {
  type ConformanceScene,
  openConformance,
  runOrThrow,
  runReport,
  SEARCHES_ONLY,
} from '../../support/scenes/conformance-scene.ts';

let scene: ConformanceScene;

beforeAll(async () => {
  scene = await openConformance();
});

afterAll(() => scene.close());

const HOSTILE = `"><script>alert(1)</script><img src=x onerror=alert(2)>' \u202e&amp;\u0007`;

function hostileBundle(): object {
  const slot = {
    resourceType: 'Slot',
    id: HOSTILE,
    meta: { profile: [`http://sas.fr/${HOSTILE}`], security: [{ system: HOSTILE, code: HOSTILE }] },
    status: HOSTILE,
    start: HOSTILE,
    end: '\ud800',
    comment: `https://agenda.example/${HOSTILE}`,
    appointmentType: { coding: [{ code: HOSTILE }] },
    serviceType: [{ coding: [{ code: HOSTILE }] }],
    schedule: { reference: `Schedule/${HOSTILE}` },
    [HOSTILE]: HOSTILE,
    __proto__x: [HOSTILE],
  };
  const role = {
    resourceType: 'PractitionerRole',
    id: HOSTILE,
    contained: [{ id: HOSTILE }],
    location: [{ reference: HOSTILE }],
  };
  return {
    resourceType: 'Bundle',
    type: HOSTILE,
    link: [{ relation: 'self', url: `https://x/?${HOSTILE}` }],
    entry: [slot, role, { resourceType: HOSTILE }].map((resource) => ({ fullUrl: HOSTILE, resource })),
  };
}

describe('a hostile answer', () => {
  let page: string;
  let report: Report;

  beforeAll(async () => {
    scene.vendor.reset();
    scene.vendor.serve({
      body: hostileBundle(),
      headers: { 'Content-Type': 'text/html"><script>', Server: '<b>x</b>' },
    });
    report = await runReport(scene.inputs({ ...SEARCHES_ONLY, rpps: scene.rpps.slice(0, 2) }));
    page = writeHtml(report);
    scene.vendor.reset();
  });

  test('stays text in the page', () => {
    expect(report.counts.failed).toBeGreaterThan(10);
    expect(page).not.toMatch(/<script|<img|<b>x|onerror=alert\(2\)>[^&]/i);
    expect(page).toContain('&lt;script&gt;');
    expect(page).not.toContain('\u0007');
    expect(page).not.toContain('\u202e');
  });

  test('makes no attribute and no element that is not ours', () => {
    const tags = new Set([...page.matchAll(/<([a-z0-9]+)[\s>]/g)].map(([, name]) => name));
    expect([...tags].filter((tag) => !OURS.has(tag ?? ''))).toEqual([]);
    for (const [tag] of page.matchAll(/<[a-z][^>]*>/g)) expect(tag).not.toMatch(/\son\w+=/);
  });

  test('gives well-formed XML', () => expect(findXmlProblem(writeJunit(report))).toBeUndefined());

  test('is kept in bounded pieces', () => {
    for (const { fragment = '' } of report.requirements.flatMap(({ problems }) => problems)) {
      expect(fragment.length).toBeLessThan(1_500);
    }
  });
});

const OURS = new Set(
  'html head meta link title style body a header p h1 h2 h3 h4 dl div dt dd code time main section ul ol li b span details summary small figure figcaption pre table caption thead tbody tr th td footer'.split(
    ' ',
  ),
);

/** Tags nest, attributes are quoted, entities are known. */
function findXmlProblem(xml: string): string | undefined {
  const open: string[] = [];
  const body = xml.replace(/^<\?xml[^>]*\?>\n/, '');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what XML 1.0 refuses
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(xml) || !xml.isWellFormed()) return 'illegal character';
  if (/&(?!(amp|lt|gt|quot);)/.test(xml)) return 'unknown entity';
  for (const part of body.split(/(?=<)/)) {
    const tag = /^<(\/?)([a-z-]+)((?: [a-z]+="[^"<]*")*)(\/?)>([^<]*)$/s.exec(part);
    if (tag === null) return part.slice(0, 200);
    const [, close, name = '', , empty] = tag;
    if (close === '/' && open.pop() !== name) return `</${name}>`;
    if (close === '' && empty === '') open.push(name);
  }
  return open.length === 0 ? undefined : `unclosed ${open.join()}`;
}

describe('the page', () => {
  test('holds everything itself, and forbids the rest', async () => {
    const page = writeHtml(await runReport(scene.inputs(SEARCHES_ONLY)));
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/<script|src=|@import|url\((?!data)/);
    expect(page).toMatch(/^<!doctype html>\n<html lang="fr">/);
  });

  test('leads from each summary line to its requirement, and from there to its exchanges', async () => {
    scene.vendor.setFaults('unprefixed');
    const page = writeHtml(await runReport(scene.inputs(SEARCHES_ONLY)));
    scene.vendor.reset();
    const targets = [...page.matchAll(/href="#([^"]+)"/g)].map(([, target]) => target ?? '');
    expect(targets).toContain('r-A11');
    for (const target of targets) expect(page.split(`id="${target}"`)).toHaveLength(2);
  });
});

describe('the difference with the previous run', () => {
  test('tells what fails, what passes and what is gone', async () => {
    const out = join(scene.dir, 'out');
    const inputs = scene.inputs({ accounts: false });
    expect((await writeReports(await runOrThrow(inputs), out, undefined)).difference).toBeUndefined();
    scene.vendor.setFaults('status-uppercase');
    const worse = await writeReports(
      await runOrThrow({ ...inputs, redirect: false, siret: [] }),
      out,
      undefined,
    );
    expect(worse.difference?.newlyFailed).toEqual(['A6', 'A23', 'A6@CPTS', 'A23@CPTS']);
    expect(worse.difference?.gone).toEqual(expect.arrayContaining(['O1', 'SOS1', 'SOS10']));
    scene.vendor.reset();
    const better = await writeReports(await runOrThrow(inputs), out, undefined);
    expect(better.difference?.newlyPassed).toEqual(['A6', 'A23', 'A6@CPTS', 'A23@CPTS']);
    expect(JSON.parse(await readFile(join(out, 'report.json'), 'utf8'))).toEqual(better);
    expect(await readFile(join(out, 'report.html'), 'utf8')).toContain('Passent maintenant');
  });

  test('is nothing when the previous file is not a report', async () => {
    const report = makeReport(await runOrThrow(scene.inputs(SEARCHES_ONLY)));
    for (const other of [undefined, null, [], {}, { schema: 'x/1', madeAt: 'hier', requirements: [] }]) {
      expect(compareReports(report, other)).toBeUndefined();
    }
  });
});

describe('the pieces', () => {
  test.each(['INT_R01', 'INT_R04', 'SOS'] as const)(
    'the corrected fragments of %s are conformant',
    (flow) => {
      const errors = judgeBundle(modelBundle(flow), flow).filter(
        ({ rule }) => ruleOf(rule).severity === 'error',
      );
      expect(errors).toEqual([]);
    },
  );

  test('a corrected fragment is that of the same element', () => {
    const bundle = { resourceType: 'Bundle', entry: [{ resource: { resourceType: 'Slot', start: 'x' } }] };
    expect(showModel(bundle, 'Bundle.entry[0].resource.start', 'INT_R01')).toBe(
      '"start": "2026-03-02T09:00:00.000+01:00"',
    );
    expect(showModel(bundle, 'Bundle.total', 'INT_R01')).toBe('"total": 1');
  });

  test('a mask keeps shapes and what was typed, and nothing of people', () => {
    const mask = new Mask(['899900110968']);
    const shown = JSON.stringify(
      mask.value({
        resourceType: 'Practitioner',
        id: 'ps-899912345678',
        identifier: [
          { system: 'urn:oid:1.2.250.1.71.4.2.1', value: '99900110968' },
          { value: '899912345678' },
        ],
        name: [{ family: 'AUBRELIN', given: ['Élodie'], text: 'Dr A' }],
        telecom: [{ system: 'phone', value: '01 99 00 12 34' }, { value: 'a.b@c.example' }],
        address: { line: ['3 rue Haute'], postalCode: '76000' },
        comment: 'https://agenda.example/dr-aubrelin?x=1',
      }),
    );
    for (const secret of ['AUBRELIN', 'aubrelin', 'lodie', '899912345678', '99 00', 'a.b', 'Haute', 'Dr A']) {
      expect(shown).not.toContain(secret);
    }
    for (const kept of [
      '99900110968',
      '8•••••••••••',
      '0• •• •• •• ••',
      '76000',
      'https://agenda.example/•••?•••',
    ]) {
      expect(shown).toContain(kept);
    }
  });

  test.each([
    ['https://x/fhir/Slot?b=2&a=1%7C2', undefined],
    ['https://elsewhere/?a=1%7C2&b=2', undefined],
    ['https://x/fhir/Slot?a=1|2&b=2', /encoder/],
    ['https://x/fhir/Slot?a=1%7C2', /absents.*b=2/],
    ['https://x/fhir/Slot?a=1%7C2&b=2&_count=50', /ajoutés.*_count/],
    ['https://x/fhir/Slot?a=1%7C2&b=2&b=2', /répété/],
    ['https://x/?a=%E9', /décodable/],
    [undefined, /manque/],
  ])('the link %s against the request', (url, problem) => {
    const found = compareQueries(url, 'https://x/fhir/Slot?a=1%7C2&b=2');
    if (problem === undefined) expect(found).toBeUndefined();
    else expect(found).toMatch(problem);
  });

  test.each([
    ['2026-06-01T08:00:00Z', '2026-06-03T21:59:59.999Z'],
    ['2026-01-31T22:59:59Z', '2026-02-02T22:59:59.999Z'],
    ['2026-03-27T12:00:00Z', '2026-03-29T21:59:59.999Z'],
    ['2026-10-23T12:00:00Z', '2026-10-25T22:59:59.999Z'],
  ])('the window asked at %s ends at %s', (from, to) => {
    expect(new Date(windowFrom(Date.parse(from)).toMs).toISOString()).toBe(to);
  });
});
