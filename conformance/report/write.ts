// Puts the three reports in a folder, after reading there the one that a previous run left.

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Run } from '../run.ts';
import { compareReports } from './difference.ts';
import { writeHtml } from './html/html.ts';
import { writeJunit } from './junit.ts';
import { makeReport, type Report } from './model.ts';

const JSON_NAME = 'report.json';

/** `args`: the command line. `previous`: a report.json elsewhere; by default the one of the folder itself. @throws when the disk refuses. */
export async function writeReports(
  run: Run,
  dir: string,
  previous: string | undefined,
  args?: readonly string[],
): Promise<Report> {
  const bare = makeReport(run, args);
  const difference = compareReports(bare, await readOptional(previous ?? join(dir, JSON_NAME)));
  const report = difference === undefined ? bare : { ...bare, difference };
  await mkdir(dir, { recursive: true });
  await replace(join(dir, 'report.html'), writeHtml(report));
  await replace(join(dir, 'report.xml'), writeJunit(report));
  await replace(join(dir, JSON_NAME), `${JSON.stringify(report, null, 2)}\n`);
  return report;
}

async function readOptional(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Whole or not at all, for whoever has the page open. */
async function replace(file: string, content: string): Promise<void> {
  await writeFile(`${file}.tmp`, content);
  await rename(`${file}.tmp`, file);
}
