// What the report says of the run itself (versions, certificate, command line), in its three forms, and how it prints.

import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeHtml } from '../../../conformance/report/html/html.ts';
import { writeJunit } from '../../../conformance/report/junit.ts';
import { makeReport, type Report } from '../../../conformance/report/model.ts';
import { writeCommand } from '../../../conformance/report/provenance.ts';
import { READ_RULES } from '../../../shared/sas/read/elements/rules.ts';
import { RULES } from '../../../shared/sas/rules/table/table.ts';
import {
  type ConformanceScene,
  find,
  openConformance,
  runOrThrow,
  SEARCHES_ONLY,
} from '../../support/scenes/conformance-scene.ts';

let scene: ConformanceScene;
let report: Report;
let certificate: X509Certificate;
const ARGS = ['--config', 'relay.json', '--editor', 'agenda-a', '--rpps', '899900000019,899900000027'];

beforeAll(async () => {
  scene = await openConformance();
  scene.vendor.setFaults(['bad-dates', 'absolute-refs']);
  report = makeReport(
    await runOrThrow(scene.inputs({ ...SEARCHES_ONLY, rpps: scene.rpps.slice(0, 4) })),
    ARGS,
  );
  certificate = new X509Certificate(await readFile(scene.inputs().editor.certFile));
});

afterAll(() => scene.close());

