// Writes worker/built/, what the Worker says of itself and what is constant per build: its version, and the bodies of
// /openapi.json and /docs. Not in git. Whatever makes the Worker's bundle runs it: wrangler ([build] in wrangler.toml)
// and sandbox/platform/edge/build-worker.ts; `npm run check` does too, for the types.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const ROOT = join(import.meta.dirname, '..');
const BUILT = join(ROOT, 'worker/built');
/** Where the edge's own address stands in both bodies; each request puts it there. */
const BASE = 'https://passerelle.invalid';

/** Whole or not at all: another process may be reading it. */
function write(name: string, text: string): void {
  const path = join(BUILT, name);
  writeFileSync(`${path}.${process.pid}`, `// Written by scripts/write-built.ts.\n\n${text}`);
  renameSync(`${path}.${process.pid}`, path);
}

function writeApi(title: string, openApi: string, docs: string): void {
  const pack = (text: string): string => gzipSync(text, { level: 9 }).toString('base64');
  const api = { title, base: BASE, openApi: pack(openApi), docs: pack(docs) };
  write(
    'api.ts',
    `/** \`openApi\` and \`docs\`: gzip in base64. */\nexport const API = ${JSON.stringify(api)};\n`,
  );
}

/** Of the last commit, YYYY-MM-DD; today's where there is no git. */
function dateOf(): string {
  try {
    const args = ['log', '-1', '--format=%cs'];
    return execFileSync('git', args, {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return new Date().toISOString().slice(0, 10);
  }
}

mkdirSync(BUILT, { recursive: true });
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly version: string };
const version = JSON.stringify({ number: manifest.version, date: dateOf() });
write('version.ts', `export const VERSION = ${version};\n`);
// The routes lead to the handlers, which import it.
if (!existsSync(join(BUILT, 'api.ts'))) writeApi('', '', '');
const { ROUTES } = await import('../worker/routes.ts');
const { describeApi } = await import('../worker/openapi/document.ts');
const { writeDocs } = await import('../worker/openapi/page/page.ts');
const document = describeApi(ROUTES, BASE);
writeApi(document.info.title, JSON.stringify(document), writeDocs(document).text);
