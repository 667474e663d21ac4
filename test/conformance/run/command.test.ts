// The program itself: its command line, its exit codes, the files it leaves.

import { spawn } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ConformanceScene, openConformance } from '../../support/scenes/conformance-scene.ts';

let scene: ConformanceScene;
/** Practitioners who have slots on the machine's own clock. */
let rpps: string;

const HOUR_MS = 3_600_000;

beforeAll(async () => {
  scene = await openConformance();
  scene.vendor.setSettings({ now: null });
  const { practice } = scene.vendor;
  const within = { fromMs: Date.now() + HOUR_MS, toMs: Date.now() + 20 * HOUR_MS };
  const open = practice.directory.practitioners.filter(
    ({ person, roles }) =>
      person.identifier.startsWith('8') &&
      roles.every((role) =>
        practice
          .list(role, within, false)
          .some(({ state, kinds }) => state === 'free' && kinds[0] !== 'CPTS'),
      ),
  );
  rpps = open
    .slice(0, 3)
    .map(({ person }) => person.identifier)
    .join(',');
});

afterAll(() => scene.close());

function conform(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['conformance/main.ts', ...args]);
    const out = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (out.stdout += chunk));
    child.stderr.on('data', (chunk: Buffer) => (out.stderr += chunk));
    child.on('close', (code) => resolve({ code, ...out }));
  });
}

const target = () => ['--config', scene.configFile, '--editor', 'agenda-a', '--rpps', rpps];

describe('npm run conformance', () => {
  test('exits 0 when all passes, and leaves three reports', async () => {
    const out = join(scene.dir, 'out');
    const all = [
      '--accounts',
      '--redirect',
      '--certificates',
      scene.certificates,
      '--siret',
      scene.siret.join(','),
    ];
    const { code, stdout, stderr } = await conform(...target(), ...all, '--out', out);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/\d+ conformes, 0 à corriger, 0 à voir/);
    expect((await readdir(out)).toSorted()).toEqual(['report.html', 'report.json', 'report.xml']);
  });

  test('exits 1 when a mandatory requirement fails, and says what changed since', async () => {
    scene.vendor.setFaults('absolute-refs');
    const previous = join(scene.dir, 'out', 'report.json');
    const { code, stdout } = await conform(
      ...target(),
      '--out',
      join(scene.dir, 'two'),
      '--previous',
      previous,
    );
    scene.vendor.setFaults([]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ A16/);
    expect(stdout).toMatch(/Ne passent plus : .*A16/);
    const report = JSON.parse(await readFile(join(scene.dir, 'two', 'report.json'), 'utf8'));
    expect(report.difference.gone).toContain('V1');
  });

  test.each([
    ['nothing', []],
    ['no editor', ['--config', 'x.json']],
    ['nobody to ask for', ['--config', 'x.json', '--editor', 'agenda-a']],
    ['an unreadable number', ['--config', 'x.json', '--editor', 'agenda-a', '--rpps', '12']],
    ['an unknown option', ['--config', 'x.json', '--editor', 'agenda-a', '--rpps', '899900000019', '--fast']],
    [
      'a place of someone not asked for',
      ['--config', 'x.json', '--editor', 'a', '--rpps', '899900000019', '--one-place', '899900000027'],
    ],
    ['a broken origin', ['--config', 'x.json', '--editor', 'a', '--rpps', '899900000019', '--origin', 'a&b']],
  ])('exits 2 on %s', async (_title, args) => {
    const { code, stderr } = await conform(...args);
    expect(code).toBe(2);
    expect(stderr).toContain('Usage');
  });

  test('exits 3 when nothing could be run', async () => {
    const missing = await conform(
      '--config',
      join(scene.dir, 'absent.json'),
      '--editor',
      'a',
      '--rpps',
      rpps,
    );
    expect(missing).toMatchObject({ code: 3, stderr: expect.stringContaining('config') });
    const stranger = await conform('--config', scene.configFile, '--editor', 'agenda-z', '--rpps', rpps);
    expect(stranger).toMatchObject({ code: 3, stderr: expect.stringContaining('agenda-a') });
    const config = JSON.parse(await readFile(scene.configFile, 'utf8'));
    config.editors[0].baseUrl = 'https://127.0.0.1:1/fhir';
    const file = join(scene.dir, 'closed.json');
    await writeFile(file, JSON.stringify(config));
    const closed = await conform(
      '--config',
      file,
      '--editor',
      'agenda-a',
      '--rpps',
      rpps,
      '--out',
      join(scene.dir, 'none'),
    );
    expect(closed).toMatchObject({ code: 3, stderr: expect.stringContaining('connexion') });
  });
});