describe('the report says with what it was made', () => {
  test('tool, guide, kit and rules, each with its version', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8'));
    expect(report.provenance).toMatchObject({
      tool: { name: 'Passerelle SAS', version, node: process.versions.node },
      guide: { package: 'ans.fhir.fr.sas', version: '1.2.0' },
      kit: { name: 'sas_test_kit', version: '0.3.0' },
      rules: {
        count: Object.keys(RULES).length + Object.keys(READ_RULES).length,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
  });

  test('the certificate shown to the vendor, by all that names it', () => {
    const { client } = scene.pki.relay;
    expect(report.provenance.certificate).toEqual({
      subject: expect.stringContaining(`OU=${client.ou}, CN=${client.cn}`),
      issuer: expect.stringContaining('CN=TEST AC IGC-SANTE ELEMENTAIRE ORGANISATIONS'),
      serialNumber: certificate.serialNumber,
      notBefore: certificate.validFromDate.toISOString(),
      notAfter: certificate.validToDate.toISOString(),
      sha256: certificate.fingerprint256,
    });
  });

  test('in the page and in the JUnit file as in the JSON', () => {
    const { provenance } = report;
    const page = writeHtml(report);
    const junit = writeJunit(report);
    for (const text of [
      provenance.tool.version,
      provenance.guide.version,
      provenance.kit.version,
      provenance.rules.sha256,
      provenance.certificate.serialNumber,
      provenance.certificate.sha256,
      'npm run conformance -- --config relay.json --editor agenda-a --rpps 899900000019,899900000027',
    ]) {
      expect(page).toContain(text);
      expect(junit).toContain(text);
    }
    expect(junit).toMatch(
      /<testsuite [^>]*>\n {4}<properties>\n {6}<property name="editor" value="agenda-a"\/>/,
    );
  });

  test('the command line can be typed again, without secret, address of a person or home folder', () => {
    expect(writeCommand(['--out', 'mes rapports', '--origin', "l'essai"])).toBe(
      "npm run conformance -- --out 'mes rapports' --origin 'l'\\''essai'",
    );
    const secret = 'hunter2';
    for (const args of [
      ['--token', secret],
      [`--client-secret=${secret}`],
      ['--config', `https://lou:${secret}@vendor.example/relay.json`],
    ]) {
      expect(writeCommand(args)).not.toContain(secret);
    }
    expect(writeCommand(['--config', join(homedir(), 'relay.json')])).toContain('~/relay.json');
  });
});

describe('the page', () => {
  test('gives the request, the answer, the rule and the guide’s page of what fails, without unfolding', () => {
    const page = writeHtml(report);
    const [, body = ''] = page.split('id="r-A6"');
    const shown = body
      .slice(0, body.indexOf('</details>\n<details class="req'))
      .replace(/<details class="exchange">[\s\S]*?<\/details>/g, '');
    expect(shown).toMatch(/GET https:\/\/127\.0\.0\.1:\d+\/fhir\/Slot\?/);
    expect(shown).toContain('<b>HTTP 200</b>');
    expect(shown).toContain('[r4-instant]');
    expect(shown).toContain('interop.esante.gouv.fr/ig/fhir/sas/');
    expect(find(report, 'A6').problems.length).toBeGreaterThan(0);
  });

  test('as the JUnit file does', () => {
    const [, a6 = ''] = writeJunit(report).split('name="A6 ');
    const failure = a6.slice(0, a6.indexOf('</failure>'));
    expect(failure).toContain('[r4-instant]');
    expect(failure).toContain('Règle : FHIR R4');
    expect(failure).toMatch(/Page : Profil BundleAgregateur https:\/\/interop\.esante\.gouv\.fr/);
    expect(failure).toMatch(
      /Requête : GET https:\/\/127\.0\.0\.1:\d+\/fhir\/Slot\?[^\n]+\nRéponse : HTTP 200/,
    );
  });

  test('every requirement that fails on an answer names its request', async () => {
    scene.vendor.setSettings({ caller: null });
    const { editor } = scene.inputs();
    const faulty = makeReport(
      await runOrThrow(
        scene.inputs({
          rpps: scene.rpps.slice(0, 4),
          editor: { ...editor, redirectHosts: [] },
          kinds: ['PUBLIC'],
        }),
      ),
    );
    const open = faulty.requirements.filter(({ status }) => status === 'failed' || status === 'warning');
    expect(open.length).toBeGreaterThan(5);
    expect(open.filter(({ exchanges }) => exchanges.length === 0).map(({ id }) => id)).toEqual([]);
  });

  test('says first what was not judged, once for each reason', () => {
    const page = writeHtml(report);
    const summary = page.slice(0, page.indexOf('id="exigences"'));
    expect(summary).toContain('Non jugé, et ce qu’il faudrait');
    expect(summary).toMatch(
      /href="#r-V1"[\s\S]*href="#r-V31"[\s\S]{0,40}<\/dt><dd>Écrit chez l’éditeur : donner --accounts\./,
    );
    expect(summary.split('donner --accounts').length).toBe(2);
  });
});

const CHROMIUM = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => spawnSync(name, ['--version']).status === 0,
);
const PRINTS = CHROMIUM !== undefined && spawnSync('pdftotext', ['-v']).status === 0;
if (!PRINTS)
  console.log('skipped: printing the report needs chromium and pdftotext, which are not installed');

describe.skipIf(!PRINTS)('on paper', () => {
  const print = async (one: Report): Promise<readonly string[]> => {
    const file = join(scene.dir, 'report.html');
    await writeFile(file, writeHtml(one));
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--no-pdf-header-footer'];
    const profile = `--user-data-dir=${join(scene.dir, 'chromium')}`;
    execFileSync(CHROMIUM ?? '', [...flags, profile, `--print-to-pdf=${file}.pdf`, `file://${file}`], {
      stdio: 'ignore',
    });
    const text = execFileSync('pdftotext', ['-layout', `${file}.pdf`, '-'], { encoding: 'utf8' });
    return text.split('\f').slice(0, -1);
  };
  /** Lines that hold something; a page has room for about 75. */
  const filled = (page: string): number => page.split('\n').filter((line) => line.trim() !== '').length;

  test('a sound vendor takes five pages, the summary and the certificate on the first', async () => {
    scene.vendor.reset();
    const pages = await print(makeReport(await runOrThrow(scene.inputs()), ARGS));
    expect(pages.length).toBeLessThanOrEqual(5);
    expect(pages[0]).toContain('Toutes les exigences obligatoires jugées sont satisfaites.');
    expect(pages[0]).toContain(certificate.serialNumber);
    for (const page of pages.slice(0, -1)) expect(filled(page)).toBeGreaterThan(35);
  });

  test('a faulty one leaves no page nearly empty', async () => {
    const pages = await print(report);
    expect(pages.length).toBeLessThanOrEqual(16);
    for (const page of pages.slice(0, -1)) expect(filled(page)).toBeGreaterThan(25);
  });
});
